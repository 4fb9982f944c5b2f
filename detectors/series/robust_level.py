"""Robust level: is a value far from what its series was lately? Median and MAD over a bounded window, many series at once.

Source: B. Iglewicz, D. Hoaglin, *How to Detect and Handle Outliers*, ASQC 1993 (modified z-score;
where the MAD is 0, the root mean square deviation stands in, so that a rare event in an idle series is not new each time);
P. Rousseeuw, C. Croux, *Alternatives to the Median Absolute Deviation*, JASA 88 (1993) 1273-1283 (the MAD is 37 % efficient, hence the
degrees of freedom of a short window).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]

NEVER_US = np.iinfo(np.int64).min
"""Time of a series that has seen nothing."""
LARGEST = 1e300
"""Values beyond are refused like infinity: their differences would overflow."""
_SIGMA_OF_MAD = 1.4826
_EFFICIENCY_OF_MAD = 0.37


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
        if not 8 <= self.window <= 4096:
            raise ValueError(f"window {self.window} is not between 8 and 4096 values")
        if not 4 <= self.warm_up <= self.window:
            raise ValueError(f"warm_up {self.warm_up} is not between 4 and the window ({self.window})")
        if not 1 <= self.tail_df <= 1000:
            raise ValueError(f"tail_df {self.tail_df} is not between 1 and 1000")
        if not 0 <= self.least_spread <= 1:
            raise ValueError(f"least_spread {self.least_spread} is not a share between 0 and 1")


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


class RobustLevel:
    """Judges each value against the window before it, then learns it. Series are numbered slots 0 … n-1.

    Refused: NaN, infinity, |value| > 1e300. Ignored on purpose: a time not later than the newest of its series (repeat, late or corrected
    value). Batches of any cut give the same result as row by row. Memory per series is ``bytes_per_series`` and never grows; the state of a
    series is a function of its last ``window`` taken rows alone, so reading those again restores it exactly.
    """

    name = "robust_level"

    def __init__(self, parameters: LevelParameters | None = None) -> None:
        self.parameters = parameters or LevelParameters()
        digest = hashlib.sha256(repr(sorted(asdict(self.parameters).items())).encode()).hexdigest()
        self.version = f"1-{digest[:6]}"
        self._values = np.empty((0, self.parameters.window))
        self._count = np.empty(0, np.int64)
        self._newest_us = np.empty(0, np.int64)

    @property
    def bytes_per_series(self) -> int:
        """Bytes kept per series."""
        return 8 * (self.parameters.window + 2)

    def __len__(self) -> int:
        """Number of slots."""
        return len(self._count)

    def grow(self, slots: int) -> None:
        """Have at least this many slots; new ones know nothing."""
        more = slots - len(self)
        if more > 0:
            self._values = np.concatenate([self._values, np.full((more, self.parameters.window), np.nan)])
            self._count = np.concatenate([self._count, np.zeros(more, np.int64)])
            self._newest_us = np.concatenate([self._newest_us, np.full(more, NEVER_US, np.int64)])

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing."""
        self._values[slots] = np.nan
        self._count[slots] = 0
        self._newest_us[slots] = NEVER_US

    def judge(self, slots: Integers, times_us: Integers, values: Floats) -> Judgement:
        """Judge and learn rows in the order given; rows of one series may follow each other. Raises IndexError for an unknown slot."""
        n = len(slots)
        made = _unjudged(n)
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            is_usable = np.abs(values) <= LARGEST
            for rows in _rounds(slots):
                self._judge_round(rows, slots, times_us, values, is_usable, made)
        return made

    def snapshot(self) -> dict[str, NDArray[np.float64] | Integers]:
        """A copy of all state, for ``restore``."""
        return {"values": self._values.copy(), "count": self._count.copy(), "newest_us": self._newest_us.copy()}

    def restore(self, state: Mapping[str, NDArray[np.float64] | Integers]) -> None:
        """Take over a snapshot. Raises ValueError when it was made with another window."""
        values = np.array(state["values"], np.float64)
        if values.ndim != 2 or values.shape[1] != self.parameters.window:
            raise ValueError(f"a snapshot of window {values.shape[1:]} was given; {self.parameters.window} is right")
        self._values = values
        self._count = np.array(state["count"], np.int64)
        self._newest_us = np.array(state["newest_us"], np.int64)

    def _judge_round(
        self, rows: Integers, slots: Integers, times_us: Integers, values: Floats, is_usable: Truths, made: Judgement
    ) -> None:
        """Rows of distinct series at once."""
        rows = rows[is_usable[rows] & (times_us[rows] > self._newest_us[slots[rows]])]
        mine, x = slots[rows], values[rows]
        made.is_taken[rows] = True
        made.previous_us[rows] = self._newest_us[mine]
        is_warm = self._count[mine] >= self.parameters.warm_up
        warm = rows[is_warm]
        if len(warm):
            outcome = self._against_window(mine[is_warm], x[is_warm])
            made.p_value[warm], made.expected[warm], made.low[warm], made.high[warm] = outcome
        self._values[mine, self._count[mine] % self.parameters.window] = x
        self._count[mine] += 1
        self._newest_us[mine] = times_us[rows]

    def _against_window(self, slots: Integers, x: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        window = self._values[slots]
        n = np.minimum(self._count[slots], self.parameters.window)
        median = _medians(window, n)
        deviation = np.abs(window - median[:, None])
        sigma = _SIGMA_OF_MAD * _medians(deviation, n)
        flat = np.flatnonzero(sigma == 0)
        if len(flat):
            sigma[flat] = _root_mean_square(deviation[flat], n[flat])
        sigma = np.maximum(sigma, self.parameters.least_spread * np.abs(median)) * np.sqrt(1 + np.pi / 2 / n)
        df = np.minimum(self.parameters.tail_df, _EFFICIENCY_OF_MAD * (n - 1))
        distance = np.abs(x - median)
        p = np.where(distance > 0, 2 * stdtr(df, -distance / sigma), 1.0)
        # A series that only ever was 0 has no scale: all that can be said is that the newest of n + 1 is the extreme one.
        p = np.where((sigma > 0) | (distance == 0), p, 1 / (n + 1))
        reach = stdtrit(df, 0.995) * sigma
        return p, median, median - reach, median + reach


def _unjudged(n: int) -> Judgement:
    def blank() -> Floats:
        return np.full(n, np.nan)

    never = np.full(n, NEVER_US, np.int64)
    return Judgement(np.zeros(n, np.bool_), np.ones(n), blank(), blank(), blank(), never)


def _medians(rows: Floats, n: Integers) -> Floats:
    """Median of the first sorted ``n`` entries of each row; the unfilled ones are NaN and sort to the end."""
    ordered = np.sort(rows, axis=1)
    index = np.arange(len(rows))
    return (ordered[index, (n - 1) // 2] + ordered[index, n // 2]) / 2


def _root_mean_square(rows: Floats, n: Integers) -> Floats:
    """Of the entries that are not NaN, without overflow."""
    largest = np.nanmax(rows, axis=1)
    unit = np.where(largest > 0, largest, 1.0)
    root: Floats = unit * np.sqrt(np.nansum((rows / unit[:, None]) ** 2, axis=1) / n)
    return root


def _rounds(slots: Integers) -> list[Integers]:
    """Row numbers cut so that each round has every slot at most once and rows of a slot keep their order."""
    order = np.argsort(slots, kind="stable")
    ordered = slots[order]
    is_first = np.ones(len(slots), np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    if is_first.all():
        return [order]
    position = np.arange(len(slots))
    turn = position - np.maximum.accumulate(np.where(is_first, position, 0))
    by_turn = np.argsort(turn, kind="stable")
    return np.split(order[by_turn], np.flatnonzero(np.diff(turn[by_turn])) + 1)
