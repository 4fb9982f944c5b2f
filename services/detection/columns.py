"""Feed messages of a batch, laid side by side in columns."""

from dataclasses import dataclass, field

import numpy as np

from detectors.series.detector import Floats, Integers
from schemas.feed import FeedMessage
from schemas.quality import Quality

_SAYABLE = (Quality.GOOD, Quality.ESTIMATED)


@dataclass(frozen=True)
class Columns:
    """One entry per row, in log order: number of its message in the batch, row in the message, slot (below 0: something else), times, value."""

    message: Integers
    row: Integers
    slot: Integers
    observed_us: Integers
    issued_us: Integers
    known_us: Integers
    value: Floats

    def of(self, rows: Integers) -> "Columns":
        """These rows alone."""
        return Columns(*(column[rows] for column in vars(self).values()))


@dataclass
class Gathered:
    """Columns while they grow."""

    messages: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    observed_us: list[int] = field(default_factory=list)
    issued_us: list[int] = field(default_factory=list)
    known_us: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    unsayable: list[int] = field(default_factory=list)

    def add(self, number: int, feed: FeedMessage, slots: list[int]) -> None:
        """A message whose series have these slots; rows of doubtful quality are left out in the end."""
        if feed.quality is not None:
            begin = len(self.slots)
            self.unsayable += [begin + i for i, q in enumerate(feed.quality) if q not in _SAYABLE]
        self.messages.append(number)
        self.counts.append(len(slots))
        self.slots += slots
        self.observed_us += feed.observed_us
        self.issued_us += feed.issued_us
        self.known_us += feed.known_us
        self.values += feed.value

    def laid(self, besides: int) -> Columns:
        """All rows whose slot is 0 or above, or ``besides``."""
        counts = np.array(self.counts, np.int64)
        begins = np.cumsum(counts) - counts
        every = Columns(
            np.repeat(np.array(self.messages, np.int64), counts),
            np.arange(len(self.slots)) - np.repeat(begins, counts),
            np.array(self.slots, np.int64),
            np.array(self.observed_us, np.int64),
            np.array(self.issued_us, np.int64),
            np.array(self.known_us, np.int64),
            np.array(self.values, np.float64),
        )
        is_kept = (every.slot >= 0) | (every.slot == besides)
        is_kept[self.unsayable] = False
        return every if is_kept.all() else every.of(np.flatnonzero(is_kept))
