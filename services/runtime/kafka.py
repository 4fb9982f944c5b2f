"""Kafka shell of the stream ports, on kafka-python."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, MessageSizeTooLargeError
from kafka.structs import OffsetAndMetadata

from services.runtime.connection import connection_options
from services.runtime.errors import InputError, UnreachableError
from services.runtime.joining import keep_answers_to_joins
from services.runtime.membership import give_up_unfit_place
from services.runtime.producer_id import is_beyond_help, renew_lost_producer_ids
from services.runtime.settings import Settings
from services.runtime.streams import Delivery, Message, Partition
from services.runtime.unpacking import unpack_in_compiled_code

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
GATHER_MS = 200  # for readers that write to tables
_GATHERED_BYTES = 512 * 1024
_IDLE_MS = 250  # how often a reader asks again where nothing is new


class _KafkaDelivery:
    def __init__(self, future: Any) -> None:
        self._future = future

    def offset(self, timeout_s: float) -> int:
        try:
            return int(self._future.get(timeout=timeout_s).offset)
        except KafkaError as error:
            raise UnreachableError(f"the broker did not acknowledge within {timeout_s:g} s: {error}") from error


class KafkaStreamProducer:
    """Producer on kafka-python: idempotent, acks=all. ``linger_ms`` trades latency for batches. It goes on after outages of any length."""

    def __init__(
        self, settings: Settings, *, client_id: str, linger_ms: int = 2, delivery_timeout_ms: int = 30_000
    ) -> None:
        self._address = settings.kafka_bootstrap
        self._options = connection_options(settings) | {
            "client_id": client_id,
            "acks": "all",
            "linger_ms": linger_ms,
            "compression_type": "lz4",
            "max_request_size": MAX_MESSAGE_BYTES,
            "request_timeout_ms": min(10_000, delivery_timeout_ms - linger_ms),
            "delivery_timeout_ms": delivery_timeout_ms,
            "max_block_ms": 5_000,
        }
        self._lock = Lock()
        self._producer = self._made()

    def _made(self) -> Any:
        try:
            producer: Any = KafkaProducer(**self._options)
        except KafkaError as error:
            raise UnreachableError(f"no broker at {self._address}: {error}") from error
        renew_lost_producer_ids(producer)
        return producer

    def _fit(self) -> Any:
        """The client, or a new one in place of one that refuses everything. Raises UnreachableError."""
        with self._lock:
            if is_beyond_help(self._producer):
                new = self._made()
                self._producer.close(timeout=0)
                self._producer = new
            return self._producer

    def send(
        self, topic: str, value: bytes | None, *, key: bytes | None = None, partition: int | None = None
    ) -> Delivery:
        """Queue one message; see :class:`services.runtime.streams.Producer`."""
        try:
            return _KafkaDelivery(self._fit().send(topic, value=value, key=key, partition=partition))
        except MessageSizeTooLargeError as error:
            raise InputError(
                f"a message of {len(value or b'')} bytes was given; at most {MAX_MESSAGE_BYTES} are allowed"
            ) from error
        except KafkaError as error:
            raise UnreachableError(f"cannot send to {topic}: {error}") from error

    def flush(self, timeout_s: float) -> None:
        """Wait for acks=all of everything queued. Raises UnreachableError."""
        try:
            self._producer.flush(timeout=timeout_s)
        except KafkaError as error:
            raise UnreachableError(f"not everything was acknowledged within {timeout_s:g} s: {error}") from error

    def close(self) -> None:
        """Send what is queued (at most 5 s) and close."""
        self._producer.close(timeout=5)


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """Notes what the client's own thread reports, for ``poll`` to hand on in the thread of the caller."""

    def __init__(self) -> None:
        self.events: deque[tuple[bool, list[Partition]]] = deque()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.events.append((True, [(p.topic, p.partition) for p in assigned]))

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.events.append((False, [(p.topic, p.partition) for p in revoked]))


class KafkaStreamConsumer:
    """Consumer on kafka-python. With ``group`` it shares partitions under a static member id (``group`` + slot), else use ``assign``.

    With ``gather_ms`` the broker keeps what is new for that long, or until it is a batch worth sending: for readers that write to tables, where
    fewer, larger batches cost a fraction and nobody waits for a fifth of a second. Without, a message is handed out as it comes.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        group: str | None = None,
        client_id: str = "lianjing",
        max_poll_records: int = 500,
        gather_ms: int = 0,
    ) -> None:
        options = connection_options(settings) | {
            "client_id": client_id,
            "group_id": group,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "max_poll_records": max_poll_records,
            "max_partition_fetch_bytes": MAX_MESSAGE_BYTES,
            "fetch_min_bytes": _GATHERED_BYTES if gather_ms else 1,
            "fetch_max_wait_ms": gather_ms or _IDLE_MS,
            "max_poll_interval_ms": 600_000,
            "metadata_max_age_ms": 15_000,
        }
        self._rebalance = _Rebalance()
        self._expected: dict[TopicPartition, int] = {}
        self._doubted: dict[TopicPartition, int] = {}
        self._callbacks: dict[bool, Callable[[Iterable[Partition]], None] | None] = {True: None, False: None}
        self._settings, self._group, self._instance = settings, group, f"{group}-{settings.slot}"
        if group is not None:
            options |= {
                "group_instance_id": self._instance,
                "session_timeout_ms": settings.session_timeout_ms,
                "heartbeat_interval_ms": max(500, settings.session_timeout_ms // 6),
            }
        try:
            self._consumer: Any = KafkaConsumer(**options)
        except KafkaError as error:
            raise UnreachableError(f"no broker at {settings.kafka_bootstrap}: {error}") from error
        unpack_in_compiled_code(self._consumer)
        keep_answers_to_joins(self._consumer)

    def subscribe(
        self,
        topics: Sequence[str],
        on_assigned: Callable[[Iterable[Partition]], None] | None = None,
        on_revoked: Callable[[Iterable[Partition]], None] | None = None,
    ) -> None:
        """Join the group for these topics; callbacks run inside ``poll``, in its caller's thread. Raises UnreachableError.

        A place in the group that an earlier process of this slot left and that does not fit the topics is given up first.
        """
        # Without the topics' partitions at hand the leader of a group hands out nothing at first, and now and then stays with that.
        try:
            partitions = {topic: self._consumer.partitions_for_topic(topic) or set() for topic in topics}
        except KafkaError as error:
            raise UnreachableError(f"cannot ask for partitions: {error}") from error
        if self._group is not None:
            give_up_unfit_place(self._settings, self._group, self._instance, partitions)
        self._callbacks = {True: on_assigned, False: on_revoked}
        self._consumer.subscribe(list(topics), listener=self._rebalance)

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Read exactly these partitions from their beginning until sought."""
        targets = [TopicPartition(*p) for p in partitions]
        self._expected.clear()
        self._consumer.assign(targets)
        if targets:
            self._consumer.seek_to_beginning(*targets)

    def assignment(self) -> set[Partition]:
        """Partitions read now."""
        return {(p.topic, p.partition) for p in self._consumer.assignment()}

    def poll(self, timeout_s: float, most: int = 500) -> list[Message]:
        """Up to ``most`` messages. Raises UnreachableError."""
        self._finish_joining()
        self._forget_parked()
        try:
            batches = self._consumer.poll(timeout_ms=int(timeout_s * 1000), max_records=most)
        except KafkaError as error:
            raise UnreachableError(f"cannot read: {error}") from error
        if self._rebalance.events:
            batches = self._hand_on_events(batches)
        return [
            message
            for target, messages in batches.items()
            if messages and self._follows(target, messages)
            for message in messages
        ]

    def _finish_joining(self) -> None:
        """Let the client take up a join of the group that it began and then believed unneeded.

        kafka-python 3.0 begins a second join when it learns the topics' partitions; if the leader's part of that join makes the reason vanish while
        ``poll`` has timed out, its result is never applied: the member holds its partitions as being revoked, reads nothing and sends no
        heartbeat, for good.
        """
        coordinator = self._consumer._coordinator  # no public way; a test watches it
        if coordinator is not None and coordinator._join_task is not None and not coordinator.need_rejoin():
            coordinator.request_rejoin()

    def _forget_parked(self) -> None:
        """Let partitions that are no longer paused be fetched anew, from their position.

        kafka-python 3.0 parks what it has decoded of a paused partition and fetches none of it meanwhile; after ``resume`` it takes the parked
        messages up again only if the last messages it decoded were thrown away, so on a quiet broker the partition stood still for good.
        """
        parked = self._consumer._fetcher._paused_partition_records  # no public way; a test watches it
        for target in parked.keys() - self._consumer.paused():
            del parked[target]

    def _follows(self, target: TopicPartition, messages: list[Message]) -> bool:
        """Whether messages begin where reading stood. If not they are asked for once more from there, and taken only if the broker says the same.

        A topic that forgets by age or by key has such gaps by right; a client that lost its place after a rebalance has not.
        """
        first, expected = messages[0].offset, self._expected.get(target, messages[0].offset)
        if first != expected and self._doubted.get(target) != first:
            self._doubted[target] = first
            self._consumer.seek(target, expected)
            return False
        self._doubted.pop(target, None)
        self._expected[target] = messages[-1].offset + 1
        return True

    def _hand_on_events(self, batches: dict[TopicPartition, list[Message]]) -> dict[TopicPartition, list[Message]]:
        """Run the callbacks. Messages of partitions assigned now are read again, from where the callback may have sought."""
        while self._rebalance.events:
            is_assigned, partitions = self._rebalance.events.popleft()
            for gone in partitions:
                self._expected.pop(TopicPartition(*gone), None)
            callback = self._callbacks[is_assigned]
            if callback is None:
                continue
            there = self._consumer.assignment()
            for target in [TopicPartition(*p) for p in partitions] if is_assigned else []:
                messages = batches.pop(target, None)
                if messages and target in there:
                    self._consumer.seek(target, messages[0].offset)
            callback([p for p in partitions if TopicPartition(*p) in there] if is_assigned else partitions)
        return batches

    def seek(self, partition: Partition, offset: int) -> None:
        """Read on from this offset."""
        self._expected[TopicPartition(*partition)] = offset
        self._consumer.seek(TopicPartition(*partition), offset)

    def position(self, partition: Partition) -> int:
        """Next offset that ``poll`` will return."""
        return int(self._consumer.position(TopicPartition(*partition)))

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Return nothing from these partitions until resumed."""
        self._consumer.pause(*[TopicPartition(*p) for p in partitions])

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Undo ``pause``."""
        self._consumer.resume(*[TopicPartition(*p) for p in partitions])

    def beginning_offsets(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """First offset still kept, per partition. Raises UnreachableError."""
        return self._offsets(self._consumer.beginning_offsets, partitions)

    def end_offsets(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Next offset the broker will give, per partition. Raises UnreachableError."""
        return self._offsets(self._consumer.end_offsets, partitions)

    def _offsets(
        self, ask: Callable[[list[TopicPartition]], dict[TopicPartition, int]], partitions: Sequence[Partition]
    ) -> dict[Partition, int]:
        try:
            found = ask([TopicPartition(*p) for p in partitions])
        except (KafkaError, KeyError) as error:  # KeyError: the client when a topic was made just now
            raise UnreachableError(f"cannot ask for offsets: {error}") from error
        return {(p.topic, p.partition): offset for p, offset in found.items()}

    def commit(self, offsets: dict[Partition, int]) -> None:
        """Store next offsets with the broker. Raises UnreachableError; the work done stays done and is repeated harmlessly."""
        try:
            self._consumer.commit({TopicPartition(*p): OffsetAndMetadata(o, "", -1) for p, o in offsets.items()})
        except KafkaError as error:
            raise UnreachableError(f"cannot commit: {error}") from error

    def close(self) -> None:
        """Leave and close; offsets are never committed here."""
        self._consumer.close(autocommit=False)
