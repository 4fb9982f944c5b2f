"""In-memory twin of the Kafka shell; both pass the same tests (``tests/runtime/test_streams.py``)."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from services.runtime.errors import UnreachableError
from services.runtime.streams import Delivery, Message, Partition


class MemoryBroker:
    """Topics as lists. ``is_away`` makes every call fail as a lost broker does. Thread-safe."""

    def __init__(self, partitions: dict[str, int] | None = None) -> None:
        self._partitions = partitions or {}
        self._logs: dict[Partition, list[Message]] = defaultdict(list)
        self._committed: dict[tuple[str, Partition], int] = {}
        self._lock = threading.Lock()
        self.is_away = False

    def partition_count(self, topic: str) -> int:
        """Number of partitions of a topic; 1 unless stated."""
        return self._partitions.get(topic, 1)

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None) -> int:
        """Append a message and return its offset. Raises UnreachableError while away."""
        self.check()
        with self._lock:
            log = self._logs[(topic, partition)]
            log.append(Message(topic, partition, len(log), key, value))
            return len(log) - 1

    def read(self, partition: Partition, offset: int, most: int) -> list[Message]:
        """Messages from an offset on."""
        self.check()
        with self._lock:
            return self._logs[partition][offset : offset + most]

    def end(self, partition: Partition) -> int:
        """Next offset of a partition."""
        self.check()
        with self._lock:
            return len(self._logs[partition])

    def messages(self, topic: str) -> list[Message]:
        """Everything of a topic, partition by partition, for a test to look at."""
        return [m for p in range(self.partition_count(topic)) for m in self.read((topic, p), 0, 1 << 60)]

    def committed(self, group: str) -> dict[Partition, int]:
        """What a group has committed."""
        with self._lock:
            return {p: o for (g, p), o in self._committed.items() if g == group}

    def store_commit(self, group: str, offsets: dict[Partition, int]) -> None:
        """Remember next offsets of a group."""
        self.check()
        with self._lock:
            self._committed.update({(group, p): o for p, o in offsets.items()})

    def check(self) -> None:
        """Raise UnreachableError while the broker is away."""
        if self.is_away:
            raise UnreachableError("the broker is away")


class _MemoryDelivery:
    def __init__(self, offset: int) -> None:
        self._offset = offset

    def offset(self, timeout_s: float) -> int:
        del timeout_s
        return self._offset


class MemoryProducer:
    """Producer on a MemoryBroker; every message is there at once."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    def send(
        self, topic: str, value: bytes | None, *, key: bytes | None = None, partition: int | None = None
    ) -> Delivery:
        """Append one message; without a partition it goes to the first."""
        return _MemoryDelivery(self._broker.append(topic, partition or 0, key, value))

    def flush(self, timeout_s: float) -> None:
        """Nothing is ever queued; raises UnreachableError while the broker is away."""
        del timeout_s
        self._broker.check()

    def close(self) -> None:
        """Nothing to close."""


class MemoryConsumer:
    """Consumer on a MemoryBroker, alone in its group: it gets every partition."""

    def __init__(self, broker: MemoryBroker, group: str | None = None) -> None:
        self._broker = broker
        self._group = group
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._pending: Callable[[Iterable[Partition]], None] | None = None

    def subscribe(
        self,
        topics: Sequence[str],
        on_assigned: Callable[[Iterable[Partition]], None] | None = None,
        on_revoked: Callable[[Iterable[Partition]], None] | None = None,
    ) -> None:
        """Take all partitions; ``on_assigned`` runs inside the next poll."""
        del on_revoked
        self._pending = on_assigned
        committed = self._broker.committed(self._group or "")
        owned = [(t, p) for t in topics for p in range(self._broker.partition_count(t))]
        self._positions = {p: committed.get(p, 0) for p in owned}

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Read exactly these partitions from their beginning."""
        self._positions = dict.fromkeys(partitions, 0)

    def assignment(self) -> set[Partition]:
        """Partitions read now."""
        return set(self._positions)

    def poll(self, timeout_s: float, most: int = 500) -> list[Message]:
        """Messages at hand, never waiting."""
        del timeout_s
        self._broker.check()
        if self._pending is not None:
            assigned, self._pending = self._pending, None
            assigned(list(self._positions))
        found: list[Message] = []
        for partition, position in self._positions.items():
            if partition in self._paused or len(found) >= most:
                continue
            messages = self._broker.read(partition, position, most - len(found))
            self._positions[partition] = position + len(messages)
            found += messages
        return found

    def seek(self, partition: Partition, offset: int) -> None:
        """Read on from this offset."""
        self._positions[partition] = offset

    def position(self, partition: Partition) -> int:
        """Next offset."""
        return self._positions[partition]

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Return nothing from these partitions until resumed."""
        self._paused |= set(partitions)

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Undo ``pause``."""
        self._paused -= set(partitions)

    def beginning_offsets(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Always 0: the twin forgets nothing."""
        self._broker.check()
        return dict.fromkeys(partitions, 0)

    def end_offsets(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Next offset per partition."""
        return {p: self._broker.end(p) for p in partitions}

    def commit(self, offsets: dict[Partition, int]) -> None:
        """Store next offsets."""
        self._broker.store_commit(self._group or "", offsets)

    def close(self) -> None:
        """Nothing to close."""
