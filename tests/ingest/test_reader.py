"""Reader and writer on the in-memory broker, with a store that can be told to fail."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest

from schemas.command import Command
from schemas.feed import FeedMessage
from schemas.rejection import Rejection
from services.ingest.assembly import Numbers
from services.ingest.batch import Batch
from services.ingest.problem import BrokenError, RefusedError, Written
from services.ingest.reader import Reader
from services.ingest.writer import Writer
from services.runtime.clock import WallClock
from services.runtime.errors import InvariantError, UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.memory import MemoryBroker, MemoryConsumer
from services.runtime.offsets import Claim, LostPartitionError
from services.runtime.streams import Message, Partition

Make = Callable[..., FeedMessage]
TOPIC = "lianjing.feed.production"


class World:
    """Tables in memory: rows by identity, offsets, and troubles to come."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, int], float] = {}
        self.offsets: dict[Partition, int] = {}
        self.epochs: dict[Partition, int] = {}
        self.troubles: list[Exception] = []
        self.poison: set[float] = set()
        self.broken: set[float] = set()
        self.command: Command | None = None
        self.skipped: list[Rejection] = []
        self.refused: list[str] = []
        self.numbers = Numbers({}, {}, {})
        self.named = Numbers({"live": 1}, {"a": 1, "b": 2}, {"test": 1})
        self.is_caught_up = True

    def write(self, batch: Batch, excuses: dict[tuple[int, int], str] | None = None) -> Written:
        if self.troubles:
            raise self.troubles.pop(0)
        for partition, (epoch, _) in batch.ends().items():
            if self.epochs[partition] != epoch:
                raise LostPartitionError("another one has it")
        rest = batch.without_rows(set(excuses or {}))
        self._check(rest)
        for series, observed, value in zip(
            rest.columns.series_id.tolist(), rest.columns.observed_us.tolist(), rest.columns.value.tolist(), strict=True
        ):
            self.rows[series, observed] = value
        self.refused += [*(excuses or {}).values(), *(name for _, _, name, _ in batch.refused)]
        for partition, (_, offset) in batch.ends().items():
            assert offset > self.offsets.get(partition, 0), "offsets only move on"
            self.offsets[partition] = offset
        return Written(np.zeros(len(batch.messages), int), np.zeros(len(batch.messages), int), [], "copy")

    def would_refuse(self, batch: Batch) -> str | None:
        try:
            self._check(batch)
        except RefusedError as error:
            return str(error)
        return None

    def _check(self, batch: Batch) -> None:
        values = set(batch.columns.value.tolist())
        if values & self.broken:
            raise BrokenError("no right")
        if values & self.poison:
            raise RefusedError(f"bad values {sorted(values & self.poison)}")

    def close(self) -> None:
        pass

    def refresh(self, sources: Iterable[str] = ()) -> None:
        del sources
        self.numbers = self.named

    def take(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        for partition in partitions:
            self.epochs[partition] = self.epochs.get(partition, 0) + 1
        return {p: Claim(self.offsets.get(p, 0), self.epochs[p]) for p in partitions}

    def marks(self, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int | None]:
        return dict.fromkeys(pairs)

    def registry_reached(self) -> dict[Partition, int]:
        return {("lianjing.chain", 0): 1, ("lianjing.lane", 0): 1} if self.is_caught_up else {}

    def skip_command(self, message: Message) -> Command | None:
        del message
        return self.command

    def skip(self, message: Message, epoch: int, rejections: Sequence[Rejection]) -> None:
        assert self.epochs[message.topic, message.partition] == epoch
        self.offsets[message.topic, message.partition] = message.offset + 1
        self.skipped += rejections


class Machine:
    """Reader and writer at work; ``until`` turns the reader until something holds."""

    def __init__(self) -> None:
        self.broker = MemoryBroker({TOPIC: 2})
        self.broker.append("lianjing.chain", 0, None, b"{}")
        self.broker.append("lianjing.lane", 0, None, b"{}")
        self.world = World()
        self.lifecycle = Lifecycle()
        self.written: list[int] = []
        self.writer = Writer(self.world, self.lifecycle, WallClock(), lambda b, w, s: self.written.append(b.row_count))
        self.reader = Reader(MemoryConsumer(self.broker), self.world, self.writer, WallClock())
        self.thread = threading.Thread(target=self.writer.run, daemon=True)
        self.thread.start()
        self.reader.open()

    def send(self, feed: FeedMessage | bytes, partition: int = 0) -> None:
        value = feed if isinstance(feed, bytes) else msgspec.json.encode(feed)
        self.broker.append(TOPIC, partition, None, value)

    def until(self, holds: Callable[[], bool], seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "did not happen"
            self.reader.turn()


@pytest.fixture
def machine() -> Iterator[Machine]:
    made = Machine()
    yield made
    made.lifecycle.request_stop()
    made.thread.join(5)


def one(message: Make, series: str, at: int, value: float, **more: Any) -> FeedMessage:
    return message("live", [series], [at], [value], **more)


def test_everything_is_stored_and_the_offsets_with_it(machine: Machine, message: Make) -> None:
    for n in range(100):
        machine.send(one(message, "a", n, n), n % 2)
    machine.until(lambda: len(machine.world.rows) == 100)
    assert machine.world.offsets == {(TOPIC, 0): 50, (TOPIC, 1): 50}


def test_an_outage_delays_and_repeats_nothing(machine: Machine, message: Make) -> None:
    machine.world.troubles = [UnreachableError("away")] * 3
    machine.send(one(message, "a", 1, 1.0))
    machine.until(lambda: len(machine.world.rows) == 1)
    assert machine.world.troubles == []


def test_a_lost_partition_is_claimed_anew_and_read_from_what_is_stored(machine: Machine, message: Make) -> None:
    machine.send(one(message, "a", 1, 1.0))
    machine.until(lambda: len(machine.world.rows) == 1)
    machine.world.epochs[TOPIC, 0] += 1
    machine.send(one(message, "a", 2, 2.0))
    machine.until(lambda: len(machine.world.rows) == 2)
    assert machine.world.epochs[TOPIC, 0] == 3


def test_bad_rows_become_rejections_and_their_neighbours_rows(machine: Machine, message: Make) -> None:
    machine.world.poison = {13.0, 17.0}
    for n in range(5):
        values = [float(n * 5 + i) for i in range(5)]
        machine.send(message("live", ["a"] * 5, [n * 5 + i for i in range(5)], values))
    machine.until(lambda: machine.world.offsets.get((TOPIC, 0)) == 5)
    assert sorted(machine.world.rows.values()) == [float(v) for v in range(25) if v not in (13, 17)]
    assert len(machine.world.refused) == 2


def test_a_message_that_cannot_be_stored_stops_its_partition_only(machine: Machine, message: Make) -> None:
    machine.world.broken = {2.0}
    for n in (1, 2, 3):
        machine.send(one(message, "a", n, n), 0)
    machine.send(one(message, "b", 1, 9.0), 1)
    machine.until(lambda: bool(machine.reader.standstills.stopped()))
    machine.until(lambda: len(machine.world.rows) == 2)
    assert machine.world.offsets[TOPIC, 0] == 1
    assert machine.reader.progress()[TOPIC, 0] == 1
    machine.world.command = Command(
        command_id="c", lane="live", kind="ingest.skip", actor="张三", reason="坏", issued_at=datetime.now(UTC)
    )
    machine.reader.revisit_stopped()
    machine.until(lambda: len(machine.world.rows) == 3)
    assert machine.reader.standstills.all() == []
    assert [r.record_id for r in machine.world.skipped] == ["production-0-1-0"]


def test_a_cause_that_goes_away_needs_nobody(machine: Machine, message: Make) -> None:
    machine.world.broken = {2.0}
    for n in (1, 2, 3):
        machine.send(one(message, "a", n, n))
    machine.until(lambda: bool(machine.reader.standstills.all()))
    machine.world.broken = set()
    machine.until(lambda: len(machine.world.rows) == 3)
    machine.until(lambda: machine.reader.standstills.all() == [])


def test_rows_before_an_unreadable_message_are_stored(machine: Machine, message: Make) -> None:
    machine.world.troubles = [UnreachableError("away")] * 4
    machine.send(one(message, "a", 1, 1.0))
    machine.send(b"{")
    machine.send(one(message, "a", 2, 2.0))
    machine.until(lambda: bool(machine.reader.standstills.stopped()))
    machine.until(lambda: len(machine.world.rows) == 1)
    assert machine.world.offsets[TOPIC, 0] == 1


def test_unknown_names_wait_for_the_registry_and_are_then_refused(machine: Machine, message: Make) -> None:
    machine.world.is_caught_up = False
    machine.send(one(message, "late", 1, 1.0))
    machine.send(one(message, "a", 1, 1.0), 1)
    machine.until(lambda: len(machine.world.rows) == 1)
    assert machine.world.offsets.get((TOPIC, 0), 0) == 0
    machine.world.named = Numbers({"live": 1}, {"a": 1, "b": 2, "late": 3}, {"test": 1})
    machine.until(lambda: len(machine.world.rows) == 2)
    machine.world.is_caught_up = True
    machine.send(one(message, "never", 1, 1.0))
    machine.until(lambda: machine.world.refused == ["never"])


def test_what_waits_is_bounded_while_the_database_is_away(machine: Machine, message: Make) -> None:
    machine.world.troubles = [UnreachableError("away")] * 6
    for n in range(300):
        machine.send(message("live", ["a"] * 500, [n * 500 + i for i in range(500)], [1.0] * 500))
    for _ in range(10):
        machine.reader.turn()
        assert machine.reader._pending_rows <= 30_000
    machine.until(lambda: len(machine.world.rows) == 150_000, 30)


def test_another_broker_is_noticed_before_anything_is_read_twice(machine: Machine) -> None:
    machine.world.offsets[TOPIC, 0] = 5
    with pytest.raises(InvariantError, match="shorter than what was stored"):
        machine.until(lambda: False)
