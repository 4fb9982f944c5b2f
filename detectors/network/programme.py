"""A flow network for linear programmes: accounts with stock, links, makers, shared limits and demands, all per hour.

Source of the method: Simchi-Levi et al. 2015, doi 10.1287/inte.2015.0804 (time to survive, performance impact).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes at most ``capacity_per_h`` of account ``output``, each unit out of ``inputs`` (account, amount per unit); no inputs is a source."""

    output: int
    capacity_per_h: float
    inputs: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class SharedLimit:
    """Together the ``links`` carry at most ``capacity_per_h``: the throughput of a railway, a road, a port."""

    links: tuple[int, ...]
    capacity_per_h: float


@dataclass(frozen=True, slots=True)
class Loss:
    """What is lost: accounts with their stock, their links and the makers that fill them; single links; makers; shared limits (closed for all)."""

    accounts: tuple[int, ...] = ()
    links: tuple[int, ...] = ()
    makers: tuple[int, ...] = ()
    limits: tuple[int, ...] = ()


@dataclass(frozen=True)
class Programme:
    """Accounts 0…A-1 and links 0…L-1.

    ``stock``, ``minimum`` (A) in the unit of the account; ``demand_per_h`` (A) is final use, 0 where there is none; ``link_source``,
    ``link_target`` (L) are accounts; ``link_capacity_per_h`` (L), infinite where nothing binds; ``link_gain`` (L) units at the target per unit sent.
    A stock below its minimum has nothing to give before the minimum.
    Raises ValueError for arrays of other shapes, NaN, negative numbers, accounts or links that do not exist.
    """

    stock: Numbers
    minimum: Numbers
    demand_per_h: Numbers
    link_source: Indices
    link_target: Indices
    link_capacity_per_h: Numbers
    makers: tuple[Maker, ...] = ()
    limits: tuple[SharedLimit, ...] = ()
    link_gain: Numbers = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        accounts, links = len(self.stock), len(self.link_source)
        if not len(self.link_gain):
            object.__setattr__(self, "link_gain", np.ones(links))
        _check_numbers("link_gain", self.link_gain, links, may_be_infinite=False)
        for name in ("stock", "minimum", "demand_per_h"):
            _check_numbers(name, getattr(self, name), accounts, may_be_infinite=False)
        _check_numbers("link_capacity_per_h", self.link_capacity_per_h, links, may_be_infinite=True)
        for name in ("link_source", "link_target"):
            _check_members(name, getattr(self, name), accounts, links)
        for number, maker in enumerate(self.makers):
            _check_maker(number, maker, accounts)
        for number, limit in enumerate(self.limits):
            _check_members(f"links of limit {number}", np.array(limit.links, dtype=np.int64), links, len(limit.links))
            _check_rate(f"limit {number}", limit.capacity_per_h)

    @property
    def account_count(self) -> int:
        """A."""
        return len(self.stock)

    @property
    def link_count(self) -> int:
        """L."""
        return len(self.link_source)

    def without(self, loss: Loss) -> "Programme":
        """The same network after a loss. Raises IndexError for what does not exist."""
        stock, demand, capacity = self.stock.copy(), self.demand_per_h.copy(), self.link_capacity_per_h.copy()
        gone = np.zeros(self.account_count, dtype=bool)
        gone[list(loss.accounts)] = True
        stock[gone], demand[gone] = 0.0, 0.0
        capacity[gone[self.link_source] | gone[self.link_target]] = 0.0
        capacity[list(loss.links)] = 0.0
        lost_makers = {range(len(self.makers))[number] for number in loss.makers}
        makers = tuple(
            replace(maker, capacity_per_h=0.0) if number in lost_makers or gone[maker.output] else maker
            for number, maker in enumerate(self.makers)
        )
        limits = list(self.limits)
        for number in loss.limits:
            limits[number] = replace(limits[number], capacity_per_h=0.0)
        return replace(
            self, stock=stock, demand_per_h=demand, link_capacity_per_h=capacity, makers=makers, limits=tuple(limits)
        )

    def usable(self, *, is_to_minimum: bool) -> Numbers:
        """What each account can give before it is at zero, or at its minimum (A)."""
        return np.maximum(self.stock - self.minimum, 0.0) if is_to_minimum else self.stock


def _check_rate(name: str, value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{name} has a capacity of {value} per hour; 0 or more is right, infinite where nothing binds")


def _check_numbers(name: str, values: Numbers, length: int, *, may_be_infinite: bool) -> None:
    if values.shape != (length,):
        raise ValueError(f"{name} has the shape {values.shape}; ({length},) is right")
    bad = ~(values >= 0) | (False if may_be_infinite else np.isinf(values))
    if bad.any():
        at = int(np.argmax(bad))
        raise ValueError(f"{name}[{at}] is {values[at]}; a number of 0 or more is right")


def _check_members(name: str, members: Indices, count: int, length: int) -> None:
    if members.shape != (length,) or not np.issubdtype(members.dtype, np.integer):
        raise ValueError(f"{name} has the shape {members.shape} of {members.dtype}; ({length},) of integers is right")
    if length and (members.min() < 0 or members.max() >= count):
        raise ValueError(f"{name} names {members.min()}…{members.max()}; 0…{count - 1} is right")


def _check_maker(number: int, maker: Maker, accounts: int) -> None:
    _check_rate(f"maker {number}", maker.capacity_per_h)
    named: Sequence[int] = [maker.output, *(account for account, _ in maker.inputs)]
    if not all(0 <= account < accounts for account in named):
        raise ValueError(f"maker {number} names the accounts {named}; 0…{accounts - 1} is right")
    for account, amount in maker.inputs:
        if not 0 < amount < np.inf:
            raise ValueError(f"maker {number} needs {amount} of account {account} per unit; more than 0 is right")
