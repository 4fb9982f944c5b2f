"""Sends what the tables hold ready: runs to their topic, notifications to their channel. Each in a thread and a connection of its own,
so that a broker that is away delays no message to people.
"""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

import psycopg
from psycopg import Connection
from psycopg.rows import class_row

from services.response.notice import Channel, Notice, pause_s
from services.runtime.clock import Clock
from services.runtime.database import connect, is_retryable
from services.runtime.errors import UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.streams import Producer

_BATCH = 200
_KEPT = timedelta(days=14)
_SWEEP_EVERY_S = 3600.0
_log = logger("delivery")
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext(%s))"
_READY = """
SELECT notification_id, lane, channel, recipient, text_zh, text_en, created_at, attempts FROM notification
WHERE state = 'pending' AND (next_attempt_at IS NULL OR next_attempt_at <= %s) AND channel = %s
ORDER BY created_at, run_id, notification_id LIMIT %s
"""
_SENT = "UPDATE notification SET state = 'sent', attempts = attempts + 1, sent_at = %s, last_error = '' WHERE notification_id = ANY(%s)"
_LATER = (
    "UPDATE notification SET attempts = attempts + 1, next_attempt_at = %s, last_error = %s WHERE notification_id = %s"
)
_LOST = """
UPDATE notification SET state = 'failed', last_error = 'no such channel' WHERE state = 'pending' AND channel <> ALL(%s) RETURNING channel
"""
_UNPUBLISHED = (
    "SELECT outbox_id, topic, partition, key, value FROM outbox WHERE published_at IS NULL ORDER BY outbox_id LIMIT %s"
)
_PUBLISHED = "UPDATE outbox SET published_at = %s WHERE outbox_id = ANY(%s)"
_SWEEP = "DELETE FROM outbox WHERE published_at < %s"


class Sender(Protocol):
    """Sends one batch."""

    name: str

    def turn(self, connection: Connection[Any]) -> int:
        """Send a batch and record it in one transaction; return how much it was. Raises UnreachableError; then it is sent again later."""
        ...


class Delivery:
    """Repeats a sender's turn in a thread until a stop is requested; outages are waited out.

    One process at a time sends, by an advisory lock, so that a run's messages keep their order. Killed between sending and recording it
    sends again under the same ids; readers and the log channel drop the repeat.
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
            except UnreachableError as error:
                _log.warning("what is ready to go waits", sender=self._sender.name, why=str(error))
            except psycopg.Error as error:
                if not is_retryable(error):
                    raise
                _log.warning("delivery waits for the database", sender=self._sender.name, why=str(error))
            lifecycle.wait(1.0)


class Notifier:
    """Sends pending notifications by their channels; one that fails is tried again, later each time, up to a minute apart."""

    name = "notifier"

    def __init__(self, channels: Mapping[str, Channel], clock: Clock, meters: Meters) -> None:
        self._channels = channels
        self._clock = clock
        self._meters = meters

    def turn(self, connection: Connection[Any]) -> int:
        """One batch of each channel. A channel that fails does not raise: its notifications wait."""
        self._give_up(connection)
        return sum(self._notify(connection, name) for name in self._channels)

    def _notify(self, connection: Connection[Any], name: str) -> int:
        with connection.transaction():
            if not _is_alone(connection, self.name):
                return 0
            with connection.cursor(row_factory=class_row(Notice)) as cursor:
                notices = cursor.execute(_READY, (self._clock.now(), name, _BATCH)).fetchall()
            if not notices:
                return 0
            outcome = self._send(connection, name, notices)
        self._meters.counter("lianjing_notifications_total", name, outcome).inc(len(notices))
        return len(notices) if outcome == "sent" else 0

    def _send(self, connection: Connection[Any], name: str, notices: list[Notice]) -> str:
        now = self._clock.now()
        try:
            self._channels[name].send(notices)
        except UnreachableError as error:
            _log.warning("a channel failed; its notifications wait", channel=name, why=str(error))
            for notice in notices:
                later = now + timedelta(seconds=pause_s(notice.attempts + 1))
                connection.execute(_LATER, (later, str(error), notice.notification_id))
            return "failed"
        connection.execute(_SENT, (self._clock.now(), [notice.notification_id for notice in notices]))
        return "sent"

    def _give_up(self, connection: Connection[Any]) -> None:
        """A channel that no longer exists never sends: its notifications end as failed, counted and logged."""
        with connection.transaction():
            lost = connection.execute(_LOST, (list(self._channels),)).fetchall()
        for (channel,) in lost:
            _log.error("no such channel; the notification failed", channel=channel)
            self._meters.counter("lianjing_notifications_total", str(channel), "failed").inc()


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
            if not _is_alone(connection, self.name):
                return 0
            self._sweep(connection)
            rows = connection.execute(_UNPUBLISHED, (_BATCH,)).fetchall()
            for _, topic, partition, key, value in rows:
                self._producer.send(topic, value, key=key, partition=partition)
            if rows:
                self._producer.flush(10.0)
                connection.execute(_PUBLISHED, (self._clock.now(), [row[0] for row in rows]))
        return len(rows)

    def _sweep(self, connection: Connection[Any]) -> None:
        if self._clock.monotonic() - self._swept_at > _SWEEP_EVERY_S:
            self._swept_at = self._clock.monotonic()
            connection.execute(_SWEEP, (self._clock.now() - _KEPT,))


def _is_alone(connection: Connection[Any], name: str) -> bool:
    row = connection.execute(_LOCK, (f"lianjing.response.{name}",)).fetchone()
    return row is not None and bool(row[0])
