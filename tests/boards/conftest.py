"""A crisis in the tables, on the shipped chain: enough for every panel of every board to have something to show."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from schemas.lane import Lane
from services.ingest.registry.store import write_chain, write_lane
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from tests.databases import Database, Databases

NOW = datetime(2026, 2, 12, tzinfo=UTC)
LANES = ("live", "drill:b")
_ROWS = """
INSERT INTO observation (observed_at, issued_at, known_at, value, lane_id, series_id, source_id, quality)
SELECT t, t, t, 1000 + s.series_id, l.lane_id, s.series_id, 1, 0
FROM generate_series(%s::timestamptz, %s::timestamptz, INTERVAL '6 hours') t, lane l, series s
WHERE s.series NOT LIKE 'water.%%' AND (s.provider <> 'port' OR t < %s)
"""
_DAYS = """
INSERT INTO observation_day (lane_id, series_id, bucket, value_count, doubtful_count, mean, minimum, maximum, first_value, last_value)
SELECT lane_id, series_id, date_trunc('day', observed_at), count(*), 0, avg(value), min(value), max(value), min(value), max(value)
FROM observation GROUP BY 1, 2, 3
"""
_JUDGED = """
INSERT INTO assessment (lane, chain, node, product, hazard, as_of, known_at, level, chain_version, rules_version, probability, confidence, causes,
    inputs, reason_zh, reason_en, smallest_change_zh, smallest_change_en, cover_days, stock, hours_to_minimum_p50, stock_p10, stock_p90)
VALUES (%s, 'ordos', %s, 'steam_coal', 'starved', %s, %s, %s, 'v', 'v', '{"24": 0.1, "72": 0.5}', 0.9, '[]', '[]', '缺煤', 'short', '', '', 5, 100,
    60, '{"24": 80, "72": 40}', '{"24": 120, "72": 100}')
"""
_ALERT = """
INSERT INTO alert (lane, chain, node, product, hazard, episode, sequence, state, level, opened_at, as_of, known_at, headline_zh, headline_en,
    reason_zh, reason_en, path, cover_days, hours_to_minimum_p50)
VALUES (%s, 'ordos', %s, 'steam_coal', 'starved', %s, 1, 'opened', 'red', %s, %s, %s, '断供风险', 'runs dry', '', '', %s, 5, 60)
"""
_RUN = """
INSERT INTO run (run_id, lane, episode, playbook, version, state, started_at, node, product, level, name_zh, name_en)
VALUES (%s, %s, %s, 'p', '1', 'running', %s, 'P_QHD', 'steam_coal', 'red', '预案', 'plan')
"""
_TASK = """
INSERT INTO task (task_id, run_id, lane, step, title_zh, title_en, assignee, state, created_at, due_at, detail)
VALUES (%s, %s, %s, 'ask', '是否会商', 'confer?', 'chief: 链长', 'open', %s, %s, '{"kind": "ask"}')
"""
_SCORE = """
INSERT INTO score (lane, series, observed_at, known_at, detector, version, value, p_value, expected, low, high, is_anomaly, sentence_zh, sentence_en)
VALUES (%s, 'stock.P_QHD.steam_coal', %s, %s, 'robust_level', '1', 10, 0.0001, 20, 15, 25, true, '低', 'low')
"""
_REFUSED = """
INSERT INTO rejection (rejection_id, lane, source, reason, field, given, wanted, origin, known_at, raw)
VALUES (%s, %s, 'port', 'bad_value', 'value', 'x', 'a number', 'http', %s, '')
"""
_OUTCOME = """
INSERT INTO outcome (lane, chain, node, product, hazard, outcome, revision, verdict, known_at, episode, incident, root, peak, opened_at, closed_at,
    event_at, lead_hours, actions, foretold_probability, observed_share, reason_zh, reason_en, confirmed_by, command_id, comment)
SELECT %s, 'ordos', 'P_QHD', 'steam_coal', 'starved', 'o-' || i, 1, (ARRAY['occurred', 'false', 'missed', 'averted'])[1 + i %% 4], %s, '', '', '',
    'red', %s, %s, NULL, 40 + i, '{}', '{"336": 0.7}', 1, '到限', 'reached', '', '', '' FROM generate_series(1, %s) i
"""


@pytest.fixture
def crisis_template(migrated_template: tuple[str, str], databases: Databases) -> tuple[str, str]:
    """Mode and name of the template: port reports end on 5 February; P_QHD is red, D_CST judged long ago; a drill goes on beside it."""
    mode, parent = migrated_template
    return mode, databases.template(f"crisis_{mode}", put_crisis, parent)


@pytest.fixture
def crisis(crisis_template: tuple[str, str], databases: Databases) -> Iterator[Database]:
    """A database in this crisis, for this test alone."""
    with databases.fresh(*crisis_template) as made:
        with psycopg.connect(made.url, autocommit=True) as connection:
            start_clocks(connection)
        yield made


def start_clocks(connection: psycopg.Connection[Any]) -> None:
    """The lanes stand at ``NOW`` now, however long ago the rows were written."""
    connection.execute("UPDATE lane SET wall_origin = now()")


def put_crisis(url: str) -> None:
    """Fill empty tables with the crisis."""
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as c:
        write_chain(c, load_chain(asset_path("deploy/config/chains/ordos")))
        c.execute("INSERT INTO source (source_id, source) VALUES (1, 'test')")
        for day in range(0, 16, 5):
            c.execute("SELECT observation_partition(%s)", (NOW - timedelta(days=day),))
        for lane in LANES:
            wall = datetime.now(UTC)
            write_lane(
                c, Lane(name=lane, chain="ordos", opened_at=NOW, origin=NOW, wall_origin=wall, rate=1.0, revision=1)
            )
        c.execute(_ROWS, (NOW - timedelta(days=10), NOW, NOW - timedelta(days=7)))
        c.execute(_DAYS)
        for lane in LANES:
            _put_crisis(c, lane)


def _put_crisis(c: Any, lane: str) -> None:
    hour, day = NOW - timedelta(hours=1), NOW - timedelta(days=1)
    c.execute(_JUDGED, (lane, "P_QHD", hour, hour, "red"))
    c.execute(_JUDGED, (lane, "D_CST", day, day, "normal"))
    c.execute(_ALERT, (lane, "P_QHD", f"ep-{lane}", day, day, day, ["R_DQ", "P_QHD"]))
    c.execute(_RUN, (f"run-{lane}", lane, f"ep-{lane}", day))
    c.execute(_TASK, (f"task-{lane}", f"run-{lane}", lane, day, hour))
    c.execute(_SCORE, (lane, hour, hour))
    c.execute(_REFUSED, (f"r-{lane}", lane, hour))
    c.execute(_OUTCOME, (lane, day, day, day, 12))
