"""The pure heart: feed messages in log order become score messages. State per (lane, series), grouped by partition."""

from collections.abc import Collection, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from schemas.feed import FeedMessage
from schemas.score import ScoreMessage
from services.detection.columns import Columns, Gathered
from services.detection.judges import Judges
from services.detection.shelf import put_back, tables_of
from services.detection.slot_book import NOTICE, SlotBook
from services.detection.snapshot import Kept
from services.detection.telling import Names, Teller
from services.detection.ticks import Ticks
from services.detection.watch import Watch
from services.runtime.clock import from_us
from services.runtime.reading import content
from services.runtime.streams import Message, Partition

_decoder = msgspec.json.Decoder(FeedMessage)
_HOUR_US = 3_600_000_000
_ON_ITS_WAY_US = 120_000_000


class Told(Struct, frozen=True):
    """A score message to be published, with the key of its feed message."""

    key: bytes | None
    message: ScoreMessage


class Scorer:
    """Scores batches of feed messages. Partitions are independent of each other, so any cut into batches gives the same scores.

    ``names`` gives the catalogue for sentences; it never changes a number. ``positions`` is the next offset to be scored, per partition.
    """

    def __init__(self, watch: Watch, names: Names) -> None:
        self._watch = watch
        self._judges = Judges(watch)
        self._slots = SlotBook(watch, self._judges)
        self._teller = Teller(watch, names)
        self._closed: frozenset[str] = frozenset()
        self.positions: dict[Partition, int] = {}

    def score(self, messages: Sequence[Message]) -> list[Told]:
        """Scores of each message, in the same order; nothing for one that cannot be read (ingest rejects it for the record)."""
        feeds = [self._read(m) for m in messages]
        gathered = Gathered()
        for number, (message, feed) in enumerate(zip(messages, feeds, strict=True)):
            self.positions[(message.topic, message.partition)] = message.offset + 1
            if feed is not None and feed.lane not in self._closed:
                gathered.add(number, feed, self._slots_of(message, feed))
        scores = self._teller.begin(feeds)
        self._tell(gathered.laid(NOTICE))
        return [
            Told(m.key, ScoreMessage(lane=f.lane, topic=m.topic, partition=m.partition, offset=m.offset, scores=found))
            for m, f, found in zip(messages, feeds, scores, strict=True)
            if f is not None
        ]

    def overdue(self, partition: Partition, ticks: Ticks) -> list[Told]:
        """What the clocks of the lanes tell of a partition: series that have fallen silent. A row that intake has stamped may be on its way for two
        minutes of lane time; so long the clock waits for it."""
        position, found = self.positions.get(partition, 0), []
        for held in self._slots.of(partition):
            at_us = ticks.newest(held.lane, partition, position)
            if at_us is None or held.lane in self._closed or at_us <= held.asked_us:
                continue
            held.asked_us = at_us
            scores = self._judges.overdue(self._slots, held, at_us - _ON_ITS_WAY_US, self._teller)
            if scores:
                topic, number = partition
                told = ScoreMessage(
                    lane=held.lane,
                    topic=topic,
                    partition=number,
                    offset=position - 1,
                    scores=scores,
                    tick=from_us(at_us),
                )
                found.append(Told(None, told))
        return found

    def forget(self, partition: Partition) -> None:
        """Drop the state and position of a partition."""
        self._slots.drop(partition)
        self.positions.pop(partition, None)

    def snapshot(self, partitions: Collection[Partition]) -> list[Kept]:
        """What is known of these partitions now, where they stand."""
        here = [p for p in sorted(partitions) if p in self.positions]
        state = self._judges.snapshot() if here else {}
        return [
            Kept(*self.detector, p, self.positions[p], tables_of(self._slots, self._judges, state, p)) for p in here
        ]

    def restore(self, kept: Kept) -> None:
        """Take over what another scorer of the same settings knew of a partition. Raises ValueError when it was made with other settings."""
        if (kept.detector, kept.version) != self.detector:
            right = " ".join(self.detector)
            raise ValueError(f"a snapshot of {kept.detector} {kept.version} was given; {right} is right")
        self.forget(kept.partition)
        put_back(self._slots, self._judges, kept.partition, kept.tables)
        self.positions[kept.partition] = kept.next_offset

    def heard(self, partition: Partition) -> dict[tuple[str, str], int]:
        """When the newest row of each series of a partition became known (µs), by lane and series."""
        return self._slots.heard(partition)

    def close_lanes(self, lanes: frozenset[str]) -> None:
        """Drop the state of these lanes; their messages have no scores from now on."""
        fresh = lanes - self._closed
        if fresh:
            for partition in self._slots.partitions():
                self._slots.drop(partition, fresh)
        self._closed = lanes

    @property
    def detector(self) -> tuple[str, str]:
        """Name and version of what scores."""
        return "bank", self._judges.version

    def series_count(self) -> int:
        """Series with state."""
        return len(self._slots)

    def _read(self, message: Message) -> FeedMessage | None:
        feed = content(_decoder, message)
        return feed if feed is not None and feed.is_readable() else None

    def _slots_of(self, message: Message, feed: FeedMessage) -> list[int]:
        held = self._slots.held((message.topic, message.partition), feed.lane)
        codes = held.codes
        try:
            return [codes[s] for s in feed.series]
        except KeyError:
            return [codes[s] if s in codes else self._slots.enter(held, s) for s in feed.series]

    def _tell(self, columns: Columns) -> None:
        self._teller.look_at(columns)
        notices = np.flatnonzero(columns.slot == NOTICE)
        for row in notices.tolist():
            self._teller.notice(row)
        rows = columns.of(np.flatnonzero(columns.slot >= 0)) if len(notices) else columns
        if len(rows.slot):
            self._teller.look_at(rows)
            self._slots.hear(rows.slot, rows.known_us)
            self._judges.judge(self._slots, rows, self._teller)


def warm(watch: Watch) -> None:
    """Have everything compiled that ``watch`` needs, before messages wait: seconds where that was done once, a minute or two the first time."""
    hours = range(0, 40 * _HOUR_US, _HOUR_US)
    feed = FeedMessage(
        lane="warm",
        source="warm",
        series=["stock.warm"] * len(hours),
        observed_us=list(hours),
        issued_us=list(hours),
        known_us=list(hours),
        value=[1.0 + at % 7 for at in range(len(hours))],
    )
    Scorer(watch, dict).score([Message("lianjing.feed.production", 0, 0, None, msgspec.json.encode(feed))])
