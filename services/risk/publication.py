"""Which assessments are worth publishing: changes at once, a heartbeat at ticks, never a flood."""

from datetime import datetime, timedelta

from schemas.assessment import Assessment, Hazard
from schemas.level import Level
from services.runtime.clock import to_us

_Key = tuple[str, str, Hazard]
_MATERIAL = 0.1
_LEAST_H = 1.0
_REST = timedelta(hours=48)


class Publication:
    """Remembers what was last published of each subject and lets changes through: another level, or hours that moved by a tenth and an hour.

    At ticks it also repeats, by lane time: every hour what is or was lately not normal, every six hours everything.
    """

    def __init__(self) -> None:
        self._last: dict[_Key, Assessment] = {}
        self._restless: dict[_Key, datetime] = {}
        self._tick: datetime | None = None

    def changes(self, assessments: list[Assessment]) -> list[Assessment]:
        """Those that say something new."""
        return [a for a in assessments if self._is_new(a)]

    def at_tick(self, assessments: list[Assessment], at: datetime) -> list[Assessment]:
        """Everything new, and what is due for repetition."""
        before, self._tick = self._tick, at
        if (
            before is None
        ):  # a start knows nothing of the days before: repeat all of it for a while, as the process before may have done
            self._restless.update({_key(a): at for a in assessments})
        is_hour = before is None or _block(at, 1) != _block(before, 1)
        is_all = before is None or _block(at, 6) != _block(before, 6)
        return [a for a in assessments if self._is_new(a) or is_all or (is_hour and self._is_restless(a, at))]

    def _is_restless(self, assessment: Assessment, at: datetime) -> bool:
        since = self._restless.get(_key(assessment))
        return since is not None and at - since <= _REST

    def _is_new(self, assessment: Assessment) -> bool:
        key = _key(assessment)
        if assessment.level is not Level.NORMAL:
            self._restless[key] = assessment.as_of
        last = self._last.get(key)
        is_new = last is None or last.level is not assessment.level or _has_moved(last, assessment)
        if is_new:
            self._last[key] = assessment
        return is_new


def _key(assessment: Assessment) -> _Key:
    return assessment.node, assessment.product, assessment.hazard


def _block(at: datetime, hours: int) -> int:
    return to_us(at) // (hours * 3_600_000_000)


def _has_moved(last: Assessment, now: Assessment) -> bool:
    if now.level in (Level.NORMAL, Level.UNKNOWN):
        return False
    before, after = last.hours_to_minimum_p50, now.hours_to_minimum_p50
    if before is None or after is None:
        return before is not after
    elapsed = (now.as_of - last.as_of).total_seconds() / 3600
    return abs(max(0.0, before - elapsed) - after) > max(_LEAST_H, _MATERIAL * before)
