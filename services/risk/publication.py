"""Which assessments are worth publishing: changes at once, a heartbeat at ticks, never a flood."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from schemas.assessment import Hazard
from schemas.level import Level
from services.risk.blueprint import Place
from services.risk.judgement import Look
from services.runtime.clock import to_us

_Key = tuple[str, str, Hazard]
_MATERIAL = 0.1
_LEAST_H = 1.0
_REST = timedelta(hours=48)


class _Said(Struct, frozen=True):
    """What was last published of a subject."""

    level: Level
    hours: float | None
    as_of: datetime
    wanted: tuple[str, ...] = ()


class Publication:
    """Remembers what was last published of each subject and lets changes through: another level, hours that moved by a tenth and an hour, or
    another reported event of which a new word is wanted.

    At ticks it also repeats, by lane time: every hour what is or was lately not normal, every six hours everything.
    """

    def __init__(self) -> None:
        self._last: dict[_Key, _Said] = {}
        self._restless: dict[_Key, datetime] = {}
        self._tick: datetime | None = None

    def is_new(self, look: Look, as_of: datetime, place: Place) -> bool:
        """True when a look says something new; it is remembered then."""
        key = (*place, look.subject.hazard)
        if look.level is not Level.NORMAL:
            self._restless[key] = as_of
        hours = look.facts.hours if look.level is not Level.UNKNOWN and math.isfinite(look.facts.hours) else None
        now, last = _Said(look.level, hours, as_of, tuple(str(i.observed_at) for i in look.wanted)), self._last.get(key)
        is_new = last is None or last.level is not now.level or last.wanted != now.wanted or _has_moved(last, now)
        if is_new:
            self._last[key] = now
        return is_new

    def at_tick(self, looks: list[Look], at: datetime, places: Sequence[Place]) -> list[Look]:
        """Everything new, and what is due for repetition."""
        before, self._tick = self._tick, at
        keys = [(*places[k.subject.account], k.subject.hazard) for k in looks]
        if (
            before is None
        ):  # a start knows nothing of the days before: repeat all of it for a while, as the process before may have done
            self._restless.update(dict.fromkeys(keys, at))
        is_hour = before is None or _block(at, 1) != _block(before, 1)
        is_all = before is None or _block(at, 6) != _block(before, 6)
        return [
            look
            for look, key in zip(looks, keys, strict=True)
            if self.is_new(look, at, key[:2]) or is_all or (is_hour and self._is_restless(key, at))
        ]

    def _is_restless(self, key: _Key, at: datetime) -> bool:
        since = self._restless.get(key)
        return since is not None and at - since <= _REST


def _block(at: datetime, hours: int) -> int:
    return to_us(at) // (hours * 3_600_000_000)


def _has_moved(last: _Said, now: _Said) -> bool:
    if now.level in (Level.NORMAL, Level.UNKNOWN):
        return False
    if last.hours is None or now.hours is None:
        return last.hours is not now.hours
    elapsed = (now.as_of - last.as_of).total_seconds() / 3600
    return abs(max(0.0, last.hours - elapsed) - now.hours) > max(_LEAST_H, _MATERIAL * last.hours)
