"""What the newest forecast of a place says of a later hour, if nothing is done: its level and how full its stock is. Pure.

The probability of a break by an hour is known at 24, 72, 168, 336 and 720 h and taken as straight between. The level at hour h is what the general
limits of ``deploy/config/rules/default.yaml`` give when their horizons are counted from h. It never eases: a forecast alone takes no warning back.
Beyond what was forecast nothing is said.
"""

import itertools
import math
from collections.abc import Mapping, Sequence

from msgspec import Struct

from schemas.level import Level, rank

HORIZON_H = 336
STEP_H = 6
LIMITS: tuple[tuple[Level, float, float], ...] = (
    (Level.RED, 24, 0.55),
    (Level.ORANGE, 72, 0.5),
    (Level.YELLOW, 168, 0.66),
    (Level.YELLOW, 336, 0.75),
    (Level.BLUE, 168, 0.1),
    (Level.BLUE, 336, 0.15),
)
"""Level, hours ahead, and the least probability of a break within them."""


class Ahead(Struct, frozen=True):
    """From ``hour`` on, counted from now, the level is ``level``."""

    hour: int
    level: Level


class Filling(Struct, frozen=True):
    """Stock as a share of its maximum at an hour from now, as an interval."""

    hour: float
    low: float
    high: float


def chance_by(probability: Mapping[str, float], hours: float) -> float | None:
    """Probability of a break within so many hours of the assessment; None beyond what was forecast.

    >>> chance_by({"24": 0.25, "72": 0.5}, 48), chance_by({"24": 0.1}, 25), chance_by({}, 0)
    (0.375, None, None)
    """
    known = _known(probability)
    return None if hours > known[-1][0] or len(known) == 1 else _between(known, hours)


def levels_ahead(level: Level, probability: Mapping[str, float], age_h: float) -> list[Ahead]:
    """Level from now on to ``HORIZON_H``: one entry for each hour at which it changes, the first at 0. Unknown stays unknown."""
    found = [Ahead(0, level)]
    if level is Level.UNKNOWN:
        return found
    known = _known(probability)
    first: dict[Level, int] = {}
    for later, horizon, least in LIMITS:
        hour = _first_hour(known, age_h + horizon, least)
        if hour is not None:
            first[later] = min(hour, first.get(later, hour))
    for later, hour in sorted(first.items(), key=lambda each: (each[1], -(rank(each[0]) or 0))):
        if (rank(later) or 0) > (rank(found[-1].level) or 0):
            found.append(Ahead(hour, later))
    return found


def fillings(
    stock: float, p10: Mapping[str, float], p90: Mapping[str, float], most: float, age_h: float
) -> list[Filling]:
    """How full a stock is now and at the hours its forecast names, oldest first; nothing where it has no maximum."""
    if most <= 0:
        return []
    hours = sorted(float(hour) for hour in p10 if hour in p90)
    lows = [(0.0, stock), *((h, p10[f"{h:g}"]) for h in hours)]
    highs = [(0.0, stock), *((h, p90[f"{h:g}"]) for h in hours)]
    last = lows[-1][0]
    wanted = [min(age_h, last), *(h for h in hours if h > age_h)]
    return [
        Filling(round(h - age_h, 1), round(_between(lows, h) / most, 4), round(_between(highs, h) / most, 4))
        for h in wanted
    ]


def _known(probability: Mapping[str, float]) -> list[tuple[float, float]]:
    """Hours with the probability by then; it never falls, for what broke has broken."""
    found, highest = [(0.0, 0.0)], 0.0
    for hour, chance in sorted((float(hour), chance) for hour, chance in probability.items()):
        highest = max(highest, chance)
        found.append((hour, highest))
    return found


def _first_hour(known: Sequence[tuple[float, float]], shift_h: float, least: float) -> int | None:
    """The first step from now on at which the probability by then and ``shift_h`` more hours is at least this; None within no forecast hour."""
    for (left, low), (right, high) in itertools.pairwise(known):
        if high >= least:
            crossed = left if low >= least else left + (least - low) / (high - low) * (right - left)
            hour = max(STEP_H, math.ceil((crossed - shift_h) / STEP_H) * STEP_H)
            return hour if hour <= HORIZON_H and hour + shift_h <= known[-1][0] else None
    return None


def _between(known: Sequence[tuple[float, float]], at: float) -> float:
    """Straight between known points; the last one beyond them."""
    for (left, low), (right, high) in itertools.pairwise(known):
        if at <= right:
            return low + (high - low) * (at - left) / (right - left)
    return known[-1][1]
