"""Streams as two small ports, Producer and Consumer, with the Kafka shell and an in-memory twin in files beside this one."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from msgspec import Struct

Partition = tuple[str, int]
"""A topic and one of its partition numbers."""


class Message(Struct, frozen=True, gc=False):
    """A message as read: where it stood, its key and bytes, and the broker's time of appending in ms since the epoch."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    appended_ms: int = 0


class Delivery(Protocol):
    """The broker's answer to one sent message, to come."""

    def offset(self, timeout_s: float) -> int:
        """Wait for acks=all and return the offset. Raises UnreachableError when it did not come in time; the message may still arrive."""
        ...


class Producer(Protocol):
    """Sends messages. Nothing is promised until ``Delivery.offset`` or ``flush`` returned."""

    def send(
        self, topic: str, value: bytes | None, *, key: bytes | None = None, partition: int | None = None
    ) -> Delivery:
        """Queue one message. Raises UnreachableError when the broker is away and the queue is full, InputError when it is too large."""
        ...

    def flush(self, timeout_s: float) -> None:
        """Wait until everything queued is acknowledged by acks=all. Raises UnreachableError otherwise."""
        ...

    def close(self) -> None:
        """Send what is queued (at most 5 s) and close."""
        ...


class Consumer(Protocol):
    """Reads messages. Positions are the caller's business: nothing is committed unless ``commit`` is called."""

    def subscribe(
        self,
        topics: Sequence[str],
        on_assigned: Callable[[Iterable[Partition]], None] | None = None,
        on_revoked: Callable[[Iterable[Partition]], None] | None = None,
    ) -> None:
        """Share the topics' partitions with the other members of the group. Callbacks run inside ``poll``. Raises UnreachableError."""
        ...

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Read exactly these partitions, without a group, from their beginning until sought."""
        ...

    def assignment(self) -> set[Partition]:
        """Partitions read now."""
        ...

    def poll(self, timeout_s: float, most: int = 500) -> list[Message]:
        """Up to ``most`` messages, in order within each partition; empty when none came in time. Raises UnreachableError."""
        ...

    def seek(self, partition: Partition, offset: int) -> None:
        """Read on from this offset."""
        ...

    def position(self, partition: Partition) -> int:
        """Next offset that ``poll`` will return for this partition."""
        ...

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Keep the assignment but return nothing from these partitions."""
        ...

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Undo ``pause``."""
        ...

    def beginning_offsets(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """First offset still kept by the broker."""
        ...

    def end_offsets(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Next offset that the broker will give."""
        ...

    def commit(self, offsets: dict[Partition, int]) -> None:
        """Store next offsets with the broker, for consumers whose work is not in our database."""
        ...

    def close(self) -> None:
        """Leave the group and close."""
        ...
