"""A row taken into its pool: what is rare is let in no faster than it may be, and what stays rare everywhere becomes normal.

The pool must not learn a fault as normal, nor forget that rare things happen. Leaving out all rows that alarmed would cut off the tail: the
threshold would sink and the alarm rate climb with every turn of the pool. So every level of rarity (1e-2 … 1e-8) has its own bucket of tokens
that fills half again as fast as rows of that rarity come while all is quiet; a row passes the levels for which there is a token, and is taken in at
the first level where there is none, not as far out as it was (as in Winsor's mean: J. Tukey, *The Future of Data Analysis*, Annals of
Mathematical Statistics 33, 1962). A tail can therefore become only half again as heavy within one memory. And a run of rare rows
of one series, far longer than runs usually are, adds nothing more: a series that stays broken does not become normal.

A change of the whole pool shows in most of its series: two windows in a row in which more than three times too many rows are rare, held back in
a third of the series, make the bins of these windows the new normal; so do two windows with less than a third of what should be rare.
"""

import math

from detectors.series.calibration.layout import (
    ADOPTED,
    BINS,
    CALM,
    DUE,
    HELD,
    HIGH,
    INFLATION,
    LOUD,
    OWN,
    OWN_ROWS,
    PAIR_PRODUCT,
    PAIR_SQUARE,
    PAIRS,
    POOL_SHARE,
    ROWS,
    RUN_LENGTH,
    STEP,
    STEP_ROWS,
    STEP_SUM,
    TABLE_WEIGHT,
    TURN_DEVIATION,
    TURN_PAIRS,
    TURN_PRODUCT,
    TURN_ROWS,
    TURN_ROWS_SQUARED,
    UNKNOWN,
    WEIGHT,
    WINDOW_HELD,
    WINDOW_RARE,
    WINDOW_ROWS,
    WINDOW_SERIES,
    WINDOW_STEP,
    Floats,
    Members,
    Pools,
    bin_of,
)
from detectors.series.calibration.settings import GUARD_LEVELS
from detectors.series.compiled import part_bare

_FILLING = 1.5
_BUCKET, _LEAST_BUCKET, _BUCKET_SHARE = 4.0, 2.0, 0.5
_LOUD, _CALM = 3.0, 1 / 3
_LEAST_EXPECTED = 20.0
_LEAST_KNOWN = 100.0
_WINDOWS = 2
_RARE = 0.01
_MOST_RUN = 32_000
_RUNS = 6.0
_EPISODE = 1e-5


@part_bare
def _rows(bins: Floats) -> float:
    total = 0.0
    for b in range(BINS):
        total += bins[b]
    return total


@part_bare
def _adopt(pools: Pools, k: int) -> None:
    """The rows of the last windows are the pool from now on."""
    number, count = pools.number[k], pools.whole[k]
    rows = _rows(pools.recent[k])
    for column in (OWN, OWN_ROWS):
        number[column] *= rows / number[WEIGHT]
    for b in range(BINS):
        pools.bins[k, b] = pools.recent[k, b]
    number[WEIGHT] = rows
    for column in (
        PAIRS,
        PAIR_PRODUCT,
        PAIR_SQUARE,
        TURN_PAIRS,
        TURN_PRODUCT,
        TURN_ROWS,
        TURN_ROWS_SQUARED,
        TURN_DEVIATION,
    ):
        number[column] = 0.0
    count[ADOPTED] += 1
    count[LOUD] = count[CALM] = 0
    count[DUE] = count[ROWS]


@part_bare
def _close_window(pools: Pools, k: int, breadth: float) -> None:
    number, count = pools.number[k], pools.whole[k]
    rows = count[WINDOW_ROWS]
    is_sure = number[TABLE_WEIGHT] >= _LEAST_KNOWN * number[INFLATION]
    is_broad = count[WINDOW_HELD] > 0 and count[WINDOW_HELD] >= breadth * count[WINDOW_SERIES]
    is_loud = is_sure and is_broad and count[WINDOW_RARE] > _LOUD * _RARE * rows
    enough = rows * _RARE >= _LEAST_EXPECTED * number[RUN_LENGTH]
    is_calm = is_sure and enough and count[WINDOW_RARE] < _CALM * _RARE * rows
    count[LOUD] = count[LOUD] + 1 if is_loud else 0
    count[CALM] = count[CALM] + 1 if is_calm else 0
    if max(count[LOUD], count[CALM]) >= _WINDOWS and _rows(pools.recent[k]) >= _LEAST_KNOWN * number[INFLATION]:
        _adopt(pools, k)
    if count[LOUD] == 0 and count[CALM] == 0:
        for b in range(BINS):
            pools.recent[k, b] = 0.0
    count[WINDOW_STEP] = count[STEP]
    count[WINDOW_ROWS] = count[WINDOW_RARE] = count[WINDOW_SERIES] = count[WINDOW_HELD] = 0


@part_bare
def _close_step(pools: Pools, k: int) -> None:
    number, count = pools.number[k], pools.whole[k]
    rows, total = float(count[STEP_ROWS]), number[STEP_SUM]
    number[TURN_PAIRS] += rows * (rows - 1.0)
    number[TURN_ROWS] += rows
    number[TURN_DEVIATION] += total
    number[TURN_ROWS_SQUARED] += rows * rows
    # total squared holds the products of all pairs and the squares; a square is (1 - HIGH)**2 for a high row and HIGH**2 for another.
    high = total + HIGH * rows
    squares = high * (1.0 - HIGH) ** 2 + (rows - high) * HIGH**2
    number[TURN_PRODUCT] += total * total - squares
    number[STEP_SUM], count[STEP_ROWS] = 0.0, 0
    count[STEP] += 1


@part_bare
def turn(pools: Pools, members: Members, k: int, j: int, window_steps: int, breadth: float) -> None:
    """Count time: a series that speaks twice begins a new step. (The clocks of the rows are not asked: they may be wrong.)"""
    count = pools.whole[k]
    if members.seen[j] == count[STEP]:
        _close_step(pools, k)
        if count[STEP] - count[WINDOW_STEP] >= window_steps:
            _close_window(pools, k, breadth)
    if members.seen[j] < count[WINDOW_STEP]:
        count[WINDOW_SERIES] += 1
    members.seen[j] = count[STEP]


@part_bare
def _passed(pools: Pools, k: int, p: float) -> int:
    """How many guarded levels a row passes; all that it reaches, or fewer. Takes the tokens."""
    count, number = pools.whole[k], pools.number[k]
    p_of_level = _RARE
    for level in range(GUARD_LEVELS):
        if p > p_of_level:
            return GUARD_LEVELS
        filled = pools.token[k, level] + _FILLING * p_of_level * (count[ROWS] - pools.token_row[k, level])
        room = min(_BUCKET_SHARE * p_of_level * number[TABLE_WEIGHT], _BUCKET * number[INFLATION])
        filled = min(filled, max(room, _LEAST_BUCKET))
        pools.token_row[k, level] = count[ROWS]
        if filled < 1.0:
            pools.token[k, level] = filled
            return level
        pools.token[k, level] = filled - 1.0
        p_of_level /= 10.0
    return GUARD_LEVELS


@part_bare
def _correlate(pools: Pools, members: Members, k: int, j: int, p: float) -> None:
    """Runs of high rows along the series, and high rows together in a step."""
    number, count = pools.number[k], pools.whole[k]
    is_high = 1 if p <= HIGH else 0
    away = is_high - HIGH
    if members.high[j] != UNKNOWN:
        number[PAIRS] += 1.0
        number[PAIR_PRODUCT] += away * (members.high[j] - HIGH)
        number[PAIR_SQUARE] += away * away
    members.high[j] = is_high
    number[STEP_SUM] += away
    count[STEP_ROWS] += 1


@part_bare
def take(pools: Pools, members: Members, k: int, j: int, place: int, own: float, p: float) -> None:
    """Learn a row of series ``j`` in bin ``place`` whose calibrated p-value is ``p``."""
    number, count = pools.number[k], pools.whole[k]
    count[ROWS] += 1
    count[WINDOW_ROWS] += 1
    _correlate(pools, members, k, j, p)
    if number[POOL_SHARE] < 1.0:
        number[OWN] -= math.log(max(own, 1e-300))
        number[OWN_ROWS] += 1.0
    if p <= _RARE:
        count[WINDOW_RARE] += 1
        members.run[j] = min(members.run[j] + 1, _MOST_RUN)
    elif p > HIGH:
        members.run[j] = 0
    pools.recent[k, place] += 1.0
    is_guarded = p <= _RARE and number[TABLE_WEIGHT] >= _LEAST_KNOWN * number[INFLATION]
    level = GUARD_LEVELS
    if is_guarded:
        level = _passed(pools, k, p) if members.run[j] <= _RUNS * number[RUN_LENGTH] else 0
        if p <= _EPISODE:
            members.run[j] = _MOST_RUN
    if level < GUARD_LEVELS:
        count[HELD] += 1
        if members.held[j] < count[WINDOW_STEP]:
            count[WINDOW_HELD] += 1
        members.held[j] = count[STEP]
        place = min(place, bin_of(pools.ceiling[k, level]))
    if level > 0:
        pools.bins[k, place] += 1.0
        number[WEIGHT] += 1.0
