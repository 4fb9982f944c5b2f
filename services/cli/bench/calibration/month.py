"""Many quiet series over many days under one alarm budget, with a few real changes put in."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detectors.series.calibration.panel import VOTE, Panel
from detectors.series.detector import Detector, Integers
from services.cli.bench.calibration.quiet import HOUR_US, quiet_series

_CHANGE_SPREADS = 6.0
_QUIET_DAYS_BEFORE = 3
KINDS = ("normal",)
"""Noise in which six spreads are rare: of an exponential law one value in a thousand is as far out."""


@dataclass(frozen=True)
class Month:
    """``false_a_day``: alarms of series that did not change, by day. ``delay_h``: hours from each change to its alarm, -1 where none came.
    ``named``: how often each detector contributed to an alarm of a change. ``effective``: effective rows of the vote, by pool."""

    false_a_day: Integers
    delay_h: Integers
    named: dict[str, int]
    rows: dict[str, int]
    effective: dict[str, float]


def live_month(bank: dict[str, Callable[[], Detector]], *, series: int, days: int, changes: int, seed: int) -> Month:
    """Play ``days`` days of hourly values of ``series`` series, a pool of each of ``KINDS``, ``changes`` of them shifted by six spreads for good."""
    panel, detectors = Panel(tuple(bank)), [make() for make in bank.values()]
    panel.grow(series, len(KINDS))
    for detector in detectors:
        detector.grow(series)
    pool_of = np.arange(series) * len(KINDS) // series
    values, spread = _values(pool_of, days * 24, seed)
    rng = np.random.default_rng([seed, 1])
    changed = rng.choice(series, changes, replace=False)
    begin = rng.integers(24 * min(_QUIET_DAYS_BEFORE, days - 2), 24 * (days - 1), changes)
    for j, at, sign in zip(changed, begin, rng.choice([-1.0, 1.0], changes), strict=True):
        values[at:, j] += sign * _CHANGE_SPREADS * spread[j]
    starts = np.full(series, np.iinfo(np.int64).max)
    starts[changed] = begin
    false_a_day, found = np.zeros(days, np.int64), np.full(series, -1)
    named = dict.fromkeys(bank, 0)
    slots = np.arange(series)
    for hour in range(days * 24):
        times = np.full(series, hour * HOUR_US)
        scored = [d.score(slots, times, values[hour]) for d in detectors]
        for detector in detectors:
            detector.learn(slots, times, values[hour])
        statistic, own = (np.stack([getattr(s, name) for s in scored], axis=1) for name in ("statistic", "p_value"))
        verdict = panel.judge(pool_of, slots, times, statistic, own)
        alarmed = np.flatnonzero(verdict.decisions.is_alarm)
        is_true = hour >= starts[alarmed]
        false_a_day[hour // 24] += np.count_nonzero(~is_true)
        new = alarmed[is_true & (found[alarmed] < 0)]
        found[new] = hour
        for name, times_named in zip(bank, verdict.vote.contributed[new].sum(axis=0), strict=True):
            named[name] += int(times_named)
    reports = {kind: panel.report(VOTE, k) for k, kind in enumerate(KINDS)}
    delay = np.where(found[changed] >= 0, found[changed] - begin, -1)
    rows = {kind: r.rows for kind, r in reports.items()}
    return Month(false_a_day, delay, named, rows, {kind: r.effective for kind, r in reports.items()})


def _values(pool_of: Integers, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    made = [quiet_series(kind, steps, int(np.sum(pool_of == k)), seed) for k, kind in enumerate(KINDS)]
    return np.concatenate([v for v, _ in made], axis=1), np.concatenate([s for _, s in made])
