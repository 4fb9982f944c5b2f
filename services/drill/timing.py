"""The clock of a drill, and how fast it may send. Pure: wall time comes in."""

from datetime import datetime, timedelta

from msgspec import Struct

ROWS_PER_S = 1500.0
"""Most rows a drill sends in a second, on the average of a few seconds: so live warnings keep their speed (docs/drills.md)."""
_BURST_S = 2.0


class DrillClock(Struct, frozen=True, kw_only=True):
    """Drill time in minutes: ``minute`` at ``wall``, then ``rate`` times as fast as the wall clock, or standing while paused."""

    minute: float
    wall: datetime
    rate: float
    is_paused: bool = False

    def at(self, wall: datetime) -> float:
        """Drill time at a wall time; never before the clock was set.

        >>> from datetime import UTC
        >>> noon = datetime(2030, 1, 1, 12, tzinfo=UTC)
        >>> DrillClock(minute=10.0, wall=noon, rate=200.0).at(noon + timedelta(seconds=3))
        20.0
        """
        if self.is_paused or wall <= self.wall:
            return self.minute
        return self.minute + (wall - self.wall) / timedelta(minutes=1) * self.rate

    def paused(self, wall: datetime) -> "DrillClock":
        """The clock standing from now on."""
        return DrillClock(minute=self.at(wall), wall=wall, rate=self.rate, is_paused=True)

    def running(self, wall: datetime, rate: float | None = None) -> "DrillClock":
        """The clock running from now on, at another rate if one is given."""
        return DrillClock(minute=self.at(wall), wall=wall, rate=rate or self.rate)

    def moved(self, wall: datetime, minutes: float) -> "DrillClock":
        """The clock put so many minutes ahead, running or standing as before."""
        return DrillClock(minute=self.at(wall) + minutes, wall=wall, rate=self.rate, is_paused=self.is_paused)


class Pace:
    """Says whether a drill may send on: what it sent drains at ``rows_per_s``, and at most two seconds' worth may stand."""

    def __init__(self, rows_per_s: float = ROWS_PER_S) -> None:
        self._rows_per_s = rows_per_s
        self._standing = 0.0
        self._at: datetime | None = None

    def may_send(self, wall: datetime) -> bool:
        """True when less than two seconds' worth of rows is standing."""
        if self._at is not None and wall > self._at:
            drained = (wall - self._at).total_seconds() * self._rows_per_s
            self._standing = max(0.0, self._standing - drained)
        self._at = wall
        return self._standing < _BURST_S * self._rows_per_s

    def sent(self, rows: int) -> None:
        """Note what was sent."""
        self._standing += rows
