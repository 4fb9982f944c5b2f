"""The keeper: writes a noun's table from its topic, rows and offsets in one transaction."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from psycopg import Connection

from services.runtime.database import connect, is_retryable
from services.runtime.errors import UnreachableError
from services.runtime.kafka import GATHER_MS, KafkaStreamConsumer
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.offsets import LostPartitionError, move, take
from services.runtime.settings import Settings
from services.runtime.streams import Consumer, Message, Partition

_log = logger("keeper")

Projection = Callable[[Connection[Any], Sequence[Message]], None]
"""Writes the rows of some messages; repeats must change nothing. It may raise psycopg errors; it must not commit."""


class Keeper:
    """Reads topics in a group and hands batches to a projection inside one transaction with the offsets.

    Killed at any moment it repeats at most a rolled-back batch. With the database away it waits and reads on afterwards.
    """

    def __init__(
        self,
        *,
        group: str,
        owner: str,
        database_url: str,
        open_consumer: Callable[[], Consumer],
        topics: Sequence[str],
        project: Projection,
    ) -> None:
        self._group = group
        self._owner = owner
        self._url = database_url
        self._open_consumer = open_consumer
        self._topics = topics
        self._project = project
        self._epochs: dict[Partition, int] = {}
        self._connection: Connection[Any] | None = None

    def run(self, lifecycle: Lifecycle) -> None:
        """Work until a stop is requested; every outage is waited out with a pause of at most 2 s."""
        while not lifecycle.is_stopping():
            try:
                self._work(lifecycle)
            except (UnreachableError, LostPartitionError) as error:
                _log.warning("keeper waits", group=self._group, why=str(error))
            except psycopg.Error as error:
                if not is_retryable(error):
                    raise
                _log.warning("keeper waits for the database", group=self._group, why=str(error))
            finally:
                self._drop_connection()
            lifecycle.wait(0.5)

    def _work(self, lifecycle: Lifecycle) -> None:
        self._connection = connect(self._url, application=self._group)
        consumer = self._open_consumer()
        self._epochs.clear()
        try:
            consumer.subscribe(self._topics, lambda ps: self._take(consumer, ps), self._forget)
            while not lifecycle.is_stopping():
                messages = consumer.poll(0.2)
                if messages:
                    self._store(messages)
        finally:
            consumer.close()

    def _take(self, consumer: Consumer, partitions: Iterable[Partition]) -> None:
        assert self._connection is not None  # set by _work, which is the only caller's caller
        with self._connection.transaction():
            for partition in partitions:
                claim = take(self._connection, self._group, partition, self._owner)
                self._epochs[partition] = claim.epoch
                consumer.seek(partition, claim.next_offset)

    def _forget(self, partitions: Iterable[Partition]) -> None:
        for partition in partitions:
            self._epochs.pop(partition, None)

    def _store(self, messages: Sequence[Message]) -> None:
        assert self._connection is not None  # as above
        ends: dict[Partition, int] = {}
        for message in messages:
            ends[(message.topic, message.partition)] = message.offset + 1
        with self._connection.transaction():
            self._project(self._connection, messages)
            for partition, end in ends.items():
                move(self._connection, self._group, partition, self._epochs.get(partition, 0), end)

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def keeper_of(settings: Settings, stage: str, group: str, topics: Sequence[str], project: Projection) -> Keeper:
    """The keeper of a stage on the broker and the database of the settings; it opens them when it runs."""
    return Keeper(
        group=group,
        owner=f"{stage}-{settings.slot}",
        database_url=settings.database_url,
        open_consumer=lambda: KafkaStreamConsumer(settings, group=group, client_id=group, gather_ms=GATHER_MS),
        topics=topics,
        project=project,
    )


def keep_in_background(keeper: Keeper, lifecycle: Lifecycle) -> Callable[[], None]:
    """Run a keeper in a thread for as long as the process lives; the returned function waits for its end (at most 10 s).

    What it cannot write is logged and tried again every 5 s: a table that stands still must not stop the warnings.
    """

    def run() -> None:
        while not lifecycle.is_stopping():
            try:
                keeper.run(lifecycle)
            except Exception:  # noqa: BLE001  # the outermost loop of a thread
                _log.exception("keeper stands still")
                lifecycle.wait(5.0)

    thread = threading.Thread(target=run, name="keeper", daemon=True)
    thread.start()
    return lambda: thread.join(10.0)
