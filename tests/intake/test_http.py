"""HTTP through the front door: a running intake on the real broker."""

import gzip
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

pytestmark = pytest.mark.integration
Record = dict[str, object]


def record(minutes: int = 0, **changes: object) -> Record:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=60 + minutes)
    return {"series": "stock.P_QHD.steam_coal", "observed_at": at.isoformat(), "value": 5_000_000.0} | changes


def test_a_record_is_accepted_once_the_broker_has_it(front: Any) -> None:
    with front.client() as client:
        reply = client.post("/v1/records", json=record(unit="万吨", value=500))
    assert reply.status_code == 200, reply.text
    (record_id,) = reply.json()["ids"]
    series, _, value = front.topics.rows()[record_id]
    assert (series, value) == ("stock.P_QHD.steam_coal", 5_000_000)


def test_good_records_pass_beside_bad_ones(front: Any) -> None:
    batch = [record(0), record(1, value=-4), record(2), record(3, series="nope"), record(4, colour="red")]
    with front.client() as client:
        reply = client.post("/v1/records", json=batch)
        assert reply.status_code == 207, reply.text
        body = reply.json()
        assert [i.startswith("rej-") for i in body["ids"]] == [False, True, False, True, True]
        assert [r["reason"] for r in body["rejections"]] == ["implausible", "unknown_series", "unknown_field"]
        assert {body["ids"][0], body["ids"][2]} <= set(front.topics.rows())
        assert {r.record_id for r in front.topics.rejections()} >= {r["id"] for r in body["rejections"]}
        told = client.get(f"/v1/records/{body['ids'][1]}").json()
        assert (told["state"], told["why"]["field"]) == ("rejected", "value")
        own = client.get("/v1/rejections?limit=3").json()["rejections"]
        assert {r["why"]["id"] for r in own} == {r["id"] for r in body["rejections"]}
        resent = client.post(f"/v1/rejections/{body['ids'][1]}/resend", json=record(1, value=4_000_000))
        assert resent.status_code == 200
        assert resent.json()["ids"][0] in front.topics.rows()
    with front.client("mine-bureau") as other:
        assert other.get(f"/v1/records/{body['ids'][1]}").status_code == 404
        assert other.get("/v1/rejections").json()["rejections"] == []
        assert other.post(f"/v1/rejections/{body['ids'][1]}/resend").status_code == 404


def test_lines_columns_and_gzip(front: Any) -> None:
    lines = b"\n".join(msgspec.json.encode(record(m)) for m in range(700)) + b"\n{bad}\n"
    columns = {
        "series": ["stock.P_QHD.steam_coal"] * 700,
        "observed_at": [record(1000 + m)["observed_at"] for m in range(700)],
        "value": [1.0] * 700,
    }
    with front.client() as client:
        reply = client.post("/v1/records", content=lines, headers={"Content-Type": "application/x-ndjson"})
        assert reply.status_code == 207
        assert (reply.json()["accepted"], reply.json()["rejected"]) == (700, 1)
        packed = client.post(
            "/v1/records", content=gzip.compress(msgspec.json.encode(columns)), headers={"Content-Encoding": "gzip"}
        )
        assert packed.status_code == 200
    assert set(packed.json()["ids"]) <= set(front.topics.rows())


def test_a_repeat_with_the_same_key_gives_the_same_identity(front: Any) -> None:
    body = record()
    with front.client(**{"Idempotency-Key": f"day-{uuid.uuid4()}"}) as client:
        first = client.post("/v1/records", json=body)
        again = client.post("/v1/records", json=body)
        other = client.post("/v1/records", json=record(5))
        assert first.json() == again.json()
        assert again.headers["Idempotency-Replayed"] == "true"
        assert other.status_code == 409
        assert other.json()["error"] == "key_used"
        front.intake.kill()
        front.intake.start()
        front.intake.wait_until_ready()
        after = client.post("/v1/records", json=body)
    assert after.status_code == 200
    assert after.json()["known_at"] == first.json()["known_at"]
    identities = {(m.series[0], m.observed_us[0], m.issued_us[0], m.known_us[0]) for m in front.topics.feed_messages()}
    assert len(identities) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Authorization": "Basic cG9ydDpwb3J0"}, 401),
        ({"Authorization": "Bearer port-00000000.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, 401),
    ],
)
def test_without_a_key_nothing_is_read(front: Any, headers: dict[str, str], status: int) -> None:
    before = _metric(front, 'lianjing_intake_requests_total{door="http",outcome="unauthenticated"}')
    with front.client(None, **headers) as client:
        reply = client.post("/v1/records", json=record())
    assert reply.status_code == status
    assert reply.json()["message_zh"]
    assert reply.json()["message_en"]
    assert _metric(front, 'lianjing_intake_requests_total{door="http",outcome="unauthenticated"}') == before + 1
    assert front.topics.rows() == {}
    assert front.topics.rejections() == []


def test_the_right_id_with_a_wrong_secret_is_refused_twice(front: Any) -> None:
    key_id = front.keys["port"].split(".")[0]
    with front.client(None, Authorization=f"Bearer {key_id}.{'A' * 43}") as client:
        assert [client.get("/v1/series").status_code for _ in range(2)] == [401, 401]


def test_a_provider_that_comes_too_often_is_told_when_to_come_again(front: Any) -> None:
    with front.client("slow") as client:
        replies = [client.get("/v1/series") for _ in range(7)]
    assert [r.status_code for r in replies] == [200] * 5 + [429] * 2
    assert int(replies[-1].headers["Retry-After"]) >= 1


def test_series_of_the_provider_with_units(front: Any) -> None:
    with front.client() as client:
        own = client.get("/v1/series").json()["series"]
    units = {s["series"]: s["unit"] for s in own}
    assert units["stock.P_QHD.steam_coal"] == "t"
    assert not any(s.startswith("stock.M_") for s in units)


@pytest.mark.parametrize(
    ("send", "status"),
    [
        (lambda c: c.post("/v1/records", content=b" " * (8 * 1024 * 1024 + 1)), 413),
        (
            lambda c: c.post(
                "/v1/records", content=gzip.compress(b" " * 200_000_000, 1), headers={"Content-Encoding": "gzip"}
            ),
            413,
        ),
        (lambda c: c.post("/v1/records", content=b"not gzip", headers={"Content-Encoding": "gzip"}), 400),
        (lambda c: c.post("/v1/records", content=gzip.compress(b"{}")[:-4], headers={"Content-Encoding": "gzip"}), 400),
        (lambda c: c.post("/v1/records", content=b"{}", headers={"Content-Encoding": "br"}), 415),
        (lambda c: c.post("/v1/records", content=b"a,b", headers={"Content-Type": "text/csv"}), 415),
        (lambda c: c.post("/v1/records", json=record(), headers={"Idempotency-Key": "k" * 300}), 400),
        (lambda c: c.get("/v1/records/stock-1-1-1"), 404),
        (lambda c: c.get("/v1/records/logistics-99-1-1"), 404),
        (lambda c: c.get("/v1/records/logistics-1-99999999-0"), 404),
        (lambda c: c.get("/v1/records/rej-ffff"), 404),
        (lambda c: c.get("/v1/rejections?limit=x"), 400),
        (lambda c: c.get("/v1/nowhere"), 404),
        (lambda c: c.put("/v1/records"), 405),
        (lambda c: c.post("/v1/records", content=b""), 422),
    ],
)
def test_requests_refused_as_a_whole(front: Any, send: Callable[[httpx.Client], httpx.Response], status: int) -> None:
    with front.client() as client:
        assert send(client).status_code == status
        assert client.post("/v1/records", json=record()).status_code == 200, "and the door is still open"


def test_without_a_database_the_state_is_unknown_now(front: Any) -> None:
    with front.client() as client:
        (record_id,) = client.post("/v1/records", json=record()).json()["ids"]
        reply = client.get(f"/v1/records/{record_id}")
    assert (reply.status_code, reply.json()["error"]) == (503, "unknown_now")


def test_with_the_broker_away_nothing_is_lost_or_half_known(front: Any, broker: Any) -> None:
    body = record()
    with front.client(**{"Idempotency-Key": f"outage-{uuid.uuid4()}"}) as client:
        broker.kill()
        reply = client.post("/v1/records", json=body)
        assert reply.status_code == 503
        assert reply.headers["Retry-After"]
        assert reply.json()["error"] == "broker_away"
        broker.start()
        accepted = _until_accepted(client, body)
    assert set(accepted.json()["ids"]) <= set(front.topics.rows())
    assert len({(m.series[0], m.observed_us[0], m.issued_us[0]) for m in front.topics.feed_messages()}) == 1


def test_a_clean_stop(front: Any) -> None:
    with front.client() as client:
        client.post("/v1/records", json=record())
    assert front.intake.stop() == 0


def _until_accepted(client: httpx.Client, body: Record) -> httpx.Response:
    reply = client.post("/v1/records", json=body)
    tries = 0
    while reply.status_code == 503 and tries < 10:
        reply = client.post("/v1/records", json=body)
        tries += 1
    assert reply.status_code == 200, reply.text
    return reply


def _metric(front: Any, name: str) -> float:
    text = httpx.get(f"{front.intake.url}/metrics").text
    return next((float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name)), 0.0)
