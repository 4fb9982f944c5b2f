"""Sorted windows, compiled: the newest values of many series, each with the order of its values kept up to date, and the t distribution.

A window is a ring of values and the ranks of its places; a new value moves a few ranks instead of sorting all again, and the median of the
distances from the median is found by walking outwards from the middle.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.series.detector import Floats, Integers

_FIRST_OF_SERIES = 0.25
_TERMS = 26


@njit(cache=True, nogil=True, error_model="numpy")
def take_in(ring: Floats, order: NDArray[np.unsignedinteger], count: Integers, slots: Integers, values: Floats) -> None:
    """Put one value into each window, in the place of its oldest when it is full."""
    window = ring.shape[1]
    for i in range(len(slots)):
        slot, x = slots[i], values[i]
        held, ranks = ring[slot], order[slot]
        place = count[slot] % window
        if count[slot] < window:
            rank, last = count[slot], count[slot]
        else:
            rank, last = 0, window - 1
            while ranks[rank] != place:
                rank += 1
        while rank > 0 and held[ranks[rank - 1]] > x:
            ranks[rank] = ranks[rank - 1]
            rank -= 1
        while rank < last and held[ranks[rank + 1]] < x:
            ranks[rank] = ranks[rank + 1]
            rank += 1
        ranks[rank] = place
        held[place] = x
        count[slot] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def middles(
    ring: Floats, order: NDArray[np.unsignedinteger], count: Integers, slots: Integers, median: Floats, mad: Floats
) -> None:
    """Median of each window, and median of the distances from it; NaN for an empty one."""
    window = ring.shape[1]
    for i in range(len(slots)):
        slot = slots[i]
        held, ranks = ring[slot], order[slot]
        n = min(count[slot], window)
        if n == 0:
            median[i] = np.nan
            mad[i] = np.nan
            continue
        below, above = (n - 1) // 2, (n - 1) // 2 + 1
        middle = (held[ranks[below]] + held[ranks[n // 2]]) / 2
        lower = 0.0
        upper = 0.0
        for _ in range(n // 2 + 1):
            lower = upper
            down = middle - held[ranks[below]] if below >= 0 else np.inf
            up = held[ranks[above]] - middle if above < n else np.inf
            if down <= up:
                upper = down
                below -= 1
            else:
                upper = up
                above += 1
        median[i] = middle
        mad[i] = upper if n % 2 else (lower + upper) / 2


@njit(cache=True, nogil=True, error_model="numpy")
def two_tails(statistic: Floats, df: int, p: Floats) -> None:
    """Chance that a t variable with an even number of degrees of freedom is at least so far from 0.

    M. Abramowitz, I. Stegun, *Handbook of Mathematical Functions* (1964), 26.7.4. The closed form loses digits in the tail; there the rest of the
    binomial series of ``(1 - c) ** -0.5``, of which it is the beginning, is summed instead.
    """
    for i in range(len(statistic)):
        t = statistic[i]
        if not t > 0.0:
            p[i] = 1.0
            continue
        c = df / (df + t * t)
        sine = np.sqrt(1.0 - c) if c < 0.5 else t / np.sqrt(df + t * t)
        term = 1.0
        total = 1.0
        for k in range(1, df // 2):
            term *= c * (2 * k - 1) / (2 * k)
            total += term
        if c > _FIRST_OF_SERIES:
            p[i] = 1.0 - sine * total
            continue
        rest = 0.0
        for k in range(max(1, df // 2), df // 2 + _TERMS):
            term *= c * (2 * k - 1) / (2 * k)
            rest += term
        p[i] = sine * rest
