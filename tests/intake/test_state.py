"""What the database says of a record: stored, pending, or rejected by ingest; and the commands that ask it."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

pytestmark = pytest.mark.integration
QHD = "stock.P_QHD.steam_coal"


def test_a_record_is_pending_then_stored_or_rejected_and_the_commands_show_it(
    stable: Any, migrated_database: Any, eventually: Any, tmp_path: Path, topics: Any
) -> None:
    url = migrated_database.url
    intake = stable.make(LIANJING_DATABASE_URL=url)
    intake.start()
    intake.wait_until_ready()
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    client = httpx.Client(base_url=intake.url, headers={"Authorization": f"Bearer {stable.keys['port']}"}, timeout=30)
    record = {"series": QHD, "observed_at": at.isoformat(), "value": 5e6}
    stored, wrong = client.post("/v1/records", json=[record, record | {"value": -1}]).json()["ids"]
    assert client.get(f"/v1/records/{stored}").json() == {"id": stored, "state": "pending"}
    assert client.get(f"/v1/records/{wrong}").json()["state"] == "rejected"
    feed, partition, offset, _ = stored.split("-")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO kafka_offset (consumer_group, topic, partition, next_offset, epoch, owner)"
            " VALUES ('ingest', %s, %s, %s, 1, 'test')",
            (f"lianjing.feed.{feed}", int(partition), int(offset) + 1),
        )
        assert client.get(f"/v1/records/{stored}").json() == {"id": stored, "state": "stored"}
        rejection = topics.rejections()[-1]
        _insert(connection, rejection, rejection.rejection_id, rejection.record_id)
        _insert(connection, rejection, "byingest", stored)
    found = client.get(f"/v1/records/{stored}").json()
    assert (found["state"], found["why"]["field"]) == ("rejected", "value")
    assert {r["why"]["id"] for r in client.get("/v1/rejections?limit=2").json()["rejections"]} >= {stored}
    environment = {**os.environ, **intake.environment}
    listed = _run(environment, "feed", "rejected", "list", "--source", "port", "--json")
    assert {r["rejection_id"] for r in json.loads(listed)} >= {"byingest", rejection.rejection_id}
    shown = json.loads(_run(environment, "feed", "rejected", "show", rejection.rejection_id, "--json"))
    assert json.loads(shown["raw"])["value"] == -1
    corrected = tmp_path / "corrected.json"
    corrected.write_bytes(msgspec.json.encode(record | {"value": 4e6}))
    resent = _run(environment, "feed", "rejected", "resend", rejection.rejection_id, "--file", str(corrected), "--json")
    assert json.loads(resent)["accepted"] == 1
    _run(environment, "feed", "rejected", "resend", rejection.rejection_id, code=1)
    _run(environment, "feed", "rejected", "show", "nothing", code=2)
    known = _run(environment, "feed", "as-known", "--at", datetime.now(UTC).isoformat(), "--json")
    assert json.loads(known) == []
    _run(environment, "feed", "as-known", "--at", "2026-01-01", code=2)
    _run(environment, "feed", "skip", "production", "99", "1", "--reason", "x", code=2)
    _run(environment, "provider", "revoke", "nobody", code=2)
    migrated_database.stop()
    assert client.get(f"/v1/records/{stored}").status_code == 503
    migrated_database.start()
    eventually(lambda: client.get(f"/v1/records/{stored}").status_code == 200, "the database again")
    client.close()


def _insert(connection: psycopg.Connection[Any], rejection: Any, rejection_id: str, record_id: str) -> None:
    connection.execute(
        "INSERT INTO rejection (rejection_id, lane, source, reason, field, given, wanted, origin, raw, known_at, record_id)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            rejection_id,
            rejection.lane,
            rejection.source,
            rejection.reason.value,
            rejection.field,
            rejection.given,
            rejection.wanted,
            rejection.origin,
            rejection.raw,
            rejection.known_at,
            record_id,
        ),
    )


def _run(environment: dict[str, str], *arguments: str, code: int = 0) -> str:
    command = [str(Path(sys.executable).parent / "lianjing"), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
