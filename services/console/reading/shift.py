"""Who is on duty, and what was said when the watch was handed over: read from the commands ``shift.take`` and ``shift.hand``. Shaping is pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from services.console.reading.lane import LaneView
from services.console.shelf import Shelf

_SAID = """SELECT c.command_id, c.kind, c.actor, c.issued_at, c.arguments, coalesce(a.display, c.actor) AS display
FROM command c LEFT JOIN account a ON a.account = c.actor
WHERE c.kind IN ('shift.take', 'shift.hand') AND c.lane = %(lane)s AND c.arguments ->> 'chain' = %(chain)s AND c.issued_at > %(since)s
ORDER BY c.issued_at, c.command_id"""
_LOOKS_BACK = timedelta(days=14)
USUAL = timedelta(hours=12)


class OnDuty(Struct, frozen=True, kw_only=True):
    """Somebody who took the watch and has not handed it over; ``since`` is wall time."""

    name: str
    display: str
    since: datetime


class Handed(Struct, frozen=True, kw_only=True):
    """A watch that ended: by whom, when (wall time), for whom, with what words; ``taken_by`` whoever took the watch next."""

    display: str
    at: datetime
    to: str
    note: str
    taken_by: str = ""


class Duty(Struct, frozen=True, kw_only=True):
    """The duty room of a chain. ``handed``: the newest first."""

    on_duty: tuple[OnDuty, ...] = ()
    handed: tuple[Handed, ...] = ()

    def mine(self, name: str) -> OnDuty | None:
        """The person's own watch."""
        return next((each for each in self.on_duty if each.name == name), None)

    @property
    def waiting(self) -> Handed | None:
        """The newest handover that nobody has taken yet."""
        return self.handed[0] if self.handed and not self.handed[0].taken_by else None


def duty(shelf: Shelf, lane: LaneView, now: datetime) -> Duty:
    """As the commands of the last two weeks tell it. Raises UnreachableError."""
    return duty_of(shelf.rows(_SAID, {"lane": lane.name, "chain": lane.chain, "since": now - _LOOKS_BACK}))


def duty_of(said: Sequence[Mapping[str, Any]]) -> Duty:
    """The duty room after these words, oldest first. Who takes the watch twice has it since the first time."""
    on_duty: dict[str, OnDuty] = {}
    handed: list[Handed] = []
    for each in said:
        if each["kind"] == "shift.hand":
            on_duty.pop(each["actor"], None)
            words = {name: each["arguments"].get(name, "") for name in ("to", "note")}
            handed.append(Handed(display=each["display"], at=each["issued_at"], **words))
            continue
        if each["actor"] not in on_duty:
            on_duty[each["actor"]] = OnDuty(name=each["actor"], display=each["display"], since=each["issued_at"])
        if handed and not handed[-1].taken_by:
            last = handed[-1]
            handed[-1] = Handed(display=last.display, at=last.at, to=last.to, note=last.note, taken_by=each["display"])
    return Duty(on_duty=tuple(on_duty.values()), handed=tuple(reversed(handed))[:10])


def shift_begins(found: Duty, name: str, lane: LaneView, now: datetime) -> datetime:
    """Lane time from which the page tells what changed: the person's own watch, else the usual twelve hours."""
    mine = found.mine(name)
    return lane.now - (USUAL if mine is None else (now - mine.since) * lane.rate)
