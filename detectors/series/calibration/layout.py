"""How a pool lies in arrays: logarithmic bins of the statistic, columns of numbers and counts."""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.series.calibration.settings import GUARD_LEVELS
from detectors.series.compiled import part_bare

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PER_OCTAVE = 64
FIRST_OCTAVE, LAST_OCTAVE = -10, 30
BINS = PER_OCTAVE * (LAST_OCTAVE - FIRST_OCTAVE)
"""Each octave from 2**-10 to 2**30 in 64 equal parts (0.8 to 1.6 % wide); what lies outside falls into the first or last bin."""

# Numbers of a pool.
(
    WEIGHT,  # rows learnt, after forgetting
    OWN,  # sum of -log of the detector's own p-values,
    OWN_ROWS,  # and their number
    PAIRS,  # of successive rows of a series: their number,
    PAIR_PRODUCT,  # products of their deviations,
    PAIR_SQUARE,  # and squares
    TURN_PAIRS,  # of rows of the same step: pairs,
    TURN_PRODUCT,  # products of their deviations,
    TURN_ROWS,  # rows,
    TURN_ROWS_SQUARED,  # sum of squared rows,
    TURN_DEVIATION,  # and deviations
    INFLATION,  # variance of a count over that of independent rows, as of the last refresh
    RUN_LENGTH,  # how long runs of high rows are, over that of independent rows
    TABLE_WEIGHT,  # rows behind the table
    TAIL_START,  # the tail begins at this statistic; infinity without one
    TAIL_ROWS,
    TAIL_SHAPE,
    TAIL_SCALE,
    POOL_SHARE,  # weight of the pool against the detector's own p-value
    OWN_POWER,  # exponent that makes the own p-values honest on average
    STEP_SUM,  # deviations in the current step
    NUMBERS,
) = range(22)

# Counts of a pool.
(
    ROWS,  # all rows ever learnt
    REFRESHED,  # rows at the last refresh
    DUE,  # rows at which the next refresh is due
    STEP,
    STEP_REFRESHED,
    STEP_ROWS,  # rows in the current step
    WINDOW_STEP,  # step at which the window began
    WINDOW_ROWS,
    WINDOW_RARE,  # rows beyond the first guarded level
    WINDOW_SERIES,  # series seen
    WINDOW_HELD,  # series of which a row was held back
    LOUD,  # windows in a row in which most series looked unusual
    CALM,  # windows in a row in which far too little was unusual
    ADOPTED,  # times that a change of the whole pool became the new normal
    HELD,  # rows not learnt as they were
    COUNTS,
) = range(16)

UNKNOWN = 2
"""Of a series: whether its last row was high is not known."""
HIGH = 0.1
"""A row with a p-value of at most this is high; runs of high rows tell how much a row is worth."""


class Pools(NamedTuple):
    """First axis: the pool."""

    bins: Floats
    recent: Floats
    """Bins of all rows, as they were, since the window began."""
    table: Floats
    """P-value of a statistic in a bin by rank, as of the last refresh."""
    number: Floats
    whole: Integers
    token: Floats
    token_row: Integers
    ceiling: Floats
    """Statistic at each guarded level."""


class Members(NamedTuple):
    """First axis: the series (slot)."""

    seen: Integers
    """Step of its last row; -1 before."""
    held: Integers
    """Step at which a row of it was last held back; -1 before."""
    high: NDArray[np.int8]
    run: NDArray[np.int16]
    """Rare rows since its last ordinary one."""


def empty_pools(pools: int) -> Pools:
    """Pools that know nothing."""
    number = np.zeros((pools, NUMBERS))
    number[:, INFLATION] = 1.0
    number[:, TAIL_START] = np.inf
    number[:, OWN_POWER] = 1.0
    number[:, RUN_LENGTH] = 1.0
    return Pools(
        np.zeros((pools, BINS)),
        np.zeros((pools, BINS)),
        np.zeros((pools, BINS)),
        number,
        np.zeros((pools, COUNTS), np.int64),
        np.full((pools, GUARD_LEVELS), np.inf),
        np.zeros((pools, GUARD_LEVELS), np.int64),
        np.full((pools, GUARD_LEVELS), np.inf),
    )


def empty_members(slots: int) -> Members:
    """Series that have said nothing."""
    never = np.full(slots, -1, np.int64)
    return Members(never, never.copy(), np.full(slots, UNKNOWN, np.int8), np.zeros(slots, np.int16))


def joined(some: Iterable[NDArray[Any]], more: Iterable[NDArray[Any]]) -> list[NDArray[Any]]:
    """Each array with its counterpart behind it."""
    return [np.concatenate(pair) for pair in zip(some, more, strict=True)]


@part_bare
def bin_of(statistic: float) -> int:
    """Number of the bin; 0 for what is not above 2**-10."""
    if not statistic > 2.0**FIRST_OCTAVE:
        return 0
    if statistic >= 2.0**LAST_OCTAVE:
        return BINS - 1
    mantissa, exponent = math.frexp(statistic)
    return (exponent - 1 - FIRST_OCTAVE) * PER_OCTAVE + int((2.0 * mantissa - 1.0) * PER_OCTAVE)


@part_bare
def edge(number: int) -> float:
    """Lower edge of a bin."""
    return float(2.0 ** (FIRST_OCTAVE + number // PER_OCTAVE) * (1.0 + number % PER_OCTAVE / PER_OCTAVE))


@part_bare
def centre(number: int) -> float:
    """Middle of a bin."""
    return (edge(number) + edge(number + 1)) / 2.0
