"""Which series has which slot: the numbers under which the state of all series of a worker lies side by side."""

from collections.abc import Collection, Iterator
from typing import Protocol

import numpy as np

from detectors.series.detector import NEVER_US, Integers
from services.detection.held import KNOWN_AFTER, Held
from services.detection.watch import Watch
from services.runtime.streams import Partition

UNWATCHED, NOTICE = -1, -2
"""Instead of a slot: nobody watches the series; or it carries notices."""


class Knowing(Protocol):
    """What has state by slot."""

    def grow(self, slots: int) -> None:
        """Have at least this many slots."""
        ...

    def add(self, slot: int, series: str) -> None:
        """A slot that knows nothing is that of this series from now on."""
        ...

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing."""
        ...


class SlotBook:
    """Slots of partitions that were given away are used again; ``knowing`` is told what became of each."""

    def __init__(self, watch: Watch, knowing: Knowing) -> None:
        self._watch, self._knowing = watch, knowing
        self._held: dict[Partition, dict[str, Held]] = {}
        self._owners: list[Held | None] = []
        """Held of each number in ``owner``."""
        self._free: list[int] = []
        self._used = 0
        self.owner = np.zeros(0, np.int64)
        self.number = np.zeros(0, np.int64)
        self.pool = np.zeros(0, np.int64)
        """Pool of a series in its Held; -1 while its cadence is not known."""
        self.first_us = np.zeros(0, np.int64)
        self.count = np.zeros(0, np.int64)
        """Rows taken, counted up to KNOWN_AFTER."""
        self.known_us = np.zeros(0, np.int64)
        """When the newest row of the series became known."""
        self.sees = np.zeros((0, len(watch.detectors)), np.bool_)
        """Which entries of the catalogue watch the series."""

    def __len__(self) -> int:
        """Series with state."""
        return self._used - len(self._free)

    def held(self, partition: Partition, lane: str) -> Held:
        """What is held of a lane in a partition, made when it is new."""
        of_lanes = self._held.setdefault(partition, {})
        if lane not in of_lanes:
            of_lanes[lane] = Held(self._watch, partition, lane, self._new_owner())
            self._owners[of_lanes[lane].owner] = of_lanes[lane]
        return of_lanes[lane]

    def of(self, partition: Partition) -> list[Held]:
        """Everything held of a partition."""
        return list(self._held.get(partition, {}).values())

    def owned(self, slots: Integers) -> Iterator[tuple[Held, Integers]]:
        """The rows that belong to each Held, in order."""
        owners = self.owner[slots]
        order = np.argsort(owners, kind="stable")
        edges = np.flatnonzero(np.diff(owners[order])) + 1
        for rows in np.split(order, edges) if len(order) else ():
            held = self._owners[int(owners[rows[0]])]
            if held is not None:
                yield held, rows

    def enter(self, held: Held, series: str) -> int:
        """The slot of a series seen for the first time, or what it is instead."""
        watch = self._watch
        sees = [e.watches(series) for e in watch.detectors]
        if watch.is_notice(series):
            held.codes[series] = NOTICE
        elif not any(sees) and not (watch.quality is not None and watch.quality.watches(series)):
            held.codes[series] = UNWATCHED
        else:
            slot = self._take()
            self.sees[slot] = sees
            self.owner[slot], self.number[slot] = held.owner, held.add(series, slot)
            self._knowing.add(slot, series)
        return held.codes[series]

    def settle(self, slots: Integers, times_us: Integers) -> None:
        """Count rows taken; a series whose cadence is known by now joins its pool."""
        for i in np.flatnonzero(self.count[slots] < KNOWN_AFTER).tolist():
            slot, at = int(slots[i]), int(times_us[i])
            if self.count[slot] == 0:
                self.first_us[slot] = at
            self.count[slot] += 1
            held = self._owners[int(self.owner[slot])]
            if self.count[slot] == KNOWN_AFTER and held is not None:
                step = (at - int(self.first_us[slot])) / (KNOWN_AFTER - 1)
                self.pool[slot] = held.pool_of(held.names[int(self.number[slot])], step)

    def hear(self, slots: Integers, known_us: Integers) -> None:
        """Note when rows became known."""
        np.maximum.at(self.known_us, slots, known_us)

    def heard(self, partition: Partition) -> dict[tuple[str, str], int]:
        """When the newest row of each series of a partition became known, by lane and series."""
        return {
            (held.lane, series): int(self.known_us[slot])
            for held in self.of(partition)
            for series, slot in zip(held.names, held.slots, strict=True)
            if self.known_us[slot] != NEVER_US
        }

    def drop(self, partition: Partition, lanes: Collection[str] | None = None) -> None:
        """Forget a partition, or these lanes of it."""
        of_lanes = self._held.get(partition, {})
        for lane in list(of_lanes) if lanes is None else [name for name in lanes if name in of_lanes]:
            held = of_lanes.pop(lane)
            slots = np.array(held.slots, np.int64)
            self._knowing.forget(slots)
            self._blank(slots)
            self._free += held.slots
            self._owners[held.owner] = None
        if lanes is None:
            self._held.pop(partition, None)

    def partitions(self) -> list[Partition]:
        """Those of which something is held."""
        return list(self._held)

    def _new_owner(self) -> int:
        if None in self._owners:
            return self._owners.index(None)
        self._owners.append(None)
        return len(self._owners) - 1

    def _take(self) -> int:
        if self._free:
            return self._free.pop()
        slot = self._used
        self._used += 1
        room = 1 << slot.bit_length()
        if room > len(self.pool):
            more = room - len(self.pool)
            for name in ("owner", "number", "pool", "first_us", "count", "known_us"):
                setattr(self, name, np.append(getattr(self, name), np.zeros(more, np.int64)))
            self.sees = np.concatenate([self.sees, np.zeros((more, self.sees.shape[1]), np.bool_)])
            self._blank(np.arange(room - more, room))
            self._knowing.grow(room)
        return slot

    def _blank(self, slots: Integers) -> None:
        self.pool[slots] = -1
        self.first_us[slots] = self.count[slots] = self.owner[slots] = self.number[slots] = 0
        self.known_us[slots] = NEVER_US
        self.sees[slots] = False
