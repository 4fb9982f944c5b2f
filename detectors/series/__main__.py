"""Compiles the loops over rows, unless that was done: processes that start together later find them ready. ``python -m detectors.series``."""

import numpy as np

from detectors.series.bank import Bank, standard_detectors
from detectors.series.calibration.calibrator import Calibrator
from detectors.series.calibration.panel import Panel
from detectors.series.change_point import ChangePoint
from detectors.series.cover_trend import CoverTrend
from detectors.series.forecast_residual import ForecastResidual
from detectors.series.quality.kinds import Nature
from detectors.series.quality.places import Place
from detectors.series.quality.reports import Reports
from detectors.series.quality.watch import Watch


def judge() -> None:
    """Judge one value, and two rows of one series, and ask how long it lasts; the types of the arrays are always the same."""
    bank = Bank([*standard_detectors(), ChangePoint(), ForecastResidual()])
    bank.grow(1)
    bank.judge(np.zeros(1, np.int64), np.ones(1, np.int64), np.ones(1))
    bank.judge(np.zeros(2, np.int64), np.array([2, 3]), np.ones(2))
    for trend in (d for d in bank.detectors if isinstance(d, CoverTrend)):
        trend.days_left(np.zeros(1, np.int64))


def calibrate() -> None:
    """Judge one row, and look one up."""
    first, one = np.zeros(1, np.int64), np.ones(1)
    panel, calibrator = Panel(["one"]), Calibrator()
    panel.grow(1, 1)
    panel.judge(first, first, first, np.ones((1, 1)), np.ones((1, 1)))
    calibrator.grow(1, 1)
    calibrator.look_up(first, one, one)


def watch() -> None:
    """Watch one report of each series of a place; the types of the arrays are those of every watch."""
    watch = Watch(np.full(2, int(Nature.STOCK), np.int8), np.full(2, np.nan), [Place(0, (1,), ())])
    slots, times = np.arange(2, dtype=np.int64), np.full(2, 1, np.int64)
    watch.take(Reports(slots, times, times, np.ones(2)))
    watch.overdue(2)


def main() -> None:
    """Compile everything a stage judges series with."""
    judge()
    calibrate()
    watch()


if __name__ == "__main__":
    main()
