"""Taking a partition over: its state comes from the newest snapshot and the messages after it, never from another process's memory."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from schemas.feed import FeedMessage
from schemas.snapshot import Snapshot
from schemas.topic import SNAPSHOT
from services.detection.gap import Key, Stored, missing
from services.detection.scoring import Scorer, Told
from services.detection.snapshot import Kept, newest_whole
from services.runtime.errors import UnreachableError
from services.runtime.logs import logger
from services.runtime.reading import contents
from services.runtime.streams import Consumer, Message, Partition

_log = logger("detection")
_decoder = msgspec.json.Decoder(Snapshot)
_feeds = msgspec.json.Decoder(FeedMessage)
_encode = msgspec.json.Encoder().encode
_FIRST_US = 0
_BATCH = 500


class Rebuilder:
    """Gives a scorer the state of partitions. ``consumer`` is one without a group; its assignment is changed. ``now`` is a monotonic clock in
    seconds.

    Without a snapshot the state comes from the newest ``window`` messages, and the scores of the last ``republish`` are published again. Where the
    topic no longer reaches back to the snapshot, the rows between come from what is ``stored``, in the order they became known; their scores are not
    published again, for their messages are gone.
    """

    def __init__(
        self,
        scorer: Scorer,
        consumer: Consumer,
        *,
        window: int,
        republish: int,
        now: Callable[[], float],
        stored: Stored | None = None,
    ) -> None:
        self._scorer, self._consumer, self._stored = scorer, consumer, stored
        self._window, self._republish, self._now = window, republish, now
        self.turns: dict[Partition, int] = {}
        """The turn of the snapshot each partition was taken from."""
        self._shelf: list[Snapshot] | None = None

    def look_again(self) -> None:
        """Partitions were assigned: others may have written snapshots since the last look."""
        self._shelf = None

    def rebuild(self, partition: Partition, end: int, timeout_s: float = 60.0) -> list[Told]:
        """The state just before offset ``end``; scores of the messages since the snapshot, to be published again under the same identity,
        because a committed offset may have run ahead of what was published. The state equals that of a worker that never stopped; where messages
        since the snapshot, or of the window, are gone from the topic, that is said, and also whether the database made up for them (order and
        cut into messages are then as good as known_at tells).

        Raises UnreachableError when the broker does not give the messages in time; the partition then has no state.
        """
        self._scorer.forget(partition)
        if end == 0:
            self._scorer.positions[partition] = 0
            return []
        try:
            return self._again(partition, end, self._now() + timeout_s)
        except UnreachableError:
            self._scorer.forget(partition)
            raise

    def _again(self, partition: Partition, end: int, deadline: float) -> list[Told]:
        start, since = self._begin(partition, end, deadline)
        again: list[Told] = []
        for messages in self._read({partition: (start, end)}, deadline):
            again += [told for told in self._scorer.score(messages) if told.message.offset >= since]
        self._scorer.positions[partition] = end
        return again

    def _begin(self, partition: Partition, end: int, deadline: float) -> tuple[int, int]:
        """Where to read from, and from where on scores are published again."""
        kept = self._newest(partition, end, deadline)
        self.turns.pop(partition, None)
        first = self._consumer.beginning_offsets([partition])[partition]
        if kept is None:
            start = max(first, end - self._window)
            if start > 0:
                _log.info(
                    "state begins in mid-stream", topic=partition[0], partition=partition[1], start=start, end=end
                )
            return start, end - self._republish
        self.turns[partition] = kept.turn
        self._scorer.restore(kept)
        if first > kept.next_offset:
            where = {"topic": partition[0], "partition": partition[1], "snapshot": kept.next_offset, "first": first}
            if self._stored is None:
                _log.warning("messages after the snapshot are gone", **where)
            else:
                found = self._fill(partition, first, self._stored, deadline)
                _log.warning(
                    "messages after the snapshot are gone; their rows come from the database", rows=found, **where
                )
        return max(first, kept.next_offset), kept.next_offset

    def _fill(self, partition: Partition, first: int, stored: Stored, deadline: float) -> int:
        """Learn the rows between the snapshot and the first message that is left; how many there were."""
        coming: dict[Key, int] = {}
        ends = self._consumer.end_offsets([partition])
        for messages in self._read({partition: (first, ends[partition])}, deadline):
            for feed in contents(_feeds, messages):
                for series, known in zip(feed.series, feed.known_us, strict=False):
                    coming.setdefault((feed.lane, series), known)
        heard = self._scorer.heard(partition)
        rows = stored.rows(partition, min(heard.values(), default=_FIRST_US))
        made = missing(rows, heard, coming)
        topic, number = partition
        self._scorer.score([Message(topic, number, first - 1, None, _encode(feed)) for feed in made])
        return sum(feed.row_count() for feed in made)

    def _newest(self, partition: Partition, end: int, deadline: float) -> Kept | None:
        """The newest whole snapshot of this scorer's detector before ``end``. All are read at once, for a worker takes many partitions over."""
        if self._shelf is None:
            places = [(SNAPSHOT.name, p) for p in range(SNAPSHOT.partitions)]
            firsts, ends = self._consumer.beginning_offsets(places), self._consumer.end_offsets(places)
            batches = self._read({p: (firsts[p], ends[p]) for p in places}, deadline)
            self._shelf = contents(_decoder, (m for batch in batches for m in batch))
        return newest_whole(self._shelf, partition, *self._scorer.detector, end)

    def _read(self, spans: Mapping[Partition, tuple[int, int]], deadline: float) -> Iterator[list[Message]]:
        """Messages of each partition from its first offset to before its second. Raises UnreachableError at the deadline."""
        self._consumer.assign(list(spans))
        for partition, (start, _) in spans.items():
            self._consumer.seek(partition, start)
        while any(self._consumer.position(p) < end for p, (_, end) in spans.items()):
            if self._now() > deadline:
                raise UnreachableError(f"{', '.join(f'{t} {p}' for t, p in spans)} could not be read again in time")
            yield [m for m in self._consumer.poll(0.2, most=_BATCH) if m.offset < spans[m.topic, m.partition][1]]
