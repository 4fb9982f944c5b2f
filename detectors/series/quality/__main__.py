"""Compiles the loops, unless that was done: processes that start together later find them ready. ``python -m detectors.series.quality``."""

import numpy as np

from detectors.series.quality.kinds import Nature
from detectors.series.quality.places import Place
from detectors.series.quality.reports import Reports
from detectors.series.quality.watch import Watch


def main() -> None:
    """Watch one report of each series of a place; the types of the arrays are those of every watch."""
    watch = Watch(np.full(2, int(Nature.STOCK), np.int8), np.full(2, np.nan), [Place(0, (1,), ())])
    slots, times = np.arange(2, dtype=np.int64), np.full(2, 1, np.int64)
    watch.take(Reports(slots, times, times, np.ones(2)))
    watch.overdue(2)


if __name__ == "__main__":
    main()
