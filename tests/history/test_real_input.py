"""The acceptance "Real input": the real table of plants through broker, ingest, risk, alerting and database; then the two commands."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from services.cli.history import replay, score

_STORE_S = 600
_SETTLE_S = 600.0
_REACH = "SELECT count(*), max(as_of) FROM assessment WHERE lane = %s"


def _run(command: Any, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(command, [*arguments, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


def _wait_for_judgement(url: str, lane: str, last: str) -> None:
    """Until risk judged the last tick and nothing more comes for some seconds."""
    deadline, quiet, before = time.monotonic() + _SETTLE_S, 0, 0
    with psycopg.connect(url, autocommit=True) as connection:
        while quiet < 5:
            assert time.monotonic() < deadline, f"risk did not reach {last} in {_SETTLE_S:g} s"
            count, reached = connection.execute(_REACH, (lane,)).fetchone() or (0, None)
            is_there = reached is not None and reached.isoformat() >= last
            quiet, before = (quiet + 1 if is_there and count == before else 0), count
            time.sleep(1.0)


@pytest.mark.full
@pytest.mark.timeout(1500)
def test_real_plants_through_the_whole_stream(
    stages: Callable[..., None], migrated_database: Any, real_tables: Path, lane: str
) -> None:
    (table,) = real_tables.glob("india_daily_plant_coal_stock*.csv")
    stages("ingest", "risk", "alerting")
    arguments = ("india_plant_stock", str(table), "--lane", lane)
    code, figures = _run(replay, *arguments, "--check", "--wait", str(_STORE_S))
    stored = {row["indicator"]: row for row in figures["stored"]}
    assert code == 0, stored
    assert stored["stock"]["stored"] == stored["stock"]["expected"] == figures["rows_read"] - figures["rejected_rows"]
    assert stored["norm"]["zeros_stored"] == 41
    assert figures["defective_share"] < 0.02
    _wait_for_judgement(migrated_database.url, lane, "2025-03-04T05:00:00+00:00")
    code, skill = _run(score, *arguments, "--recall", "0.85", "--precision", "0.30")
    print(json.dumps(skill["rows"], ensure_ascii=False, indent=1))
    assert code == 0, skill
