"""How likely a value is while all is well, in a crisis, and as an error of scale: the densities of :mod:`detectors.series.quality.scale`."""

import math
from typing import Any

import numpy as np

from detectors.series.compiled import part
from detectors.series.parts import median_of
from detectors.series.quality.kinds import Nature

RING = 24
OTHER, STOCK, PRICE, SHARE = int(Nature.OTHER), int(Nature.STOCK), int(Nature.PRICE), int(Nature.SHARE)
QUEUE, RATE = int(Nature.QUEUE), int(Nature.RATE)
# numbers: warm_up, odds, slip_prior, crisis_prior, adopt_after
WARM, ODDS, SLIPS, CRISES, ADOPTS = range(5)

TEN = math.log(10.0)
_DAY_US = 86_400e6
_NEAR = math.log(2.2)
"""Steps smaller than this are never looked into, unless a stock cannot have made them."""
_LEAST_SPREAD = 0.03
_SLIP_FROM, _SLIP_TO = 0.03, 0.4
"""Spread of a slipped value around where its point would put it: the world goes on meanwhile, and series that vary more tell no power of ten."""
_FASTEST, _SURVEY = 2.5, 0.12
"""A stock moves by at most so many times what usually goes through, and a survey corrects it by so much."""
_HALF = 0.5
_JUMP_DENSITY = 1.0 / 14.0
_FAR = 3.0
"""Steps of the logarithm beyond which a jump is less and less likely."""
_BEEN = 1.0
"""Density, in slips, of a value that with its point moved is one the series has lately had."""
_WHOLES = 6.0
"""Fractions are smaller: of a norm there may be several times the whole."""
_STOPS = 0.12
"""Share of zeros from which a rate is one that stops and starts, so that a tenth of it is nothing special."""
_LARGEST_POWER = 4
_EMPTY = 0.1
"""A stock below this share of its high may fall to nothing in any step."""
_LOW = 0.5
"""Below this share of its high a rate has fallen, and will come back."""
_DEEP = math.log(30.0)
"""What falls further than to a thirtieth stops altogether."""


@part
def _student(distance: float, spread: float) -> float:
    """Density of Student's t with 6 degrees of freedom."""
    return float(0.3827 / spread * (1.0 + distance * distance / (6.0 * spread * spread)) ** -3.5)


@part
def past(s: Any, waited: float) -> Any:
    """Last logarithm, median, and the spreads of a step and of the level."""
    n = min(s.seen, RING)
    work, steps = np.empty(RING), np.empty(RING)
    for i in range(n):
        work[i] = s.ring[i]
    newest = (s.seen - 1) % RING
    last, before = work[newest], 0.0
    for i in range(1, n):
        before = work[(newest - i) % RING]
        steps[i - 1] = abs(work[(newest - i + 1) % RING] - before)
    walk = 1.4826 * median_of(steps, n - 1)
    middle = median_of(work, n)
    for i in range(n):
        work[i] = abs(work[i] - middle)
    level = 1.4826 * median_of(work, n)
    return last, middle, max(walk * math.sqrt(waited), _LEAST_SPREAD), max(level, _LEAST_SPREAD)


@part
def of_normal(x: float, last: float, middle: float, walk: float, level: float) -> float:
    """Density of the logarithm of a normal value."""
    return 0.5 * _student(x - last, walk) + 0.5 * _student(x - middle, level)


@part
def _reach(s: Any, x: float, waited: float, elapsed_us: float, through: float) -> float:
    """How far a stock can have moved since its last value."""
    if through > 0:
        return float(_FASTEST * through * elapsed_us / _DAY_US + _SURVEY * max(abs(x), abs(s.last)))
    return float(_HALF * s.high * waited)


@part
def of_crisis(s: Any, x: float, last: float, nature: int, waited: float, elapsed_us: float, through: float) -> float:
    """Density of the logarithm of a true value in a crisis: x is the value, ``last`` the logarithm before it.

    A stock may fall or rise by what can have gone, anything within alike. A rate may fall to anything, and rise to what it once was. A price moves by
    a few tenths. A queue may grow many times over.
    """
    step = math.log(abs(x)) - last
    if nature == STOCK:
        reach = _reach(s, x, waited, elapsed_us, through)
        low, high = max(abs(s.last) - reach, 1e-3 * s.high), abs(s.last) + reach
        wide = max(math.log(high / low), 0.3)
        beyond = abs(x - s.last) / max(reach, 1e-300) - 1.0
        deep = max(-step - _DEEP, 0.0) if abs(s.last) > _EMPTY * s.high else 0.0
        return math.exp(-6.0 * max(beyond, 0.0) - 2.0 * deep) / wide
    if nature == PRICE:
        spread = 0.12 * math.sqrt(waited)
        return math.exp(-abs(step) / spread) / (2.0 * spread)
    if step > 0 and abs(s.last) < _LOW * s.high and _above(s, x, nature) == 1.0:
        return 1.0
    deep = -step - _DEEP if s.last != 0 else 0.0
    return _above(s, x, nature) * (math.exp(-2.0 * deep) if deep > 0 else 1.0) / 7.0


@part
def _above(s: Any, x: float, nature: int) -> float:
    """How much less likely a value is for being above all that was; 1 below. A stock and a price have limits of their own."""
    if nature in (STOCK, PRICE):
        return 1.0
    top = 1.3 * s.high * (6.0 if nature == QUEUE else 2.0 if nature == OTHER else 1.0)
    beyond = math.log(abs(x) / top)
    return math.exp(-6.0 * beyond) if beyond > 0 else 1.0


@part
def _weight(power: int, nature: int) -> float:
    """Share of a power of ten among errors of scale."""
    size = abs(power)
    if nature == SHARE:
        return 0.3 if size == 2 else 0.15 if size == 1 else 0.025
    return 0.22 if size == 1 else 0.1 if size == 2 else 0.09


@part
def fits(s: Any, x: float, nature: int, waited: float, elapsed_us: float, through: float) -> bool:
    """True for a value so near the one before that nothing need be asked."""
    if x == 0:
        return nature != STOCK or abs(s.last) <= _reach(s, x, waited, elapsed_us, through)
    if s.is_signed == 0 and x < 0:
        return False
    step = math.log(abs(x)) - s.ring[(s.seen - 1) % RING]
    if abs(step) > _NEAR:
        return False
    return nature != STOCK or abs(x - s.last) <= _reach(s, x, waited, elapsed_us, through)


@part
def _range(s: Any) -> Any:
    """Logarithms of the smallest and the largest value lately, a fifth beyond."""
    low, high = np.inf, -np.inf
    for i in range(min(s.seen, RING)):
        low, high = min(low, s.ring[i]), max(high, s.ring[i])
    return low - 0.2, high + 0.2


@part
def _is_per_cent(s: Any, x: float, power: int) -> bool:
    """True for a step between fractions and per cents: the smaller side never was more than a few times the whole, the larger is beyond it."""
    if power == 2:
        return s.high <= _WHOLES and _above(s, x, SHARE) < 1.0
    return power == -2 and abs(x) <= _WHOLES and s.high > _WHOLES


@part
def weigh(s: Any, x: float, nature: int, waited: float, elapsed_us: float, through: float, numbers: Any) -> Any:
    """The best power of ten (0: a jump), and the odds that the value is wrong: against normal values, and against a crisis."""
    last, middle, walk, level = past(s, waited)
    log = math.log(abs(x))
    crisis = numbers[CRISES] * of_crisis(s, x, last, nature, waited, elapsed_us, through)
    normal = of_normal(log, last, middle, walk, level) * _above(s, x, nature)
    if nature == STOCK and abs(x - s.last) > 2.0 * _reach(s, x, waited, elapsed_us, through):
        normal = 0.0
    # What may stop may fall to anything, and what starts again begins small: only what is too large is impossible.
    may_fall, starts = nature not in (STOCK, PRICE), s.last == 0 and nature != STOCK
    is_above = _above(s, x, nature) < 1.0
    jump = 0.0 if may_fall and not is_above else numbers[SLIPS] * _JUMP_DENSITY
    # Nothing jumps to a thousandfold; such a value was told in another unit.
    jump *= max(math.exp(_FAR - abs(log - last)), 1e-3) if abs(log - last) > _FAR else 1.0
    best, power, every = jump, 0, jump
    lowest, highest = _range(s)
    for k in range(-_LARGEST_POWER, _LARGEST_POWER + 1):
        if k == 0 or (k < 0 and starts) or (k == -1 and nature == RATE and s.zeros > _STOPS):
            continue
        density = of_normal(
            log - k * TEN, last, middle, min(max(walk, _SLIP_FROM), _SLIP_TO), min(max(level, _SLIP_FROM), _SLIP_TO)
        )
        if nature == SHARE and _is_per_cent(s, x, k):
            # A fraction told as per cent need not be like the day before: any share that has been will do.
            density += 3.0 * of_crisis(s, x * 10.0**-k, last, nature, waited, elapsed_us, through)
        if lowest <= log - k * TEN <= highest and (is_above or not may_fall):
            density += _BEEN
        chance = numbers[SLIPS] * _weight(k, nature) * density
        every += chance
        if chance > best:
            best, power = chance, k
    return power, every / max(normal, 1e-300), every / max(crisis, 1e-300)


@part
def together(against_normal: float, against_crisis: float) -> float:
    """Odds against both."""
    return 1.0 / (1.0 / max(against_normal, 1e-300) + 1.0 / max(against_crisis, 1e-300))
