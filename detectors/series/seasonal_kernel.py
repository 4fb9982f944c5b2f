"""The seasonal baseline, compiled: a level and effects of hour, weekday, season and festival that are learnt side by side.

Each value moves the level and the effects it belongs to by a share of what was not foreseen, the less the more values an effect has seen; the share
is cut at a few sigmas. What is its own stands in one file because numba sees changes of one file only.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.series.calendar import DayTable
from detectors.series.detector import Floats, Integers
from detectors.series.parts import median_of

FIRST = 12
"""Values from which the level starts."""
HOURS, DAYS, SEASONS, PHASES = 24, 7, 2, 4
COUNT, LEVEL, SPREAD, EFFECTS = 0, 1, 2, 3
CELLS = HOURS + DAYS + SEASONS + PHASES
START = EFFECTS + CELLS
COLUMNS = START + FIRST
_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_THURSDAY = 3
_SIGMA_OF_SPREAD = math.sqrt(math.pi / 2)
_MOST_SEEN = 255
_SEEN = 2
"""Values an hour or weekday must have had before it is judged."""
_YOUNG = 30
"""Values after which an effect of a season moves only early in it: what moves later is the level."""
_PRIOR = (0.5, 2.0, 2.0, 1.0)
"""Values an effect must see to be believed by half: hour, weekday, season, festival."""
_NEW_LEVEL = 0.25
"""In the festival the level moves by this share only: what happens then belongs to the festival."""

Bytes = NDArray[np.uint8]


@njit(nogil=True, error_model="numpy")
def _begin(state: Floats) -> None:
    """Level and spread of the first values; a far one counts little."""
    first = np.empty(FIRST)
    for k in range(FIRST):
        first[k] = state[START + k]
    state[LEVEL] = median_of(first, FIRST)
    most = 4.0 * (first[FIRST - 1 - FIRST // 4] - first[FIRST // 4])
    total = 0.0
    for k in range(FIRST):
        off = abs(first[k] - state[LEVEL])
        total += (min(off, most) if most > 0.0 else off) / FIRST
    state[SPREAD] = total


@njit(nogil=True, error_model="numpy")
def _cells(time_us: int, zone_us: int, table: DayTable) -> tuple[int, int, int, int, int]:
    """Cell of hour, weekday, season and festival phase (-1: none), and whether the season is young."""
    local = time_us + zone_us
    day = local // _DAY_US
    hour = (local - day * _DAY_US) // _HOUR_US
    weekday = HOURS + (day + _THURSDAY) % DAYS
    if not 0 <= day < len(table.season):
        return hour, weekday, HOURS + DAYS, -1, 0
    phase = HOURS + DAYS + SEASONS + table.festival[day] - 1 if table.festival[day] > 0 else -1
    return hour, weekday, HOURS + DAYS + table.season[day], phase, int(table.is_early[day])


@njit(nogil=True, error_model="numpy")
def _expected(state: Floats, hour: int, weekday: int, season: int, phase: int) -> float:
    effects = state[EFFECTS : EFFECTS + CELLS]
    total: float = state[LEVEL] + effects[hour] + effects[weekday] + effects[season]
    return total + effects[phase] if phase >= 0 else total


@njit(nogil=True, error_model="numpy")
def _sigma(state: Floats, least_spread: float) -> float:
    sigma: float = max(_SIGMA_OF_SPREAD * state[SPREAD], least_spread * abs(state[LEVEL]))
    return sigma


@njit(nogil=True, error_model="numpy")
def _widening(state: Floats, seen: Bytes, hour: int, weekday: int, season: int, phase: int, unknown: float) -> float:
    """By how much sigma is wider for what has not been learnt yet."""
    wide: float = math.sqrt(1.0 + 1.0 / (seen[hour] + 1.0) + 1.0 / (seen[weekday] + 1.0) + 1.0 / state[COUNT])
    wide *= 1.0 + unknown / (1.0 + seen[season])
    if phase >= 0:
        wide *= 1.0 + unknown / (1.0 + seen[phase])
    return wide


@njit(nogil=True, error_model="numpy")
def _is_planned(planned: Integers, time_us: int) -> bool:
    is_first: bool = planned[0, 0] <= time_us < planned[0, 1]
    return is_first or planned[1, 0] <= time_us < planned[1, 1]


@njit(cache=True, nogil=True, error_model="numpy")
def look(
    states: Floats,
    seen_of: Bytes,
    planned: Integers,
    slots: Integers,
    times_us: Integers,
    values: Floats,
    zone_us: int,
    table: DayTable,
    rule: Floats,
    made: Floats,
) -> None:
    """Judge a round. ``rule``: memory, clip, unknown, warm-up, least spread. ``made``: statistic, expected, sigma (0: no scale), sign; NaN in the
    first where nothing is said.
    """
    for i in range(len(slots)):
        state, seen = states[slots[i]], seen_of[slots[i]]
        hour, weekday, season, phase, _early = _cells(times_us[i], zone_us, table)
        is_young = state[COUNT] < max(FIRST, rule[3]) or seen[hour] < _SEEN or seen[weekday] < _SEEN
        if is_young or _is_planned(planned[slots[i]], times_us[i]):
            for row in range(3):  # a slice would take numba seconds to compile
                made[row, i] = np.nan
            made[3, i] = 0.0
            continue
        expected = _expected(state, hour, weekday, season, phase)
        sigma = _sigma(state, rule[4]) * _widening(state, seen, hour, weekday, season, phase, rule[2])
        off = values[i] - expected
        made[0, i] = 0.0
        if off != 0.0:
            no_scale = math.sqrt(2.0 * math.log(state[COUNT] + 1.0))
            made[0, i] = min(abs(off) / sigma, 1e300) if sigma > 0.0 else no_scale
        made[1, i] = expected
        made[2, i] = sigma
        made[3, i] = np.sign(off)


@njit(cache=True, nogil=True, error_model="numpy")
def learn(
    states: Floats,
    seen_of: Bytes,
    planned: Integers,
    slots: Integers,
    times_us: Integers,
    values: Floats,
    zone_us: int,
    table: DayTable,
    rule: Floats,
) -> None:
    """Take a round in; what is planned maintenance teaches nothing."""
    for i in range(len(slots)):
        state, seen = states[slots[i]], seen_of[slots[i]]
        if _is_planned(planned[slots[i]], times_us[i]):
            continue
        hour, weekday, season, phase, early = _cells(times_us[i], zone_us, table)
        if state[COUNT] < FIRST:
            state[START + int(state[COUNT])] = values[i]
            state[COUNT] += 1.0
            if state[COUNT] == FIRST:
                _begin(state)
                seen[season] = _MOST_SEEN  # the level is that of the season it begins in
            continue
        sigma = _sigma(state, rule[4])
        off = values[i] - _expected(state, hour, weekday, season, phase)
        if sigma > 0.0:
            most = rule[1] * sigma * (1.0 + rule[2] / (1.0 + seen[hour]))
            off = max(-most, min(most, off))
        weight = max(1.0 / (state[COUNT] + 1.0), 1.0 / rule[0])
        state[LEVEL] += (_NEW_LEVEL if phase >= 0 else 1.0) * weight * off
        _move(state, seen, hour, _PRIOR[0], 0.02, off)
        _move(state, seen, weekday, _PRIOR[1], 0.01, off)
        if early or seen[season] < _YOUNG:
            _move(state, seen, season, _PRIOR[2], 2.0 * weight, off)
        if phase >= 0:
            _move(state, seen, phase, _PRIOR[3], 0.02, off)
        if seen[hour] > 1:  # the first value of an hour tells of the hour, not of the noise
            state[SPREAD] += max(1.0 / (state[COUNT] + 2.0 - FIRST), 2.0 / rule[0]) * (abs(off) - state[SPREAD])
        state[COUNT] += 1.0


@njit(nogil=True, error_model="numpy")
def _move(state: Floats, seen: Bytes, cell: int, prior: float, least: float, off: float) -> None:
    """Move an effect. Shares of all effects together stay below one, or they would overshoot."""
    state[EFFECTS + cell] += 0.7 * max(1.0 / (seen[cell] + 1.0 + prior), least) * off
    if seen[cell] < _MOST_SEEN:
        seen[cell] += 1
