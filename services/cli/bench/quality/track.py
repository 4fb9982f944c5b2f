"""Series as the bench of data quality plays them: rows in the order they arrived, and which series belong together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from detectors.series.detector import Floats, Integers
from detectors.series.quality.kinds import Nature

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


@dataclass(frozen=True)
class Track:
    """One series. Columns are rows in the order they arrived; ``through`` is what usually goes through a stock per day (NaN: not known)."""

    name: str
    source: str
    nature: Nature
    observed_us: Integers
    known_us: Integers
    values: Floats
    through: float = float("nan")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def cadence_us(self) -> int:
        """Usual distance of rows."""
        return int(np.median(np.diff(np.unique(self.observed_us))))

    def cut(self, first: int, last: int) -> "Track":
        """Only rows [first, last)."""
        return self.with_rows(self.observed_us[first:last], self.known_us[first:last], self.values[first:last])

    def with_rows(self, observed_us: Integers, known_us: Integers, values: Floats) -> "Track":
        """The same series with other rows, brought into the order of their arrival."""
        order = np.argsort(known_us, kind="stable")
        return replace(self, observed_us=observed_us[order], known_us=known_us[order], values=values[order])


@dataclass(frozen=True)
class Yard:
    """A place whose stock, receipts and uses are reported."""

    stock: Track
    comes: tuple[Track, ...]
    leaves: tuple[Track, ...]

    @property
    def tracks(self) -> tuple[Track, ...]:
        """Stock first."""
        return (self.stock, *self.comes, *self.leaves)


def arrivals(observed_us: Integers, dice: np.random.Generator) -> Integers:
    """When rows of a table without arrival times would have come: a provider's usual lag (2 to 12 % of the cadence), give or take a third."""
    cadence = float(np.median(np.diff(observed_us)))
    usual = cadence * dice.uniform(0.02, 0.12)
    lag = usual * dice.uniform(0.7, 1.3, len(observed_us))
    known: Integers = observed_us + lag.astype(np.int64)
    return known


def track_of(
    name: str,
    source: str,
    nature: Nature,
    observed_us: Sequence[int],
    values: Sequence[float],
    dice: np.random.Generator,
    through: float = float("nan"),
) -> Track:
    """A track of a table without arrival times; what is not a number is left out."""
    observed, told = np.array(observed_us, np.int64), np.array(values, np.float64)
    there = np.isfinite(told)
    observed, told = observed[there], told[there]
    known = arrivals(observed, dice) if len(observed) > 2 else observed
    order = np.argsort(known, kind="stable")
    return Track(name, source, nature, observed[order], known[order], told[order], through)
