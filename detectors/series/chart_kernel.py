"""Control charts, compiled: the slow baseline each series is compared with, and what EWMA, CUSUM and Page-Hinkley add up against it.

The baseline starts from the median and MAD of the first values and then follows with exponential forgetting, each step cut at a few sigmas
(P. Huber, *Robust Statistics*, 1981), so that neither a spike nor a fault soon becomes usual, while any lasting level does in the end: cut steps
still widen sigma, which lets the next go further. Spread is the mean absolute deviation: it cannot overflow, and one spike moves it little.

What is its own stands in one file because numba sees changes of one file only.
"""

import math

import numpy as np
from numba import njit

from detectors.series.detector import Floats, Integers
from detectors.series.parts import median_of, say_nothing

FIRST = 12
"""Values from which a baseline starts."""
COUNT, MEAN, SPREAD, UP, DOWN, LENGTH = 0, 1, 2, 3, 4, 5
"""Columns of the state of one series. UP and DOWN are what the chart adds up, LENGTH how many values it has done so."""
START = 6
COLUMNS = START + FIRST
SIGMA_OF_SPREAD = math.sqrt(math.pi / 2)
_SIGMA_OF_MAD = 1.4826
_BAND = 2.5758293035489004
_OVERSHOOT = 2 * 0.5826
"""Two mean overshoots of a normal walk past a bound: D. Siegmund, *Sequential Analysis*, 1985, ch. X."""
EWMA, CUSUM, PAGE_HINKLEY = 0, 1, 2


@njit(nogil=True, error_model="numpy")
def _begin(state: Floats) -> None:
    """Mean and spread of the first values; where more than half are equal, the mean deviation stands in for the MAD."""
    first = np.empty(FIRST)
    for k in range(FIRST):
        first[k] = state[START + k]
    mean = median_of(first, FIRST)
    total = 0.0
    for k in range(FIRST):
        first[k] = abs(first[k] - mean)
        total += first[k] / FIRST
    mad = median_of(first, FIRST)
    state[MEAN] = mean
    state[SPREAD] = mad * _SIGMA_OF_MAD / SIGMA_OF_SPREAD if mad > 0.0 else total


@njit(nogil=True, error_model="numpy")
def _sigma(state: Floats, least_spread: float) -> float:
    sigma: float = max(SIGMA_OF_SPREAD * state[SPREAD], least_spread * abs(state[MEAN]))
    return sigma


@njit(nogil=True, error_model="numpy")
def _distance(state: Floats, x: float, sigma: float, most: float) -> float:
    """Distance from the baseline in sigmas, at most ``most``. Without a scale: that of the extreme one of all values seen."""
    off = x - state[MEAN]
    if off == 0.0:
        return 0.0
    z = abs(off) / sigma if sigma > 0.0 else math.sqrt(2.0 * math.log(state[COUNT] + 1.0))
    return math.copysign(min(z, most), off)


@njit(nogil=True, error_model="numpy")
def _follow(state: Floats, x: float, sigma: float, clip: float, memory: float) -> None:
    """Move the baseline towards a value."""
    off = x - state[MEAN]
    if sigma > 0.0:
        off = max(-clip * sigma, min(clip * sigma, off))
    weight = max(1.0 / (state[COUNT] + 1.0), 1.0 / memory)
    state[MEAN] += weight * off
    state[SPREAD] += weight * (abs(off) - state[SPREAD])


@njit(nogil=True, error_model="numpy")
def _restart(state: Floats, x: float) -> None:
    """Know nothing but this value."""
    for k in range(COLUMNS):
        state[k] = 0.0
    state[START] = x
    state[COUNT] = 1.0


@njit(nogil=True, error_model="numpy")
def _add(kind: int, up: float, down: float, z: float, rate: float) -> tuple[float, float]:
    """What a chart has added up with one more distance. EWMA: ``rate`` is the weight of the newest; else what is let pass each time."""
    if kind == EWMA:
        return up + rate * (z - up), 0.0
    return max(0.0, up + z - rate), max(0.0, down - z - rate)


@njit(nogil=True, error_model="numpy")
def _verdict(kind: int, up: float, down: float, length: float, error: float, rate: float) -> tuple[float, float, float]:
    """Statistic, p-value and sign of what a chart has added up.

    EWMA: normal with the variance of a weighted sum of ``length`` values and that of the baseline, ``error``. Else: the stationary law of a
    walk held at 0 has the tail exp(-2 rate (h + 1.166)) on each side (Siegmund 1985).
    """
    if kind == EWMA:
        spread = math.sqrt(rate / (2.0 - rate) * (1.0 - (1.0 - rate) ** (2.0 * length)) + error)
        statistic = abs(up) / spread
        return statistic, math.erfc(statistic / math.sqrt(2.0)), np.sign(up)
    statistic = max(up, down)
    p = min(1.0, 2.0 * math.exp(-2.0 * rate * (statistic + _OVERSHOOT))) if statistic > 0.0 else 1.0
    return statistic, p, np.sign(up - down)


@njit(cache=True, nogil=True, error_model="numpy")
def look(kind: int, states: Floats, slots: Integers, values: Floats, rule: Floats, made: Floats) -> None:
    """Judge a round. ``rule``: rate, memory, clip, most, ceiling, restart, least spread. ``made``: six rows, in the order of ``Scored``."""
    for i in range(len(slots)):
        state = states[slots[i]]
        if state[COUNT] < FIRST:
            say_nothing(made, i)
            continue
        sigma = _sigma(state, rule[6])
        up, down = _add(kind, state[UP], state[DOWN], _distance(state, values[i], sigma, rule[3]), rule[0])
        error = max(1.0 / state[COUNT], 0.5 / rule[1])
        made[0, i], made[1, i], made[5, i] = _verdict(
            kind, min(up, rule[4]), min(down, rule[4]), state[LENGTH] + 1.0, error, rule[0]
        )
        made[2, i] = state[MEAN]
        made[3, i] = state[MEAN] - _BAND * sigma
        made[4, i] = state[MEAN] + _BAND * sigma


@njit(cache=True, nogil=True, error_model="numpy")
def learn(kind: int, states: Floats, slots: Integers, values: Floats, rule: Floats) -> None:
    """Take a round in."""
    for i in range(len(slots)):
        state = states[slots[i]]
        x = values[i]
        if state[COUNT] < FIRST:
            state[START + int(state[COUNT])] = x
            state[COUNT] += 1.0
            if state[COUNT] == FIRST:
                _begin(state)
            continue
        sigma = _sigma(state, rule[6])
        up, down = _add(kind, state[UP], state[DOWN], _distance(state, x, sigma, rule[3]), rule[0])
        if kind == PAGE_HINKLEY and max(up, down) >= rule[5]:
            _restart(state, x)
            continue
        state[UP] = min(up, rule[4])
        state[DOWN] = min(down, rule[4])
        state[LENGTH] += 1.0
        _follow(state, x, sigma, rule[2], rule[1])
        state[COUNT] += 1.0
