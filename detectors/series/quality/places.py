"""Which series belong together: the stock of a place, what comes in and what goes out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.detector import Floats, Integers

MEMBERS = 6
"""Flows of a place at most."""


@dataclass(frozen=True)
class Place:
    """Slots of a place; flows are per day in the unit of the stock. Raises ValueError for a place that cannot be balanced."""

    stock: int
    comes: tuple[int, ...]
    leaves: tuple[int, ...]

    def __post_init__(self) -> None:
        flows = (*self.comes, *self.leaves)
        if not 1 <= len(flows) <= MEMBERS:
            raise ValueError(
                f"{len(flows)} flows were given for the stock of slot {self.stock}; 1 to {MEMBERS} are right"
            )
        if len({self.stock, *flows}) != len(flows) + 1:
            raise ValueError(f"slots {sorted((self.stock, *flows))} were given for one place; each may stand once")


@dataclass(frozen=True)
class Places:
    """All places in arrays: ``stocks`` and ``members``, slots of stock and flows by place (-1: none), number of flows,
    and from each slot to the places it belongs to.

    ``first[slot]`` to ``first[slot + 1]`` are its entries in ``place``, ``position`` (-1: the stock) and ``sign`` (+1 comes, -1 leaves).
    """

    stocks: Integers
    members: Integers
    flows: NDArray[np.int64]
    first: Integers
    place: Integers
    position: Integers
    sign: Floats

    @classmethod
    def of(cls, places: Sequence[Place], slots: int) -> "Places":
        """Lay places out for so many slots. Raises ValueError for a slot beyond."""
        entries: list[tuple[int, int, int, float]] = []
        for number, place in enumerate(places):
            entries.append((place.stock, number, -1, 0.0))
            signed = [(slot, 1.0) for slot in place.comes] + [(slot, -1.0) for slot in place.leaves]
            entries += [(slot, number, at, sign) for at, (slot, sign) in enumerate(signed)]
        entries.sort()
        owner = np.array([e[0] for e in entries], np.int64)
        if len(owner) and not 0 <= owner[0] <= owner[-1] < slots:
            raise ValueError(f"slots {owner[0]} to {owner[-1]} were given; 0 to {slots - 1} are right")
        return cls(
            stocks=np.array([p.stock for p in places], np.int64),
            members=np.array([_padded(p) for p in places], np.int64).reshape(len(places), MEMBERS),
            flows=np.array([len(p.comes) + len(p.leaves) for p in places], np.int64),
            first=np.searchsorted(owner, np.arange(slots + 1)).astype(np.int64),
            place=np.array([e[1] for e in entries], np.int64),
            position=np.array([e[2] for e in entries], np.int64),
            sign=np.array([e[3] for e in entries], np.float64),
        )


def _padded(place: Place) -> list[int]:
    flows = [*place.comes, *place.leaves]
    return flows + [-1] * (MEMBERS - len(flows))
