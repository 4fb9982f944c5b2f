"""Drills as their logs tell them: the list, and one drill as its organiser sees it. Shaping is pure; only the given shelf asks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from schemas.drill import DrillEvent, DrillEventKind, Member
from schemas.drill_plan import Inject, InjectKind, Plan
from services.console.shelf import Shelf
from services.runtime.debrief.scoring import Score, plan_of, score, standing_events

_LOG = "SELECT * FROM drill_event WHERE drill = %s ORDER BY sequence"
_ITEMS = "SELECT * FROM drill_event WHERE kind = 'item' ORDER BY wall, drill, sequence"
_TURNS = """SELECT * FROM drill_event
WHERE kind IN ('opened', 'clock', 'rewound', 'ended', 'stopped', 'aborted', 'acknowledged', 'unacknowledged')
    AND drill IN (SELECT drill FROM drill_event WHERE kind = 'opened' ORDER BY wall DESC LIMIT 100)
ORDER BY drill, sequence"""
_CHAINS = "SELECT lane, chain FROM lane WHERE kind = 'drill'"
_ANSWER = "SELECT body, problem FROM answer WHERE command_id = %s"
_OVER = (DrillEventKind.ENDED, DrillEventKind.STOPPED)
_CLOCKS = (DrillEventKind.CLOCK, DrillEventKind.REWOUND)


class Stand(StrEnum):
    """Where a drill is."""

    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    ABORTING = "aborting"
    ENDED = "ended"
    STOPPED = "stopped"
    ABORTED = "aborted"

    @property
    def is_over(self) -> bool:
        """Nothing of it can be steered any more."""
        return self in (Stand.ENDED, Stand.STOPPED, Stand.ABORTED)

    @property
    def is_going(self) -> bool:
        """Its clock can be steered: it runs or is paused."""
        return self in (Stand.RUNNING, Stand.PAUSED)


class Held(Struct, frozen=True, kw_only=True):
    """A drill in the list."""

    drill: str
    plan: Plan
    chain: str
    stand: Stand
    begun: datetime
    ended: datetime | None
    minute: float


class Dial(Struct, frozen=True, kw_only=True):
    """The drill's clock at the moment of reading: minute of drill time, and how many minutes pass in a second of the wall."""

    minute: float
    rate: float
    is_paused: bool
    most: float

    @property
    def per_second(self) -> float:
        """Minutes of drill time in a second."""
        return 0.0 if self.is_paused else self.rate / 60.0


class Given(StrEnum):
    """What became of an inject."""

    COMING = "coming"
    DUE = "due"
    GIVEN = "given"
    SKIPPED = "skipped"


class InjectLine(Struct, frozen=True, kw_only=True):
    """One row of the MSEL. ``at``: the minute at which it was given; ``by``: who gave it early."""

    inject: Inject
    state: Given
    at: float | None = None
    by: str = ""

    @property
    def can_be_given(self) -> bool:
        """A warning of the system is awaited and cannot be given."""
        return self.state in (Given.COMING, Given.DUE) and self.inject.kind is not InjectKind.ALERT


class Cockpit(Struct, frozen=True, kw_only=True):
    """One drill as its organiser sees it. ``aborted``: the event by which a real red alert ended it; ``absent`` have not acknowledged that."""

    drill: str
    lane: str
    plan: Plan
    stand: Stand
    dial: Dial
    begun: datetime
    injects: tuple[InjectLine, ...]
    score: Score
    events: tuple[DrillEvent, ...]
    aborted: DrillEvent | None = None
    absent: tuple[Member, ...] = ()

    def told(self, member: Member) -> list[DrillEvent]:
        """What a member was given so far, the newest first."""
        own = {i.id for i in self.plan.injects if member.id in i.audience or member.name in i.audience}
        return [e for e in self.events if e.kind is DrillEventKind.INJECT and e.subject in own]

    def absent_names(self) -> str:
        """Those who have not acknowledged the abort."""
        return "、".join(member.name for member in self.absent)


class Answered(Struct, frozen=True):
    """What the master of drills answered to a command."""

    body: Mapping[str, Any]
    problem: str


def answer_of(shelf: Shelf, command_id: str) -> Answered | None:
    """Its answer to a command; None while there is none. Raises UnreachableError."""
    row = shelf.row(_ANSWER, (command_id,))
    return None if row is None else Answered(row["body"], row["problem"])


def log_of(shelf: Shelf, drill: str) -> list[DrillEvent]:
    """The log of a drill so far; empty when there is no such drill. Raises UnreachableError."""
    return _events(shelf.rows(_LOG, (drill,)))


def item_events(shelf: Shelf) -> list[DrillEvent]:
    """What all drills said about improvement items. Raises UnreachableError."""
    return _events(shelf.rows(_ITEMS))


def chain_of(shelf: Shelf, drill: str) -> str:
    """The chain a drill is about; empty before its lane is known. Raises UnreachableError."""
    row = shelf.row("SELECT chain FROM lane WHERE lane = %s", (f"drill:{drill}",))
    return "" if row is None else str(row["chain"])


def drills(shelf: Shelf, now: datetime) -> list[Held]:
    """The newest hundred drills, the newest first. Raises UnreachableError."""
    chains = {row["lane"]: row["chain"] for row in shelf.rows(_CHAINS)}
    by_drill: dict[str, list[DrillEvent]] = {}
    for event in _events(shelf.rows(_TURNS)):
        by_drill.setdefault(event.drill, []).append(event)
    found = [held_of(events, chains.get(f"drill:{drill}", ""), now) for drill, events in by_drill.items()]
    return sorted(found, key=lambda held: held.begun, reverse=True)


def held_of(events: Sequence[DrillEvent], chain: str, now: datetime) -> Held:
    """A drill of the list from its opening, its turns and its end."""
    plan, stand = plan_of(events), stand_of(events)
    ended = next((e.wall for e in events if e.kind in (*_OVER, DrillEventKind.ABORTED)), None)
    return Held(
        drill=events[0].drill,
        plan=plan,
        chain=chain,
        stand=stand,
        begun=events[0].wall,
        ended=ended,
        minute=dial_of(plan, events, now).minute,
    )


def cockpit_of(events: Sequence[DrillEvent], now: datetime) -> Cockpit:
    """A drill from its log at a wall time. Raises ValueError for a log without an opening."""
    plan, stand, dial = plan_of(events), stand_of(events), dial_of(plan_of(events), events, now)
    standing = standing_events(events)
    given = {e.subject: e for e in reversed(standing) if e.kind is DrillEventKind.INJECT}
    return Cockpit(
        drill=events[0].drill,
        lane=events[-1].lane,
        plan=plan,
        stand=stand,
        dial=dial,
        begun=events[0].wall,
        injects=tuple(_line(i, given.get(i.id), dial, stand) for i in sorted(plan.injects, key=lambda i: i.minute)),
        score=score(plan, events, None if stand.is_over else dial.minute),
        events=tuple(reversed(standing)),
        aborted=next((e for e in events if e.kind is DrillEventKind.ABORTED), None),
        absent=_absent(plan, events),
    )


def stand_of(events: Sequence[DrillEvent]) -> Stand:
    """Where a drill is, from its log."""
    ending = next((e.kind for e in events if e.kind in _OVER), None)
    if any(e.kind is DrillEventKind.ABORTED for e in events):
        return Stand.ABORTING if _absent(plan_of(events), events) and ending is None else Stand.ABORTED
    if ending is not None:
        return Stand(ending.value)
    turns = [e for e in events if e.kind in _CLOCKS]
    if not turns or turns[-1].kind is DrillEventKind.REWOUND:
        return Stand.PREPARING
    return Stand.PAUSED if turns[-1].detail.get("paused") == "true" else Stand.RUNNING


def dial_of(plan: Plan, events: Sequence[DrillEvent], now: datetime) -> Dial:
    """The drill's clock at a wall time: it stands before its start, while paused and after the end."""
    stand = stand_of(events)
    turns = [e for e in events if e.kind in _CLOCKS]
    rate = next((float(e.detail["rate"]) for e in reversed(turns) if "rate" in e.detail), plan.rate)
    minute = events[-1].minute
    if turns and stand.is_going:
        minute = turns[-1].minute
    if turns and stand is Stand.PREPARING:
        minute = float(turns[-1].detail.get("to", 0.0))
    if stand is Stand.RUNNING:
        minute += max(now - turns[-1].wall, timedelta(0)) / timedelta(minutes=1) * rate
    return Dial(minute=min(minute, plan.minutes), rate=rate, is_paused=stand is not Stand.RUNNING, most=plan.minutes)


def takes_part(plan: Plan, names: Collection[str]) -> Member | None:
    """The member of the roster who goes by one of these names."""
    return next((m for m in plan.roster if m.id in names), None)


def _line(inject: Inject, given: DrillEvent | None, dial: Dial, stand: Stand) -> InjectLine:
    if given is not None:
        return InjectLine(inject=inject, state=Given.GIVEN, at=given.minute, by=given.detail.get("by", ""))
    if stand.is_over or stand is Stand.ABORTING:
        return InjectLine(inject=inject, state=Given.SKIPPED)
    is_due = stand.is_going and inject.minute <= dial.minute
    return InjectLine(inject=inject, state=Given.DUE if is_due else Given.COMING)


def _absent(plan: Plan, events: Sequence[DrillEvent]) -> tuple[Member, ...]:
    if not any(e.kind is DrillEventKind.ABORTED for e in events):
        return ()
    heard = {e.actor for e in events if e.kind in (DrillEventKind.ACKNOWLEDGED, DrillEventKind.UNACKNOWLEDGED)}
    return tuple(m for m in plan.roster if m.id not in heard)


def _events(rows: Sequence[Mapping[str, Any]]) -> list[DrillEvent]:
    return [msgspec.convert(row, DrillEvent) for row in rows]


def hours_and_minutes(minute: float | None) -> str:
    """Drill time as people read it.

    >>> hours_and_minutes(130.4), hours_and_minutes(None)
    ('2:10', '—')
    """
    return "—" if minute is None else f"{int(minute) // 60}:{int(minute) % 60:02d}"
