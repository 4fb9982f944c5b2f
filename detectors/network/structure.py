"""The network as a graph of stock accounts: what flows where, what is made of what."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Link:
    """A way from one account to another with a lead time."""

    source: int
    target: int
    lead_h: float


@dataclass(frozen=True, slots=True)
class Converter:
    """Makes the product of account ``output`` out of inputs: (account, amount per unit of output), all of them essential."""

    output: int
    inputs: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """What belongs together: the inputs of a converter and its output, or a single account (``inputs`` empty)."""

    output: int
    inputs: tuple[tuple[int, float], ...] = ()

    def accounts(self) -> tuple[int, ...]:
        """Inputs first, then the output."""
        return (*(i for i, _ in self.inputs), self.output)


class Structure:
    """Accounts 0…n−1 joined by links and converters; which links and which unit belong to each.

    Raises ValueError for indices out of range, an input of two converters, negative lead times.
    """

    def __init__(self, account_count: int, links: Sequence[Link], converters: Sequence[Converter] = ()) -> None:
        self.account_count = account_count
        self.links = tuple(links)
        self.units = _units(account_count, converters)
        self.unit_of = np.zeros(account_count, dtype=np.int64)
        for number, unit in enumerate(self.units):
            for account in unit.accounts():
                self.unit_of[account] = number
        self.in_links: list[list[int]] = [[] for _ in range(account_count)]
        self.out_links: list[list[int]] = [[] for _ in range(account_count)]
        self._join()

    def _join(self) -> None:
        for number, link in enumerate(self.links):
            if not (0 <= link.source < self.account_count and 0 <= link.target < self.account_count):
                raise ValueError(f"link {number} joins accounts {link.source} and {link.target}, which do not exist")
            if not 0 <= link.lead_h < np.inf:
                raise ValueError(f"link {number} has a lead time of {link.lead_h} h; 0 or more is right")
            self.out_links[link.source].append(number)
            self.in_links[link.target].append(number)


def _units(account_count: int, converters: Sequence[Converter]) -> list[Unit]:
    units = [Unit(c.output, c.inputs) for c in converters]
    taken = [a for u in units for a in u.accounts()]
    if len(taken) != len(set(taken)):
        raise ValueError("an account belongs to two converters, or is input and output of one")
    if any(not 0 <= a < account_count for a in taken):
        raise ValueError("a converter names an account that does not exist")
    single = set(range(account_count)) - set(taken)
    return units + [Unit(a) for a in sorted(single)]
