"""Alarm rates of a detector on quiet series, each value judged by what came before it."""

import math
from dataclasses import dataclass

import numpy as np

from detectors.series.calibration.calibrator import Calibrator, PoolReport
from detectors.series.detector import Detector, Floats, Integers


@dataclass(frozen=True)
class Trial:
    """``p``: calibrated p-values (steps by series), NaN where the detector said nothing. ``own``: the detector's own."""

    p: Floats
    own: Floats
    report: PoolReport

    @property
    def points(self) -> int:
        """Judged values."""
        return int(np.count_nonzero(~np.isnan(self.p)))

    def rate(self, alpha: float) -> float:
        """Share of judged values with a calibrated p-value up to ``alpha``."""
        return float(np.count_nonzero(self.p <= alpha) / max(self.points, 1))

    def own_rate(self, alpha: float) -> float:
        """The same by the detector's own p-value."""
        return float(np.count_nonzero(self.own <= alpha) / max(self.points, 1))


def try_out(detector: Detector, values: Floats, times_us: Integers) -> Trial:
    """Run a fresh detector over ``values`` (steps by series, NaN where there is none) in one pool."""
    steps, series = values.shape
    detector.grow(series)
    calibrator = Calibrator()
    calibrator.grow(series, 1)
    p, own = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for t in range(steps):
        slots = np.flatnonzero(np.isfinite(values[t]))
        times = np.full(len(slots), times_us[t])
        scored = detector.score(slots, times, values[t, slots])
        detector.learn(slots, times, values[t, slots])
        judged = calibrator.judge(np.zeros(len(slots), np.int64), slots, scored.statistic, scored.p_value)
        is_said = ~np.isnan(scored.statistic)
        p[t, slots[is_said]] = judged[is_said]
        own[t, slots[is_said]] = scored.p_value[is_said]
    return Trial(p, own, calibrator.report(0))


def block_steps(table: str, report: PoolReport) -> int:
    """Steps of a block of the bootstrap: two weeks of days, eight weeks, and no less than what the rows of the pool hang together over."""
    least = 14 if table == "plant_stock" else 8
    return max(least, math.ceil(report.weight / report.effective))


def interval(p: Floats, alpha: float, block_steps: int, rounds: int = 2000, seed: int = 1) -> tuple[float, float]:
    """95 % interval of the alarm rate by a block bootstrap: whole blocks of ``block_steps`` successive steps, all series together, are drawn anew.

    Source: H. Kuensch, *The Jackknife and the Bootstrap for General Stationary Observations*, Annals of Statistics 17 (1989) 1217-1241.
    """
    starts = np.arange(0, len(p), block_steps)
    alarms = np.add.reduceat(np.count_nonzero(p <= alpha, axis=1), starts)
    points = np.add.reduceat(np.count_nonzero(~np.isnan(p), axis=1), starts)
    drawn = np.random.default_rng(seed).integers(0, len(starts), (rounds, len(starts)))
    rates = alarms[drawn].sum(axis=1) / np.maximum(points[drawn].sum(axis=1), 1)
    low, high = np.quantile(rates, [0.025, 0.975])
    return float(low), float(high)
