"""What kind of day it is in China: heating season and Spring Festival, as tables by day that compiled code can read.

Days are counted from 1970-01-01 in local time. Outside 1970 to 2099, where the lunar calendar at hand ends, no day is special.
"""

from datetime import date
from functools import cache
from typing import NamedTuple

import numpy as np
from lunardate import LunarDate
from numpy.typing import NDArray

_FIRST, _LAST = 1970, 2099
_EPOCH = date(1970, 1, 1).toordinal()
PHASES = ((-10, -4), (-3, -1), (0, 6), (7, 15))
"""Days from the first day of the lunar year: people leave, the eve, the holiday, people return until the Lantern Festival."""


class DayTable(NamedTuple):
    """One entry per day. ``season``: 1 in the heating season, else 0. ``is_early``: 1 within 30 days after the season began.
    ``festival``: 0, or the number of the phase from 1 on.
    """

    season: NDArray[np.int8]
    is_early: NDArray[np.int8]
    festival: NDArray[np.int8]


def spring_festival(year: int) -> date:
    """First day of the lunar year that begins in ``year`` (1900 to 2099).

    >>> spring_festival(2025)
    datetime.date(2025, 1, 29)
    """
    return LunarDate(year, 1, 1).to_solar_date()  # type: ignore[no-any-return]  # lunardate has no types


@cache
def day_table(heating_from: tuple[int, int], heating_until: tuple[int, int], early_days: int = 30) -> DayTable:
    """The table for a heating season from one (month, day) to another, the last day excluded."""
    days = date(_LAST + 1, 1, 1).toordinal() - _EPOCH
    season, is_early, festival = (np.zeros(days, np.int8) for _ in range(3))
    for year in range(_FIRST, _LAST + 1):
        spring, autumn = _day(year, *heating_until), _day(year, *heating_from)
        season[_day(year, 1, 1) : spring] = 1
        season[autumn : _day(year, 12, 31) + 1] = 1
        for begin in (spring, autumn):
            is_early[begin : begin + early_days] = 1
        first = spring_festival(year).toordinal() - _EPOCH
        for phase, (begin, end) in enumerate(PHASES, 1):
            festival[max(0, first + begin) : first + end + 1] = phase
    return DayTable(season, is_early, festival)


def _day(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - _EPOCH
