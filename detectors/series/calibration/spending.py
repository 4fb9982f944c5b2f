"""The budget spent row by row: the compiled loop."""

import math

from detectors.series.calibration.layout import Floats, Integers
from detectors.series.compiled import compiled_bare, part_bare

_DAY_US = 86_400_000_000
_FIRST_TESTS = 1000.0
_SLACK = 0.1

REMEMBERED = 64
"""Rejections that still earn; older ones earn nothing, which only lowers levels."""
SPENT, NUMBERS = range(2)
COUNTED, REJECTIONS, NEWEST_US, TODAY, YESTERDAY, FIRST_AT, WHOLES = range(7)


@part_bare
def daily(number: Floats, whole: Integers, false_a_day: float) -> float:
    """Today's part of a test: what is left over the tests still to come."""
    if whole[YESTERDAY] > 0:
        left = max((1.0 + _SLACK) * whole[YESTERDAY] - whole[TODAY], _SLACK * whole[YESTERDAY], 1.0)
    else:
        left = _FIRST_TESTS + whole[TODAY]
    return float(max(false_a_day - number[SPENT], 0.0) / left)


@part_bare
def earned(whole: Integers, rejected_at: Integers, fading: Floats, share: float, wealth: float) -> float:
    """What the first wealth and the rejections earn for the next test."""
    n, horizon = whole[COUNTED], len(fading)
    level = wealth * fading[n] if n < horizon else 0.0
    for r in range(max(whole[REJECTIONS] - len(rejected_at), 0), whole[REJECTIONS]):
        since = n - rejected_at[r % len(rejected_at)]
        if since < horizon:
            level += (share - wealth if r == 0 else share) * fading[since]
    return level


@part_bare
def begin_day(number: Floats, whole: Integers, known_us: int) -> None:
    """A new day has its own budget."""
    if known_us // _DAY_US > whole[NEWEST_US] // _DAY_US:
        if whole[TODAY] > 0:
            whole[YESTERDAY] = whole[TODAY]
        whole[TODAY], number[SPENT] = 0, 0.0
    whole[NEWEST_US] = max(whole[NEWEST_US], known_us)


@part_bare
def go_on(is_open: Integers, j: int, p: float, calm_p: float, quiet_rows: int) -> bool:
    """Whether the episode of the series goes on with this row; one that is quiet long enough ends."""
    if is_open[j] == 0:
        return False
    if p <= calm_p:
        is_open[j] = quiet_rows
    elif not math.isnan(p):
        is_open[j] -= 1
    return True


@compiled_bare
def decide_rows(state, rows, rates, quiet_rows, rule, fading, made) -> None:  # type: ignore[no-untyped-def]  # tuples of arrays: see AlarmBudget
    """Fill ``made``: alarm, open, level."""
    is_open, number, whole, rejected_at = state
    slots, known_us, p = rows
    false_a_day, share, most_alpha, wealth, calm_p = rates[0], rates[1], rates[2], rates[3], rates[4]
    candidate, kept, factor = rule
    for i in range(len(slots)):
        j = slots[i]
        if go_on(is_open, j, p[i], calm_p, quiet_rows):
            made[1][i] = True
            continue
        if math.isnan(p[i]):
            continue
        begin_day(number, whole, known_us[i])
        by_day = daily(number, whole, false_a_day)
        level = min(factor * (by_day + earned(whole, rejected_at, fading, share, wealth)), most_alpha)
        made[2][i] = level
        if candidate < p[i] <= kept:
            whole[COUNTED] += 1
            whole[TODAY] += 1
            number[SPENT] += min(by_day, most_alpha / factor)
        if p[i] <= level:
            rejected_at[whole[REJECTIONS] % len(rejected_at)] = whole[COUNTED]
            whole[REJECTIONS] += 1
            is_open[j] = quiet_rows
            made[0][i] = made[1][i] = True
