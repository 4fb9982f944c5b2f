"""A straight line through what a series did lately, compiled: weighted by age, each new value cut at a few sigmas before it counts.

All stands in one file because numba sees changes of one file only.
"""

import math

import numpy as np
from numba import njit

from detectors.series.detector import Floats, Integers

FIRST = 12
"""Values from which a series starts."""
COUNT, USUAL, SPREAD, WEIGHT, MEAN, AGE, VARIANCE, COVARIANCE, BEFORE, ALIKE, SINCE = range(11)
"""Columns. MEAN, AGE: weighted means of value and time (days, 0 is the newest). VARIANCE, COVARIANCE: weighted sums about them. BEFORE: the residual
before, in sigmas. ALIKE: correlation of residuals that follow each other. SINCE: days since the first value.
"""
COLUMNS = 11
NOW, SLOPE, ERROR, TOWARDS, OF_LIMIT = range(5)
"""Rows of a reading: value now, slope a day and its standard error, direction of the limit (0: none), the limit."""
_DAY_US = 86_400_000_000.0
_SIGMA_OF_SPREAD = math.sqrt(math.pi / 2)
_MOST_ALIKE = 0.7
_LEAST_SHARE = 0.02
_YOUNG = 3.0
"""Memories after which a line has forgotten its beginning; before, nothing is said."""


@njit(nogil=True, error_model="numpy")
def _sigma(state: Floats, least_spread: float) -> float:
    sigma: float = max(_SIGMA_OF_SPREAD * state[SPREAD], least_spread * abs(state[MEAN]))
    return sigma


@njit(nogil=True, error_model="numpy")
def _slope(state: Floats) -> float:
    slope: float = state[COVARIANCE] / state[VARIANCE] if state[VARIANCE] > 0.0 else 0.0
    return slope


@njit(nogil=True, error_model="numpy")
def _age(state: Floats, days: float, memory_days: float) -> None:
    """Let time pass."""
    kept = math.exp(-days / memory_days)
    state[WEIGHT] *= kept
    state[VARIANCE] *= kept
    state[COVARIANCE] *= kept
    state[AGE] -= days
    state[SINCE] += days


@njit(nogil=True, error_model="numpy")
def _add(state: Floats, x: float) -> None:
    """One value at time 0 with weight 1."""
    state[WEIGHT] += 1.0
    later, off = -state[AGE], x - state[MEAN]
    state[AGE] += later / state[WEIGHT]
    state[MEAN] += off / state[WEIGHT]
    state[VARIANCE] += later * (0.0 - state[AGE])
    state[COVARIANCE] += later * (x - state[MEAN])


@njit(nogil=True, error_model="numpy")
def _learn(state: Floats, x: float, days: float, rule: Floats) -> None:
    """``rule``: memory in days, memory of what is usual in days, clip, least spread, share of the usual, horizon in days."""
    if state[COUNT] == 0.0:
        state[USUAL] = state[MEAN] = x
    _age(state, days, rule[0])
    foreseen = state[MEAN] - _slope(state) * state[AGE]
    off, sigma = x - foreseen, _sigma(state, rule[3])
    if state[COUNT] >= FIRST and sigma > 0.0:
        off = max(-rule[2] * sigma, min(rule[2] * sigma, off))
        z = off / sigma
        state[ALIKE] += 0.02 * (z * state[BEFORE] - state[ALIKE])
        state[BEFORE] = z
    _add(state, foreseen + off)
    if state[COUNT] > 1.0:
        state[SPREAD] += max(1.0 / state[COUNT], 0.02) * (abs(off) - state[SPREAD])
    share = max(1.0 / (state[COUNT] + 1.0), 1.0 - math.exp(-days / rule[1]))
    state[USUAL] += share * (foreseen + off - state[USUAL])
    state[COUNT] += 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def learn(
    states: Floats, newest_us: Integers, slots: Integers, times_us: Integers, values: Floats, rule: Floats
) -> None:
    """Take a round in."""
    for i in range(len(slots)):
        slot = slots[i]
        days = (times_us[i] - newest_us[slot]) / _DAY_US if states[slot, COUNT] > 0.0 else 0.0
        newest_us[slot] = times_us[i]
        _learn(states[slot], values[i], days, rule)


@njit(cache=True, nogil=True, error_model="numpy")
def read(states: Floats, limits: Floats, slots: Integers, rule: Floats, made: Floats) -> None:
    """Where series are and where they go. ``made``: a row per series, NaN while it warms up.

    Its weights being squared, the variance of the slope is a quarter of what it would be with weights of one and the same sum; for a young line they
    are one. The error of the slope grows with the correlation of residuals (G. Bayley, J. Hammersley, J. R. Stat. Soc. Suppl. 8 (1946) 184-197).
    """
    for i in range(len(slots)):
        _read(states[slots[i]], limits[slots[i]], rule, made[i])


@njit(nogil=True, error_model="numpy")
def _read(state: Floats, limit: float, rule: Floats, reading: Floats) -> None:
    for k in range(len(reading)):
        reading[k] = np.nan
    if state[COUNT] < FIRST or not state[VARIANCE] > 0.0:
        return
    slope = _slope(state)
    limit = rule[4] * state[USUAL] if np.isnan(limit) else limit
    alike = max(0.0, min(_MOST_ALIKE, state[ALIKE]))
    reading[NOW] = state[MEAN] - slope * state[AGE]
    reading[SLOPE] = slope
    weights = 0.25 + 0.75 * min(1.0, state[WEIGHT] / state[COUNT])
    reading[ERROR] = _sigma(state, rule[3]) * math.sqrt(weights * (1.0 + alike) / (1.0 - alike) / state[VARIANCE])
    reading[TOWARDS] = np.sign(limit - state[USUAL])
    reading[OF_LIMIT] = limit


@njit(nogil=True, error_model="numpy")
def _nearing(state: Floats, reading: Floats, horizon_days: float) -> float:
    """How much nearer to the limit than usual the line ends after the horizon, over its error there and a little of the way; 0 if it does not.

    Told as half its square, the exponent of the normal law, so that its tail is near the exponential one that calibration takes for the lightest.
    """
    ahead = horizon_days - state[AGE]
    level = reading[ERROR] * math.sqrt(state[VARIANCE] / state[WEIGHT])
    error = math.hypot(level, ahead * reading[ERROR])
    nearer = reading[TOWARDS] * (state[MEAN] + ahead * reading[SLOPE] - state[USUAL])
    of_way = nearer / math.hypot(error, _LEAST_SHARE * abs(reading[OF_LIMIT] - state[USUAL]))
    errors: float = max(0.0, min(1e3, of_way))
    return 0.5 * errors * errors


@njit(cache=True, nogil=True, error_model="numpy")
def look(
    states: Floats,
    limits: Floats,
    newest_us: Integers,
    slots: Integers,
    times_us: Integers,
    values: Floats,
    rule: Floats,
    made: Floats,
) -> None:
    """Judge a round as if it had been learnt. ``made``: statistic, p-value, value expected, sigma, sign."""
    state, reading = np.empty(COLUMNS), np.empty(5)
    for i in range(len(slots)):
        slot = slots[i]
        for row in range(4):  # slices would take numba seconds to compile
            made[row, i] = np.nan
        made[1, i], made[4, i] = 1.0, 0.0
        for column in range(COLUMNS):
            state[column] = states[slot, column]
        if state[COUNT] < FIRST:
            continue
        days = (times_us[i] - newest_us[slot]) / _DAY_US
        made[2, i] = state[MEAN] - _slope(state) * (state[AGE] - days)
        made[3, i] = _sigma(state, rule[3])
        _learn(state, values[i], days, rule)
        _read(state, limits[slot], rule, reading)
        if not abs(reading[TOWARDS]) > 0.0 or state[SINCE] < _YOUNG * rule[0]:
            continue
        error = math.hypot(reading[ERROR], made[3, i] / rule[5])
        needed = (reading[OF_LIMIT] - reading[NOW]) / rule[5]
        beyond = reading[TOWARDS] * (reading[SLOPE] - needed)
        z = max(-1e6, min(1e6, beyond / error)) if error > 0.0 else 0.0
        made[0, i] = _nearing(state, reading, rule[5])
        made[1, i] = 0.5 * math.erfc(z / math.sqrt(2.0)) if z > 0.0 else 1.0
        made[4, i] = reading[TOWARDS] if z > 0.0 else 0.0
