"""The writing thread: stores batches, waits out outages, isolates what cannot be stored."""

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from services.ingest.batch import Batch, Reading
from services.ingest.problem import BrokenError, RefusedError, Written
from services.runtime.clock import Clock
from services.runtime.errors import UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.offsets import LostPartitionError
from services.runtime.streams import Message

RowKey = tuple[int, int]
_log = logger("ingest.writer")
_LONGEST_PAUSE_S = 2.0


class Storing(Protocol):
    """Where batches go; see :class:`services.ingest.store.Store`."""

    def write(self, batch: Batch, excuses: dict[RowKey, str] | None = None) -> Written:
        """Store a batch. Raises UnreachableError, LostPartitionError, RefusedError, BrokenError."""
        ...

    def would_refuse(self, batch: Batch) -> str | None:
        """What the table says against these rows; writes nothing. Raises UnreachableError, BrokenError."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class _StoppedError(Exception):
    """A stop was requested in the middle of an inquiry; nothing was stored."""


class Failure(Struct, frozen=True, eq=False):
    """A message that could not be stored, and why; its reading is over."""

    reading: Reading
    message: Message
    why: str


class Writer:
    """Takes batches from the reader, at most one waiting, and stores them in order.

    A batch stays at work until it is stored, until its readings are over, or until its messages have become failures.
    """

    def __init__(
        self, store: Storing, lifecycle: Lifecycle, clock: Clock, tell: Callable[[Batch, Written, float], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._lifecycle = lifecycle
        self._tell = tell
        self._queue: queue.Queue[Batch] = queue.Queue(maxsize=1)
        self._failures: deque[Failure] = deque()
        self._lost: deque[Reading] = deque()
        self._at_work: deque[Batch] = deque()
        self._changed = threading.Condition()
        self.died: BaseException | None = None

    def has_room(self) -> bool:
        """True when a batch can be handed over without waiting."""
        return not self._queue.full()

    def is_idle(self) -> bool:
        """True when nothing waits and nothing is being stored."""
        return not self._at_work

    def is_busy(self) -> bool:
        """True when a batch waits while another is being stored: ingest catches up."""
        return self._queue.full()

    def oldest_ms(self) -> int | None:
        """When the broker appended the oldest message handed over and not yet stored, in ms since 1970."""
        with self._changed:
            return min((m.appended_ms for batch in self._at_work for m in batch.messages), default=None)

    def wait_for_room(self, timeout_s: float) -> bool:
        """Wait until there is room; False when the time was over first."""
        with self._changed:
            return self._changed.wait_for(self.has_room, timeout_s)

    def submit(self, batch: Batch) -> None:
        """Hand a batch over; the caller made sure that there is room."""
        with self._changed:
            self._at_work.append(batch)
        self._queue.put_nowait(batch)

    def failures(self) -> list[Failure]:
        """Messages that could not be stored since the last call."""
        return [self._failures.popleft() for _ in range(len(self._failures))]

    def lost(self) -> list[Reading]:
        """Readings that ended since the last call because another process took their partition."""
        return [self._lost.popleft() for _ in range(len(self._lost))]

    def run(self) -> None:
        """Work until a stop is requested; what waits then is dropped and read again by the next start."""
        try:
            while not self._lifecycle.is_stopping():
                self._turn()
        except BaseException as error:  # the reader ends the process with it
            self.died = error
            raise
        finally:
            self._store.close()

    def _turn(self) -> None:
        try:
            batch = self._queue.get(timeout=0.2)
        except queue.Empty:
            return
        with self._changed:
            self._changed.notify_all()
        try:
            self.store(batch)
        except _StoppedError:
            return
        finally:
            with self._changed:
                self._at_work.popleft()
                self._changed.notify_all()

    def store(self, batch: Batch) -> None:
        """Store one batch or find out why not. Returns also when a stop was requested."""
        pause_s = 0.05
        while not self._lifecycle.is_stopping():
            live = batch.live()
            if not live.messages:
                return
            try:
                self._write(live, {})
            except UnreachableError as error:
                _log.warning("storing waits for the database", why=str(error), rows=live.row_count)
                self._lifecycle.wait(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            except LostPartitionError:
                self._give_up(live)
                return
            except (RefusedError, BrokenError) as error:
                self._isolate(live, error)
                return
            else:
                return

    def _write(self, batch: Batch, excuses: dict[RowKey, str]) -> None:
        started_s = self._clock.monotonic()
        written = self._store.write(batch, excuses)
        for reading, message in batch.last_messages():
            reading.done = message.offset + 1
        self._tell(batch, written, self._clock.monotonic() - started_s)

    def _give_up(self, batch: Batch) -> None:
        for reading in {id(r): r for r, _ in batch.last_messages()}.values():
            reading.is_over = True
            self._lost.append(reading)

    def _isolate(self, batch: Batch, error: RefusedError | BrokenError) -> None:
        if len(batch.messages) > 1:
            for half in batch.halves():
                self.store(half)
            return
        if isinstance(error, RefusedError):
            excuses = self._bad_rows(batch)
            if excuses:
                self._store_excused(batch, excuses)
                return
        self._fail(batch, str(error))

    def _store_excused(self, batch: Batch, excuses: dict[RowKey, str]) -> None:
        try:
            self._write(batch, excuses)
        except UnreachableError:
            self.store(batch)
        except LostPartitionError:
            self._give_up(batch)
        except (RefusedError, BrokenError) as error:
            self._fail(batch, str(error))

    def _bad_rows(self, batch: Batch) -> dict[RowKey, str]:
        """Rows of one message that the table refuses, each with its words, found by halving."""
        words = self._ask(batch)
        if words is None:
            return {}
        keys = list(zip(batch.columns.span.tolist(), batch.columns.row.tolist(), strict=True))
        if len(keys) <= 1:
            return dict.fromkeys(keys, words)
        middle = len(keys) // 2
        first, second = set(keys[:middle]), set(keys[middle:])
        return self._bad_rows(batch.without_rows(second)) | self._bad_rows(batch.without_rows(first))

    def _ask(self, batch: Batch) -> str | None:
        while not self._lifecycle.is_stopping():
            try:
                return self._store.would_refuse(batch)
            except UnreachableError:
                self._lifecycle.wait(0.5)
            except BrokenError as error:
                return str(error)
        raise _StoppedError

    def _fail(self, batch: Batch, why: str) -> None:
        [(reading, message)] = batch.last_messages()
        reading.is_over = True
        self._failures.append(Failure(reading, message, why))
