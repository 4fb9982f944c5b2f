"""What the storage tests share: a connection, and rows put straight into the table."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection

_SERIES = """
INSERT INTO series (series_id, series, chain, feed, group_name, name_zh, name_en, indicator, unit, node, product, link_target, provider,
    cadence_h, lateness_h, silence_h, plausible_low, plausible_high, is_essential)
SELECT g, 'stock.S' || g, 'c', 'production', 'S' || g, 'x', 'x', 'stock', 't', 'S' || g, 'coal', '', 'p', 1, 24, 48, 0, 1e9, false
FROM generate_series(1, 5) g ON CONFLICT DO NOTHING
"""
_LANE = """
INSERT INTO lane (lane, kind, chain, opened_at, origin, wall_origin, rate, revision, closed_at)
VALUES (%s, split_part(%s, ':', 1), 'c', %s, %s, %s, 1, 1, %s) RETURNING lane_id
"""
_FILL = """
INSERT INTO observation (observed_at, issued_at, known_at, value, lane_id, series_id, source_id, quality)
SELECT t, t + INTERVAL '1 minute', t + INTERVAL '1 minute', extract(hour FROM t) + s, %s, s, 1, 0
FROM generate_series(%s::timestamptz, %s::timestamptz, INTERVAL '1 hour') t, generate_series(1, 5) s
"""


@pytest.fixture
def connection(migrated_database: Any) -> Iterator[Connection[Any]]:
    """An autocommit connection to a fresh database with five series and one source."""
    with psycopg.connect(migrated_database.url, autocommit=True, options="-c timezone=UTC") as opened:
        opened.execute(_SERIES)
        opened.execute("INSERT INTO source (source_id, source) VALUES (1, 'test')")
        yield opened


@pytest.fixture
def open_lane(connection: Connection[Any]) -> Callable[..., int]:
    """``open_lane(name, now, closed_at=None)``: a lane whose clock stood at ``now`` when the year 2026 began; returns its id."""

    def make(name: str, now: str, closed_at: str | None = None) -> int:
        row = connection.execute(_LANE, (name, name, now, now, "2026-01-01Z", closed_at)).fetchone()
        assert row is not None
        return int(row[0])

    return make


@pytest.fixture
def fill(connection: Connection[Any]) -> Callable[[int, str, str], None]:
    """``fill(lane_id, first, last)``: hourly rows of five series, partitions included."""

    def make(lane_id: int, first: str, last: str) -> None:
        months = "SELECT observation_partition(t) FROM generate_series(%s::timestamptz, %s::timestamptz, INTERVAL '10 days') t"
        connection.execute(months, (first, last))
        connection.execute("SELECT observation_partition(%s::timestamptz)", (last,))
        connection.execute(_FILL, (lane_id, first, last))

    return make
