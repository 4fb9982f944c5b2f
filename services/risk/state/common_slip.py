"""Common slips 同步错报: all series of a feed told in a wrong unit, or so many times too large or too small, from one report to the next.

A stock cannot leap, and several that leap in the same hour by the same factor tell of their reporter, not of the world. Rates may truly fall
together, so those are mended only where most series of an indicator, over the whole chain, change by the same power of ten at once. From there until
the factor is taken back the values are read with it taken out.
"""

import bisect
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from statistics import median

from msgspec import Struct

from schemas.chain import Series
from services.risk.blueprint import Blueprint
from services.risk.evidence import DAY_US, HOUR_US, KEPT_US, Evidence, History

_FASTEST = 2.5
_SURVEY = 0.04
_LEAST = 0.1
_ALIKE = 0.05
_STOCKS_AT_ONCE = 3
_RATES_AT_ONCE, _RATES_SHARE, _LEAST_RATE, _POWER = 8, 0.6, math.log(5.0), 0.15
_RATES = frozenset({"use", "inflow", "output", "intake", "volume", "flow", "outflow"})
_LONGEST_GAP = 3.0
_LONGEST_US = 8 * DAY_US
_LEAST_PAST_US = 3 * DAY_US
_HALF_DAY_US = DAY_US // 2

Span = tuple[int, int | None, float]
"""From, until (None: still), and what values observed then are multiplied by."""
Step = tuple[str, int, float]
"""Series, the first reading after it, and the logarithm of what values are multiplied by there."""


class Leap(Struct, frozen=True):
    """From one reading to the next: the logarithm of their ratio. ``is_impossible``: no stock moves so fast."""

    before_us: int
    at_us: int
    before: float
    log: float
    is_impossible: bool

    def leaves(self, base: float) -> bool:
        """True for a step away from a level."""
        away = math.log(self.before / base)
        return abs(away + self.log) > abs(away)


class Mended(Evidence):
    """A view of evidence with common slips taken out. ``look`` finds them as of a moment; what is taken in afterwards shows after the next."""

    def __init__(self, blueprint: Blueprint, told: Evidence) -> None:
        super().__init__()
        self.series, self.anomalies, self.reports = told.series, told.anomalies, told.reports
        self._stocks = [w.stock for w in blueprint.of_account if w.stock is not None]
        self._daily = {
            watch.stock.id: blueprint.stocks[account].daily_use
            for account, watch in enumerate(blueprint.of_account)
            if watch.stock is not None and account in blueprint.stocks
        }
        by_indicator: dict[str, list[Series]] = defaultdict(list)
        for series in blueprint.chain.series:
            if series.indicator in _RATES:
                by_indicator[series.indicator].append(series)
        self._rates = list(by_indicator.values())
        self._leaps: dict[str, tuple[int, int, list[Leap]]] = {}
        self._mended: dict[str, tuple[tuple[object, ...], History]] = {}
        self.factor: dict[str, float] = {}
        """By what the newest reading is multiplied, by series; those that stand right are left out."""

    def look(self, as_of_us: int) -> None:
        """Find the slips in what is known of a moment."""
        spans = self._spans(_by_series(self._stock_slips(as_of_us)), as_of_us)
        for group in self._rates:
            spans |= self._spans(_by_series(self._rate_slips(group, as_of_us)), as_of_us)
        self.factor = {series: its[-1][2] for series, its in spans.items() if its[-1][1] is None}
        self._mended = {series: self._mend(series, its) for series, its in spans.items()}

    def of(self, series: str) -> History | None:
        """The history of a series with slips taken out, None when nothing of it arrived yet."""
        mended = self._mended.get(series)
        return mended[1] if mended is not None else self.series.get(series)

    def _spans(self, steps: dict[str, dict[int, float]], as_of_us: int) -> dict[str, list[Span]]:
        found = {series: _spans(self._leaps[series][2], common, as_of_us) for series, common in steps.items()}
        return {series: its for series, its in found.items() if its}

    def _begins(self, members: Mapping[str, Leap], as_of_us: int) -> bool:
        """True when most of those with a past leave their usual level; else they come back to it."""
        votes = []
        for series, leap in members.items():
            points = self.series[series].points(as_of_us, KEPT_US)
            base = median({at // _HALF_DAY_US: value for at, value in points}.values())
            if leap.at_us - points[0][0] >= _LEAST_PAST_US and base > 0:
                votes.append(leap.leaves(base))
        return 2 * sum(votes) > len(votes)

    def _mend(self, series: str, spans: list[Span]) -> tuple[tuple[object, ...], History]:
        history = self.series[series]
        key = (history.changes, *spans)
        kept = self._mended.get(series)
        return kept if kept is not None and kept[0] == key else (key, history.scaled(spans))

    def _leaps_of(self, series: Series, least: float, as_of_us: int) -> list[Leap]:
        history = self.series.get(series.id)
        newest = history.newest(as_of_us) if history is not None else None
        if history is None or newest is None:
            return []
        end_us = newest.observed_us
        amended, until_us, found = self._leaps.get(series.id, (-1, 0, []))
        if amended != history.amended or until_us > end_us:
            until_us, found = 0, []
        if until_us < end_us:
            longest = int(_LONGEST_GAP * max(series.cadence_h, 1.0) * HOUR_US)
            points = history.points_from(max(until_us, end_us - KEPT_US), end_us)
            new = _leaps(points, least, longest, self._daily.get(series.id, 0.0) / 24.0)
            found = [*(leap for leap in found if leap.before_us >= end_us - KEPT_US), *new]
            self._leaps[series.id] = (history.amended, end_us, found)
        return found

    def _stock_slips(self, as_of_us: int) -> Iterator[Step]:
        """Series, hour and logarithm of each common slip of stocks."""
        leaps = {s.id: its for s in self._stocks if (its := self._leaps_of(s, _LEAST, as_of_us))}
        for at_us in _hours(leaps, _STOCKS_AT_ONCE):
            there = _across(leaps, at_us)
            telling = [leap.log for leap in there.values() if leap.is_impossible]
            log = _common(telling, _STOCKS_AT_ONCE)
            if log is not None:
                yield from self._steps(there, log, as_of_us)

    def _rate_slips(self, group: list[Series], as_of_us: int) -> Iterator[Step]:
        """The same of rates, where most of the group change by a power of ten."""
        leaps = {s.id: its for s in group if (its := self._leaps_of(s, _LEAST_RATE, as_of_us))}
        for at_us in _hours(leaps, _RATES_AT_ONCE):
            there = _across(leaps, at_us)
            present = sum(1 for s in group if self._goes_across(s.id, at_us))
            log = _common([leap.log for leap in there.values()], max(_RATES_AT_ONCE, _RATES_SHARE * present))
            if log is not None and abs(log - math.log(10.0) * round(log / math.log(10.0))) < _POWER:
                power = math.log(10.0) * round(log / math.log(10.0))
                yield from self._steps(there, power, as_of_us)

    def _steps(self, there: Mapping[str, Leap], log: float, as_of_us: int) -> Iterator[Step]:
        members = {s: leap for s, leap in there.items() if _belongs(leap.log, log)}
        if self._begins(members, as_of_us):
            yield from ((s, leap.at_us, log) for s, leap in members.items())

    def _goes_across(self, series: str, at_us: int) -> bool:
        history = self.series.get(series)
        return history is not None and history.goes_across(at_us)


def _leaps(points: list[tuple[int, float]], least: float, longest_us: int, through: float) -> Iterator[Leap]:
    """The steps of readings that are larger than ``least``; ``through`` per hour is what goes through a stock."""
    ratio = math.exp(least)
    for (before_us, before), (at_us, value) in pairwise(points):
        if before <= 0 or value <= 0 or at_us - before_us > longest_us or before / ratio < value < before * ratio:
            continue
        allowed = _FASTEST * through * (at_us - before_us) / HOUR_US + _SURVEY * max(before, value)
        yield Leap(before_us, at_us, before, math.log(value / before), through > 0 and abs(value - before) > allowed)


def _hours(leaps: dict[str, list[Leap]], least: int) -> list[int]:
    """The times at which so many series may have leapt together, in order."""
    every = sorted(leap.at_us for its in leaps.values() for leap in its)
    first = sorted(leap.before_us for its in leaps.values() for leap in its)
    return [at for at in dict.fromkeys(every) if bisect.bisect_left(first, at) - bisect.bisect_left(every, at) >= least]


def _across(leaps: dict[str, list[Leap]], at_us: int) -> dict[str, Leap]:
    """The leaps between whose two readings a moment lies, by series."""
    return {s: leap for s, its in leaps.items() for leap in its if leap.before_us < at_us <= leap.at_us}


def _common(logs: list[float], least: float) -> float | None:
    """The middle of steps when so many are alike."""
    if len(logs) < least:
        return None
    middle = median(logs)
    alike = [log for log in logs if abs(log - middle) <= _ALIKE]
    return median(alike) if len(alike) >= least else None


def _belongs(own: float, common: float) -> bool:
    """True for a step that is nearer to the common one than to none."""
    return abs(own - common) < 0.5 * abs(common)


def _by_series(steps: Iterable[Step]) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for series, at_us, log in steps:
        found[series].setdefault(at_us, log)
    return found


def _spans(leaps: Iterable[Leap], common: Mapping[int, float], until_us: int) -> list[Span]:
    """Where and by what the values of a series are to be multiplied. A common step begins a slip, the series' own step back ends it. After eight
    days the new level stands: the unit was changed for good.
    """
    found: list[Span] = []
    begun: tuple[int, float] | None = None
    for leap in leaps:
        if begun is not None and _belongs(-leap.log, begun[1]):
            found.append((begun[0], leap.at_us, math.exp(-begun[1])))
            begun = None
        elif begun is None and leap.at_us in common:
            begun = (leap.at_us, common[leap.at_us])
    if begun is not None and until_us - begun[0] <= _LONGEST_US:
        found.append((begun[0], None, math.exp(-begun[1])))
    return found
