"""Compiles the joined views, unless that was done: for those who judge with them soon. ``python -m detectors.series.ensemble``."""

import numpy as np

from detectors.series.bank import Bank
from detectors.series.ensemble import Ensemble


def main() -> None:
    """Judge one value."""
    bank = Bank([Ensemble()])
    bank.grow(1)
    bank.judge(np.zeros(1, np.int64), np.ones(1, np.int64), np.ones(1))


if __name__ == "__main__":
    main()
