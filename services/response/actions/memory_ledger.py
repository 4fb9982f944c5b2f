"""In-memory twin of the ledger; both pass the same tests (``tests/response/messages/test_ledger.py``)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import structs

from schemas.lane import LIVE
from services.response.contacts import LOG
from services.response.ledger import Attempt, Settled, gravity
from services.response.notice import Notice, Verdict


class MemoryLedger:
    """Notices and attempts as dicts. ``states`` holds how each notice stands, ``told`` every attempt that ended."""

    def __init__(self) -> None:
        self.notices: dict[str, Notice] = {}
        self.states: dict[str, str] = {}
        self.carriers: dict[str, tuple[str, str]] = {}
        self.told: list[Settled] = []
        self.rosters: dict[str, tuple[frozenset[str], datetime | None]] = {}
        self.watches: dict[str, list[tuple[datetime, str]]] = {}
        self._ready: dict[str, datetime | None] = {}
        self._began: list[tuple[str, datetime]] = []
        self._doubtful: set[str] = set()
        self._rests: dict[str, datetime] = {}

    def add(self, *notices: Notice) -> None:
        """Notices that are to go out."""
        for notice in notices:
            self.notices[notice.notification_id] = notice
            self.states[notice.notification_id] = "pending"
            self._ready[notice.notification_id] = None

    def is_alone(self) -> bool:
        """Always."""
        return True

    def due(self, now: datetime, most: int, without: Collection[str]) -> list[Notice]:
        """As the port says."""
        found = [
            structs.replace(notice, is_doubtful=name in self._doubtful)
            for name, notice in self.notices.items()
            if self.states[name] == "pending" and name not in without and self._is_ready(name, now)
        ]
        people = [notice for notice in found if notice.channel != LOG]
        copies = [notice for notice in found if notice.channel == LOG]
        people.sort(key=lambda n: (gravity(n.level), n.created_at, n.notification_id))
        copies.sort(key=lambda n: (n.queued_at, n.created_at, n.notification_id))
        return [*people[:most], *copies[:most]]

    def begin(self, attempts: Sequence[Attempt], now: datetime) -> None:
        """As the port says."""
        for attempt in attempts:
            if attempt.is_recorded:
                self._began.append((attempt.leg.channel, now))
                self._doubtful.add(attempt.notice.notification_id)

    def settle(self, settled: Sequence[Settled], now: datetime) -> None:
        """As the port says."""
        for one in settled:
            name, fate = one.attempt.notice.notification_id, one.fate
            self.told.append(one)
            if one.outcome.verdict is not Verdict.UNKNOWN:
                self._doubtful.discard(name)
            if one.outcome.rest_s:
                self._rests[one.attempt.leg.channel] = now + timedelta(seconds=one.outcome.rest_s)
            self.states[name] = fate.state
            self.carriers[name] = (one.attempt.leg.channel, one.attempt.leg.person)
            self._ready[name] = fate.next_attempt_at
            self.notices[name] = structs.replace(
                self.notices[name], leg=fate.leg, round=fate.round, tries=fate.tries, attempts=one.attempt.number
            )

    def postpone(self, ids: Sequence[str], until: datetime) -> None:
        """As the port says."""
        self._ready.update(dict.fromkeys(ids, until))

    def end(self, ids: Sequence[str], state: str, why: str) -> None:
        """As the port says."""
        del why
        self.states.update(dict.fromkeys(ids, state))

    def times(self, channel: str, since: datetime) -> list[datetime]:
        """As the port says."""
        return [at for name, at in self._began if name == channel and at > since]

    def rests(self, now: datetime) -> dict[str, datetime]:
        """As the port says."""
        return {channel: until for channel, until in self._rests.items() if until > now}

    def roster(self, lane: str) -> frozenset[str]:
        """As the port says."""
        return self.rosters.get(lane, (frozenset(), None))[0]

    def watch(self, lane: str, at: datetime) -> tuple[str, ...]:
        """As the port says."""
        return tuple(login for since, login in sorted(self.watches.get(lane, ()), reverse=True) if since <= at)

    def drilled(self, now: datetime) -> frozenset[str]:
        """As the port says."""
        marked = [who for who, closed in self.rosters.values() if closed is None or now - closed < timedelta(hours=24)]
        return frozenset().union(*marked)

    def oldest_waiting_s(self, now: datetime) -> float:
        """As the port says."""
        ages = [
            (now - n.queued_at).total_seconds()
            for name, n in self.notices.items()
            if self.states[name] != "sent" and n.lane == LIVE
        ]
        return max((age for age in ages if age < 172_800), default=0.0)

    def _is_ready(self, name: str, now: datetime) -> bool:
        at = self._ready[name]
        return at is None or at <= now
