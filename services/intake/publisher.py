"""The only writer of feed topics. Everything is promised by acks=all, nothing before."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Lock

import msgspec
from msgspec import Struct

from schemas.chain import Series
from schemas.command import Command
from schemas.lane import Lane
from schemas.provider import Receipt
from schemas.rejection import Rejection
from schemas.tick import Tick
from schemas.topic import CLOCK, COMMAND, FEED_TOPICS, LANE, RECEIPT, REJECTED, partition_of
from services.intake.packet import Packet, Route, packets_of, route_of
from services.intake.rows import Rows
from services.runtime.errors import InputError, UnreachableError
from services.runtime.streams import Consumer, Delivery, Partition, Producer

_FEED_PARTITIONS: list[Partition] = [(t.name, p) for t in FEED_TOPICS.values() for p in range(t.partitions)]
_MOST_UNACKNOWLEDGED = 400
_POSITIONS_KEPT_S = 0.5
_encode = msgspec.json.Encoder().encode


class PartlyPublishedError(UnreachableError):
    """The broker did not acknowledge everything. ``ids`` has the record id of each row, None where it is not known to have arrived.

    Sending the same rows again is harmless: they carry the same identity.
    """

    def __init__(self, message: str, ids: list[str | None]) -> None:
        super().__init__(message)
        self.ids = ids


class Sent(Struct, frozen=True):
    """A packet on its way."""

    packet: Packet
    delivery: Delivery


class Publisher:
    """Packs rows into messages, sends them to the partition of their group, strikes ticks and opens lanes.

    ``series`` returns the catalogue of now. ``ends`` is a consumer of its own, asked for end offsets by ``tick`` (it needs no assignment).
    One thread at a time calls ``enqueue``, ``flush`` and ``tick``; ``publish`` and ``send`` are safe from several.
    """

    def __init__(
        self,
        producer: Producer,
        series: Callable[[], Mapping[str, Series]],
        *,
        ends: Consumer | None = None,
        timeout_s: float = 30.0,
    ) -> None:
        self._producer = producer
        self._series = series
        self._ends = ends
        self._timeout_s = timeout_s
        self._routes: dict[str, Route] = {}
        self._routed: Mapping[str, Series] | None = None
        self._waiting: deque[Sent] = deque()
        self._positions: dict[Partition, int] = {}
        self._asked_at = float("-inf")
        self._lock = Lock()
        self._asking = Lock()

    def publish(self, rows: Rows) -> list[str]:
        """Send rows and wait for the broker. Returns the record id of each row, in order.

        Raises InputError for an unknown series or a bad value (nothing was sent), PartlyPublishedError when the broker did not
        acknowledge every row in time.
        """
        return self.await_ids(self.send(rows), len(rows))

    def send(self, rows: Rows) -> list[Sent]:
        """Send rows without waiting. Raises InputError; a packet that cannot even be queued is given back with a failed delivery."""
        return [self._send(packet) for packet in packets_of(rows, self._route)]

    def await_ids(self, sent: list[Sent], count: int) -> list[str]:
        """Wait for packets that were sent from ``count`` rows; see ``publish`` for what it returns and raises."""
        ids: list[str | None] = [None] * count
        failures: list[UnreachableError] = []
        deadline = time.monotonic() + self._timeout_s
        for each in sent:
            try:
                offset = each.delivery.offset(max(0.0, deadline - time.monotonic()))
            except UnreachableError as error:
                failures.append(error)
                continue
            self._note(each.packet, offset)
            for index, record_id in zip(each.packet.indices, each.packet.ids(offset), strict=True):
                ids[index] = record_id
        if failures:
            raise PartlyPublishedError(str(failures[0]), ids)
        return [i for i in ids if i is not None]

    def enqueue(self, rows: Rows) -> None:
        """Send rows and go on; for players. With too much unacknowledged it waits for the oldest. ``flush`` or ``tick`` makes it certain.

        Raises as ``publish`` does, for these or earlier rows.
        """
        self._waiting.extend(self.send(rows))
        while len(self._waiting) > _MOST_UNACKNOWLEDGED:
            self._settle(self._waiting.popleft())

    def flush(self) -> None:
        """Wait until everything enqueued is acknowledged. Raises UnreachableError."""
        while self._waiting:
            self._settle(self._waiting.popleft())

    def tick(self, lane: str, at: datetime) -> Tick:
        """Flush, then strike a tick of the lane's clock that says how far the feeds reach. Raises UnreachableError."""
        self.flush()
        tick = Tick(lane=lane, at=at, positions=self._reach())
        self._put(CLOCK.name, tick, lane, 0)
        return tick

    def end_of(self, topic: str, partition: int) -> int:
        """Next offset that the broker will give in a partition. Raises UnreachableError."""
        place = (topic, partition)
        if self._ends is None:
            return self._positions.get(place, 0)
        with self._asking:
            return self._ends.end_offsets([place])[place]

    def open_lane(self, lane: Lane) -> None:
        """Publish a lane (or a newer revision of it). Raises UnreachableError."""
        self._put(LANE.name, lane, lane.name, 0)

    def close_lane(self, lane: Lane, at: datetime) -> Lane:
        """Publish the lane as closed at wall time ``at`` and return it so. Raises UnreachableError."""
        self.flush()
        closed = msgspec.structs.replace(lane, closed_at=at, revision=lane.revision + 1)
        self._put(LANE.name, closed, lane.name, 0)
        return closed

    def begin_reject(self, rejections: list[Rejection]) -> list[Delivery]:
        """Send rejections without waiting. Raises UnreachableError when they cannot even be queued."""
        count = REJECTED.partitions
        return [
            self._producer.send(
                REJECTED.name, _encode(r), key=r.source.encode(), partition=partition_of(r.source, count)
            )
            for r in rejections
        ]

    def reject(self, rejections: list[Rejection]) -> None:
        """Publish rejections and wait for all of them. Raises UnreachableError."""
        for delivery in self.begin_reject(rejections):
            delivery.offset(self._timeout_s)

    def begin_receipt(self, receipts: list[Receipt]) -> list[Delivery]:
        """Send receipts without waiting; the data may follow only once they are acknowledged. Raises UnreachableError."""
        return [
            self._producer.send(RECEIPT.name, _encode(r), key=f"{r.source}\n{r.idempotency_key}".encode(), partition=0)
            for r in receipts
        ]

    def note_receipt(self, receipt: Receipt) -> None:
        """Publish the first arrival of a request, before its data. Raises UnreachableError."""
        for delivery in self.begin_receipt([receipt]):
            delivery.offset(self._timeout_s)

    def begin_command(self, command: Command) -> list[Delivery]:
        """Send a person's command without waiting. Raises UnreachableError."""
        return [self._producer.send(COMMAND.name, _encode(command), key=command.command_id.encode(), partition=0)]

    def command(self, command: Command) -> None:
        """Publish a person's command and wait. Raises UnreachableError."""
        for delivery in self.begin_command(command):
            delivery.offset(self._timeout_s)

    def _put(self, topic: str, noun: Struct, key: str, partition: int) -> None:
        self._producer.send(topic, _encode(noun), key=key.encode(), partition=partition).offset(self._timeout_s)

    def _send(self, packet: Packet) -> Sent:
        try:
            delivery = self._producer.send(packet.topic, packet.value, key=packet.key, partition=packet.route.partition)
        except UnreachableError as error:
            return Sent(packet, _FailedDelivery(error))
        return Sent(packet, delivery)

    def _settle(self, sent: Sent) -> None:
        self._note(sent.packet, sent.delivery.offset(self._timeout_s))

    def _note(self, packet: Packet, offset: int) -> None:
        place = (packet.topic, packet.route.partition)
        with self._lock:
            self._positions[place] = max(self._positions.get(place, 0), offset + 1)

    def _route(self, series: str) -> Route:
        catalogue = self._series()
        if catalogue is not self._routed:
            self._routes, self._routed = {}, catalogue
        route = self._routes.get(series)
        if route is None:
            found = catalogue.get(series)
            if found is None:
                raise InputError(f"序列 {series!r} 不在目录中 / series {series!r} is not in the catalogue")
            route = self._routes[series] = route_of(found)
        return route

    def _reach(self) -> dict[str, list[int]]:
        if self._ends is not None and time.monotonic() - self._asked_at > _POSITIONS_KEPT_S:
            with self._asking:
                ends = self._ends.end_offsets(_FEED_PARTITIONS)
            self._asked_at = time.monotonic()
        else:
            ends = {}
        with self._lock:
            for place, end in ends.items():
                self._positions[place] = max(self._positions.get(place, 0), end)
            return {
                t.name: [self._positions.get((t.name, p), 0) for p in range(t.partitions)] for t in FEED_TOPICS.values()
            }


class _FailedDelivery:
    def __init__(self, error: UnreachableError) -> None:
        self._error = error

    def offset(self, timeout_s: float) -> int:
        del timeout_s
        raise self._error
