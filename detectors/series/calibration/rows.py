"""Rows judged and learnt in log order: the compiled loop."""

from collections.abc import Callable

import numpy as np

from detectors.series.calibration import layout, learning, table, tail
from detectors.series.calibration.layout import DUE, ROWS, Floats, Integers, Members, Pools, bin_of
from detectors.series.calibration.learning import take, turn
from detectors.series.calibration.table import p_of, refresh
from detectors.series.compiled import compiled_bare, stamp


def _judging(mark: str) -> Callable[..., None]:
    @compiled_bare
    def judge_rows(
        pools: Pools,
        members: Members,
        scratch: Floats,
        pool_of: Integers,
        slots: Integers,
        statistic: Floats,
        own: Floats,
        half_life_steps: float,
        least_effective: float,
        prior_rows: float,
        window_steps: int,
        breadth: float,
        is_combined: bool,
        p: Floats,
    ) -> None:
        """Fill ``p``; a NaN statistic gets 1 and is not learnt."""
        if len(mark) == 0:
            return
        for i in range(len(slots)):
            if np.isnan(statistic[i]):
                p[i] = 1.0
                continue
            k, j = pool_of[i], slots[i]
            turn(pools, members, k, j, window_steps, breadth)
            if pools.whole[k, ROWS] >= pools.whole[k, DUE]:
                refresh(pools, k, scratch, half_life_steps, least_effective, prior_rows, is_combined)
            place = bin_of(statistic[i])
            p[i] = p_of(pools, k, statistic[i], place, own[i])
            take(pools, members, k, j, place, own[i], p[i])

    return judge_rows


def _looking(mark: str) -> Callable[..., None]:
    @compiled_bare
    def look_up_rows(pools: Pools, pool_of: Integers, statistic: Floats, own: Floats, p: Floats) -> None:
        """Fill ``p`` by the tables as they are; nothing is learnt."""
        if len(mark) == 0:
            return
        for i in range(len(statistic)):
            p[i] = (
                1.0 if np.isnan(statistic[i]) else p_of(pools, pool_of[i], statistic[i], bin_of(statistic[i]), own[i])
            )

    return look_up_rows


_PARTS = stamp(vars(layout), vars(tail), vars(table), vars(learning))

judge_rows = _judging(_PARTS)
"""Judges and learns rows; see the inner function for its arguments."""
look_up_rows = _looking(_PARTS)
"""Judges rows only; see the inner function for its arguments."""
