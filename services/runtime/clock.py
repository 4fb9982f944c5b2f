"""Clocks. Wall time is read here and nowhere else; lane time is computed from it by the lane's record."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from schemas.lane import Lane


class Clock(Protocol):
    """Tells the time. ``now`` is aware UTC; ``monotonic`` is in seconds and only good for measuring waits."""

    def now(self) -> datetime:
        """Current time, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Current wall time, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to; the twin of WallClock for tests and replays."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._now = start

    def now(self) -> datetime:
        """The time it was last set to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds it was advanced since its start."""
        return (self._now - self._start).total_seconds()

    def advance(self, step: timedelta) -> None:
        """Move forward. Raises ValueError for a negative step: time does not go back."""
        if step < timedelta(0):
            raise ValueError(f"a clock cannot go back by {-step}")
        self._now += step


def lane_time(lane: Lane, wall: datetime) -> datetime:
    """Time of a lane at a wall time: origin + rate × (wall − wall_origin). Both aware UTC."""
    return lane.origin + (wall - lane.wall_origin) * lane.rate


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime, exactly.

    >>> to_us(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (moment - _EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """Aware UTC datetime of microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=microseconds)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
