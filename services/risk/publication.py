"""Which assessments are worth publishing: changes at once, a heartbeat at ticks, never a flood."""

from datetime import datetime

from schemas.assessment import Assessment, Hazard
from schemas.level import Level

_Key = tuple[str, str, Hazard]
_MATERIAL = 0.1
_LEAST_H = 1.0


class Publication:
    """Remembers what was last published of each subject and lets changes through: another level, or hours that moved by a tenth and an hour."""

    def __init__(self) -> None:
        self._last: dict[_Key, Assessment] = {}
        self._tick: datetime | None = None

    def changes(self, assessments: list[Assessment]) -> list[Assessment]:
        """Those that say something new."""
        return [a for a in assessments if self._is_new(a)]

    def at_tick(self, assessments: list[Assessment], at: datetime) -> list[Assessment]:
        """Everything that is not normal, everything new, and all of it at the first tick of each hour of the lane."""
        is_hour = self._tick is None or _hour_of(at) != _hour_of(self._tick)
        self._tick = at
        return [a for a in assessments if self._is_new(a) or is_hour or a.level not in (Level.NORMAL, Level.UNKNOWN)]

    def _is_new(self, assessment: Assessment) -> bool:
        key = (assessment.node, assessment.product, assessment.hazard)
        last = self._last.get(key)
        is_new = last is None or last.level is not assessment.level or _has_moved(last, assessment)
        if is_new:
            self._last[key] = assessment
        return is_new


def _hour_of(at: datetime) -> tuple[int, int]:
    return at.toordinal(), at.hour


def _has_moved(last: Assessment, now: Assessment) -> bool:
    if now.level in (Level.NORMAL, Level.UNKNOWN):
        return False
    before, after = last.hours_to_minimum_p50, now.hours_to_minimum_p50
    if before is None or after is None:
        return before is not after
    elapsed = (now.as_of - last.as_of).total_seconds() / 3600
    return abs(max(0.0, before - elapsed) - after) > max(_LEAST_H, _MATERIAL * before)
