"""At least 60 distinct bad inputs through the front door: each ends in a clear rejection or refusal, the good records beside them are stored."""

import gzip
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import httpx
import msgspec
import openpyxl
import pytest

pytestmark = pytest.mark.integration
QHD = "stock.P_QHD.steam_coal"
NOW = datetime.now(UTC).replace(microsecond=0)
AT = NOW - timedelta(hours=2)


def record(**changes: object) -> bytes:
    fields = {"series": QHD, "observed_at": AT, "value": 5e6} | changes
    return msgspec.json.encode({k: v for k, v in fields.items() if v is not ...})


RECORDS: list[tuple[str, bytes]] = [
    ("missing_field", record(series=...)),
    ("missing_field", record(value=...)),
    ("missing_field", record(observed_at=...)),
    ("unknown_field", record(colour="red")),
    ("wrong_type", record(value="5000000")),
    ("wrong_type", record(value=None)),
    ("wrong_type", record(value=True)),
    ("wrong_type", record(value=[5e6])),
    ("wrong_type", record(series=7)),
    ("wrong_type", record(quality=1)),
    ("wrong_type", record(detail={"a": {"b": 1}})),
    ("wrong_type", b"[1,2]"),
    ("wrong_type", b"17"),
    ("not_finite", record().replace(b"5000000.0", b"NaN")),
    ("not_finite", record().replace(b"5000000.0", b"Infinity")),
    ("not_finite", record().replace(b"5000000.0", b"-Infinity")),
    ("not_finite", record().replace(b"5000000.0", b"1e999")),
    ("malformed", b"{series: 1}"),
    ("malformed", b"a,b,c"),
    ("malformed", record() + b"x"),
    ("truncated", record()[:-1]),
    ("truncated", record()[:40]),
    ("bad_encoding", record(key="K").replace(b"K", b"\xb9\xfa")),
    ("bad_encoding", record(key="K").replace(b"K", b"\\ud800 and no second half")),
    ("bad_time", record(observed_at="yesterday")),
    ("bad_time", record(observed_at="2026-02-30T00:00:00Z")),
    ("bad_time", record(observed_at=1_760_000_000)),
    ("time_without_offset", record(observed_at="2026-11-01T00:00:00")),
    ("time_without_offset", record(issued_at="2026-11-01T00:00:00")),
    ("too_far_past", record(observed_at="1999-01-01T00:00:00Z")),
    ("too_far_past", record(observed_at="0001-01-01T00:00:00Z")),
    ("too_far_future", record(observed_at=NOW + timedelta(days=2))),
    ("too_far_future", record(observed_at="9999-12-31T23:59:59Z")),
    ("too_far_future", record(issued_at=NOW + timedelta(days=2))),
    ("issued_before_observed", record(issued_at=AT - timedelta(hours=1))),
    ("unknown_series", record(series="stock.P_MOON.steam_coal")),
    ("unknown_series", record(series="")),
    ("unknown_series", record(series="stock.P_QHD.steam_coal'; DROP TABLE observation; --")),
    ("foreign_series", record(series="stock.M_HEW.raw_coal", value=1000)),
    ("unknown_unit", record(unit="斤两")),
    ("unknown_unit", record(unit="MWh")),
    ("unknown_unit", record(unit="MT")),
    ("implausible", record(value=-1)),
    ("implausible", record(value=1e300)),
    ("decimal_slip", record(value=5e7)),
    ("decimal_slip", record(value=5e6, unit="万吨")),
    ("bad_quality", record(quality="splendid")),
    ("bad_lane", record(lane="drill:never-opened")),
    ("bad_lane", record(lane="replay:demo")),
    ("bad_lane", record(lane="LIVE")),
    ("lane_closed", record(lane="drill:closed")),
    ("too_large", record(key="k" * 500)),
    ("too_large", record(detail={"note": "x" * 20_000})),
    ("duplicate", record(observed_at=AT - timedelta(days=9))),
    ("conflicting_duplicate", record(observed_at=AT - timedelta(days=9), value=4e6)),
]


def test_bad_records_beside_good_ones(front: Any) -> None:
    lines: list[bytes] = [record(observed_at=AT - timedelta(days=9))]
    for number, (_, raw) in enumerate(RECORDS):
        lines += [raw, record(observed_at=AT - timedelta(minutes=number + 1))]
    with front.client() as client:
        reply = client.post("/v1/records", content=b"\n".join(lines), headers={"Content-Type": "application/x-ndjson"})
    assert reply.status_code == 207
    body = reply.json()
    assert [r["reason"] for r in body["rejections"]] == [reason for reason, _ in RECORDS]
    assert all(r["wanted"] and " / " in r["wanted"] and r["reason_zh"] for r in body["rejections"])
    assert body["accepted"] == len(RECORDS) + 1
    assert {i for i in body["ids"] if not i.startswith("rej-")} == set(front.topics.rows())
    assert {r.record_id for r in front.topics.rejections()} == {r["id"] for r in body["rejections"]}


def packed(members: dict[str, bytes], *, base: bool = True) -> bytes:
    out = BytesIO()
    if base:
        openpyxl.Workbook().save(out)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


DOCTYPE = b'<!DOCTYPE a [<!ENTITY b "c">]>'
FILES: list[tuple[str, str, bytes]] = [
    ("truncated", "a.csv", b" "),
    ("bad_encoding", "a.csv", b"\xff\xff\xff"),
    ("bad_encoding", "a.csv", b"\x00\x01"),
    ("missing_field", "a.csv", b"hello,world\n1,2\n"),
    ("truncated", "a.csv", f'序列,日期,数值\n{QHD},"2026'.encode()),
    ("bad_columns", "a.csv", f"序列,日期,数值\n{QHD},{AT.isoformat()},1,234\n".encode()),
    ("malformed", "a.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600),
    ("malformed", "a.pdf", b"%PDF-1.7"),
    ("truncated", "a.xlsx", packed({})[:300]),
    ("malformed", "a.xlsx", packed({"x": b"y"}, base=False)),
    ("unsafe", "a.xlsm", packed({"xl/vbaProject.bin": b"x"})),
    ("unsafe", "a.xlsx", packed({"xl/bomb.xml": b"0" * 110_000_000})),
    ("unsafe", "a.xlsx", packed({"xl/bomb.bin": b"0" * 30_000_000})),
    ("unsafe", "a.xlsx", packed({"xl/entity.xml": DOCTYPE})),
    ("unsafe", "a.xlsx", packed({f"m{i}": b"" for i in range(1100)})),
    ("unsafe", "a.xml", DOCTYPE + b"<alert>&b;</alert>"),
    ("unsafe", "a.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><alert>&b;</alert>'),
    ("truncated", "a.xml", b"<?xml version='1.0'?><alert>"),
    ("malformed", "a.xml", b"<alert></warning>"),
    ("too_large", "a.xml", b"<alert>" + b" " * 1_100_000),
    ("malformed", "a.json", b"not json"),
]


def test_bad_files_are_one_rejection_each(front: Any) -> None:
    with front.client() as client:
        for reason, name, body in FILES:
            reply = client.post("/v1/files", params={"name": name}, content=body)
            assert reply.status_code == 422, (name, reply.text)
            (told,) = reply.json()["rejections"]
            assert told["reason"] == reason, (name, told)
            assert told["wanted"]
        good = f"序列,日期,数值\n{QHD},{(AT - timedelta(days=20)).isoformat()},5000000\n".encode()
        assert client.post("/v1/files", params={"name": "a.csv"}, content=good).status_code == 200
    assert len(front.topics.rows()) == 1
    assert len(front.topics.rejections()) == len(FILES)


def test_the_whole_is_refused_and_nothing_crashes(front: Any) -> None:
    with httpx.Client(base_url=front.intake.url, timeout=30) as nobody:
        keys = ("", "Bearer", "Bearer x", "Bearer port-1.short", "Basic eA==", f"Bearer {front.keys['port']}x")
        codes = [nobody.post("/v1/records", content=record(), headers={"Authorization": k}).status_code for k in keys]
    assert codes == [401] * len(keys)
    with front.client() as client:
        bomb = gzip.compress(b" " * 50_000_000)
        assert client.post("/v1/records", content=bomb, headers={"Content-Encoding": "gzip"}).status_code == 413
        assert client.post("/v1/records", content=b"[" * 500_000).status_code == 422
        assert client.post("/v1/records", content=record(observed_at=AT - timedelta(days=30))).status_code == 200
    assert len(front.topics.rows()) == 1


def test_there_are_at_least_sixty() -> None:
    assert len({raw for _, raw in RECORDS}) + len({body for _, _, body in FILES}) >= 60
