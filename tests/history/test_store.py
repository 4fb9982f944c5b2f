"""A replayed table, through the real broker, ingest and database: every filled cell is stored once, zeros too, and only defects are rejected."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from click.testing import CliRunner

from services.cli.history import replay, replay_check

_PATIENCE_S = 60.0


class Address(Protocol):
    """A database of the tests."""

    url: str


def _table(days: int = 40, plants: int = 6) -> str:
    """Plants with blanks, a norm of zero, a fraction that becomes percent, one negative stock and one unreadable norm."""
    rows = ["day,plant,stock kt,norm kt,need,share"]
    for n in range(days):
        day = f"{1 + n % 30:02}.{6 + n // 30:02}.2024"
        share = "0.5" if n < 6 or n == 8 else "50"
        for plant in range(plants):
            norm = "0" if plant == 3 else "100"
            stock = "" if (n + plant) % 11 == 0 else f"{50 - n * 0.7:.1f}"
            rows.append(f"{day},Werk {plant},{stock},{norm},{1000 + plant},{share}")
    rows[20] = rows[20].replace(",100,", ",hundred,")
    rows.append("20.08.2024,Werk 1,-3,100,1001,50")
    return "\n".join(rows) + "\n"


@pytest.fixture
def files(tmp_path: Path, mapping_text: str) -> tuple[str, str]:
    (tmp_path / "m.yaml").write_text(mapping_text, encoding="utf-8")
    (tmp_path / "little.csv").write_text(_table(), encoding="utf-8")
    return str(tmp_path / "m.yaml"), str(tmp_path / "little.csv")


@pytest.fixture
def ingest(stages: Callable[..., None], migrated_database: Address) -> str:
    """One ingest process between broker and database; gives the address of the database."""
    stages("ingest")
    return migrated_database.url


def _run(command: Any, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(command, [*arguments, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


def _until(truth: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not truth():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.2)


def _one(url: str, query: str, *values: object) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(query, values).fetchone()
    return int(row[0]) if row else 0


def test_every_filled_cell_is_stored_once(ingest: str, files: tuple[str, str], lane: str) -> None:
    code, figures = _run(replay, *files, "--lane", lane, "--check", "--wait", str(_PATIENCE_S))
    stored = {row["indicator"]: row for row in figures["stored"]}
    assert all(row["is_equal"] for row in stored.values()), stored
    assert code == 0
    assert figures["rejected_by_reason"] == {"implausible": 1, "wrong_type": 1}
    assert stored["stock"]["expected"] == 6 * 40 - figures["blank"]
    assert stored["norm"]["zeros_stored"] == stored["norm"]["zeros_expected"] == 40
    rows = "SELECT count(*) FROM v_observation WHERE lane = %s"
    assert _one(ingest, rows, lane) == figures["observations"]
    shares = "SELECT count(DISTINCT value) FROM v_observation WHERE lane = %s AND indicator = 'norm_share'"
    assert _one(ingest, shares, lane) == 1  # fractions and per cent are one unit now
    rejected = "SELECT count(*) FROM rejection WHERE lane = %s"
    _until(lambda: _one(ingest, rejected, lane) >= 2)
    assert _one(ingest, rejected, lane) == 2

    again, figures = _run(replay, *files, "--lane", lane, "--check", "--wait", str(_PATIENCE_S))
    assert again == 0
    ticks = "SELECT min(next_offset) FROM kafka_offset WHERE consumer_group = 'ingest'"
    assert _one(ingest, ticks) >= 0
    assert _one(ingest, rows, lane) == figures["observations"]


def test_a_difference_is_found(ingest: str, files: tuple[str, str], lane: str) -> None:
    mapping, table = files
    code, _ = _run(replay, mapping, table, "--lane", lane, "--check", "--wait", str(_PATIENCE_S))
    assert code == 0
    changed = Path(table).read_text(encoding="utf-8").replace("Werk 2,49.3,", "Werk 2,49.4,")
    Path(table).write_text(changed, encoding="utf-8")
    code, figures = _run(replay_check, mapping, table, "--lane", lane, "--wait", "1")
    stock = next(row for row in figures["stored"] if row["indicator"] == "stock")
    assert code == 1
    assert (stock["different"], stock["missing"], stock["surplus"]) == (1, 0, 0)
