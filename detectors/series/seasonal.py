"""Seasonal baseline: is a value unusual for its hour, weekday, season and festival? Many series at once.

Source: P. Gould and others, *Forecasting time series with multiple seasonal patterns*, European Journal of Operational Research 191 (2008) 207-222
(level and several seasonal effects by error correction); S. Gelper, R. Fried, C. Croux, *Robust forecasting with exponential and Holt-Winters
smoothing*, Journal of Forecasting 29 (2010) 285-300 (each error cut at a few sigmas before it teaches).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from detectors.series.calendar import DayTable, day_table
from detectors.series.detector import NEVER_US, Floats, Integers, Scored
from detectors.series.seasonal_kernel import CELLS, COLUMNS, learn, look
from detectors.series.slots import Field, Slots, between
from detectors.series.window_kernel import two_tails

_PLANS = 2
_DF = 6
_HOUR_US = 3_600_000_000
_DAYS_OF_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class SeasonalParameters:
    """``memory``: values after which the level has forgotten. ``clip``: most sigmas a value may teach. ``unknown``: by how many times sigma is wider
    in a season or festival never seen. ``warm_up``: values seen before the first judgement. ``least_spread``: smallest sigma as a share of the level.
    ``zone_h``: hours by which local time is ahead of UTC. ``heating_from``, ``heating_until``: (month, day) of the heating season, end excluded.

    Raises ValueError for a senseless setting.
    """

    memory: float = 168.0
    clip: float = 3.0
    unknown: float = 2.0
    warm_up: int = 24
    least_spread: float = 0.001
    zone_h: float = 8.0
    heating_from: tuple[int, int] = (10, 15)
    heating_until: tuple[int, int] = (4, 15)

    def __post_init__(self) -> None:
        between("memory", self.memory, 16, 1e6)
        between("clip", self.clip, 1, 100)
        between("unknown", self.unknown, 0, 100)
        between("warm_up", self.warm_up, 4, 4096)
        between("least_spread", self.least_spread, 0, 1)
        between("zone_h", self.zone_h, -14, 14)
        for name in ("heating_from", "heating_until"):
            month, day = getattr(self, name)
            if not (1 <= month <= 12 and 1 <= day <= _DAYS_OF_MONTH[month - 1]):
                raise ValueError(f"{name} {month}-{day} is not a month and day of every year")
        if not self.heating_from >= (7, 1) or not self.heating_until <= (7, 1):
            raise ValueError(
                f"heating_from {self.heating_from} is not in the second half of the year, or heating_until not in the first"
            )


class Seasonal(Slots):
    """After the contract of ``detector``. The statistic is the distance from what is usual for the moment, in sigmas (Student t with 6 degrees).

    Planned maintenance is not judged and teaches nothing; see ``plan``.
    """

    name = "seasonal"

    def __init__(self, parameters: SeasonalParameters | None = None) -> None:
        self.parameters = p = parameters or SeasonalParameters()
        super().__init__(
            p,
            state=Field(np.float64, (COLUMNS,)),
            seen=Field(np.uint8, (CELLS,)),
            planned=Field(np.int64, (_PLANS, 2), NEVER_US),
        )
        self._zone_us = int(p.zone_h * _HOUR_US)
        self._rule = np.array([p.memory, p.clip, p.unknown, p.warm_up, p.least_spread])
        self._reach = float(stdtrit(_DF, 0.995))

    def plan(self, slot: int, begin_us: int, end_us: int) -> None:
        """Maintenance is planned for a series from ``begin_us`` up to ``end_us``. Two plans are kept, the later ending ones.

        Raises ValueError when it ends before it begins.
        """
        if not begin_us < end_us:
            raise ValueError(
                f"maintenance from {begin_us} to {end_us} us was given; an end after the beginning is right"
            )
        plans = self._kept["planned"][slot]
        plans[int(np.argmin(plans[:, 1]))] = begin_us, end_us

    def score(self, slots: Integers, times_us: Integers, values: Floats) -> Scored:
        """Judge a round."""
        made = np.empty((4, len(slots)))
        state, seen, planned = self._kept["state"], self._kept["seen"], self._kept["planned"]
        look(state, seen, planned, slots, times_us, values, self._zone_us, self._table(), self._rule, made)
        statistic, expected, sigma, sign = made
        p = np.empty(len(slots))
        two_tails(statistic, _DF, p)
        return Scored(statistic, p, expected, expected - self._reach * sigma, expected + self._reach * sigma, sign)

    def learn(self, slots: Integers, times_us: Integers, values: Floats) -> None:
        """Take a round in."""
        state, seen, planned = self._kept["state"], self._kept["seen"], self._kept["planned"]
        learn(state, seen, planned, slots, times_us, values, self._zone_us, self._table(), self._rule)

    def _table(self) -> DayTable:
        return day_table(self.parameters.heating_from, self.parameters.heating_until)
