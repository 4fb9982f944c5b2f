"""What came by telephone: events with all words on them, stocks, and what became of a report that was just sent."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from schemas.rejection import REASON_TEXT, Reason
from schemas.report import EVENT_KINDS, EventReport, report_series_id
from services.console.reading.lane import LaneView
from services.console.shelf import Shelf
from services.runtime.chain.area import covers

_WORDS = """SELECT o.observed_at, o.issued_at, o.detail FROM observation o
WHERE o.lane_id = (SELECT lane_id FROM lane WHERE lane = %(lane)s) AND o.series_id = (SELECT series_id FROM series WHERE series = %(series)s)
    AND o.detail IS NOT NULL ORDER BY o.issued_at DESC LIMIT 5000"""
_STOCKS = """SELECT c.command_id, c.issued_at, c.actor, c.arguments, s.series, s.name_zh, s.name_en, s.unit, o.value, o.quality, o.observed_at
FROM command c
JOIN series s ON s.chain = %(chain)s AND s.indicator = 'stock' AND s.node = c.arguments ->> 'node' AND s.product = c.arguments ->> 'product'
JOIN LATERAL (
    SELECT b.observed_at FROM observation b WHERE b.lane_id = (SELECT lane_id FROM lane WHERE lane = %(lane)s) AND b.series_id = s.series_id
        AND b.observed_at > %(now)s::timestamptz - interval '31 days' AND b.detail -> 'telephone' ->> 'command' = c.command_id LIMIT 1
) told ON true
JOIN LATERAL (
    SELECT b.value, b.quality, b.observed_at FROM observation b WHERE b.lane_id = (SELECT lane_id FROM lane WHERE lane = %(lane)s)
        AND b.series_id = s.series_id AND b.observed_at = told.observed_at ORDER BY b.issued_at DESC LIMIT 1
) o ON true
WHERE c.kind = 'report.stock' AND c.lane = %(lane)s AND c.arguments ->> 'action' = 'add' ORDER BY c.issued_at DESC LIMIT 50"""
_REFUSAL = """SELECT reason, field, given, wanted, known_at, convert_from(raw, 'UTF8') AS raw FROM rejection
WHERE source = 'telephone' AND origin = %s ORDER BY known_at DESC LIMIT 1"""
_REFUSALS = """SELECT reason, field, given, wanted, known_at, origin, convert_from(raw, 'UTF8') AS raw FROM rejection
WHERE source = 'telephone' AND lane = %s ORDER BY known_at DESC LIMIT 20"""
_EVENT_TAKEN = """SELECT o.detail ->> 'event' AS event FROM observation o
WHERE o.lane_id = (SELECT lane_id FROM lane WHERE lane = %(lane)s) AND o.series_id = (SELECT series_id FROM series WHERE series = %(series)s)
    AND o.detail ->> 'command' = %(command)s LIMIT 1"""
_STOCK_TAKEN = """SELECT s.series FROM command c JOIN series s ON s.indicator = 'stock' AND s.node = c.arguments ->> 'node'
    AND (s.product = c.arguments ->> 'product' OR coalesce(c.arguments ->> 'product', '') = '')
WHERE c.command_id = %(command)s AND c.kind = 'report.stock' AND EXISTS (
    SELECT 1 FROM observation b WHERE b.lane_id = (SELECT lane_id FROM lane WHERE lane = %(lane)s) AND b.series_id = s.series_id
        AND b.known_at >= %(now)s::timestamptz - interval '2 days' AND b.detail -> 'telephone' ->> 'command' = c.command_id
) LIMIT 1"""
_AFFECTED = """SELECT n.node, n.name_zh, n.name_en, n.product, n.hazard, n.level, n.as_of, n.hours_to_minimum_p10, n.hours_to_minimum_p50,
    n.hours_to_minimum_p90, n.reason_zh, n.reason_en, before.level AS level_before, before.hours_to_minimum_p50 AS hours_before
FROM v_board_node n LEFT JOIN LATERAL (
    SELECT a.level, a.hours_to_minimum_p50 FROM assessment a WHERE a.lane = n.lane AND a.node = n.node AND a.product = n.product
        AND a.hazard = n.hazard AND a.as_of < %(since)s ORDER BY a.as_of DESC, a.known_at DESC LIMIT 1
) before ON true
WHERE n.lane = %(lane)s AND n.as_of >= %(since)s AND n.reason_zh LIKE '%%电话接报%%'
    AND (n.node = ANY(%(nodes)s) OR EXISTS (SELECT 1 FROM jsonb_array_elements(n.causes) c WHERE c ->> 'node' = ANY(%(nodes)s)))
ORDER BY CASE n.level WHEN 'red' THEN 0 WHEN 'orange' THEN 1 WHEN 'yellow' THEN 2 WHEN 'unknown' THEN 3 WHEN 'blue' THEN 4 ELSE 5 END,
    n.node LIMIT 40"""
_CODES = "SELECT admin_code FROM v_board_chain_node WHERE chain = %s AND node = ANY(%s)"
_RECENT = timedelta(days=14)


class State(StrEnum):
    """How far an event is: going on, a new word wanted, past its expected end without one, ended by a word."""

    OPEN = "open"
    DUE = "due"
    OVERDUE = "overdue"
    ENDED = "ended"


STATE_WORDS: dict[State, tuple[str, str]] = {
    State.OPEN: ("进行中", "going on"),
    State.DUE: ("待更新", "update wanted"),
    State.OVERDUE: ("到期未更新", "past its end, no update"),
    State.ENDED: ("已结束", "ended"),
}
_ORDER = {State.OVERDUE: 0, State.DUE: 1, State.OPEN: 2, State.ENDED: 3}


class ReportedEvent(Struct, frozen=True, kw_only=True):
    """An event as its newest word has it, with the words before, newest first."""

    report: EventReport
    words: tuple[EventReport, ...]
    state: State

    @property
    def kind_words(self) -> tuple[str, str]:
        """What happened."""
        kind = EVENT_KINDS.get(self.report.kind)
        return (kind.name_zh, kind.name_en) if kind else (self.report.kind, self.report.kind)

    @property
    def state_words(self) -> tuple[str, str]:
        """How far it is."""
        return STATE_WORDS[self.state]

    @property
    def first_at(self) -> datetime:
        """When it was first told of."""
        return self.words[-1].told_at


class Refusal(Struct, frozen=True, kw_only=True):
    """A report that intake refused: what was wrong, what was given, what would be right, and the report itself."""

    reason_zh: str
    reason_en: str
    field: str
    given: str
    wanted: str
    known_at: datetime
    kind: str
    arguments: dict[str, str]


class Fate(Struct, frozen=True, kw_only=True):
    """What became of a report: ``event`` or ``series`` where it was accepted, ``refusal`` where not, nothing while it is on its way."""

    event: str = ""
    series: str = ""
    refusal: Refusal | None = None

    @property
    def is_known(self) -> bool:
        """True once it was accepted or refused."""
        return bool(self.event or self.series or self.refusal)


def events(shelf: Shelf, lane: LaneView) -> list[ReportedEvent]:
    """All events of a lane, those that want a word first; ended ones of the last two weeks. Raises UnreachableError."""
    rows = shelf.rows(_WORDS, {"lane": lane.name, "series": report_series_id(lane.chain)})
    return arranged([msgspec.convert(row["detail"], EventReport) for row in rows], lane.now)


def arranged(words: Sequence[EventReport], now: datetime) -> list[ReportedEvent]:
    """Events of their words, which come newest first."""
    by_event: dict[str, list[EventReport]] = {}
    for word in words:
        by_event.setdefault(word.event, []).append(word)
    found = [ReportedEvent(report=w[0], words=tuple(w), state=state_of(w[0], now)) for w in by_event.values()]
    kept = [e for e in found if e.state is not State.ENDED or e.report.told_at >= now - _RECENT]
    return sorted(kept, key=lambda e: (_ORDER[e.state], e.report.due_at, e.report.event))


def state_of(report: EventReport, now: datetime) -> State:
    """How far an event is: it never ends by the clock."""
    if report.is_ended:
        return State.ENDED
    if now >= report.likely_at:
        return State.OVERDUE
    return State.DUE if now >= report.due_at else State.OPEN


def events_of(shelf: Shelf, lane: LaneView, chain: str, nodes: Collection[str]) -> list[ReportedEvent]:
    """Events that are not ended and touch one of these nodes of a chain: its own, of links that begin or end there, of its area. The partial
    ``_reports_of.html`` shows them. Raises UnreachableError.
    """
    found = [e for e in events(shelf, lane) if e.state is not State.ENDED] if lane.chain == chain else []
    if not found:
        return []
    rows = shelf.rows(_CODES, (chain, list(nodes)))
    codes = [row["admin_code"] for row in rows if row["admin_code"]]
    return [e for e in found if _touches(e.report, nodes, codes)]


def _touches(report: EventReport, nodes: Collection[str], codes: Collection[str]) -> bool:
    if report.target == "area":
        return any(covers(report.place, code) for code in codes)
    return bool(set(report.place.split(":")[:2]) & set(nodes))


def stocks(shelf: Shelf, lane: LaneView) -> list[dict[str, Any]]:
    """Stocks read over the telephone in the last month, newest first; ``quality`` 3 is withdrawn. Raises UnreachableError."""
    return shelf.rows(_STOCKS, {"lane": lane.name, "chain": lane.chain, "now": lane.now})


def fate(shelf: Shelf, lane: LaneView, command: str) -> Fate:
    """What became of a report so far. Raises UnreachableError."""
    known: Mapping[str, object] = {
        "lane": lane.name,
        "series": report_series_id(lane.chain),
        "command": command,
        "now": lane.now,
    }
    row = shelf.row(_EVENT_TAKEN, known)
    if row is not None:
        return Fate(event=row["event"])
    row = shelf.row(_STOCK_TAKEN, known)
    if row is not None:
        return Fate(series=row["series"])
    row = shelf.row(_REFUSAL, (f"command:{command}",))
    return Fate(refusal=_refusal(row)) if row is not None else Fate()


def refusals(shelf: Shelf, lane: LaneView) -> list[Refusal]:
    """The newest reports of a lane that intake refused. Raises UnreachableError."""
    return [_refusal(row) for row in shelf.rows(_REFUSALS, (lane.name,))]


def affected(shelf: Shelf, lane: LaneView, nodes: Sequence[str], since: datetime) -> list[dict[str, Any]]:
    """Places whose newest assessment names a report on these nodes, with their level before ``since``. Raises UnreachableError."""
    return shelf.rows(_AFFECTED, {"lane": lane.name, "nodes": list(nodes), "since": since})


def _refusal(row: Mapping[str, Any]) -> Refusal:
    try:
        told = msgspec.json.decode(row["raw"])
    except msgspec.DecodeError:
        told = {}
    zh, en = REASON_TEXT[Reason(row["reason"])]
    return Refusal(
        reason_zh=zh,
        reason_en=en,
        field=row["field"],
        given=row["given"],
        wanted=row["wanted"],
        known_at=row["known_at"],
        kind=str(told.get("kind", "")),
        arguments={str(k): str(v) for k, v in told.get("arguments", {}).items()},
    )
