"""The newest ticks of the lanes, so that a series that stays away is noticed by the clock of its lane and not only by its next row."""

from collections import deque

import msgspec

from schemas.tick import Tick
from schemas.topic import CLOCK
from services.runtime.clock import to_us
from services.runtime.reading import contents
from services.runtime.streams import Consumer, Partition

_decoder = msgspec.json.Decoder(Tick)
_PLACE = (CLOCK.name, 0)
_KEPT = 120
_BATCH = 2000


class Ticks:
    """Follows the clock topic. Bounded: 120 ticks of a lane. ``consumer`` is one without a group, for nothing else.

    Which ticks are seen, and when, changes no score: a silence follows from the rows alone (see ``Timing``), a tick lets it be told.
    """

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._is_open = False
        self._of: dict[str, deque[Tick]] = {}

    def read(self) -> None:
        """Take in what was struck since. Raises UnreachableError."""
        if not self._is_open:
            self._consumer.assign([_PLACE])
            self._consumer.seek(_PLACE, self._consumer.beginning_offsets([_PLACE])[_PLACE])
            self._is_open = True
        while messages := self._consumer.poll(0.0, most=_BATCH):
            for tick in contents(_decoder, messages):
                self._of.setdefault(tick.lane, deque(maxlen=_KEPT)).append(tick)

    def newest(self, lane: str, partition: Partition, position: int) -> int | None:
        """Lane time (µs) of the newest tick before which everything in the partition lies before ``position``; None where there is none."""
        return next((to_us(t.at) for t in reversed(self._of.get(lane, ())) if _end_of(t, partition) <= position), None)

    def drop(self, lanes: frozenset[str]) -> None:
        """These lanes are closed."""
        for lane in lanes & self._of.keys():
            del self._of[lane]


def _end_of(tick: Tick, partition: Partition) -> int:
    ends = tick.positions.get(partition[0], [])
    return ends[partition[1]] if partition[1] < len(ends) else 0
