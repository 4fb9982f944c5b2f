"""``report.event``: an event is added, revised or ended; pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec import structs

from schemas.chain import Chain
from schemas.command import Command
from schemas.rejection import Reason
from schemas.report import EVENT_KINDS, EventReport, report_series_id
from services.intake.candidate import Candidate
from services.intake.telephone.arguments import Fault, known_only, moment, needed, number, truth
from services.intake.telephone.book import Word
from services.intake.telephone.place import TARGETS, place_of
from services.runtime.clock import from_us

KIND = "report.event"
_FIELDS = frozenset(
    {
        *("action", "event", *TARGETS, "kind", "left", "begun_at", "earliest_h", "likely_h", "latest_h"),
        *("source", "caller", "verified", "note"),
    }
)
_HOURS = ("earliest_h", "likely_h", "latest_h")
_MOST_H = 8760.0
_PAST, _AHEAD = timedelta(days=60), timedelta(days=30)
_LEAST_LEAD, _MOST_LEAD, _LEAD = timedelta(minutes=15), timedelta(hours=6), 0.2


def event_of(command: Command, known: Word | None, chain: Chain, now: datetime) -> EventReport:
    """The event as it stands after a command at lane time ``now``; ``known`` is the newest word on the one it names. Raises Fault."""
    arguments = command.arguments
    known_only(arguments, _FIELDS)
    action = needed(arguments, "action", "add、revise 或 end / add, revise or end")
    if action == "add":
        return _added(command, chain, now)
    if action not in ("revise", "end"):
        raise Fault(Reason.WRONG_TYPE, "action", action, "add、revise 或 end / add, revise or end")
    name = needed(arguments, "event", "要更新的事件编号 / the id of the event")
    if known is None:
        wanted = "已登记事件的编号，见接报列表 / the id of an event that was entered, see the list of reports"
        raise Fault(Reason.UNKNOWN_REFERENCE, "event", name, wanted)
    if known.report.is_ended:
        wanted = "未结束的事件；再次发生请新登记 / an event that is not ended; enter a new one if it happened again"
        raise Fault(Reason.UNKNOWN_REFERENCE, "event", name, wanted)
    return _revised(command, known.report, now, is_end=action == "end")


def row_of(command: Command, report: EventReport, known: Word | None, chain: Chain, issued_at: datetime) -> Candidate:
    """The observation that carries an event; a later word is a revision of the first."""
    return Candidate(
        series=report_series_id(chain.id),
        observed_at=from_us(known.observed_us) if known is not None else issued_at,
        issued_at=issued_at,
        value=report.left,
        quality="good" if report.is_verified else "estimated",
        key=report.event,
        detail=msgspec.json.encode(report).decode(),
        lane=command.lane,
    )


def _added(command: Command, chain: Chain, now: datetime) -> EventReport:
    arguments = command.arguments
    target, place = place_of(arguments, chain)
    kind = needed(arguments, "kind", _kinds())
    if kind not in EVENT_KINDS:
        raise Fault(Reason.WRONG_TYPE, "kind", kind, _kinds())
    begun_at = moment(arguments, "begun_at", now)
    if not now - _PAST <= begun_at <= now + _AHEAD:
        reason = Reason.TOO_FAR_PAST if begun_at < now else Reason.TOO_FAR_FUTURE
        wanted = f"{now - _PAST:%Y-%m-%d} 至 {now + _AHEAD:%Y-%m-%d} / from {now - _PAST:%Y-%m-%d} to {now + _AHEAD:%Y-%m-%d}"
        raise Fault(reason, "begun_at", begun_at.isoformat(), wanted)
    earliest, likely, latest = _times(arguments, max(begun_at, now))
    return EventReport(
        event=command.command_id,
        command=command.command_id,
        target=target,
        place=place,
        kind=kind,
        left=number(arguments, "left", 0.0, 1.0),
        begun_at=begun_at,
        told_at=now,
        earliest_at=earliest,
        likely_at=likely,
        latest_at=latest,
        due_at=_due(max(begun_at, now), likely),
        source=needed(arguments, "source", "消息来源单位 / who told of it"),
        caller=needed(arguments, "caller", "来电人 / who called"),
        officer=command.actor,
        is_verified=truth(arguments, "verified"),
        note=arguments.get("note", "").strip(),
    )


def _revised(command: Command, known: EventReport, now: datetime, *, is_end: bool) -> EventReport:
    """What is not given stays; with any of the three times all three are wanted."""
    arguments = command.arguments
    for fixed in (*TARGETS, "kind", "begun_at"):
        if arguments.get(fixed, "").strip():
            wanted = "地点、类型、开始时间不可更改：请结束后重新登记 / place, kind and beginning stay; end it and enter a new one"
            raise Fault(Reason.UNKNOWN_FIELD, fixed, arguments[fixed], wanted)
    times: dict[str, datetime] = {}
    if any(arguments.get(name, "").strip() for name in _HOURS):
        start = max(known.begun_at, now)
        earliest, likely, latest = _times(arguments, start)
        times = {"earliest_at": earliest, "likely_at": likely, "latest_at": latest, "due_at": _due(start, likely)}
    return structs.replace(
        known,
        command=command.command_id,
        told_at=now,
        officer=command.actor,
        left=number(arguments, "left", 0.0, 1.0) if arguments.get("left", "").strip() else known.left,
        source=arguments.get("source", "").strip() or known.source,
        caller=arguments.get("caller", "").strip() or known.caller,
        is_verified=truth(arguments, "verified") if "verified" in arguments else known.is_verified,
        note=arguments.get("note", "").strip() or known.note,
        is_ended=is_end,
        **times,
    )


def _times(arguments: Mapping[str, str], start: datetime) -> tuple[datetime, datetime, datetime]:
    """The three times of recovery, given in hours from ``start``. Raises Fault."""
    earliest, likely, latest = (number(arguments, name, 0.0, _MOST_H, " h") for name in _HOURS)
    if not earliest <= likely <= latest or latest <= 0:
        wanted = "最早 ≤ 最可能 ≤ 最晚，最晚大于 0 / earliest ≤ likely ≤ latest, the latest above 0"
        raise Fault(Reason.IMPLAUSIBLE, "likely_h", f"{earliest:g}, {likely:g}, {latest:g}", wanted)
    return start + timedelta(hours=earliest), start + timedelta(hours=likely), start + timedelta(hours=latest)


def _due(start: datetime, likely: datetime) -> datetime:
    """When an update is wanted: a fifth of the time before the likely end, at least a quarter of an hour and at most six hours."""
    lead = min(max(_LEAD * (likely - start), _LEAST_LEAD), _MOST_LEAD)
    return max(start, likely - lead)


def _kinds() -> str:
    zh = "、".join(f"{key} {kind.name_zh}" for key, kind in EVENT_KINDS.items())
    return f"{zh} / one of {', '.join(EVENT_KINDS)}"
