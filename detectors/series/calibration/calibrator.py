"""Calibrated p-values of one detector: many series, in pools of like series."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.calibration.layout import (
    ADOPTED,
    BINS,
    COUNTS,
    HELD,
    INFLATION,
    NUMBERS,
    ROWS,
    TAIL_ROWS,
    TAIL_SCALE,
    TAIL_SHAPE,
    TAIL_START,
    WEIGHT,
    Floats,
    Integers,
    Members,
    Pools,
    bin_of,
    empty_members,
    empty_pools,
    joined,
)
from detectors.series.calibration.rows import judge_rows, look_up_rows
from detectors.series.calibration.settings import CalibrationSettings
from detectors.series.calibration.table import pool_p

State = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class PoolReport:
    """What a pool stands on. ``rows``: all ever learnt. ``weight``: of them after forgetting. ``effective``: independent rows they are worth.
    ``least_alpha``: smallest false-alarm rate with 20 rows expected beyond it. ``held``: rows not learnt as they were. ``adopted``: how often a
    change of the whole pool became the new normal. ``tail_start`` is NaN while there is no tail.
    """

    rows: int
    weight: float
    effective: float
    least_alpha: float
    held: int
    adopted: int
    tail_start: float
    tail_rows: float
    tail_shape: float
    tail_scale: float


class Calibrator:
    """Turns the statistic of a detector into a p-value that is true for quiet series of the same pool, then learns it.

    A pool holds series of like kind and cadence; the caller numbers pools and series (slots) and never moves a series. Any cut of rows into
    batches gives the same; the order of rows is the order of the log. Memory: ``bytes_per_pool`` and ``bytes_per_series``, never more.
    """

    bytes_per_series = 19
    bytes_per_pool = 8 * (3 * BINS + NUMBERS + COUNTS + 3 * 7)

    def __init__(self, settings: CalibrationSettings | None = None, *, is_combined: bool = False) -> None:
        """``is_combined``: what is judged combines calibrated p-values, so that its own p-value is believed in full while the pool is small."""
        self.settings, self._is_combined = settings or CalibrationSettings(), is_combined
        self._numbers = astuple(self.settings)
        self._pools = empty_pools(0)
        self._members = empty_members(0)
        self._scratch = np.empty((2, BINS))

    @property
    def pools(self) -> int:
        """Number of pools."""
        return len(self._pools.bins)

    def __len__(self) -> int:
        """Number of slots."""
        return len(self._members.seen)

    def grow(self, slots: int, pools: int) -> None:
        """Have at least this many slots and pools; new ones know nothing."""
        if pools > self.pools:
            more = empty_pools(pools - self.pools)
            self._pools = Pools._make(joined(self._pools, more))
        if slots > len(self):
            new = empty_members(slots - len(self))
            self._members = Members._make(joined(self._members, new))

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing. What their pools learnt from them stays."""
        new = empty_members(1)
        self._members.seen[slots] = new.seen[0]
        self._members.held[slots] = new.held[0]
        self._members.high[slots] = new.high[0]
        self._members.run[slots] = new.run[0]

    def judge(self, pool_of: Integers, slots: Integers, statistic: Floats, own: Floats) -> Floats:
        """Calibrated p-values of rows in log order, each judged by the rows before it and then learnt. All arrays have one entry per row.

        ``own`` is the detector's own p-value, 0 to 1. A NaN statistic (warming up) gives 1 and is not learnt. Raises IndexError for an unknown
        slot or pool, ValueError for arrays of different length or an own p-value that is none.
        """
        self._check(pool_of, statistic, own)
        if len(slots) != len(statistic):
            raise ValueError(f"{len(slots)} slots were given for {len(statistic)} rows")
        _check_numbers(slots, len(self), "slot")
        p = np.ones(len(slots))
        judge_rows(
            self._pools,
            self._members,
            self._scratch,
            pool_of,
            slots,
            statistic,
            own,
            *self._numbers,
            self._is_combined,
            p,
        )
        return p

    def look_up(self, pool_of: Integers, statistic: Floats, own: Floats) -> Floats:
        """Calibrated p-values by the pools as they are; nothing is learnt. Raises as ``judge`` does."""
        self._check(pool_of, statistic, own)
        p = np.ones(len(statistic))
        look_up_rows(self._pools, pool_of, statistic, own, p)
        return p

    def survival(self, pool: int, statistic: Floats) -> Floats:
        """Chance of a statistic at least as large by the pool alone, for plots."""
        return np.array([pool_p(self._pools, pool, float(s), bin_of(float(s))) for s in statistic])

    def report(self, pool: int) -> PoolReport:
        """What a pool stands on."""
        number, count = self._pools.number[pool], self._pools.whole[pool]
        effective = number[WEIGHT] / number[INFLATION]
        has_tail = bool(np.isfinite(number[TAIL_START]))
        tail = (number[c] if has_tail else np.nan for c in (TAIL_START, TAIL_ROWS, TAIL_SHAPE, TAIL_SCALE))
        return PoolReport(
            int(count[ROWS]),
            float(number[WEIGHT]),
            float(effective),
            float(20.0 / number[WEIGHT]) if number[WEIGHT] > 0 else np.inf,
            int(count[HELD]),
            int(count[ADOPTED]),
            *(float(t) for t in tail),
        )

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of all state, for ``restore``."""
        mine = {f"pool_{name}": part.copy() for name, part in self._pools._asdict().items()}
        return mine | {f"slot_{name}": part.copy() for name, part in self._members._asdict().items()}

    def restore(self, state: State) -> None:
        """Take over a snapshot. Raises ValueError when it was made with other bins."""
        given = np.shape(state["pool_bins"])
        if given[1:] != (BINS,):
            raise ValueError(f"a snapshot with pools of shape {given[1:]} was given; {(BINS,)} is right")
        self._pools = Pools._make(np.array(state[f"pool_{name}"]) for name in Pools._fields)
        self._members = Members._make(np.array(state[f"slot_{name}"]) for name in Members._fields)

    def _check(self, pool_of: Integers, statistic: Floats, own: Floats) -> None:
        if not len(pool_of) == len(statistic) == len(own):
            raise ValueError(
                f"{len(pool_of)} pools, {len(statistic)} statistics, {len(own)} own p-values: equally many are right"
            )
        _check_numbers(pool_of, self.pools, "pool")
        if len(own) and not (own.min() >= 0 and own.max() <= 1):
            raise ValueError(f"own p-values from {own.min()} to {own.max()} were given; 0 to 1 is right")


def _check_numbers(given: Integers, most: int, noun: str) -> None:
    if len(given) and not 0 <= given.min() <= given.max() < most:
        raise IndexError(
            f"{noun} {given.max() if given.max() >= most else given.min()} is not one of the {most} {noun}s"
        )
