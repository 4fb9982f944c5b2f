"""Everything the map, the overview and the wall show of one lane, read in one moment: judgements, warnings, work, stocks, flows, hazards."""

from typing import Any

from msgspec import Struct

from services.console.reading.lane import LaneView
from services.console.shelf import Shelf

Row = dict[str, Any]

_JUDGED = """
SELECT node, product, hazard, level, as_of, cover_days, stock, hours_to_minimum_p10 AS p10, hours_to_minimum_p50 AS p50,
    hours_to_minimum_p90 AS p90, probability, confidence, stock_p10, stock_p90,
    CASE level WHEN 'unknown' THEN reason_zh ELSE '' END AS reason_zh, CASE level WHEN 'unknown' THEN reason_en ELSE '' END AS reason_en
FROM assessment_newest(%(lane)s) WHERE chain = %(chain)s"""
_WARNINGS = """
SELECT node, product, hazard, episode, coalesce(nullif(incident, ''), episode) AS incident, root, role, state, level, peak, opened_at, as_of,
    headline_zh, headline_en, reason_zh, reason_en, path, cover_days, hours_to_minimum_p10 AS p10, hours_to_minimum_p50 AS p50,
    hours_to_minimum_p90 AS p90, probability, is_unknown, is_awaiting, series, acknowledged_by, acknowledged_until, muted_by, approved_level
FROM v_alert_open WHERE lane = %(lane)s AND chain = %(chain)s ORDER BY opened_at, episode"""
_TASKS = """
SELECT t.task_id, t.run_id, t.title_zh, t.title_en, split_part(t.assignee, ': ', 2) AS owner, t.created_at, t.due_at,
    coalesce(t.detail ->> 'kind' = 'ask', false) AS is_question, r.node, r.episode, r.name_zh AS plan_zh, r.name_en AS plan_en
FROM task t JOIN run r USING (run_id) WHERE t.lane = %(lane)s AND t.ended_at IS NULL ORDER BY t.due_at NULLS LAST, t.task_id"""
_RUNS = """
SELECT run_id, episode, node, product, name_zh, name_en, phase, response, started_at FROM run
WHERE lane = %(lane)s AND state = 'running' ORDER BY started_at, run_id"""
_READINGS = """
SELECT s.series, s.node, s.product, s.link_target AS target, s.indicator, s.group_name, s.name_zh, s.name_en, s.silence_h, o.observed_at, o.value
FROM series s LEFT JOIN LATERAL (
    SELECT b.observed_at, b.value FROM observation b
    WHERE b.lane_id = (SELECT l.lane_id FROM lane l WHERE l.lane = %(lane)s) AND b.series_id = s.series_id AND b.observed_at <= %(now)s
    ORDER BY b.observed_at DESC, b.issued_at DESC LIMIT 1
) o ON true
WHERE s.chain = %(chain)s AND s.is_active AND s.indicator IN ('stock', 'flow', 'capacity_factor', 'hazard_level')"""
_PAGES = """
SELECT count(*) FILTER (WHERE at > %(now)s - interval '10 minutes') AS window, count(*) AS day FROM (
    SELECT DISTINCT coalesce(acted_at, as_of) AS at, incident FROM alert
    WHERE lane = %(lane)s AND chain = %(chain)s AND 'duty' = ANY(interrupts) AND muted_by = ''
        AND as_of > %(now)s - interval '1 day' AND as_of <= %(now)s
) p"""
_CLOSED = """
SELECT incident, node, hazard, peak, opened_at, as_of AS closed_at, headline_zh, headline_en FROM v_alert_latest
WHERE lane = %(lane)s AND chain = %(chain)s AND state = 'closed' AND as_of > %(now)s - interval '1 day' ORDER BY as_of DESC, episode LIMIT 20"""


class Picture(Struct, frozen=True, kw_only=True):
    """Rows of one lane at one moment, as the database names them; shaped by ``chart``."""

    lane: LaneView
    judged: list[Row]
    warnings: list[Row]
    tasks: list[Row]
    runs: list[Row]
    readings: list[Row]
    closed: list[Row]
    pages_window: int
    pages_day: int


def picture(shelf: Shelf, lane: LaneView) -> Picture:
    """The picture of a lane, all of one moment. Raises UnreachableError."""
    given = {"lane": lane.name, "chain": lane.chain, "now": lane.now}
    with shelf.reading() as connection:
        found = [
            connection.execute(question.encode(), given).fetchall()
            for question in (_JUDGED, _WARNINGS, _TASKS, _RUNS, _READINGS, _CLOSED, _PAGES)
        ]
    judged, warnings, tasks, runs, readings, closed, pages = found
    return Picture(
        lane=lane,
        judged=judged,
        warnings=warnings,
        tasks=tasks,
        runs=runs,
        readings=readings,
        closed=closed,
        pages_window=int(pages[0]["window"]),
        pages_day=int(pages[0]["day"]),
    )
