"""What an officer was told of a disturbance: when it may be over, how surely, and whether a new word is wanted."""

import numpy as np
from msgspec import Struct

from schemas.report import EVENT_KINDS, EventReport
from services.risk.evidence import HOUR_US
from services.risk.state.estimate import Floats
from services.runtime.clock import to_us

UNVERIFIED_CHANCE = 0.8
"""How likely it is that what nobody verified is so at all."""
_WIDER = 2.0
_LEAST_H = 1.0
_LONGEST_H = 720.0
_ROUND = 0.999


class Told(Struct, frozen=True):
    """One reported event as of a moment, in hours from it: recovery at the earliest, likely and at the latest (negative: passed)."""

    report: EventReport
    earliest_h: float
    likely_h: float
    latest_h: float
    age_h: float
    due_h: float

    @property
    def is_overdue(self) -> bool:
        """True once its likely end has passed without a new word: it is not over for that, only less is known of its end."""
        return self.likely_h <= 0

    @property
    def is_due(self) -> bool:
        """True when a new word is wanted."""
        return self.due_h <= 0

    @property
    def is_doubtful(self) -> bool:
        """True when nobody verified it, or it is overdue."""
        return self.is_overdue or not self.report.is_verified

    def lasts(self, uniform: Floats) -> Floats:
        """Hours it still lasts, by uniform numbers: triangular between the times told, twice as wide on both sides when not verified, given that it
        is not over yet. Overdue: half of all futures beyond as long as it was uncertain, or has been overdue, already."""
        low, mode, high = self.earliest_h, self.likely_h, self.latest_h
        if not self.report.is_verified:
            low, high = mode - _WIDER * (mode - low), mode + _WIDER * (high - mode)
        if self.is_overdue:
            middle = max(high, -mode, 0.5 * (high - low), _LEAST_H)
            odds = np.minimum(uniform, _ROUND) / (1.0 - np.minimum(uniform, _ROUND))
            return np.asarray(np.minimum(middle * odds, max(_LONGEST_H, middle)))
        return _triangular(low, mode, max(high, mode + 1e-6), uniform)

    def in_words(self) -> tuple[str, str]:
        """What was told, how surely, and by when it may be over."""
        kind = EVENT_KINDS.get(self.report.kind)
        zh, en = (kind.name_zh, kind.name_en) if kind else (self.report.kind, self.report.kind)
        sure_zh, sure_en = (
            ("已核实", "verified")
            if self.report.is_verified
            else ("未核实，区间放宽", "not verified, interval widened")
        )
        if self.is_overdue:
            late = f"{-self.likely_h:.0f}"
            return (
                f"电话接报{zh}，{sure_zh}，到期未更新（已过预计恢复 {late} 小时），按未恢复计、区间放宽",
                f"reported by telephone: {en}, {sure_en}, no update for {late} h past its expected end, taken as going on, interval widened",
            )
        span = f"{max(self.earliest_h, 0):.0f}–{self.latest_h:.0f}"
        wanted_zh, wanted_en = ("，待更新", ", update wanted") if self.is_due else ("", "")
        return (
            f"电话接报{zh}，{sure_zh}，预计 {self.likely_h:.0f} 小时后恢复（{span}）{wanted_zh}",
            f"reported by telephone: {en}, {sure_en}, expected back in {self.likely_h:.0f} h ({span}){wanted_en}",
        )


def told_of(report: EventReport, as_of_us: int) -> Told:
    """An event as of a moment."""
    earliest, likely, latest, due = (
        (to_us(at) - as_of_us) / HOUR_US
        for at in (report.earliest_at, report.likely_at, report.latest_at, report.due_at)
    )
    return Told(report, earliest, likely, latest, (as_of_us - to_us(report.told_at)) / HOUR_US, due)


def _triangular(low: float, mode: float, high: float, uniform: Floats) -> Floats:
    """Quantiles of the triangular distribution, given that the value is above 0. ``mode`` is above 0, ``high`` above ``mode``."""
    edge = (mode - low) / (high - low)
    gone = 0.0 if low >= 0 else low * low / ((high - low) * (mode - low))
    part = gone + uniform * (1.0 - gone)
    rising = low + np.sqrt(part * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - part) * (high - low) * (high - mode))
    return np.asarray(np.maximum(np.where(part < edge, rising, falling), 0.0))
