"""Rows of a lane in which a good deal goes on: a month of judgements, a reading of each series, incidents with plans, tasks,
messages and what happened."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from schemas.chain import Chain, Stock
from schemas.lane import Lane
from services.ingest.registry.store import write_chain, write_lane

_JUDGED = """
INSERT INTO assessment (lane, chain, node, product, hazard, as_of, known_at, level, chain_version, rules_version, cover_days, stock,
    hours_to_minimum_p10, hours_to_minimum_p50, hours_to_minimum_p90, probability, confidence, causes, inputs, reason_zh, reason_en,
    smallest_change_zh, smallest_change_en, stock_p10, stock_p90)
SELECT %(lane)s, %(chain)s, %(node)s, %(product)s, %(hazard)s, t, t, %(level)s, 'v', 'v', 5, %(stock)s, 12, 30, 60,
    '{"24": 0.1, "72": 0.4, "168": 0.6, "336": 0.8, "720": 0.9}', 0.9, '[]', '[]', '库存将到下限，线路来量不足', 'the stock nears its minimum',
    '', '', jsonb_build_object('24', %(stock)s * 0.8, '72', %(stock)s * 0.5, '168', %(stock)s * 0.2),
    jsonb_build_object('24', %(stock)s * 0.9, '72', %(stock)s * 0.8, '168', %(stock)s * 0.7)
FROM generate_series(%(since)s::timestamptz, %(now)s::timestamptz, interval '6 hours') t
"""
_READ = """
INSERT INTO observation (observed_at, issued_at, known_at, value, lane_id, series_id, source_id, quality)
SELECT %(at)s, %(at)s, %(at)s,
    CASE s.indicator WHEN 'capacity_factor' THEN 1 WHEN 'hazard_level' THEN 0 ELSE (s.plausible_low + s.plausible_high) / 3 END,
    l.lane_id, s.series_id, 1, 0 FROM series s, lane l WHERE s.chain = %(chain)s AND l.lane = %(lane)s
"""
_WARNED = """
INSERT INTO alert (lane, chain, node, product, hazard, episode, sequence, state, level, opened_at, as_of, known_at, headline_zh, headline_en,
    reason_zh, reason_en, path, cover_days, hours_to_minimum_p10, hours_to_minimum_p50, hours_to_minimum_p90, probability, incident, root)
VALUES (%(lane)s, %(chain)s, %(node)s, %(product)s, %(hazard)s, %(episode)s, 1, 'opened', %(level)s, %(now)s, %(now)s, %(now)s, '库存将到下限',
    'the stock nears its minimum', '', '', ARRAY[%(root)s, %(node)s], 5, 12, 30, 60, '{"72": 0.4}', %(incident)s, %(root)s)
"""
_RAN = """
INSERT INTO run (run_id, lane, episode, playbook, version, state, started_at, node, product, level, name_zh, name_en)
VALUES (%(episode)s, %(lane)s, %(episode)s, 'p', '1', 'running', %(now)s, %(node)s, %(product)s, %(level)s, '保供预案', 'supply plan')
"""
_DUE = """
INSERT INTO task (task_id, run_id, lane, step, title_zh, title_en, assignee, state, created_at, due_at)
VALUES (%(episode)s || %(step)s, %(episode)s, %(lane)s, %(step)s, '核实库存', 'verify the stock', 'duty: 值班员', 'open', %(now)s, %(due)s)
"""
_HAPPENED = """
INSERT INTO run_event (run_id, lane, step, kind, sequence, at, text_zh, text_en)
SELECT %(episode)s, %(lane)s, 's1', 'noted', n, %(now)s - n * interval '5 minutes', '第 ' || n || ' 次核实库存，电厂已回电',
    'verified, the plant called back'
FROM generate_series(1, 60) n
"""
_TOLD = """
INSERT INTO notification (notification_id, run_id, lane, step, channel, recipient, text_zh, text_en, state, created_at, role, level)
SELECT %(episode)s || '-' || n || '-' || r, %(episode)s, %(lane)s, 's1', 'log', '值班员 ' || r,
    '第 ' || n || ' 次告知' || chr(10) || repeat('库存将到下限。', 60), 'told ' || n || chr(10) || repeat('the stock nears its minimum. ', 20),
    'sent', %(now)s - n * interval '10 minutes', 'duty', %(level)s
FROM generate_series(1, 12) n, generate_series(1, 6) r
"""
_LEVELS = ((41, "red"), (29, "orange"), (17, "yellow"), (13, "blue"), (11, "unknown"))
_MOST_INCIDENTS = 8
_TASKS = 3


def put(connection: Connection[Any], chain: Chain, lane: str, now: datetime, *, days: int) -> None:
    """Write the chain, the lane and its crisis. The same arguments give the same rows."""
    write_chain(connection, chain)
    write_lane(connection, Lane(name=lane, chain=chain.id, opened_at=now, origin=now, wall_origin=now, revision=1))
    connection.execute(b"INSERT INTO source (source_id, source) VALUES (1, 'bench') ON CONFLICT DO NOTHING")
    for back in range(3):
        connection.execute(b"SELECT observation_partition(%s)", (now - timedelta(days=back),))
    connection.execute(_READ.encode(), {"at": now - timedelta(minutes=30), "chain": chain.id, "lane": lane})
    judged = list(_judged(chain, lane, now, days))
    with connection.cursor() as cursor:
        cursor.executemany(_JUDGED.encode(), judged)
        cursor.executemany(_WARNED.encode(), list(_warned(judged)))
        for rows in (_RAN, _HAPPENED, _TOLD):
            cursor.executemany(rows.encode(), list(_warned(judged)))
        cursor.executemany(
            _DUE.encode(),
            [w | {"step": f"s{i}", "due": now + timedelta(hours=i)} for w in _warned(judged) for i in range(_TASKS)],
        )


def warn(connection: Connection[Any], chain: Chain, lane: str, node: str, episode: str, now: datetime) -> None:
    """One more warning, as the keeper of alerting writes it."""
    named = {"chain": chain.id, "lane": lane, "node": node, "episode": episode, "incident": f"in-{episode}", "now": now}
    connection.execute(
        _WARNED.encode(), named | {"product": "steam_coal", "hazard": "starved", "level": "red", "root": node}
    )


def _judged(chain: Chain, lane: str, now: datetime, days: int) -> Iterator[dict[str, Any]]:
    dice = random.Random(1)  # noqa: S311  # the same picture each time, no secret
    for number, stock in enumerate(chain.stocks):
        level = next((name for every, name in _LEVELS if number % every == every - 1), "normal")
        amount = stock.daily_use * stock.days_normal * dice.uniform(0.5, 1.2)
        yield {
            "lane": lane,
            "chain": chain.id,
            "node": stock.node,
            "product": stock.product,
            "hazard": _hazard(stock),
            "level": level,
            "stock": amount,
            "since": now - timedelta(days=days),
            "now": now,
        }


def _hazard(stock: Stock) -> str:
    return "blocked" if stock.role == "output" else "starved"


def _warned(judged: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A warning for every place at yellow or above, gathered into a few incidents."""
    loud = [row for row in judged if row["level"] in ("red", "orange", "yellow")]
    for number, row in enumerate(loud):
        incident = number % _MOST_INCIDENTS
        yield row | {
            "episode": f"ep-{row['lane']}-{number}",
            "incident": f"in-{row['lane']}-{incident}",
            "root": loud[incident]["node"],
        }
