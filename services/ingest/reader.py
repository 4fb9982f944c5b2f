"""The reading loop: polls, claims partitions, decodes, and hands batches to the writer."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from schemas.command import Command
from schemas.rejection import Rejection
from schemas.topic import CHAIN, FEED_TOPICS, LANE
from services.ingest.assembly import (
    Decoded,
    Numbers,
    UnreadableError,
    assemble,
    decode,
    decode_all,
    unknown_names,
)
from services.ingest.batch import Batch, Reading
from services.ingest.refusal import refuse_message
from services.ingest.standstill import SLOW_RETRY_S, Standstills
from services.ingest.watermark import Watermarks
from services.ingest.writer import Writer
from services.runtime.clock import Clock
from services.runtime.errors import InvariantError, UnreachableError
from services.runtime.logs import logger
from services.runtime.offsets import Claim, LostPartitionError
from services.runtime.streams import Consumer, Message, Partition

ROWS_PER_BATCH = 25_000
_MOST_MESSAGES = 4_000
_HOLD_S = 0.2
_RETRY_S = 0.5
_WAIT_FOR_ROOM_S = 0.5
_RECLAIM_S = 1.0
_PARTITION_OF = attrgetter("topic", "partition")
_REGISTRY = [(CHAIN.name, 0), (LANE.name, 0)]
_log = logger("ingest.reader")


class Asking(Protocol):
    """What the reader asks the tables; see :class:`services.ingest.identity.store.Identities`. Every method may raise UnreachableError."""

    numbers: Numbers

    def refresh(self, sources: Iterable[str] = ()) -> None:
        """Read all numbers again; sources get one when they have none."""
        ...

    def take(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        """Claim partitions for this process."""
        ...

    def marks(self, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int | None]:
        """The highest stored observed_at in µs of each (lane id, series id)."""
        ...

    def registry_reached(self) -> dict[Partition, int]:
        """How far the registry tables follow their topics."""
        ...

    def skip_command(self, message: Message) -> Command | None:
        """The command by which a person skips this message."""
        ...

    def skip(self, message: Message, epoch: int, rejections: Sequence[Rejection]) -> None:
        """Pass a message by. Raises LostPartitionError."""
        ...


class Reader:
    """One turn after the other; see ``turn``. For one thread, beside the writer's."""

    def __init__(self, consumer: Consumer, asking: Asking, writer: Writer, clock: Clock) -> None:
        self._consumer = consumer
        self._asking = asking
        self._writer = writer
        self._clock = clock
        self._readings: dict[Partition, Reading] = {}
        self._blocked: dict[Partition, Reading] = {}
        self._pending: list[Batch] = []
        self._pending_rows = 0
        self._rows_per_message = 500.0
        self._marks = Watermarks()
        self._must_claim = False
        self._claim_after_s = 0.0
        self._held: dict[Partition, float] = {}
        self._is_paused = False
        self.standstills = Standstills()

    def open(self) -> None:
        """Join the group for the four feed topics."""
        topics = [t.name for t in FEED_TOPICS.values()]
        self._consumer.subscribe(topics, self._on_assigned, self._on_revoked)

    def turn(self) -> None:
        """Poll once and hand over what is due. Raises UnreachableError when the broker is away; then nothing was lost."""
        self._look_at_the_writer()
        if self._is_full() and self._writer.wait_for_room(_WAIT_FOR_ROOM_S):
            self._submit()
        self._pause(self._is_full())
        messages = self._consumer.poll(self._poll_s(), self._most())
        if self._must_claim and self._clock.monotonic() >= self._claim_after_s:
            self._claim()
        else:
            self._take_in(messages)
        self._submit()
        self._try_again()

    def progress(self) -> dict[Partition, int]:
        """The partitions under a claim now, and the offset up to which each is stored."""
        before = {p: r.done for p, r in self._blocked.items()}
        return {p: max(r.done, before.get(p, 0)) for p, r in self._readings.items()}

    def oldest_pending_ms(self) -> int | None:
        """When the broker appended the oldest message that waits here, in ms since 1970."""
        return min((message.appended_ms for batch in self._pending for message in batch.messages), default=None)

    def revisit_stopped(self) -> None:
        """Skip the messages that a person decided to skip. Call every few seconds. Raises UnreachableError."""
        for stop in self.standstills.stopped():
            command = self._asking.skip_command(stop.message)
            if command is not None:
                self._skip(stop.message, command)

    # --- partitions come and go ---

    def _on_assigned(self, partitions: Iterable[Partition]) -> None:
        del partitions  # all of them are claimed anew: the watermarks are only right after that
        self._must_claim, self._claim_after_s = True, 0.0
        self._end_all()

    def _on_revoked(self, partitions: Iterable[Partition]) -> None:
        for partition in partitions:
            for readings in (self._readings, self._blocked):
                reading = readings.pop(partition, None)
                if reading is not None:
                    reading.is_over = True
            self.standstills.forget(partition)

    def _end_all(self) -> None:
        for reading in (*self._readings.values(), *self._blocked.values()):
            reading.is_over = True
        self._readings.clear()
        self._blocked.clear()
        self._pending.clear()
        self._pending_rows = 0

    def _claim(self) -> None:
        self._end_all()
        partitions = sorted(self._consumer.assignment())
        self._consumer.pause(partitions)
        try:
            claims = self._asking.take(partitions) if partitions else {}
            self._asking.refresh()
            self._check(claims)
        except UnreachableError as error:
            _log.warning("claiming waits for the database", why=str(error))
            self._claim_after_s = self._clock.monotonic() + _RETRY_S
            return
        self._must_claim = self._is_paused = False
        self._marks.clear()
        self._held.clear()
        for partition, claim in claims.items():
            self._begin(partition, claim.epoch, claim.next_offset)
        _log.info("partitions claimed", count=len(claims))

    def _check(self, claims: dict[Partition, Claim]) -> None:
        ends = self._consumer.end_offsets(list(claims)) if claims else {}
        short = [
            f"{p} ends at {end}, {claims[p].next_offset} were stored"
            for p, end in ends.items()
            if claims[p].next_offset > end
        ]
        if short:
            raise InvariantError(
                f"Kafka 的日志比已入库的短 the broker's log is shorter than what was stored ({'; '.join(short[:3])}): another or a damaged broker. "
                "`lianjing rebuild observation --from beginning` reads everything that is there again"
            )

    def _begin(self, partition: Partition, epoch: int, offset: int) -> None:
        self._blocked.pop(partition, None)
        self._readings[partition] = Reading(partition, epoch, taken=offset, done=offset)
        self._consumer.seek(partition, offset)
        if not self._is_paused:
            self._consumer.resume([partition])

    # --- messages ---

    def _take_in(self, messages: Sequence[Message]) -> None:
        known = self._known([one for one in self._decoded(messages) if one.feeds])
        for one in known:
            one.reading.taken = one.messages[-1].offset + 1
        if known:
            batch = assemble(known, self._asking.numbers)
            self._pending.append(batch)
            self._pending_rows += batch.row_count
            self._rows_per_message = max(
                1.0, 0.5 * self._rows_per_message + 0.5 * batch.row_count / len(batch.messages)
            )

    def _decoded(self, messages: Sequence[Message]) -> Iterator[Decoded]:
        for partition, some in groupby(messages, _PARTITION_OF):
            reading = self._readings.get(partition)
            if reading is None or reading.is_over:
                continue
            stretch = list(some)
            feeds, error = decode_all(stretch)
            if error is not None:
                self._blocked[partition] = reading
                self._stand_still(partition, stretch[len(feeds)], f"unreadable: {error}")
            yield Decoded(reading, stretch[: len(feeds)], feeds)

    def _known(self, fresh: list[Decoded]) -> list[Decoded]:
        """Those whose names have numbers or never will; the others are put back until the registry has caught up."""
        feeds = [feed for one in fresh for feed in one.feeds]
        if not unknown_names(feeds, self._asking.numbers):
            return fresh
        try:
            is_caught_up = self._is_registry_caught_up()
            self._asking.refresh({feed.source for feed in feeds})
        except UnreachableError as error:
            _log.warning("names wait for the database", why=str(error))
            is_caught_up = False
        return fresh if is_caught_up else self._put_back(fresh)

    def _is_registry_caught_up(self) -> bool:
        ends = self._consumer.end_offsets(_REGISTRY)
        reached = self._asking.registry_reached()
        return all(reached.get(p, 0) >= end for p, end in ends.items())

    def _put_back(self, fresh: list[Decoded]) -> list[Decoded]:
        kept: list[Decoded] = []
        waiting: set[Partition] = set()
        for one in fresh:
            partition = one.reading.partition
            if partition in waiting:
                continue
            names = (unknown_names([feed], self._asking.numbers) for feed in one.feeds)
            known = next((i for i, unknown in enumerate(names) if unknown), len(one.feeds))
            if known < len(one.feeds):
                waiting.add(partition)
                self._consumer.pause([partition])
                self._consumer.seek(partition, one.messages[known].offset)
                self._held[partition] = self._clock.monotonic() + _HOLD_S
                if partition in self._blocked:  # an unreadable message behind it is met again
                    self._readings[partition] = self._blocked.pop(partition)
                    self.standstills.forget(partition)
            if known:
                kept.append(one.first(known))
        return kept

    def _submit(self) -> None:
        is_due = self._is_full() or (bool(self._pending) and self._writer.is_idle())
        if not is_due or not self._writer.has_room():
            return
        try:
            batch = self._batch()
        except UnreachableError as error:
            _log.warning("reading waits for the database", why=str(error))
            return
        self._pending, self._pending_rows = [], 0
        if batch.messages:
            self._writer.submit(batch)

    def _batch(self) -> Batch:
        batch = Batch.joined(self._pending).live()
        rows = batch.columns
        unknown = self._marks.unknown(rows.lane_id, rows.series_id)
        if unknown:
            self._marks.load(self._asking.marks(unknown))
        return batch.sorted(*self._marks.mark_new(rows.lane_id, rows.series_id, rows.observed_us))

    # --- the pace ---

    def _is_full(self) -> bool:
        return self._pending_rows >= ROWS_PER_BATCH

    def _poll_s(self) -> float:
        return 0.02 if self._pending and not self._is_paused else 0.2

    def _most(self) -> int:
        return max(1, min(_MOST_MESSAGES, int((ROWS_PER_BATCH - self._pending_rows) / self._rows_per_message)))

    def _pause(self, should_pause: bool) -> None:
        """Stop or go on reading while staying a member of the group."""
        if should_pause == self._is_paused:
            return
        self._is_paused = should_pause
        if should_pause:
            self._consumer.pause(self._readings)
        else:
            waiting = self._held.keys() | {p for p, r in self._readings.items() if r.is_over}
            self._consumer.resume(self._readings.keys() - waiting)

    # --- what does not work ---

    def _look_at_the_writer(self) -> None:
        if self._writer.died is not None:
            raise self._writer.died
        for failure in self._writer.failures():
            partition = failure.reading.partition
            if failure.reading in (self._readings.get(partition), self._blocked.get(partition)):
                self._stand_still(partition, failure.message, failure.why)
        if self._writer.lost():
            self._must_claim, self._claim_after_s = True, self._clock.monotonic() + _RECLAIM_S
        for partition, stop in self.standstills.all():
            reading = self._readings.get(partition)
            if reading is not None and reading.done > stop.message.offset:
                self.standstills.forget(partition)

    def _stand_still(self, partition: Partition, message: Message, why: str) -> None:
        epoch = self._readings[partition].epoch
        done = self._readings[partition].done
        self._readings[partition] = Reading(partition, epoch, is_over=True, taken=done, done=done)
        self._consumer.pause([partition])
        found = self.standstills.note(message, why, self._clock.monotonic())
        words = "a message stops its partition" if found.is_stopped else "a message failed and is tried again"
        place = {"topic": message.topic, "partition": message.partition, "offset": message.offset}
        _log.warning(words, **place, why=why, tries=found.tries)

    def _try_again(self) -> None:
        now = self._clock.monotonic()
        for partition in [p for p, until in self._held.items() if until <= now]:
            del self._held[partition]
            if not self._is_paused:
                self._consumer.resume([partition])
        for partition, stop in self.standstills.due(now):
            reading, before = self._readings.get(partition), self._blocked.get(partition)
            if reading is None:
                self.standstills.forget(partition)
            elif before is None or before.is_settled:
                stop.next_try_s = now + SLOW_RETRY_S
                self._begin(partition, reading.epoch, stop.message.offset)

    def _skip(self, message: Message, command: Command) -> None:
        partition = (message.topic, message.partition)
        reading, before = self._readings.get(partition), self._blocked.get(partition)
        if reading is None or not reading.is_over or (before is not None and not before.is_settled):
            return
        try:
            feed = decode(message)
        except UnreadableError:
            feed = None
        try:
            self._asking.skip(message, reading.epoch, refuse_message(message, feed, command.actor, command.reason))
        except LostPartitionError:
            self._must_claim = True
            return
        self.standstills.forget(partition)
        self._begin(partition, reading.epoch, message.offset + 1)
        place = {"topic": message.topic, "partition": message.partition, "offset": message.offset}
        _log.warning("a message was skipped", **place, by=command.actor)
