"""What is usual, from the days before the moment: running medians, so that recipes, shares and habits nobody configured are learnt.

Causal: only whole days before the moment count. A disruption of up to half the window leaves a median where it was; one that lasts
longer may not pull it further than ``REACH`` from what is configured.
"""

from collections.abc import Mapping
from statistics import median

from msgspec import Struct

from services.risk.evidence import DAY_US, ZONE_US

WINDOW_DAYS = 28
REACH = 0.25
LEAST_DAYS = 7
_WEEKDAY_REACH = 0.10


class Usual(Struct, frozen=True):
    """The usual rate, how far single days lie from it (one standard deviation, relative), and a factor per weekday (Monday first)."""

    rate: float
    day_spread: float
    weekday: tuple[float, ...]
    days: int

    def on(self, at_us: int) -> float:
        """The usual rate on the day (in China) of a moment."""
        return self.rate * self.weekday[weekday_of(at_us)]


def usual_of(days: Mapping[int, float], configured: float) -> Usual:
    """From the means of whole days (number of the day → mean); ``configured`` alone when fewer than seven days were seen."""
    if len(days) < LEAST_DAYS:
        return Usual(configured, 0.05, (1.0,) * 7, len(days))
    middle = median(days.values())
    rate = min(max(middle, (1 - REACH) * configured), (1 + REACH) * configured) if configured > 0 else middle
    spread = 1.4826 * median([abs(m - middle) for m in days.values()]) / middle if middle > 0 else 0.0
    return Usual(rate, min(spread, 0.5), _weekdays(days, middle), len(days))


def weekday_of(at_us: int) -> int:
    """Monday 0 … Sunday 6, in China.

    >>> weekday_of(0), weekday_of(4 * DAY_US)  # a Thursday and a Monday of 1970
    (3, 0)
    """
    return ((at_us + ZONE_US) // DAY_US + 3) % 7


def _weekdays(means: Mapping[int, float], middle: float) -> tuple[float, ...]:
    """Medians by weekday over the median of all, halfway to 1, for a window holds few of each."""
    if middle <= 0 or len(means) < 14:
        return (1.0,) * 7
    of_day: list[list[float]] = [[] for _ in range(7)]
    for day, mean in means.items():
        of_day[(day + 3) % 7].append(mean / middle)
    return tuple(1.0 + max(-_WEEKDAY_REACH, min(_WEEKDAY_REACH, 0.5 * (median(v) - 1.0))) if v else 1.0 for v in of_day)
