"""Migrations: forward only, once, under a lock, refused when edited; plain becomes timescale without losing a row."""

import threading
from typing import Any

import psycopg
import pytest

from services.runtime.conversion import convert_to_timescale
from services.runtime.database import Mode
from services.runtime.errors import ConfigurationError, InvariantError
from services.runtime.migrations import Migration, check_mode, migrate, parse, shipped


def test_header_lines_are_read() -> None:
    assert parse("0001_a.sql", "-- only: timescale\n-- transaction: none\nSELECT 1").is_transactional is False
    assert parse("0002_b.sql", "SELECT 1").only is None
    with pytest.raises(InvariantError, match="NNNN_name"):
        parse("b.sql", "SELECT 1")
    with pytest.raises(InvariantError, match="timescale or plain"):
        parse("0003_c.sql", "-- only: oracle\nSELECT 1")


def test_shipped_files_are_numbered_without_gaps() -> None:
    assert [m.number for m in shipped()] == list(range(1, len(shipped()) + 1))


def test_repeating_changes_nothing(database: Any) -> None:
    first = migrate(database.url, Mode(database.mode))
    assert first.mode.value == database.mode
    assert first.applied
    assert migrate(database.url).applied == []


def test_an_edited_file_is_refused(database: Any) -> None:
    known = [Migration(1, "a", "CREATE TABLE a (x int)")]
    with pytest.raises(InvariantError, match="0001_a failed"):
        migrate(database.url, Mode.PLAIN, migrations=[Migration(1, "a", "CREATE TABLE broken (")])
    with pytest.raises(psycopg.errors.UndefinedTable):
        migrate(database.url, migrations=known)  # the grants at the end need all tables; the migration itself is in
    with pytest.raises(InvariantError, match="was edited"):
        migrate(database.url, migrations=[Migration(1, "a", "CREATE TABLE a (y int)")])
    with pytest.raises(InvariantError, match="newer release"):
        migrate(database.url, migrations=[])


def test_two_at_once_do_it_once(database: Any) -> None:
    outcomes: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(migrate(database.url, Mode(database.mode)).applied))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(len, outcomes)) == [0, 0, max(map(len, outcomes))]


def test_the_mode_is_written_and_a_mismatch_refused(database: Any) -> None:
    other = Mode.PLAIN if database.mode == "timescale" else Mode.TIMESCALE
    migrate(database.url, Mode(database.mode))
    with pytest.raises(InvariantError, match=database.mode):
        migrate(database.url, other)


def test_tables_made_for_timescale_do_not_start_without_it(database: Any) -> None:
    migrate(database.url, Mode(database.mode))
    with psycopg.connect(database.url) as connection:
        check_mode(connection, Mode(database.mode))
        if database.mode == "plain":
            with pytest.raises(InvariantError, match="TimescaleDB"):
                check_mode(connection, Mode.TIMESCALE)


def test_unknown_roles_are_refused(database: Any) -> None:
    with pytest.raises(ConfigurationError, match="lianjing_nobody"):
        migrate(database.url, Mode(database.mode), passwords={"lianjing_nobody": "x"})


def test_plain_becomes_timescale_with_every_row(
    connection: Any, open_lane: Any, fill: Any, migrated_database: Any
) -> None:
    if migrated_database.mode == "timescale":
        assert convert_to_timescale(migrated_database.url).notes == ["already in mode timescale"]
        return
    lane = open_lane("replay:a", "2024-03-10Z")
    fill(lane, "2024-01-15Z", "2024-03-10Z")
    connection.execute(
        "INSERT INTO observation SELECT '1900-01-01Z', issued_at, known_at, 1, lane_id, 1, 1, 0, '{}' FROM observation LIMIT 1"
    )
    checksum = "SELECT count(*), md5(string_agg(o::text, ',' ORDER BY o::text)) FROM observation o"
    before = connection.execute(checksum).fetchone()
    available = "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'"
    if connection.execute(available).fetchone() == (0,):
        with pytest.raises(InvariantError, match="TimescaleDB"):
            convert_to_timescale(migrated_database.url)
        assert connection.execute(checksum).fetchone() == before
        return
    outcome = convert_to_timescale(migrated_database.url)
    assert outcome.mode is Mode.TIMESCALE
    assert connection.execute(checksum).fetchone() == before
    assert connection.execute("SELECT count(*) FROM v_observation_latest").fetchone() == (5,)
    assert migrate(migrated_database.url).applied == []
