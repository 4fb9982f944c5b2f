"""Sends what the tables hold ready: runs to their topic, notifications to their channel. Each in a thread and a connection of its own,
so that a broker that is away delays no message to people.
"""

import threading
from datetime import timedelta
from typing import Any, Protocol

import psycopg
from psycopg import Connection

from services.runtime.clock import Clock
from services.runtime.database import connect, is_retryable
from services.runtime.errors import UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.streams import Producer

_BATCH = 200
_KEPT = timedelta(days=14)
_SWEEP_EVERY_S = 3600.0
_log = logger("delivery")
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext(%s))"
_UNPUBLISHED = (
    "SELECT outbox_id, topic, partition, key, value FROM outbox WHERE published_at IS NULL ORDER BY outbox_id LIMIT %s"
)
_PUBLISHED = "UPDATE outbox SET published_at = %s WHERE outbox_id = ANY(%s)"
_SWEEP = "DELETE FROM outbox WHERE published_at < %s"


class Sender(Protocol):
    """Sends one batch."""

    name: str

    def turn(self, connection: Connection[Any]) -> int:
        """Send a batch and record it; return how much it was. Raises UnreachableError; then it is sent again later."""
        ...

    def finish(self, connection: Connection[Any]) -> None:
        """Record what is still under way; called once, when a stop is requested."""
        ...


class Delivery:
    """Repeats a sender's turn in a thread until a stop is requested; outages are waited out.

    One process at a time sends, by an advisory lock. Killed between sending and recording it sends again under the same ids; readers and the
    channels that know a repeat drop it.
    """

    def __init__(self, database_url: str, sender: Sender) -> None:
        self._url = database_url
        self._sender = sender
        self._news = threading.Event()

    def wake(self) -> None:
        """Say that there is something to send."""
        self._news.set()

    def start(self, lifecycle: Lifecycle) -> None:
        """Start the thread; a stop waits for it."""
        thread = threading.Thread(target=self.run, args=(lifecycle,), name=self._sender.name, daemon=True)
        thread.start()
        lifecycle.register(self._sender.name, lambda: thread.join(12.0))

    def run(self, lifecycle: Lifecycle) -> None:
        """Work until a stop is requested."""
        while not lifecycle.is_stopping():
            try:
                with connect(self._url, application=f"response-{self._sender.name}") as connection:
                    while not lifecycle.is_stopping():
                        if not self._sender.turn(connection):
                            self._news.wait(0.5)
                            self._news.clear()
                    self._sender.finish(connection)
            except UnreachableError as error:
                _log.warning("what is ready to go waits", sender=self._sender.name, why=str(error))
            except psycopg.Error as error:
                if not is_retryable(error):
                    raise
                _log.warning("delivery waits for the database", sender=self._sender.name, why=str(error))
            lifecycle.wait(1.0)


class Publisher:
    """Publishes the outbox in its order with acks=all; what was published is kept for 14 days."""

    name = "publisher"

    def __init__(self, producer: Producer, clock: Clock) -> None:
        self._producer = producer
        self._clock = clock
        self._swept_at = float("-inf")

    def turn(self, connection: Connection[Any]) -> int:
        """One batch. Raises UnreachableError when the broker is away."""
        with connection.transaction():
            if not is_only_sender(connection, self.name):
                return 0
            self._sweep(connection)
            rows = connection.execute(_UNPUBLISHED, (_BATCH,)).fetchall()
            for _, topic, partition, key, value in rows:
                self._producer.send(topic, value, key=key, partition=partition)
            if rows:
                self._producer.flush(10.0)
                connection.execute(_PUBLISHED, (self._clock.now(), [row[0] for row in rows]))
        return len(rows)

    def finish(self, connection: Connection[Any]) -> None:
        """Nothing is ever under way between two turns."""

    def _sweep(self, connection: Connection[Any]) -> None:
        if self._clock.monotonic() - self._swept_at > _SWEEP_EVERY_S:
            self._swept_at = self._clock.monotonic()
            connection.execute(_SWEEP, (self._clock.now() - _KEPT,))


def is_only_sender(connection: Connection[Any], name: str) -> bool:
    """True when no other process holds this sender's lock; it is held to the end of the transaction."""
    row = connection.execute(_LOCK, (f"lianjing.response.{name}",)).fetchone()
    return row is not None and bool(row[0])
