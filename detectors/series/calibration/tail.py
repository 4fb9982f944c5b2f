"""The tail beyond the data: a generalised Pareto distribution fitted to the excesses over a high threshold.

Sources: A. Balkema, L. de Haan, *Residual Life Time at Great Age*, Annals of Probability 2 (1974) 792-804, and J. Pickands, *Statistical
Inference Using Extreme Order Statistics*, Annals of Statistics 3 (1975) 119-131 (why excesses tend to it); S. Grimshaw, *Computing Maximum
Likelihood Estimates for the Generalized Pareto Distribution*, Technometrics 35 (1993) 185-191 (one unknown instead of two); A. Siffer et al.,
*Anomaly Detection in Streams with Extreme Value Theory*, KDD 2017 (SPOT: the fit kept up to date in a stream); S. Coles, M. Dixon,
*Likelihood-Based Inference for Extreme Value Models*, Extremes 2 (1999) 5-23 (a penalty on the shape).
"""

import math

from detectors.series.calibration.layout import Floats, centre
from detectors.series.compiled import part_bare

_SHAPE_MEAN, _SHAPE_SPREAD = 0.1, 0.2
_COARSE, _FINE = 9, 14
_LEAST_TURN, _MOST_TURN = math.log(0.01), math.log(30.0)
_GOLD = (math.sqrt(5.0) - 1.0) / 2.0


@part_bare
def excesses(bins: Floats, first: int, start: float, distance: Floats, weight: Floats) -> int:
    """Fill in distance from the start and weight of the bins from ``first`` on that are not empty; how many."""
    n = 0
    for b in range(first, len(bins)):
        if bins[b] > 0.0:
            distance[n] = centre(b) - start
            weight[n] = bins[b]
            n += 1
    return n


@part_bare
def _shape_for(turn: float, distance: Floats, weight: Floats, total: float) -> float:
    """The likeliest shape when shape / scale is ``turn``."""
    found = 0.0
    for i in range(len(distance)):
        found += weight[i] * math.log1p(turn * distance[i])
    return found / total


@part_bare
def _merit(turn: float, distance: Floats, weight: Floats, total: float, rows: float) -> float:
    """Log-likelihood of ``rows`` independent rows and penalty."""
    shape = _shape_for(turn, distance, weight, total)
    away = (shape - _SHAPE_MEAN) / _SHAPE_SPREAD
    return -rows * (math.log(shape / turn) + shape + 1.0) - 0.5 * away * away


@part_bare
def fit(distance: Floats, weight: Floats, total: float, rows: float) -> tuple[float, float]:
    """Shape and scale. ``total`` is the sum of the weights, ``rows`` how many independent excesses the weights are worth.

    The shape is never below 0: a tail lighter than exponential is taken for exponential, so that nothing beyond the data is called impossible.
    1 / rows is added to it: what is not known of the scale makes the forecast of the next excess heavier, by just so much for an exponential.
    """
    mean = 0.0
    for i in range(len(distance)):
        mean += weight[i] * distance[i] / total
    away = _SHAPE_MEAN / _SHAPE_SPREAD
    best = -rows * (math.log(mean) + 1.0) - 0.5 * away * away
    shape, scale = 0.0, mean
    step = (_MOST_TURN - _LEAST_TURN) / (_COARSE - 1)
    top, highest = 0, -math.inf
    for i in range(_COARSE):
        merit = _merit(math.exp(_LEAST_TURN + i * step) / mean, distance, weight, total, rows)
        if merit > highest:
            top, highest = i, merit
    low, high = _LEAST_TURN + (top - 1) * step, _LEAST_TURN + (top + 1) * step
    for _ in range(_FINE):
        left, right = high - _GOLD * (high - low), low + _GOLD * (high - low)
        if _merit(math.exp(left) / mean, distance, weight, total, rows) >= _merit(
            math.exp(right) / mean, distance, weight, total, rows
        ):
            high = right
        else:
            low = left
    turn = math.exp((low + high) / 2.0) / mean
    if _merit(turn, distance, weight, total, rows) > best:
        shape = _shape_for(turn, distance, weight, total)
        scale = shape / turn
    return shape + 1.0 / rows, scale


@part_bare
def beyond(excess: float, shape: float, scale: float) -> float:
    """Chance of an excess at least as large."""
    return float(math.exp(-math.log1p(shape * excess / scale) / shape))


@part_bare
def excess_at(chance: float, shape: float, scale: float) -> float:
    """The excess that is reached with this chance."""
    return float(scale * math.expm1(-shape * math.log(chance)) / shape)
