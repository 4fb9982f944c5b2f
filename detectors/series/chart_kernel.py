"""Control charts, compiled: the slow baseline each series is compared with, and what EWMA, CUSUM and Page-Hinkley add up against it.

The baseline starts from the median and MAD of the first values and then follows with exponential forgetting, each step cut at a few sigmas
(P. Huber, *Robust Statistics*, 1981), so that neither a spike nor a fault soon becomes usual, while any lasting level does in the end: cut steps
still widen sigma, which lets the next go further. Spread is the mean absolute deviation: it cannot overflow, and one spike moves it little.

CUSUM and Page-Hinkley add up what a distance has that the one before did not foretell (L. Alwan, H. Roberts, *Time-Series Modeling for Statistical
Process Control*, JBES 6 (1988) 87-95): in a series that hangs together, or has a daily cycle, sums of plain distances climb without any change. The
correlation of few values is biased low; F. Marriott, J. Pope, Biometrika 41 (1954) 390-402, say by how much.

What is its own stands in one file because numba sees changes of one file only.
"""

import math

import numpy as np
from numba import njit

from detectors.series.detector import Floats, Integers
from detectors.series.parts import median_of, say_nothing

FIRST = 12
"""Values from which a baseline starts."""
COUNT, MEAN, SPREAD, UP, DOWN, LENGTH, BEFORE, PRODUCT, SQUARE = range(9)
"""Columns of the state of one series. UP and DOWN are what the chart adds up, LENGTH how many values it has done so. BEFORE: the distance before;
PRODUCT, SQUARE: mean product of distances that follow each other, and mean square.
"""
START = BEFORE
COLUMNS = START + FIRST
SIGMA_OF_SPREAD = math.sqrt(math.pi / 2)
_SIGMA_OF_MAD = 1.4826
_MOST_ALIKE = 0.99
_FIRST_CLIP = 3.0
_BAND = 2.5758293035489004
_OVERSHOOT = 2 * 0.5826
"""Two mean overshoots of a normal walk past a bound: D. Siegmund, *Sequential Analysis*, 1985, ch. X."""
EWMA, CUSUM, PAGE_HINKLEY = 0, 1, 2


@njit(nogil=True, error_model="numpy")
def _begin_alike(state: Floats) -> None:
    """How much the first values are like those before them."""
    product = square = before = 0.0
    sigma = SIGMA_OF_SPREAD * state[SPREAD]
    for k in range(FIRST):
        z = max(-_FIRST_CLIP, min(_FIRST_CLIP, (state[START + k] - state[MEAN]) / sigma)) if sigma > 0.0 else 0.0
        product += z * before / FIRST
        square += z * z / FIRST
        before = z
    state[BEFORE], state[PRODUCT], state[SQUARE] = before, product, square


@njit(nogil=True, error_model="numpy")
def _begin(state: Floats) -> None:
    """Mean and spread of the first values, each cut at a few sigmas of their MAD; uncut where more than half are equal."""
    first = np.empty(FIRST)
    for k in range(FIRST):
        first[k] = state[START + k]
    median = median_of(first, FIRST)
    for k in range(FIRST):
        first[k] = abs(first[k] - median)
    mad = median_of(first, FIRST)
    most = _FIRST_CLIP * _SIGMA_OF_MAD * mad if mad > 0.0 else np.inf
    shift = 0.0
    for k in range(FIRST):
        shift += max(-most, min(most, state[START + k] - median)) / FIRST
    state[MEAN] = median + shift if mad > 0.0 else median
    state[SPREAD] = 0.0
    for k in range(FIRST):
        state[SPREAD] += min(most, abs(state[START + k] - state[MEAN])) / FIRST
    _begin_alike(state)


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
def _news(state: Floats, z: float, most: float, memory: float) -> float:
    """What of a distance the one before did not foretell, in sigmas of its own: the innovation of a first-order autoregression."""
    alike = state[PRODUCT] / state[SQUARE] if state[SQUARE] > 0.0 else 0.0
    alike += (1.0 + 3.0 * alike) / min(state[COUNT], 2.0 * memory)
    alike = max(0.0, min(_MOST_ALIKE, alike))
    news = (z - alike * state[BEFORE]) / math.sqrt(1.0 - alike * alike)
    cut: float = max(-most, min(most, news))
    return cut


@njit(nogil=True, error_model="numpy")
def _follow(state: Floats, x: float, sigma: float, clip: float, memory: float) -> None:
    """Move the baseline towards a value."""
    off = x - state[MEAN]
    weight = max(1.0 / (state[COUNT] + 1.0), 1.0 / memory)
    if sigma > 0.0:
        off = max(-clip * sigma, min(clip * sigma, off))
        z = off / sigma
        state[PRODUCT] += weight * (z * max(-clip, min(clip, state[BEFORE])) - state[PRODUCT])
        state[SQUARE] += weight * (z * z - state[SQUARE])
    state[MEAN] += weight * off
    state[SPREAD] += weight * (abs(off) - state[SPREAD])


@njit(nogil=True, error_model="numpy")
def _restart(state: Floats, x: float) -> None:
    """Know nothing but this value, and how long the chart has been at work."""
    length = state[LENGTH]
    for k in range(COLUMNS):
        state[k] = 0.0
    state[LENGTH] = length + 1.0
    state[START] = x
    state[COUNT] = 1.0


@njit(nogil=True, error_model="numpy")
def _add(kind: int, up: float, down: float, z: float, rate: float) -> tuple[float, float]:
    """What a chart has added up with one more distance. EWMA: ``rate`` is the weight of the newest; else what is let pass each time."""
    if kind == EWMA:
        return up + rate * (z - up), 0.0
    return max(0.0, up + z - rate), max(0.0, down - z - rate)


@njit(nogil=True, error_model="numpy")
def _reached(height: float, length: float, rate: float, variance: float) -> float:
    """Chance that a walk of drift ``-rate`` held at 0 stands so high after ``length`` steps from 0; in the end exp(-2 rate height / variance).

    J. Harrison, *Brownian Motion and Stochastic Flow Systems*, 1985, section 3.6.
    """
    away, way = math.sqrt(2.0 * variance * length), rate * length
    never_yet = math.exp(-2.0 * rate * height / variance) * math.erfc((height - way) / away)
    return 0.5 * (math.erfc((height + way) / away) + never_yet)


@njit(nogil=True, error_model="numpy")
def _verdict(kind: int, up: float, down: float, length: float, error: float, rate: float) -> tuple[float, float, float]:
    """Statistic, p-value and sign of what a chart has added up.

    EWMA: normal with the variance of a weighted sum of ``length`` values and that of the baseline, ``error``. Else: the larger sum, told as the one
    that a chart long at work would reach as rarely; its tail is exp(-2 rate (h + 1.166)) on each side (Siegmund 1985). A young chart has had little
    time to climb.
    """
    if kind == EWMA:
        spread = math.sqrt(rate / (2.0 - rate) * (1.0 - (1.0 - rate) ** (2.0 * length)) + error)
        statistic = abs(up) / spread
        return statistic, math.erfc(statistic / math.sqrt(2.0)), np.sign(up)
    highest = max(up, down)
    if not highest > 0.0:
        return 0.0, 1.0, 0.0
    chance = max(_reached(highest + _OVERSHOOT, length, rate, 1.0 + 3.0 * math.sqrt(error)), 1e-300)
    return max(0.0, -math.log(chance) / (2.0 * rate) - _OVERSHOOT), min(1.0, 2.0 * chance), np.sign(up - down)


@njit(cache=True, nogil=True, error_model="numpy")
def look(kind: int, states: Floats, slots: Integers, values: Floats, rule: Floats, made: Floats) -> None:
    """Judge a round. ``rule``: rate, memory, clip, most, ceiling, restart, least spread. ``made``: six rows, in the order of ``Scored``."""
    for i in range(len(slots)):
        state = states[slots[i]]
        if state[COUNT] < FIRST:
            say_nothing(made, i)
            continue
        sigma = _sigma(state, rule[6])
        z = _distance(state, values[i], sigma, rule[3])
        up, down = _add(kind, state[UP], state[DOWN], z if kind == EWMA else _news(state, z, rule[3], rule[1]), rule[0])
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
        z = _distance(state, x, sigma, rule[3])
        up, down = _add(kind, state[UP], state[DOWN], z if kind == EWMA else _news(state, z, rule[3], rule[1]), rule[0])
        if kind == PAGE_HINKLEY and max(up, down) >= rule[5]:
            _restart(state, x)
            continue
        state[UP] = min(up, rule[4])
        state[DOWN] = min(down, rule[4])
        state[LENGTH] += 1.0
        _follow(state, x, sigma, rule[2], rule[1])
        state[BEFORE] = z
        state[COUNT] += 1.0
