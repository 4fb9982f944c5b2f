"""Plays a table into a lane: rows in the order they became known, ticks between. What it touches, it is given."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from schemas.lane import Lane
from schemas.rejection import Rejection
from services.intake.history.loading import History
from services.intake.history.rejections import rejections_of
from services.intake.history.schedule import Batch, span_of, steps_of, wait_until
from services.intake.rows import Rows
from services.runtime.clock import Clock, from_us

FASTEST = 100_000.0


class Sink(Protocol):
    """Where a replay goes: the publisher of intake, or a list in a test. Each call may raise UnreachableError."""

    def open_lane(self, lane: Lane) -> None:
        """Publish the lane or a newer revision of it."""
        ...

    def enqueue(self, rows: Rows) -> None:
        """Send rows; certain after ``tick`` or ``flush``."""
        ...

    def tick(self, lane: str, at: datetime) -> object:
        """Make everything sent certain, then strike a tick."""
        ...

    def flush(self) -> None:
        """Make everything sent certain."""
        ...

    def reject(self, rejections: list[Rejection]) -> None:
        """Publish rejections and wait for them."""
        ...


class Player:
    """One replay. ``speed`` is lane seconds per second, None as fast as the parts take it; ``wait`` sleeps so many seconds."""

    def __init__(self, sink: Sink, clock: Clock, wait: Callable[[float], None], *, speed: float | None) -> None:
        self._sink = sink
        self._clock = clock
        self._wait = wait
        self._speed = speed

    def play(self, history: History, lane: str, advance: Callable[[int], None]) -> int:
        """Play the whole table and return the number of observations. ``advance`` is told the size of each batch.

        The same history gives the same rows with the same identities. Raises UnreachableError; playing again is harmless.
        """
        observations = history.reading.observations
        first, last = span_of(observations)
        self._open(lane, history.chain.id, first, self._speed or FASTEST)
        self._sink.reject(rejections_of(history.mapping, history.reading, history.file_name, lane))
        started = self._clock.monotonic()
        for step in steps_of(observations, history.mapping.tick):
            self._wait_for(from_us(step.known_us) if isinstance(step, Batch) else step.at, first, started)
            if isinstance(step, Batch):
                self._sink.enqueue(rows_of(step, lane, f"history:{history.mapping.id}"))
                advance(len(step.observations))
            else:
                self._sink.tick(lane, step.at)
        self._sink.flush()
        self._open(lane, history.chain.id, last + history.mapping.tick, 1.0)
        return len(observations)

    def _open(self, name: str, chain: str, origin: datetime, rate: float) -> None:
        """The lane's clock from now on; the revision is the wall time in seconds, so that each replay outranks the one before."""
        wall = self._clock.now()
        self._sink.open_lane(
            Lane(
                name=name,
                chain=chain,
                opened_at=wall,
                origin=origin,
                wall_origin=wall,
                rate=rate,
                revision=int(wall.timestamp()),
            )
        )

    def _wait_for(self, at: datetime, first: datetime, started: float) -> None:
        if self._speed is None:
            return
        left = wait_until(first, at, self._speed) - (self._clock.monotonic() - started)
        if left > 0:
            self._wait(left)


def rows_of(batch: Batch, lane: str, source: str) -> Rows:
    """The rows of one batch. No issued_at is known of history, so a second replay is no revision."""
    count = len(batch.observations)
    known = [batch.known_us] * count
    return Rows(
        lane=lane,
        series=[o.series for o in batch.observations],
        observed_us=[o.observed_us for o in batch.observations],
        issued_us=known,
        known_us=known,
        value=[o.value for o in batch.observations],
        implied=[True] * count,
        source=source,
    )
