"""How often an interval held what came: stocks, and time to break with "later than the horizon" as a censored value."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LATER_H = 720.0
_LOW, _HIGH = 0.1, 0.9

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """``held`` of ``cases``; fractions of a case are allowed. Adds up."""

    cases: float = 0.0
    held: float = 0.0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.cases + other.cases, self.held + other.held)

    @property
    def share(self) -> float:
        """Held per case; NaN without cases."""
        return self.held / self.cases if self.cases > 0 else float("nan")


def share_of(weights: Floats) -> Share:
    """Sum of weights, NaN left out.

    >>> share_of(np.array([1.0, 0.0, np.nan])).share
    0.5
    """
    known = weights[~np.isnan(weights)]
    return Share(float(len(known)), float(known.sum()))


def stock_held(low: Floats, high: Floats, actual: Floats) -> Floats:
    """1 where low ≤ actual ≤ high, 0 where not, NaN where one of the three is not known. Raises ValueError when low > high."""
    if np.any(low > high):
        raise ValueError("intervals with low above high; low ≤ high is right")
    is_known = ~(np.isnan(low) | np.isnan(high) | np.isnan(actual))
    return np.where(is_known, ((low <= actual) & (actual <= high)).astype(np.float64), np.nan)


@dataclass(frozen=True)
class TimeHeld:
    """Per case: ``plain`` 1 or 0; ``exact`` what a case counts when the value "later" is shared out by its probability (NaN where that is not known);
    ``is_telling`` True where the 10th percentile is not "later"."""

    plain: Floats
    exact: Floats
    is_telling: npt.NDArray[np.bool_]


def time_held(low: Floats, high: Floats, hours: Floats, left_h: Floats, p_later: Floats) -> TimeHeld:
    """Do intervals [P10, P90] of hours to the break hold what came? Infinite means "later than the horizon" (30 days, or the end of the record if
    that is nearer: forecast and truth are censored there alike, so that nothing is known of one and not of the other).

    With most cases quiet, plain coverage of a calibrated forecast is far above 80 %, because "later" is one value with a large probability.
    ``exact`` gives such a case only the part of that value between the 10th and the 90th percentile, so that a calibrated forecast comes to 80 %
    (non-randomised probability integral transform, Czado, Gneiting & Held 2009). ``p_later``: forecast probability of "later", NaN if not given.
    Raises ValueError when low > high, or for a negative or missing number of hours.
    """
    if not (np.all(low >= 0) and np.all(high >= low) and np.all(hours >= 0)):
        raise ValueError("hours to break must be 0 or more (infinite: later), and P10 ≤ P90")
    limit = np.minimum(LATER_H, left_h)
    low, high, actual = (np.where(x > limit, np.inf, x) for x in (low, high, hours))
    plain = ((low <= actual) & (actual <= high)).astype(np.float64)
    within = np.clip(_HIGH - np.maximum(_LOW, 1.0 - p_later), 0.0, None)
    part = within / np.where(p_later > 0, p_later, 1.0)
    exact = np.where(np.isinf(actual), part, plain)
    return TimeHeld(plain, np.where(np.isnan(p_later), np.nan, exact), np.isfinite(low))
