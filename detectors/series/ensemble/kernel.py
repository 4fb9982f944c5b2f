"""The views of one series and their tails, compiled.

The state of a series is one row of numbers. ``look`` works out what a value would say and changes nothing; ``learn`` takes it in. All stands in one
file because numba sees changes of one file only.
"""

import math

import numpy as np
from numba import njit

from detectors.series.detector import Floats, Integers

QUARTERS = 96
"""Bins of the profile over the day."""
HOURS = 24
"""Bins of the envelope over the day."""
DELAY = 12
"""Values that must have passed before a value counts as seen before."""
SUPPORT = 128
"""Values remembered, spread over the range of all that was seen."""
DIFFERENCES = 24
"""Differences whose mean size is the spread."""
LATELY, BEFORE = 12, 200
"""Residuals of the two windows that a shift of the mean compares."""
EXTREMES = 32
"""Largest values kept of each view."""

VIEWS = 7
NOVELTY, PROFILE, ENVELOPE, DRIFT, SHIFT, RATIO, SPREAD = range(VIEWS)

COUNT, NEWEST, SIZE, HOUR = 0, 1, 2, 3
"""Values seen; the newest of them; mean size of values; the hour (since 1970) that the envelope is in."""
HIGH_NOW, LOW_NOW = 4, 5
"""Extremes within that hour."""
DRIFTED, RATIO_DRIFTED, USUAL_SPREAD, SPREADS = 6, 7, 8, 9
"""Smoothed residual; smoothed residual of ratios; usual logarithm of the spread, and from how many."""
PEAK, SINCE, HELD = 10, 11, 12
"""Agreement of the event told last, rows since then, support values held."""
MEAN_AT = 13
RATIO_AT = MEAN_AT + QUARTERS
SEEN_AT = RATIO_AT + QUARTERS
HIGH_AT = SEEN_AT + QUARTERS
LOW_AT = HIGH_AT + HOURS
DELAY_AT = LOW_AT + HOURS
DIFFERENCES_AT = DELAY_AT + DELAY
RESIDUALS_AT = DIFFERENCES_AT + DIFFERENCES
SUPPORT_AT = RESIDUALS_AT + LATELY + BEFORE
TAILS_AT = SUPPORT_AT + SUPPORT + 1
TAIL = EXTREMES + 2
"""Of each view: how many values it had, how many extremes are held, and these in ascending order."""
COLUMNS = TAILS_AT + TAIL * VIEWS

_QUARTER_US = 86_400_000_000 // QUARTERS
_HOUR_US = 3_600_000_000
_LEAST_SPREAD = 1e-9
"""Smallest spread as a share of the mean size: below it differences are rounding."""
_LEAST_TAIL = 1e-6
"""Smallest mean excess as a share of the bound above which it is taken."""
_TRIMMED = 2
"""Largest extremes that count as no more than the next, so that one event does not hide the next."""
_FEWEST = 8
_SHARE = 0.01
"""The tail begins at the largest 1 % of what was seen, at least 8 values."""
_MISSED = 0.4
"""A row that is not told counts as an agreement of its share of the bar less this: about as rare as quiet series have it, whatever their noise."""
_LN10 = math.log(10.0)
_OUTSIDE = 0.01
"""Share of values outside the band that is told."""


@njit(cache=True, nogil=True, error_model="numpy")
def _place(state: Floats, x: float) -> int:
    """How many of the remembered values are smaller."""
    low, high = 0, int(state[HELD])
    while low < high:
        middle = (low + high) // 2
        if state[SUPPORT_AT + middle] < x:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True, error_model="numpy")
def _nearest(state: Floats, x: float) -> float:
    """Distance from the nearest remembered value, NaN without any."""
    held, at = int(state[HELD]), _place(state, x)
    above = state[SUPPORT_AT + at] - x if at < held else np.inf
    below = x - state[SUPPORT_AT + at - 1] if at > 0 else np.inf
    return min(above, below) if held > 0 else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _remember(state: Floats, x: float) -> None:
    """Keep a value; when there are too many, drop the inner one whose neighbours are closest, so that the whole range stays covered."""
    held, at = int(state[HELD]), _place(state, x)
    if at < held and state[SUPPORT_AT + at] == x:
        return
    for k in range(held, at, -1):
        state[SUPPORT_AT + k] = state[SUPPORT_AT + k - 1]
    state[SUPPORT_AT + at] = x
    if held < SUPPORT:
        state[HELD] += 1.0
        return
    drop, closest = 1, np.inf
    for k in range(1, SUPPORT):
        gap = state[SUPPORT_AT + k + 1] - state[SUPPORT_AT + k - 1]
        if gap < closest:
            drop, closest = k, gap
    for k in range(drop, SUPPORT):
        state[SUPPORT_AT + k] = state[SUPPORT_AT + k + 1]


@njit(cache=True, nogil=True, error_model="numpy")
def _closed(state: Floats, fading: float) -> tuple[float, float]:
    """Envelope of the hour that is open, as it will be once it is over."""
    at = int(state[HOUR]) % HOURS
    high, low = state[HIGH_AT + at], state[LOW_AT + at]
    if math.isnan(high):
        return state[HIGH_NOW], state[LOW_NOW]
    return (
        max(state[HIGH_NOW], high + fading * (state[HIGH_NOW] - high)),
        min(state[LOW_NOW], low + fading * (state[LOW_NOW] - low)),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _beyond(state: Floats, hour: int, x: float, fading: float) -> float:
    """How far a value lies outside the envelope of earlier days at this hour and the ones beside it; NaN while none is known."""
    high, low = -np.inf, np.inf
    for k in range(hour - 1, hour + 2):
        at = k % HOURS
        if at == int(state[HOUR]) % HOURS and hour != int(state[HOUR]):
            top, bottom = _closed(state, fading)
        else:
            top, bottom = state[HIGH_AT + at], state[LOW_AT + at]
        if not math.isnan(top):
            high, low = max(high, top), min(low, bottom)
    if high < low:
        return np.nan
    return max(x - high, 0.0) + max(low - x, 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _ratio(state: Floats, x: float) -> float:
    """The value on a logarithmic scale of the mean size; NaN while that is 0."""
    size = state[SIZE]
    return math.copysign(math.log1p(abs(x) / size), x) if size > 0.0 else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _smoothed(before: float, x: float, weight: float) -> float:
    if math.isnan(x):
        return before
    return x if math.isnan(before) else before + weight * (x - before)


@njit(cache=True, nogil=True, error_model="numpy")
def _shift(state: Floats, residual: float) -> float:
    """Mean of the newest residuals, this one with them, less the mean of those before."""
    n = int(state[COUNT])
    if n < 2 * LATELY:
        return np.nan
    whole = LATELY + BEFORE
    late, early = residual / LATELY, 0.0
    before = min(n + 1 - LATELY, BEFORE)
    for k in range(1, LATELY + before):
        r = state[RESIDUALS_AT + (n - k) % whole]
        if k < LATELY:
            late += r / LATELY
        else:
            early += r / before
    return late - early


@njit(cache=True, nogil=True, error_model="numpy")
def _log_spread(state: Floats, x: float) -> float:
    """Logarithm of the mean size of the newest differences, this one with them; NaN while all is 0."""
    n = int(state[COUNT])
    if n < DIFFERENCES:
        return np.nan
    total = abs(x - state[NEWEST])
    for k in range(1, DIFFERENCES):
        total += state[DIFFERENCES_AT + (n - k) % DIFFERENCES]
    spread = max(total / DIFFERENCES, _LEAST_SPREAD * state[SIZE])
    return math.log(spread) if spread > 0.0 else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _views(state: Floats, time_us: int, x: float, rule: Floats, seen: Floats) -> tuple[float, float]:
    """Fill ``seen`` with what each view says, without sign; return residuals from the profile, of the value and of its ratio."""
    quarter = (time_us // _QUARTER_US) % QUARTERS
    is_known = state[SEEN_AT + quarter] > 0.0
    residual = x - state[MEAN_AT + quarter] if is_known else np.nan
    ratio = _ratio(state, x) - state[RATIO_AT + quarter] if is_known else np.nan
    seen[NOVELTY] = _nearest(state, x) if state[COUNT] >= DELAY + 5 else np.nan
    seen[PROFILE] = abs(residual)
    seen[ENVELOPE] = _beyond(state, time_us // _HOUR_US, x, rule[2])
    seen[DRIFT] = abs(_smoothed(state[DRIFTED], residual, rule[3])) if is_known else np.nan
    seen[SHIFT] = abs(_shift(state, residual if is_known else 0.0))
    seen[RATIO] = abs(_smoothed(state[RATIO_DRIFTED], ratio, rule[4])) if is_known else np.nan
    spread = _log_spread(state, x)
    seen[SPREAD] = abs(spread - state[USUAL_SPREAD]) if state[SPREADS] > 0.0 else np.nan
    return residual, ratio


@njit(cache=True, nogil=True, error_model="numpy")
def _fit(tail: Floats) -> tuple[int, float, float]:
    """Number of extremes that make the tail, the bound above which they lie, and their mean excess with the largest cut (0: too few)."""
    held = int(tail[1])
    n = min(held, max(_FEWEST, int(_SHARE * tail[0])))
    extremes = tail[2 + held - n : 2 + held]
    bound = extremes[0]
    cut = min(_TRIMMED, n // 2)
    ceiling = extremes[n - 1 - cut]
    total = cut * (ceiling - bound)
    for k in range(1, n - cut):
        total += extremes[k] - bound
    return n, bound, max(total / (n - 1 - cut), _LEAST_TAIL * bound)


@njit(cache=True, nogil=True, error_model="numpy")
def _rarity(tail: Floats, x: float, warm_up: float, most: float) -> float:
    """How rare a value of a view is in its own past: -log10 of the tail probability, 0 below the tail."""
    if math.isnan(x) or tail[0] < warm_up:
        return 0.0
    n, bound, excess = _fit(tail)
    if x <= bound:
        return 0.0
    if excess <= 0.0:
        return most
    return min(most, math.log10((tail[0] + 1.0) / n) + (x - bound) / excess / _LN10)


@njit(cache=True, nogil=True, error_model="numpy")
def _enter(tail: Floats, x: float) -> None:
    """Take a value of a view into its past."""
    if math.isnan(x):
        return
    tail[0] += 1.0
    held = int(tail[1])
    extremes = tail[2:]
    if held == EXTREMES:
        if x <= extremes[0]:
            return
        at = 0
        while at + 1 < held and extremes[at + 1] < x:
            extremes[at] = extremes[at + 1]
            at += 1
        extremes[at] = x
        return
    at = held
    while at > 0 and extremes[at - 1] > x:
        extremes[at] = extremes[at - 1]
        at -= 1
    extremes[at] = x
    tail[1] += 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def _tail(state: Floats, view: int) -> Floats:
    return state[TAILS_AT + TAIL * view : TAILS_AT + TAIL * (view + 1)]


@njit(cache=True, nogil=True, error_model="numpy")
def _agreement(state: Floats, seen: Floats, rule: Floats, rarity: Floats) -> float:
    """Root mean square of the rarities of all views: high when one is extreme or several agree."""
    total = 0.0
    for view in range(VIEWS):
        rarity[view] = _rarity(_tail(state, view), seen[view], rule[0], rule[7])
        total += rarity[view] ** 2
    return math.sqrt(total / VIEWS)


@njit(cache=True, nogil=True, error_model="numpy")
def _bar(state: Floats, rule: Floats) -> float:
    """Agreement that an event must exceed to be told: a multiple of that of the event told last, sinking to nothing."""
    bar: float = rule[6] * state[PEAK] * max(1.0 - state[SINCE] / rule[5], 0.0)
    return bar


@njit(cache=True, nogil=True, error_model="numpy")
def _log_p(state: Floats, agreement: float, rule: Floats) -> float:
    """-log10 of how often a quiet series is at least as unusual, per value; a young series knows its tails less well.

    What is not told counts by how near it came to its bar: never as much as an alarm, but above what is usual, so that the p-values of an event's
    later rows are true as well.
    """
    bar = _bar(state, rule)
    counted = agreement
    if agreement <= bar:
        if agreement == 0.0:
            return 0.0
        counted = agreement / bar - _MISSED
    found: float = rule[9] + rule[10] * counted - math.log10(1.0 + rule[11] / state[COUNT])
    return max(found, 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def look(
    states: Floats, slots: Integers, times_us: Integers, values: Floats, rule: Floats, made: Floats, rarities: Floats
) -> None:
    """Judge a round. ``rule``: the settings in their order. ``made``: statistic, expected, low, high, sign.
    ``rarities``: one row per value, one column per view.
    """
    seen = np.empty(VIEWS)
    for i in range(len(slots)):
        state = states[slots[i]]
        rarities[i] = 0.0
        made[:, i] = np.nan
        made[4, i] = 0.0
        if state[COUNT] < rule[0]:
            continue
        residual, _ = _views(state, times_us[i], values[i], rule, seen)
        agreement = _agreement(state, seen, rule, rarities[i])
        made[0, i] = _log_p(state, agreement, rule)
        tail = _tail(state, PROFILE)
        if not math.isnan(residual) and tail[0] >= rule[0]:
            n, bound, excess = _fit(tail)
            reach = max(0.0, bound + excess * math.log(n / tail[0] / _OUTSIDE))
            made[1, i] = values[i] - residual
            made[2, i] = made[1, i] - reach
            made[3, i] = made[1, i] + reach
            made[4, i] = np.sign(residual)


@njit(cache=True, nogil=True, error_model="numpy")
def _begin(state: Floats, time_us: int, x: float) -> None:
    state[HIGH_AT : LOW_AT + HOURS] = np.nan
    state[DRIFTED] = state[RATIO_DRIFTED] = np.nan
    state[HOUR] = time_us // _HOUR_US
    state[HIGH_NOW] = state[LOW_NOW] = state[NEWEST] = x
    state[SIZE] = abs(x)


@njit(cache=True, nogil=True, error_model="numpy")
def _follow(state: Floats, time_us: int, x: float, ratio: float, rule: Floats) -> None:
    """Move profile and envelope."""
    quarter = (time_us // _QUARTER_US) % QUARTERS
    state[SEEN_AT + quarter] += 1.0
    weight = max(rule[1], 1.0 / state[SEEN_AT + quarter])
    state[MEAN_AT + quarter] += weight * (x - state[MEAN_AT + quarter])
    if not math.isnan(ratio):
        state[RATIO_AT + quarter] += weight * (ratio - state[RATIO_AT + quarter])
    hour = time_us // _HOUR_US
    if hour != int(state[HOUR]):
        at = int(state[HOUR]) % HOURS
        state[HIGH_AT + at], state[LOW_AT + at] = _closed(state, rule[2])
        state[HOUR] = hour
        state[HIGH_NOW] = state[LOW_NOW] = x
    state[HIGH_NOW] = max(state[HIGH_NOW], x)
    state[LOW_NOW] = min(state[LOW_NOW], x)


@njit(cache=True, nogil=True, error_model="numpy")
def _move_on(state: Floats, x: float, residual: float, spread: float, slow: float) -> None:
    """Take a value into the windows."""
    n = int(state[COUNT])
    oldest = state[DELAY_AT + n % DELAY]
    if n >= DELAY:
        _remember(state, oldest)
    state[DELAY_AT + n % DELAY] = x
    state[DIFFERENCES_AT + n % DIFFERENCES] = abs(x - state[NEWEST])
    state[RESIDUALS_AT + n % (LATELY + BEFORE)] = residual
    state[NEWEST] = x
    state[SIZE] += slow * (abs(x) - state[SIZE])
    if not math.isnan(spread):
        state[SPREADS] += 1.0
        state[USUAL_SPREAD] += max(slow, 1.0 / state[SPREADS]) * (spread - state[USUAL_SPREAD])
    state[COUNT] += 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def learn(states: Floats, slots: Integers, times_us: Integers, values: Floats, rule: Floats) -> None:
    """Take a round in."""
    seen, rarity = np.empty(VIEWS), np.empty(VIEWS)
    for i in range(len(slots)):
        state, x = states[slots[i]], values[i]
        if state[COUNT] == 0.0:
            _begin(state, times_us[i], x)
        residual, ratio_residual = _views(state, times_us[i], x, rule, seen)
        if state[COUNT] >= rule[0]:
            agreement = _agreement(state, seen, rule, rarity)
            if agreement > _bar(state, rule):
                state[PEAK], state[SINCE] = agreement, 0.0
        state[SINCE] += 1.0
        for view in range(VIEWS):
            _enter(_tail(state, view), seen[view])
        state[DRIFTED] = _smoothed(state[DRIFTED], residual, rule[3])
        state[RATIO_DRIFTED] = _smoothed(state[RATIO_DRIFTED], ratio_residual, rule[4])
        spread = _log_spread(state, x)
        _follow(state, times_us[i], x, _ratio(state, x), rule)
        _move_on(state, x, 0.0 if math.isnan(residual) else residual, spread, rule[8])
