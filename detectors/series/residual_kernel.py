"""One-step forecasts and the quantiles of what they miss by, compiled.

The next change of a series is foretold from how far it lies from its level and from its last two changes, by recursive least squares with
forgetting. All numbers are in units of the mean absolute change, so that nothing overflows. All stands in one file because numba sees changes of
one file only.
"""

import math

import numpy as np
from numba import njit

from detectors.series.detector import Floats, Integers
from detectors.series.parts import median_of, say_nothing

FIRST = 12
"""Values from which a series starts."""
COUNT, LEVEL, UNIT, LAST, CHANGE, BEFORE, USUAL_GAP = 0, 1, 2, 3, 4, 5, 6
WEIGHTS, COVARIANCE, LOW, HIGH, LOW_EXCESS, HIGH_EXCESS = 7, 10, 16, 17, 18, 19
"""Columns: weights of the three reasons, their covariance (upper triangle), quantiles 0.1 and 0.9 of the residual, mean excess beyond them."""
START = WEIGHTS
COLUMNS = 20
_REASONS = 3
_MOST = 8.0
"""Reasons count up to so many units."""
_TAIL = 0.1
_BAND = math.log(_TAIL / 0.005)
_STEP = 0.03
_WIDEST = 10.0


@njit(nogil=True, error_model="numpy")
def _begin(state: Floats) -> None:
    """Level and unit of the first values, and a forecast that half believes in a return."""
    first, change = np.empty(FIRST), np.empty(FIRST - 1)
    for k in range(FIRST):
        first[k] = state[START + k]
    total = 0.0
    for k in range(FIRST - 1):
        change[k] = abs(first[k + 1] - first[k])
        total += change[k] / (FIRST - 1)
    middle = median_of(change, FIRST - 1)
    state[UNIT] = 1.18 * middle if middle > 0.0 else total
    state[LAST] = first[FIRST - 1]
    state[LEVEL] = median_of(first, FIRST)
    for k in range(WEIGHTS, COLUMNS):
        state[k] = 0.0
    state[WEIGHTS] = 0.3
    state[COVARIANCE] = state[COVARIANCE + 3] = state[COVARIANCE + 5] = 1.0
    state[LOW], state[HIGH] = -1.3, 1.3
    state[LOW_EXCESS] = state[HIGH_EXCESS] = 0.5


@njit(nogil=True, error_model="numpy")
def _cut(z: float) -> float:
    return max(-_MOST, min(_MOST, z))


@njit(nogil=True, error_model="numpy")
def _unit(state: Floats, least_spread: float) -> float:
    unit: float = max(state[UNIT], least_spread * abs(state[LEVEL]))
    return unit


@njit(nogil=True, error_model="numpy")
def _gap(state: Floats, gap_us: float) -> float:
    """By how much a forecast is wider over a gap: as a walk of so many usual steps."""
    steps = gap_us / state[USUAL_GAP] if state[USUAL_GAP] > 0.0 else 1.0
    wide: float = min(_WIDEST, math.sqrt(steps)) if steps > 1.5 else 1.0
    return wide


@njit(nogil=True, error_model="numpy")
def _foretell(state: Floats, unit: float, wide: float) -> tuple[float, float, float, float]:
    """The three reasons and the change they foretell, in units; over a gap the last changes are no reason."""
    back = _cut((state[LEVEL] - state[LAST]) / unit)
    near = _cut(state[CHANGE] / unit) if wide == 1.0 else 0.0
    far = _cut(state[BEFORE] / unit) if wide == 1.0 else 0.0
    told = state[WEIGHTS] * back + state[WEIGHTS + 1] * near + state[WEIGHTS + 2] * far
    return back, near, far, told


@njit(nogil=True, error_model="numpy")
def _chance(state: Floats, residual: float) -> float:
    """Two-sided: an exponential tail beyond the quantiles (J. Pickands, Annals of Statistics 3 (1975) 119-131), straight between them."""
    if residual > state[HIGH]:
        return 2.0 * _TAIL * math.exp(-min((residual - state[HIGH]) / state[HIGH_EXCESS], 690.0))
    if residual < state[LOW]:
        return 2.0 * _TAIL * math.exp(-min((state[LOW] - residual) / state[LOW_EXCESS], 690.0))
    middle = (state[LOW] + state[HIGH]) / 2.0
    p: float = 1.0 - (1.0 - 2.0 * _TAIL) * min(1.0, abs(residual - middle) / max(state[HIGH] - middle, 1e-12))
    return p


@njit(cache=True, nogil=True, error_model="numpy")
def look(
    states: Floats, newest_us: Integers, slots: Integers, times_us: Integers, values: Floats, rule: Floats, made: Floats
) -> None:
    """Judge a round. ``rule``: memory, clip, warm-up, least spread. ``made``: six rows, in the order of ``Scored``; the statistic is -ln p."""
    for i in range(len(slots)):
        state = states[slots[i]]
        unit = _unit(state, rule[3])
        if state[COUNT] < rule[2]:
            say_nothing(made, i)
            continue
        if not unit > 0.0:
            is_new = values[i] != state[LAST]
            made[1, i] = 1.0 / (state[COUNT] + 1.0) if is_new else 1.0
            made[2, i] = made[3, i] = made[4, i] = state[LAST]
        else:
            wide = _gap(state, float(times_us[i] - newest_us[slots[i]]))
            told = _foretell(state, unit, wide)[3]
            made[2, i] = state[LAST] + unit * told
            made[1, i] = min(1.0, _chance(state, ((values[i] - state[LAST]) / unit - told) / wide))
            made[3, i] = made[2, i] + wide * unit * (state[LOW] - _BAND * state[LOW_EXCESS])
            made[4, i] = made[2, i] + wide * unit * (state[HIGH] + _BAND * state[HIGH_EXCESS])
        made[0, i] = -math.log(made[1, i])
        made[5, i] = np.sign(values[i] - made[2, i])


@njit(cache=True, nogil=True, error_model="numpy")
def learn(
    states: Floats, newest_us: Integers, slots: Integers, times_us: Integers, values: Floats, rule: Floats
) -> None:
    """Take a round in."""
    for i in range(len(slots)):
        slot, x = slots[i], values[i]
        state = states[slot]
        gap_us = float(times_us[i] - newest_us[slot]) if state[COUNT] > 0.0 else 0.0
        newest_us[slot] = times_us[i]
        if state[COUNT] > 0.0:
            share = gap_us / state[USUAL_GAP] if state[USUAL_GAP] > 0.0 else 1.0
            state[USUAL_GAP] = (
                gap_us if state[USUAL_GAP] == 0.0 else state[USUAL_GAP] * (1.0 + 0.1 * (min(share, 2.0) - 1.0))
            )
        if state[COUNT] < FIRST:
            state[START + int(state[COUNT])] = x
            state[COUNT] += 1.0
            if state[COUNT] == FIRST:
                _begin(state)
            continue
        unit = _unit(state, rule[3])
        if unit > 0.0:
            wide = _gap(state, gap_us)
            back, near, far, told = _foretell(state, unit, wide)
            residual = ((x - state[LAST]) / unit - told) / wide
            _learn_tails(state, residual)
            _learn_weights(state, back, near, far, _cut(residual), rule[0])
        _follow(state, x, unit, rule[0], rule[1])
        state[COUNT] += 1.0


@njit(nogil=True, error_model="numpy")
def _learn_weights(state: Floats, back: float, near: float, far: float, error: float, memory: float) -> None:
    """Recursive least squares. It forgets only while its covariance is small, so that a constant series does not blow it up."""
    p = state[COVARIANCE : COVARIANCE + 6]  # a view
    u0 = p[0] * back + p[1] * near + p[2] * far
    u1 = p[1] * back + p[3] * near + p[4] * far
    u2 = p[2] * back + p[4] * near + p[5] * far
    keep = 1.0 - 1.0 / memory if p[0] + p[3] + p[5] < 3.0 else 1.0
    scale = keep + back * u0 + near * u1 + far * u2
    state[WEIGHTS] += u0 / scale * error
    state[WEIGHTS + 1] += u1 / scale * error
    state[WEIGHTS + 2] += u2 / scale * error
    p[0] = (p[0] - u0 * u0 / scale) / keep
    p[1] = (p[1] - u0 * u1 / scale) / keep
    p[2] = (p[2] - u0 * u2 / scale) / keep
    p[3] = (p[3] - u1 * u1 / scale) / keep
    p[4] = (p[4] - u1 * u2 / scale) / keep
    p[5] = (p[5] - u2 * u2 / scale) / keep


@njit(nogil=True, error_model="numpy")
def _learn_tails(state: Floats, residual: float) -> None:
    """Quantiles by stochastic approximation (H. Robbins, S. Monro, Annals of Mathematical Statistics 22 (1951) 400-407); excesses by their mean."""
    step = _STEP * (state[HIGH] - state[LOW])
    excess = residual - state[HIGH]
    if excess > 0.0:
        state[HIGH_EXCESS] += _STEP * (min(excess, 6.0 * state[HIGH_EXCESS]) - state[HIGH_EXCESS])
    state[HIGH] += step * (1.0 - _TAIL) if excess > 0.0 else -step * _TAIL
    excess = state[LOW] - residual
    if excess > 0.0:
        state[LOW_EXCESS] += _STEP * (min(excess, 6.0 * state[LOW_EXCESS]) - state[LOW_EXCESS])
    state[LOW] -= step * (1.0 - _TAIL) if excess > 0.0 else -step * _TAIL
    if state[HIGH] - state[LOW] < 0.1:  # they never meet, or nothing would move them apart
        middle = (state[HIGH] + state[LOW]) / 2.0
        state[HIGH], state[LOW] = middle + 0.05, middle - 0.05


@njit(nogil=True, error_model="numpy")
def _follow(state: Floats, x: float, unit: float, memory: float, clip: float) -> None:
    change, off = x - state[LAST], x - state[LEVEL]
    weight = max(1.0 / (state[COUNT] + 1.0), 1.0 / memory)
    most = clip * unit if unit > 0.0 else abs(change)
    state[UNIT] += weight * (min(abs(change), most) - state[UNIT])
    state[LEVEL] += weight * (max(-most, min(most, off)) if unit > 0.0 else off)
    state[BEFORE] = state[CHANGE]
    state[CHANGE] = change
    state[LAST] = x
