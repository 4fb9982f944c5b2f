"""Compiles the detectors, unless that was done: processes that start together later find them ready. ``python -m detectors.series``."""

import numpy as np

from detectors.series.bank import Bank, standard_detectors
from detectors.series.change_point import ChangePoint
from detectors.series.forecast_residual import ForecastResidual


def main() -> None:
    """Judge one value, and two rows of one series; the types of the arrays are always the same."""
    bank = Bank([*standard_detectors(), ChangePoint(), ForecastResidual()])
    bank.grow(1)
    bank.judge(np.zeros(1, np.int64), np.ones(1, np.int64), np.ones(1))
    bank.judge(np.zeros(2, np.int64), np.array([2, 3]), np.ones(2))


if __name__ == "__main__":
    main()
