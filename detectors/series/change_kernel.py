"""Bayesian online change points, compiled: for each series a few answers to "since when has the level been what it is?", and how likely each is.

What is its own stands in one file because numba sees changes of one file only.
"""

import math

import numpy as np
from numba import njit

from detectors.series.detector import Floats, Integers
from detectors.series.parts import median_of, say_nothing

FIRST = 12
"""Values from which a series starts."""
RUNS = 12
"""Answers kept; the least likely goes."""
COUNT, MEAN, SPREAD, RUN = 0, 1, 2, 3
CHANCE, AGE, SIZE, LEVEL = 0, RUNS, 2 * RUNS, 3 * RUNS
"""Columns of the answers from RUN on: chance, values since the change, values its level rests on, level."""
COLUMNS = RUN + 4 * RUNS
_SIGMA_OF_SPREAD = math.sqrt(math.pi / 2)
_SIGMA_OF_MAD = 1.4826
_BAND = 4.604094871349993
"""Quantile 0.995 of Student t with 4 degrees of freedom."""


@njit(nogil=True, error_model="numpy")
def _begin(state: Floats, oldest: float) -> None:
    """Level and spread of the first values, and the one answer that it has always been so."""
    first = np.empty(FIRST)
    for k in range(FIRST):
        first[k] = state[RUN + k]
    mean = median_of(first, FIRST)
    total = 0.0
    for k in range(FIRST):
        first[k] = abs(first[k] - mean)
        total += first[k] / FIRST
    mad = median_of(first, FIRST)
    for k in range(RUN, COLUMNS):
        state[k] = 0.0
    state[MEAN] = mean
    state[SPREAD] = mad * _SIGMA_OF_MAD / _SIGMA_OF_SPREAD if mad > 0.0 else total
    state[RUN + CHANCE] = 1.0
    state[RUN + AGE] = oldest
    state[RUN + SIZE] = FIRST
    state[RUN + LEVEL] = mean


@njit(nogil=True, error_model="numpy")
def _sigma(state: Floats, least_spread: float) -> float:
    sigma: float = max(_SIGMA_OF_SPREAD * state[SPREAD], least_spread * abs(state[MEAN]))
    return sigma


@njit(nogil=True, error_model="numpy")
def _likelihood(x: float, level: float, size: float, sigma: float) -> float:
    """Density of Student t with 4 degrees of freedom about a level that rests on ``size`` values, but for a constant."""
    width = sigma * math.sqrt(1.0 + 1.0 / size)
    z = min(abs(x - level) / width, 1e30)
    q = 1.0 + 0.25 * z * z
    return 1.0 / (math.sqrt(1.0 + 1.0 / size) * q * q * math.sqrt(q))


@njit(nogil=True, error_model="numpy")
def _weigh(state: Floats, x: float, sigma: float, hazard: float, prior: float, chance: Floats) -> float:
    """Fill what each answer and, last, a change just now would say of ``x`` times its chance; return the sum."""
    total: float = 0.0
    for k in range(RUNS):
        chance[k] = 0.0
        if state[RUN + CHANCE + k] > 0.0:
            like = _likelihood(x, state[RUN + LEVEL + k], state[RUN + SIZE + k], sigma)
            chance[k] = (1.0 - hazard) * state[RUN + CHANCE + k] * like
        total += chance[k]
    chance[RUNS] = hazard * _likelihood(x, state[MEAN], prior, sigma)
    total += chance[RUNS]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def look(states: Floats, slots: Integers, values: Floats, rule: Floats, made: Floats) -> None:
    """Judge a round. ``rule``: hazard, recent, prior, memory, clip, least spread. ``made``: six rows, in the order of ``Scored``.

    The statistic is the logarithm of the Bayes factor for a change within the last ``recent`` values. While nothing is wrong its expectation is
    one, so that the chance of b or more is at most 1/b (Markov).
    """
    chance = np.empty(RUNS + 1)
    hazard, recent = rule[0], rule[1]
    usual = 1.0 - (1.0 - hazard) ** recent
    for i in range(len(slots)):
        state, x = states[slots[i]], values[i]
        sigma = _sigma(state, rule[5])
        if state[COUNT] < FIRST or not sigma > 0.0:
            say_nothing(made, i)
            continue
        total = _weigh(state, x, sigma, hazard, rule[2], chance)
        young, newer, older, weight = chance[RUNS], chance[RUNS] * x, 0.0, 0.0
        expected = 0.0
        for k in range(RUNS):
            share, level = state[RUN + CHANCE + k], state[RUN + LEVEL + k]
            expected += share * level
            if state[RUN + AGE + k] + 1.0 < recent:
                young += chance[k]
                newer += chance[k] * level
            else:
                older += chance[k] * level
                weight += chance[k]
        factor = math.log(max(young, 1e-300) / max(total - young, 1e-300)) - math.log(usual / (1.0 - usual))
        made[0, i] = factor
        made[1, i] = min(1.0, math.exp(-factor))
        made[2, i] = expected
        made[3, i] = expected - _BAND * sigma
        made[4, i] = expected + _BAND * sigma
        made[5, i] = np.sign(newer / young - (older / weight if weight > 0.0 else state[MEAN]))


@njit(cache=True, nogil=True, error_model="numpy")
def learn(states: Floats, slots: Integers, values: Floats, rule: Floats) -> None:
    """Take a round in."""
    chance = np.empty(RUNS + 1)
    for i in range(len(slots)):
        state, x = states[slots[i]], values[i]
        if state[COUNT] < FIRST:
            state[RUN + int(state[COUNT])] = x
            state[COUNT] += 1.0
            if state[COUNT] == FIRST:
                _begin(state, rule[1])
            continue
        sigma = _sigma(state, rule[5])
        expected = 0.0
        for k in range(RUNS):
            expected += state[RUN + CHANCE + k] * state[RUN + LEVEL + k]
        if sigma > 0.0:
            total = _weigh(state, x, sigma, rule[0], rule[2], chance)
            _pass_on(state, x, sigma, chance, total, rule[3])
            _add_change(state, x, chance[RUNS] / total, rule[2])
        _follow(state, x, expected, sigma, rule[4], rule[3])
        state[COUNT] += 1.0


@njit(nogil=True, error_model="numpy")
def _pass_on(state: Floats, x: float, sigma: float, chance: Floats, total: float, memory: float) -> None:
    """Each answer becomes as likely as it foresaw the value, is one older, and its level learns: far values little (score of the t law)."""
    for k in range(RUNS):
        state[RUN + CHANCE + k] = chance[k] / total
        if chance[k] > 0.0:
            size = state[RUN + SIZE + k]
            off = x - state[RUN + LEVEL + k]
            z = min(abs(off) / sigma, 1e30)
            state[RUN + LEVEL + k] += min(1.0, 5.0 / (4.0 + z * z)) * off / (size + 1.0)
            state[RUN + SIZE + k] = min(size + 1.0, memory)
            state[RUN + AGE + k] += 1.0


@njit(nogil=True, error_model="numpy")
def _add_change(state: Floats, x: float, share: float, prior: float) -> None:
    """The answer "just now" takes the place of the least likely one, whose chance goes to the others."""
    least = 0
    for k in range(1, RUNS):
        if state[RUN + CHANCE + k] < state[RUN + CHANCE + least]:
            least = k
    lost = state[RUN + CHANCE + least]
    state[RUN + CHANCE + least] = share
    state[RUN + AGE + least] = 0.0
    state[RUN + SIZE + least] = 1.0 + prior
    state[RUN + LEVEL + least] = state[MEAN] + (x - state[MEAN]) / (1.0 + prior)
    for k in range(RUNS):
        state[RUN + CHANCE + k] /= 1.0 - lost


@njit(nogil=True, error_model="numpy")
def _follow(state: Floats, x: float, expected: float, sigma: float, clip: float, memory: float) -> None:
    """The level over all, about which a new one is looked for, and the spread about what was expected."""
    off, about = x - state[MEAN], x - expected
    if sigma > 0.0:
        off = max(-clip * sigma, min(clip * sigma, off))
        about = max(-clip * sigma, min(clip * sigma, about))
    weight = max(1.0 / (state[COUNT] + 1.0), 1.0 / memory)
    state[MEAN] += weight * off
    state[SPREAD] += weight * (abs(about) - state[SPREAD])
