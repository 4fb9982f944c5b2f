"""The replay as a list of steps in lane time: what became known together, and the ticks between. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from msgspec import Struct

from services.intake.history.reading import Observation
from services.runtime.clock import from_us, to_us


class Batch(Struct, frozen=True):
    """Observations that became known at the same moment (µs since the epoch), ordered by series."""

    known_us: int
    observations: list[Observation]


class TickStep(Struct, frozen=True):
    """A tick of the lane's clock: everything known until then stands before it."""

    at: datetime


Step = Batch | TickStep


def steps_of(observations: list[Observation], tick: timedelta) -> Iterator[Step]:
    """All steps of a replay: batches by known time, and a tick every ``tick`` from the first batch to the first tick at or after the last.

    A batch known exactly at a tick comes before it. Nothing without observations.
    """
    upcoming: int | None = None
    distance = tick // timedelta(microseconds=1)
    for known_us, rows in groupby(sorted(observations), key=lambda o: o.known_us):
        upcoming = known_us if upcoming is None else upcoming
        while upcoming < known_us:
            yield TickStep(from_us(upcoming))
            upcoming += distance
        yield Batch(known_us, list(rows))
    if upcoming is not None:
        yield TickStep(from_us(upcoming))


def span_of(observations: list[Observation]) -> tuple[datetime, datetime]:
    """First and last known moment. Raises ValueError when there is no observation."""
    if not observations:
        raise ValueError("a replay needs at least one observation")
    first, last = min(o.known_us for o in observations), max(o.known_us for o in observations)
    return from_us(first), from_us(last)


def wait_until(first: datetime, at: datetime, speed: float) -> float:
    """Seconds after the start of the replay at which lane time ``at`` is due at ``speed`` lane seconds per second."""
    return (to_us(at) - to_us(first)) / 1e6 / speed
