"""The least that must be delivered so that a break becomes improbable, found on the same random numbers.

Amounts go to an account by a stated hour over the ways that exist, each with its own room and price. The chance of a break falls as more is
delivered, so the least amount is found by bisection; then it is shared out over the ways, cheapest first. Where even all ways together are not
enough, the answer is the largest delay of the break they buy, and what binds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

_STEPS = 12


@dataclass(frozen=True)
class Way:
    """A link, existing or dormant: amount it can bring by the hour, in all, and money per unit. Raises ValueError for negative numbers."""

    link: int
    room: float
    price: float

    def __post_init__(self) -> None:
        if not (self.room >= 0 and self.price >= 0):
            raise ValueError(f"way over link {self.link}: room {self.room} and price {self.price}; 0 or more is right")


@dataclass(frozen=True)
class Load:
    """Amount that goes over a link."""

    link: int
    amount: float


@dataclass(frozen=True)
class SmallestChange:
    """``amount`` in all, its loads and money, and the chance of a break that is left. Where ``is_enough`` is False: the most that can be delivered,
    the hours by which the break then moves (infinite: beyond the horizon), and the links that bind."""

    amount: float
    loads: tuple[Load, ...]
    money: float
    chance: float
    is_enough: bool
    delay_h: float = 0.0
    binding: tuple[int, ...] = ()


def smallest_change(
    chance_of: Callable[[float], float],
    median_of: Callable[[float], float],
    ways: Sequence[Way],
    *,
    limit: float,
    tolerance: float = 0.01,
) -> SmallestChange:
    """The least amount for which the chance is below ``limit``. ``chance_of`` and ``median_of`` run the futures with an amount delivered and give the
    chance of a break and its median hour; both must use the same random numbers for every amount.

    Raises ValueError for a limit outside (0, 1] or a chance outside [0, 1].
    """
    if not 0 < limit <= 1:
        raise ValueError(f"the limit is {limit}; above 0, at most 1 is right")
    now = _checked(chance_of(0.0))
    if now < limit:
        return SmallestChange(0.0, (), 0.0, now, is_enough=True)
    most = sum(w.room for w in ways)
    at_most = _checked(chance_of(most))
    if at_most >= limit:
        loads, money = share_out(most, ways)
        before, after = median_of(0.0), median_of(most)
        delay = 0.0 if before == after else after - before
        return SmallestChange(most, loads, money, at_most, False, delay, tuple(w.link for w in ways if w.room > 0))
    low, high, left = 0.0, most, at_most
    for _ in range(_STEPS):
        if high - low <= tolerance * most:
            break
        middle = 0.5 * (low + high)
        chance = _checked(chance_of(middle))
        if chance < limit:
            high, left = middle, chance
        else:
            low = middle
    loads, money = share_out(high, ways)
    return SmallestChange(high, loads, money, left, is_enough=True)


def share_out(amount: float, ways: Sequence[Way]) -> tuple[tuple[Load, ...], float]:
    """An amount over the ways, cheapest first, and what it costs."""
    loads, money, left = [], 0.0, amount
    for way in sorted(ways, key=lambda w: (w.price, w.link)):
        part = min(left, way.room)
        if part > 0:
            loads.append(Load(way.link, part))
            money += part * way.price
            left -= part
    return tuple(loads), money


def _checked(chance: float) -> float:
    if not 0 <= chance <= 1:
        raise ValueError(f"a chance is {chance}; 0 to 1 is right")
    return chance
