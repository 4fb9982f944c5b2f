"""Onsets of a shortage in daily series, and how well warnings foretell them. Pure: arrays in, numbers out.

A *ratio* is stock over normative stock, one value per day, NaN where it is not known. A day is critical when the ratio is below ``critical``.
An onset is a critical day after ``calm_days`` known, non-critical days. It is a jump of the data, listed apart, when the day before was at
``jump`` or above. Warnings count on days that are known and not critical; after one the place is silent for ``silent_days`` days. A warning is a hit
when an onset follows within ``hit_days`` days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.float64]
Flags = NDArray[np.bool_]
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class OnsetRule:
    """The numbers of the rule; lengths in days."""

    critical: float = 0.25
    jump: float = 0.5
    calm_days: int = 14
    silent_days: int = 14
    hit_days: int = 14
    carried_days: int = 3


@dataclass(frozen=True)
class Outcome:
    """Counts over one place or many, and the lead of every onset that was foretold (days from the earliest warning within reach)."""

    onsets: int
    foretold: int
    jumps: int
    warnings: int
    hits: int
    leads: tuple[int, ...]
    known_days: int

    @property
    def recall(self) -> float:
        """Share of onsets that were foretold; NaN without onsets."""
        return self.foretold / self.onsets if self.onsets else float("nan")

    @property
    def precision(self) -> float:
        """Share of warnings that were hits; NaN without warnings."""
        return self.hits / self.warnings if self.warnings else float("nan")

    @property
    def median_lead_days(self) -> float:
        """Median lead in days; NaN when nothing was foretold."""
        return float(np.median(self.leads)) if self.leads else float("nan")

    @property
    def false_per_year(self) -> float:
        """False warnings per place and year of known days; NaN without known days."""
        return (self.warnings - self.hits) / (self.known_days / _DAYS_PER_YEAR) if self.known_days else float("nan")


def carried_forward(values: Days, most_days: int) -> Days:
    """Gaps of up to ``most_days`` days take the last known value; what lies further from it stays NaN.

    >>> carried_forward(np.array([1.0, np.nan, np.nan, 4.0]), 1).tolist()
    [1.0, 1.0, nan, 4.0]
    """
    places = np.arange(len(values))
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, places))
    is_near = (last >= 0) & (places - last <= most_days)
    return np.where(is_near, values[np.maximum(last, 0)], np.nan)


def onsets_of(ratio: Days, rule: OnsetRule) -> tuple[list[int], list[int]]:
    """Days of onsets, and days of jumps. ``ratio`` has its gaps carried forward already."""
    onsets: list[int] = []
    jumps: list[int] = []
    for day in np.flatnonzero(ratio < rule.critical):
        before = ratio[day - rule.calm_days : day] if day >= rule.calm_days else np.array([np.nan])
        if bool(np.all(before >= rule.critical)):
            (jumps if before[-1] >= rule.jump else onsets).append(int(day))
    return onsets, jumps


def warning_days(signal: Flags, ratio: Days, rule: OnsetRule) -> list[int]:
    """Days of warnings: the signal stands, the day is known and not critical, and the last warning is more than ``silent_days`` days ago."""
    days: list[int] = []
    for day in np.flatnonzero(signal & (ratio >= rule.critical)):
        if not days or day - days[-1] > rule.silent_days:
            days.append(int(day))
    return days


def judged(ratio: Days, signal: Flags, rule: OnsetRule) -> Outcome:
    """How the signal of one place did. ``ratio`` has its gaps carried forward already; both arrays have one entry per day."""
    onsets, jumps = onsets_of(ratio, rule)
    warnings = warning_days(signal, ratio, rule)
    leads = [[o - w for w in warnings if 0 < o - w <= rule.hit_days] for o in onsets]
    hits = sum(1 for w in warnings if any(0 < o - w <= rule.hit_days for o in onsets))
    return Outcome(
        onsets=len(onsets),
        foretold=sum(1 for lead in leads if lead),
        jumps=len(jumps),
        warnings=len(warnings),
        hits=hits,
        leads=tuple(max(lead) for lead in leads if lead),
        known_days=int(np.count_nonzero(~np.isnan(ratio))),
    )


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """The sum over places."""
    all_of = list(outcomes)
    return Outcome(
        onsets=sum(o.onsets for o in all_of),
        foretold=sum(o.foretold for o in all_of),
        jumps=sum(o.jumps for o in all_of),
        warnings=sum(o.warnings for o in all_of),
        hits=sum(o.hits for o in all_of),
        leads=tuple(lead for o in all_of for lead in o.leads),
        known_days=sum(o.known_days for o in all_of),
    )


def below(ratio: Days, share: float) -> Flags:
    """The plain rule: the ratio is below ``share``."""
    return np.asarray(ratio < share)


def trend_reaches(ratio: Days, rule: OnsetRule, *, trend_days: int, within_days: float, ceiling: float) -> Flags:
    """The trend rule: the straight line through the last ``trend_days`` days reaches the critical ratio within ``within_days``.

    It holds only where the ratio is below ``ceiling`` already.
    """
    slope = np.full(len(ratio), np.nan)
    if len(ratio) >= trend_days:
        offsets = np.arange(trend_days) - (trend_days - 1) / 2
        windows = np.lib.stride_tricks.sliding_window_view(ratio, trend_days)
        slope[trend_days - 1 :] = windows @ offsets / float(offsets @ offsets)
    is_falling = slope < 0
    with np.errstate(divide="ignore", invalid="ignore"):
        days_left = (ratio - rule.critical) / -slope
    return np.asarray(is_falling & (days_left <= within_days) & (ratio < ceiling))


def wilson(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval of a share, 95 % unless ``z`` says otherwise; (NaN, NaN) without trials.

    >>> [round(x, 3) for x in wilson(9, 10)]
    [0.596, 0.982]
    """
    if trials == 0:
        return float("nan"), float("nan")
    share = successes / trials
    centre = share + z * z / (2 * trials)
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
