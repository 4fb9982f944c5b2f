"""What is to go out and what became of it: the port over the tables ``notification`` and ``delivery``."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from services.response.failover import Fate, Leg
from services.response.notice import Notice, Outcome

_GRAVEST = ("red", "orange", "yellow", "blue")


class Attempt(Struct, frozen=True, kw_only=True):
    """A notice on one leg of its way. ``number`` counts its attempts from 1."""

    notice: Notice
    leg: Leg
    place: int
    legs: int
    number: int
    is_recorded: bool = True


class Settled(Struct, frozen=True, kw_only=True):
    """An attempt that ended, and how its notification stands now."""

    attempt: Attempt
    outcome: Outcome
    fate: Fate


class Ledger(Protocol):
    """Every call is one transaction. Any may raise psycopg errors where it is a database; nothing was kept then."""

    def is_alone(self) -> bool:
        """True when no other process sends."""
        ...

    def due(self, now: datetime, most: int, without: Collection[str]) -> list[Notice]:
        """Notices that may go now, the gravest first, then the oldest; behind them those to the log as they were queued; so many of each.

        The log's order lets it know a repeat by the end of its file, whatever was queued since. ``without`` those ids.
        """
        ...

    def begin(self, attempts: Sequence[Attempt], now: datetime) -> None:
        """Note that these are about to be sent: killed from here on, they are doubtful."""
        ...

    def settle(self, settled: Sequence[Settled], now: datetime) -> None:
        """Keep how attempts ended."""
        ...

    def postpone(self, ids: Sequence[str], until: datetime) -> None:
        """Let notices wait; no attempt is counted."""
        ...

    def end(self, ids: Sequence[str], state: str, why: str) -> None:
        """End notices that go nowhere."""
        ...

    def times(self, channel: str, since: datetime) -> list[datetime]:
        """When attempts over a channel began."""
        ...

    def rests(self, now: datetime) -> dict[str, datetime]:
        """Channels that asked for a rest, and until when."""
        ...

    def roster(self, lane: str) -> frozenset[str]:
        """Persons of a drill."""
        ...

    def watch(self, lane: str, at: datetime) -> tuple[str, ...]:
        """Logins that held the watch of a lane's duty room at a wall time, the newest first."""
        ...

    def drilled(self, now: datetime) -> frozenset[str]:
        """Persons of drills that run or ended less than 24 h ago."""
        ...

    def oldest_waiting_s(self, now: datetime) -> float:
        """Age of the oldest live notice that reached nobody yet or never will, of the last two days; 0 when there is none."""
        ...


def gravity(level: str) -> int:
    """Order of going out: 0 for red.

    >>> [gravity(level) for level in ("red", "blue", "normal")]
    [0, 3, 4]
    """
    return _GRAVEST.index(level) if level in _GRAVEST else len(_GRAVEST)
