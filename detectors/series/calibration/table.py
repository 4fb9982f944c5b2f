"""A pool read: its table, tail, worth of a row and ceilings, made anew from time to time; p-values looked up in it."""

import math

from detectors.series.calibration.layout import (
    BINS,
    DUE,
    INFLATION,
    OWN,
    OWN_POWER,
    OWN_ROWS,
    PAIR_PRODUCT,
    PAIR_SQUARE,
    PAIRS,
    POOL_SHARE,
    REFRESHED,
    ROWS,
    RUN_LENGTH,
    STEP,
    STEP_REFRESHED,
    TABLE_WEIGHT,
    TAIL_ROWS,
    TAIL_SCALE,
    TAIL_SHAPE,
    TAIL_START,
    TURN_DEVIATION,
    TURN_PAIRS,
    TURN_PRODUCT,
    TURN_ROWS,
    TURN_ROWS_SQUARED,
    WEIGHT,
    Floats,
    Pools,
    edge,
)
from detectors.series.calibration.settings import GUARD_LEVELS
from detectors.series.calibration.tail import beyond, excess_at, excesses, fit
from detectors.series.compiled import part_bare

_MOST_ROWS_BETWEEN = 16384
_ROWS_SHARE_BETWEEN = 16
_TAIL_SHARE, _MOST_TAIL_SHARE = 0.05, 0.1
_LEAST_TAIL, _MOST_TAIL = 50.0, 500.0
_LEAST_FITTED = 5.0
_PRIOR_PAIRS = 50.0
_UNTRIED_POWER, _PRIOR_OWN_ROWS = 0.75, 20.0
_KNOWN = 50.0
_MOST_CORRELATION = 0.99
_SQUARE = 0.09
_YOUNG = 0.25
_LEAST_P = 1e-300


@part_bare
def _weigh_rows(number: Floats) -> None:
    """How much more a count of high rows varies than if all rows were independent.

    Within a series high rows follow each other like a two-state Markov chain, (1 + r) / (1 - r); between series of one step, 1 + (k - 1) r
    as in a sample drawn in clusters (L. Kish, *Survey Sampling*, 1965).
    """
    square = number[PAIR_SQUARE] / number[PAIRS] if number[PAIRS] > 0.0 else _SQUARE
    along = number[PAIR_PRODUCT] / (number[PAIR_SQUARE] + _PRIOR_PAIRS * square)
    along = min(max(along, 0.0), _MOST_CORRELATION)
    by_run = (1.0 + along) / (1.0 - along)
    number[RUN_LENGTH] = by_run
    number[INFLATION] = by_run
    if number[TURN_ROWS] > 0.0 and square > 0.0:
        mean = number[TURN_DEVIATION] / number[TURN_ROWS]
        across = (number[TURN_PRODUCT] - number[TURN_PAIRS] * mean * mean) / (
            (number[TURN_PAIRS] + _PRIOR_PAIRS) * square
        )
        per_step = number[TURN_ROWS_SQUARED] / number[TURN_ROWS]
        number[INFLATION] = by_run * (1.0 + (per_step - 1.0) * min(max(across, 0.0), 1.0))


@part_bare
def _forget(pools: Pools, k: int, half_life_steps: float, least_effective: float) -> None:
    number, count = pools.number[k], pools.whole[k]
    steps = count[STEP] - count[STEP_REFRESHED]
    count[STEP_REFRESHED] = count[STEP]
    half_life = min(half_life_steps, max(_YOUNG * count[STEP], 1.0))
    kept = 2.0 ** (-steps / half_life)
    if number[WEIGHT] > 0.0:
        kept = min(max(kept, least_effective * number[INFLATION] / number[WEIGHT]), 1.0)
    if kept < 1.0:
        for b in range(BINS):
            pools.bins[k, b] *= kept
        for column in (
            WEIGHT,
            OWN,
            OWN_ROWS,
            PAIRS,
            PAIR_PRODUCT,
            PAIR_SQUARE,
            TURN_PAIRS,
            TURN_PRODUCT,
            TURN_ROWS,
            TURN_ROWS_SQUARED,
            TURN_DEVIATION,
        ):
            number[column] *= kept


@part_bare
def _fit_tail(pools: Pools, k: int, scratch: Floats) -> None:
    number, table = pools.number[k], pools.table[k]
    weight, inflation = number[WEIGHT], number[INFLATION]
    wanted = min(max(_TAIL_SHARE * weight, _LEAST_TAIL * inflation), _MOST_TAIL * inflation)
    wanted = min(wanted, _MOST_TAIL_SHARE * weight)
    at_start = (wanted + inflation) / (weight + inflation)
    number[TAIL_START] = math.inf
    if wanted / inflation < _LEAST_FITTED:
        return
    first = BINS - 1
    while first > 0 and table[first] < at_start:
        first -= 1
    if first == 0:  # hardly anything is unusual at all
        return
    distance, heavy = scratch[0], scratch[1]
    start = edge(first)
    n = excesses(pools.bins[k], first, start, distance, heavy)
    rows = 0.0
    for i in range(n):
        rows += heavy[i]
    shape, scale = fit(distance[:n], heavy[:n], rows, rows / inflation)
    number[TAIL_START], number[TAIL_ROWS] = start, rows
    number[TAIL_SHAPE], number[TAIL_SCALE] = shape, scale


@part_bare
def _raise_ceilings(pools: Pools, k: int) -> None:
    """The statistic at each guarded level, by the pool alone."""
    number, table, ceiling = pools.number[k], pools.table[k], pools.ceiling[k]
    whole = number[TABLE_WEIGHT] + number[INFLATION]
    in_tail = (number[TAIL_ROWS] + number[INFLATION]) / whole
    at = BINS - 1
    for level in range(GUARD_LEVELS - 1, -1, -1):
        p = 10.0 ** -(level + 2)
        if number[TAIL_START] < math.inf and p <= in_tail:
            chance = p / in_tail
            ceiling[level] = number[TAIL_START] + excess_at(chance, number[TAIL_SHAPE], number[TAIL_SCALE])
        elif number[TAIL_START] < math.inf:
            while at > 0 and table[at] < p:
                at -= 1
            ceiling[level] = edge(at)
        else:
            ceiling[level] = math.inf


@part_bare
def _own_power(number: Floats) -> float:
    """The exponent under which the own p-values have the mean logarithm of true ones, at most 1; 3/4 while nothing is known of them."""
    rows = number[OWN_ROWS]
    honest = min(1.0, (_PRIOR_OWN_ROWS + rows) / (_PRIOR_OWN_ROWS + number[OWN]))
    return float((_PRIOR_OWN_ROWS * _UNTRIED_POWER + rows * honest) / (_PRIOR_OWN_ROWS + rows))


@part_bare
def refresh(
    pools: Pools,
    k: int,
    scratch: Floats,
    half_life_steps: float,
    least_effective: float,
    prior_rows: float,
    is_combined: bool,
) -> None:
    """Forget, then make the table and all that is read from it anew. When it is due depends on the rows of the pool alone."""
    _forget(pools, k, half_life_steps, least_effective)
    number, count = pools.number[k], pools.whole[k]
    _weigh_rows(number)
    sum_above = 0.0
    for b in range(BINS - 1, -1, -1):
        sum_above += pools.bins[k, b]
        pools.table[k, b] = sum_above + number[INFLATION]
    number[WEIGHT] = number[TABLE_WEIGHT] = sum_above
    for b in range(BINS):
        pools.table[k, b] /= sum_above + number[INFLATION]
    _fit_tail(pools, k, scratch)
    _raise_ceilings(pools, k)
    effective = sum_above / number[INFLATION]
    is_known = effective >= _KNOWN * prior_rows
    number[POOL_SHARE] = 1.0 if is_known else effective * effective / (effective * effective + prior_rows * prior_rows)
    number[OWN_POWER] = 1.0 if is_combined else _own_power(number)
    count[REFRESHED] = count[ROWS]
    rows = min(max(int(sum_above) // _ROWS_SHARE_BETWEEN, 1), _MOST_ROWS_BETWEEN)
    count[DUE] = count[ROWS] + rows


@part_bare
def pool_p(pools: Pools, k: int, statistic: float, place: int) -> float:
    """Chance of a statistic at least as large by the pool alone: rank among the rows, the new one an effective row; beyond its start the tail."""
    number = pools.number[k]
    if statistic > number[TAIL_START]:
        one = number[INFLATION]
        at_start = (number[TAIL_ROWS] + one) / (number[TABLE_WEIGHT] + one)
        return float(at_start * beyond(statistic - number[TAIL_START], number[TAIL_SHAPE], number[TAIL_SCALE]))
    return float(pools.table[k, place])


@part_bare
def p_of(pools: Pools, k: int, statistic: float, place: int, own: float) -> float:
    """The calibrated p-value of a statistic in bin ``place``: geometric mean of pool and own p-value, by how much the pool knows."""
    share = pools.number[k, POOL_SHARE]
    p = pool_p(pools, k, statistic, place)
    if share == 1.0:
        return p
    by_pool = math.log(max(p, _LEAST_P))
    by_own = pools.number[k, OWN_POWER] * math.log(max(own, _LEAST_P))
    return float(math.exp(share * by_pool + (1.0 - share) * by_own))
