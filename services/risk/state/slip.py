"""Decimal slips 小数点错位: a stock told ten, a hundred or ten thousand times too large or too small, for as long as the slip lasts.

A stock cannot leap: it moves no faster than goods come and go. A reading that lies beyond that, and would lie within it with its decimal point
moved, is taken with the point moved back, known less surely, and named. A real crisis passes step by step and is never taken for a slip.
"""

import math
from collections.abc import Sequence

from services.risk.evidence import HOUR_US

FAR = 3.0
"""Only a stock this many times over or under its target can be a slip of a factor of ten."""
_FASTEST = 2.5
_SURVEY = 0.12
_LIKE = 2.0


def unslipped(told: Sequence[tuple[int, float]], target: float, through: float) -> float | None:
    """The newest stock with its decimal point moved back; None when the point stands right. ``told`` are (observed_us, value), oldest first;
    ``through`` is what goes through per hour. The first near the target that did not leap there is believed, each later one when it can follow on
    the one before: a lone slip of a stock that is truly low must not be the measure of what comes after it."""
    believed: tuple[int, float] | None = None
    before: tuple[int, float] | None = None
    factor = 1.0
    for at_us, value in told:
        factor = 1.0
        if believed is None:
            leapt = before is not None and abs(value - before[1]) > _allowed(before, at_us, through, value)
            believed = (at_us, value) if target / FAR <= value <= target * FAR and not leapt else None
            before = (at_us, value)
            continue
        allowed = _allowed(believed, at_us, through, 0.0)
        if abs(value - believed[1]) > allowed and value > 0 and believed[1] > 0:
            moved = 10.0 ** -round(math.log10(value / believed[1]))
            factor = moved if abs(value * moved - believed[1]) <= allowed else 1.0
        believed = (at_us, value * factor)
    return told[-1][1] * factor if told and factor != 1.0 else None


def _allowed(before: tuple[int, float], at_us: int, through: float, value: float) -> float:
    """How far a stock can move between two readings."""
    return _FASTEST * through * (at_us - before[0]) / HOUR_US + _SURVEY * max(before[1], value)


def unslipped_rate(rate: float, usual: float) -> float:
    """A rate with its decimal point moved back where it is a thousand times or more too small, or ten times or more too large: no place trickles at a
    ten-thousandth of its usual rate, or handles ten times as much. A tenth of the usual may be true and is taken as told."""
    if usual <= 0 or rate <= 0:
        return rate
    power = round(math.log10(rate / usual))
    moved = rate * 10.0**-power
    is_slip = (power <= -3 or power >= 1) and usual / _LIKE <= moved <= usual * _LIKE
    return moved if is_slip else rate
