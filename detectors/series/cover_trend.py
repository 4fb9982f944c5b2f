"""Cover trend: will a stock reach its limit within the horizon if it goes on like this? Many series at once.

Source: R. G. Brown, *Smoothing, Forecasting and Prediction of Discrete Time Series*, 1963 (discounted least squares); S. Gelper, R. Fried, C. Croux,
*Robust forecasting with exponential and Holt-Winters smoothing*, Journal of Forecasting 29 (2010) 285-300 (each new value cut before it counts).
"""

from dataclasses import dataclass

import numpy as np

from detectors.series.detector import LARGEST, NEVER_US, Floats, Integers, Scored
from detectors.series.slots import Field, Slots, between
from detectors.series.trend_kernel import COLUMNS, NOW, OF_LIMIT, SLOPE, TOWARDS, learn, look, read

_BAND = 2.5758293035489004


@dataclass(frozen=True)
class TrendParameters:
    """``horizon_days``: within which the limit matters. ``memory_days``: after which the trend has forgotten.
    ``usual_days``: the same of what is usual. ``share``: limit as a share of what is usual, where none is given.
    ``clip``: most sigmas off the line a value counts. ``least_spread``: smallest sigma as a share of the mean.

    Raises ValueError for a senseless setting.
    """

    horizon_days: float = 14.0
    memory_days: float = 4.0
    usual_days: float = 120.0
    share: float = 0.25
    clip: float = 4.0
    least_spread: float = 0.001

    def __post_init__(self) -> None:
        between("horizon_days", self.horizon_days, 0.01, 3650)
        between("memory_days", self.memory_days, 0.01, 3650)
        between("usual_days", self.usual_days, 0.1, 36500)
        between("share", self.share, 0, 10)
        between("clip", self.clip, 1, 100)
        between("least_spread", self.least_spread, 0, 1)


class CoverTrend(Slots):
    """After the contract of ``detector``. The hypothesis held until refuted: the limit is not reached within the horizon.

    The p-value and the sign are of that. In quiet times it is never near to being refuted, which leaves nothing to calibrate: the statistic asks how
    much nearer to the limit than usual the line ends after the horizon, in standard errors, squared and halved. It speaks after three memories.
    ``expected`` is the line at the time of the value. A limit below what is usual is a minimum (断供), one above it a maximum (胀库).
    """

    name = "cover_trend"
    method = 2

    def __init__(self, parameters: TrendParameters | None = None) -> None:
        self.parameters = p = parameters or TrendParameters()
        super().__init__(
            p,
            state=Field(np.float64, (COLUMNS,)),
            limit=Field(np.float64, (), np.nan),
            newest_us=Field(np.int64, (), NEVER_US),
        )
        self._rule = np.array([p.memory_days, p.usual_days, p.clip, p.least_spread, p.share, p.horizon_days])

    def set_limits(self, slots: Integers, limits: Floats) -> None:
        """Limits in the unit of each series; NaN goes back to the share of what is usual. Raises ValueError for an infinite one."""
        if np.isinf(limits).any() or (np.abs(limits) > LARGEST).any():
            raise ValueError(f"limits {limits} were given; finite ones, or NaN for none, are right")
        self._kept["limit"][slots] = limits

    def days_left(self, slots: Integers) -> Floats:
        """Days from the newest value until the line reaches the limit: 0 when it has, infinite when it never will, NaN while a series warms up."""
        made = np.empty((len(slots), 5))
        read(self._kept["state"], self._kept["limit"], slots, self._rule, made)
        way = (made[:, OF_LIMIT] - made[:, NOW]) * made[:, TOWARDS]
        speed = made[:, SLOPE] * made[:, TOWARDS]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            days = np.where(speed > 0, way / speed, np.inf)
        return np.where(np.isnan(way), np.nan, np.where(way <= 0, 0.0, days))

    def score(self, slots: Integers, times_us: Integers, values: Floats) -> Scored:
        """Judge a round, each value as the newest of its line."""
        made = np.empty((5, len(slots)))
        look(
            self._kept["state"], self._kept["limit"], self._kept["newest_us"], slots, times_us, values, self._rule, made
        )
        statistic, p, expected, sigma, sign = made
        return Scored(statistic, p, expected, expected - _BAND * sigma, expected + _BAND * sigma, sign)

    def learn(self, slots: Integers, times_us: Integers, values: Floats) -> None:
        """Take a round in."""
        learn(self._kept["state"], self._kept["newest_us"], slots, times_us, values, self._rule)
