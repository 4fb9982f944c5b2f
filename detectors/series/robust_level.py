"""Robust level: is a value far from what its series was lately? Median and MAD over a bounded window, many series at once.

Source: B. Iglewicz, D. Hoaglin, *How to Detect and Handle Outliers*, ASQC 1993 (modified z-score;
where the MAD is 0, the root mean square deviation stands in, so that a rare event in an idle series is not new each time);
P. Rousseeuw, C. Croux, *Alternatives to the Median Absolute Deviation*, JASA 88 (1993) 1273-1283 (the MAD is 37 % efficient, hence the
degrees of freedom of a short window).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from detectors.series.detector import LARGEST, NEVER_US, Floats, Integers, Scored, Truths
from detectors.series.rounds import cut_by, score_cut, silenced
from detectors.series.slots import Field, Slots, between
from detectors.series.window_kernel import middles, take_in, two_tails

_SIGMA_OF_MAD = 1.4826
_EFFICIENCY_OF_MAD = 0.37
_FEW = 256


@dataclass(frozen=True)
class LevelParameters:
    """``window``: values remembered per series. ``warm_up``: values seen before the first judgement. ``tail_df``: degrees of freedom of the
    reference (Student t; small = heavy tail). ``least_spread``: smallest sigma, as a share of the median, so that a constant series does not
    alarm at its first crumb.

    Raises ValueError for a senseless setting.
    """

    window: int = 48
    warm_up: int = 10
    tail_df: float = 6.0
    least_spread: float = 0.01

    def __post_init__(self) -> None:
        between("window", self.window, 8, 4096)
        if not 4 <= self.warm_up <= self.window:
            raise ValueError(f"warm_up {self.warm_up} is not between 4 and the window ({self.window})")
        between("tail_df", self.tail_df, 1, 1000)
        between("least_spread", self.least_spread, 0, 1)


@dataclass(frozen=True)
class Judgement:
    """One entry per row. ``is_taken`` is false for a row refused or ignored; its other entries mean nothing then.

    ``p_value`` is 1 and the band NaN while a series warms up. ``low`` and ``high`` bound the central 99 %.
    ``previous_us`` is the time of the row taken before in the same series (NEVER_US for the first).
    """

    is_taken: Truths
    p_value: Floats
    expected: Floats
    low: Floats
    high: Floats
    previous_us: Integers


class RobustLevel(Slots):
    """Judges each value against the window before it, then learns it. After the contract of ``detector``; the window is what it does not forget.

    The state of a series is a function of its last ``window`` taken rows alone, so reading those again restores it exactly.
    """

    name = "robust_level"

    def __init__(self, parameters: LevelParameters | None = None) -> None:
        self.parameters = parameters or LevelParameters()
        window = self.parameters.window
        super().__init__(
            self.parameters,
            values=Field(np.float64, (window,), np.nan),
            order=Field(np.uint8 if window <= _FEW else np.uint16, (window,)),
            count=Field(np.int64),
            newest_us=Field(np.int64, (), NEVER_US),
        )
        self._df, self._widening, self._reach = _by_length(self.parameters)

    def score(self, slots: Integers, times_us: Integers, values: Floats) -> Scored:
        """Judge a round; the statistic is the distance from the median in sigmas."""
        return self._score(slots, values, is_exact=False)

    def learn(self, slots: Integers, times_us: Integers, values: Floats) -> None:
        """Take a round in."""
        take_in(self._kept["values"], self._kept["order"], self._kept["count"], slots, values)
        self._kept["newest_us"][slots] = times_us

    def judge(self, slots: Integers, times_us: Integers, values: Floats) -> Judgement:
        """Cut, judge and learn any rows in the order given; rows of one series may follow each other. p-values are those of scipy to the last bit.

        Raises IndexError for an unknown slot.
        """

        def score(slots: Integers, times_us: Integers, values: Floats) -> Scored:
            return self._score(slots, values, is_exact=True)

        cut = cut_by(self._kept["newest_us"], np.zeros(len(self), np.int32), slots, times_us, values)
        made = score_cut(score, self.learn, cut)
        return Judgement(cut.is_taken, made.p_value, made.expected, made.low, made.high, cut.previous_us)

    def _score(self, slots: Integers, values: Floats, *, is_exact: bool) -> Scored:
        n = np.minimum(self._kept["count"][slots], self.parameters.window)
        median, sigma = self._level(slots, n)
        distance = np.abs(values - median)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            statistic = np.minimum(distance / sigma, LARGEST)
            reach = self._reach[n] * sigma
        no_scale = (sigma == 0) & (distance > 0)
        statistic[distance == 0] = 0.0
        p = self._p_exact(statistic, n) if is_exact else self._p(statistic, n)
        # A series that only ever was 0 has no scale: all that can be said is that the newest of n + 1 is the extreme one.
        p[no_scale] = 1 / (n[no_scale] + 1)
        statistic[no_scale] = np.sqrt(2 * np.log(n[no_scale] + 1))
        made = Scored(statistic, p, median, median - reach, median + reach, np.sign(values - median))
        return silenced(made, n < self.parameters.warm_up)

    def _level(self, slots: Integers, n: Integers) -> tuple[Floats, Floats]:
        """Median and sigma of the windows."""
        ring = self._kept["values"]
        median, mad = np.empty(len(slots)), np.empty(len(slots))
        middles(ring, self._kept["order"], self._kept["count"], slots, median, mad)
        sigma = _SIGMA_OF_MAD * mad
        flat = np.flatnonzero(sigma == 0)
        if len(flat):
            sigma[flat] = _root_mean_square(np.abs(ring[slots[flat]] - median[flat, None]), n[flat])
        return median, np.maximum(sigma, self.parameters.least_spread * np.abs(median)) * self._widening[n]

    def _p(self, statistic: Floats, n: Integers) -> Floats:
        """The same in closed form where there is one; scipy takes a microsecond for each."""
        df = int(self.parameters.tail_df)
        if df != self.parameters.tail_df or df % 2:
            return self._p_exact(statistic, n)
        p = np.empty(len(statistic))
        two_tails(statistic, df, p)
        short = np.flatnonzero((self._df[n] < df) & (n >= self.parameters.warm_up))
        if len(short):
            p[short] = self._p_exact(statistic[short], n[short])
        return p

    def _p_exact(self, statistic: Floats, n: Integers) -> Floats:
        return np.where(statistic > 0, 2 * stdtr(self._df[n], -statistic), 1.0)


def _by_length(parameters: LevelParameters) -> tuple[Floats, Floats, Floats]:
    """For each number of values in the window: degrees of freedom, widening of sigma by the error of the median, half width of the band in sigmas."""
    n = np.arange(parameters.window + 1)
    df = np.minimum(parameters.tail_df, _EFFICIENCY_OF_MAD * (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return df, np.sqrt(1 + np.pi / 2 / n), stdtrit(df, 0.995)


def _root_mean_square(rows: Floats, n: Integers) -> Floats:
    """Of the entries that are not NaN, without overflow; 0 without entries."""
    largest = np.nanmax(rows, axis=1, initial=0.0)
    unit = np.where(largest > 0, largest, 1.0)
    root: Floats = unit * np.sqrt(np.nansum((rows / unit[:, None]) ** 2, axis=1) / np.maximum(n, 1))
    return root
