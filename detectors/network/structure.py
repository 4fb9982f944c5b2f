"""The network as a graph of stock accounts: what flows where, what is made of what, in which order to compute."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True, slots=True)
class Link:
    """A way from one account to another with a lead time. ``is_weak`` links are left out first when the graph has a loop."""

    source: int
    target: int
    lead_h: float
    is_weak: bool = False


@dataclass(frozen=True, slots=True)
class Converter:
    """Makes the product of account ``output`` out of inputs: (account, amount per unit of output), all of them essential."""

    output: int
    inputs: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """What is computed together: the inputs of a converter and its output, or a single account (``inputs`` empty)."""

    output: int
    inputs: tuple[tuple[int, float], ...] = ()

    def accounts(self) -> tuple[int, ...]:
        """Inputs first, then the output."""
        return (*(i for i, _ in self.inputs), self.output)


class Structure:
    """Accounts 0…n−1 joined by links and converters, sorted so that every unit comes after those that feed it.

    A loop (coal → power → mine → coal) is opened at its weak links: what they deliver is taken as asked for, never as forecast.
    ``feedback`` holds the links so treated. Raises ValueError for indices out of range, an input of two converters, negative lead times.
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
        self.feedback = self._find_feedback()
        self.order = self._sort()
        self.position = np.empty(len(self.units), dtype=np.int64)
        self.position[self.order] = np.arange(len(self.units))

    def _join(self) -> None:
        for number, link in enumerate(self.links):
            if not (0 <= link.source < self.account_count and 0 <= link.target < self.account_count):
                raise ValueError(f"link {number} joins accounts {link.source} and {link.target}, which do not exist")
            if not 0 <= link.lead_h < np.inf:
                raise ValueError(f"link {number} has a lead time of {link.lead_h} h; 0 or more is right")
            self.out_links[link.source].append(number)
            self.in_links[link.target].append(number)

    def _ends(self, number: int) -> tuple[int, int]:
        link = self.links[number]
        return int(self.unit_of[link.source]), int(self.unit_of[link.target])

    def _find_feedback(self) -> frozenset[int]:
        loops = _loops([self._ends(i) for i in range(len(self.links))], len(self.units))
        inside = [i for i in range(len(self.links)) if loops[self._ends(i)[0]] == loops[self._ends(i)[1]]]
        follows: dict[int, set[int]] = {}
        feedback = set()
        for number in sorted(inside, key=lambda i: (self.links[i].is_weak, i)):
            source, target = self._ends(number)
            if source == target or _reaches(follows, target, source):
                feedback.add(number)
            else:
                follows.setdefault(source, set()).add(target)
        return frozenset(feedback)

    def _sort(self) -> list[int]:
        waiting = [0] * len(self.units)
        after: list[list[int]] = [[] for _ in self.units]
        for number in range(len(self.links)):
            if number not in self.feedback:
                source, target = self._ends(number)
                after[source].append(target)
                waiting[target] += 1
        ready = [u for u, count in enumerate(waiting) if count == 0]
        order: list[int] = []
        while ready:
            unit = ready.pop()
            order.append(unit)
            for target in after[unit]:
                waiting[target] -= 1
                if waiting[target] == 0:
                    ready.append(target)
        return order


def _units(account_count: int, converters: Sequence[Converter]) -> list[Unit]:
    units = [Unit(c.output, c.inputs) for c in converters]
    taken = [a for u in units for a in u.accounts()]
    if len(taken) != len(set(taken)):
        raise ValueError("an account belongs to two converters, or is input and output of one")
    if any(not 0 <= a < account_count for a in taken):
        raise ValueError("a converter names an account that does not exist")
    single = set(range(account_count)) - set(taken)
    return units + [Unit(a) for a in sorted(single)]


def _loops(ends: Sequence[tuple[int, int]], count: int) -> list[int]:
    if not ends:
        return list(range(count))
    rows, columns = np.array(ends).T
    matrix = csr_array((np.ones(len(ends)), (rows, columns)), shape=(count, count))
    _, labels = connected_components(matrix, directed=True, connection="strong")
    return [int(label) for label in labels]


def _reaches(follows: dict[int, set[int]], start: int, goal: int) -> bool:
    seen: set[int] = set()
    stack = [start]
    while stack:
        unit = stack.pop()
        if unit == goal:
            return True
        if unit not in seen:
            seen.add(unit)
            stack.extend(follows.get(unit, ()))
    return False
