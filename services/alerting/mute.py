"""Mutes and maintenance windows: what they hide, from when to when, by whose word. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from msgspec import Struct, structs

from schemas.alert import Alert
from schemas.alert_command import Mute, Unmute
from schemas.level import rank

LONGEST = timedelta(days=13)
"""Commands are kept for 14 days; a longer mute would be forgotten by a restart."""


class Standing(Struct, frozen=True, kw_only=True):
    """One mute: id of its command, lane, who, why, and what it covers from ``since`` to ``until``."""

    id: str
    lane: str
    actor: str
    reason: str
    since: datetime
    until: datetime
    mute: Mute

    def hides(self, alert: Alert, at: datetime) -> bool:
        """True when a step is hidden at lane time ``at``. A level above the mute's comes through."""
        mute = self.mute
        return (
            self.lane == alert.lane
            and self.since <= at < self.until
            and (rank(alert.level) or 0) <= (rank(mute.up_to) or 0)
            and fnmatchcase(alert.chain, mute.chain)
            and fnmatchcase(alert.node, mute.node)
            and fnmatchcase(alert.product, mute.product)
            and fnmatchcase(alert.hazard.value, mute.hazard)
        )


def problem_of(mute: Mute, issued_at: datetime) -> str:
    """What is wrong with a mute; empty when it is right."""
    since = mute.since or issued_at
    if mute.until <= since:
        return f"until {mute.until.isoformat()}: 应晚于 should be after {since.isoformat()}"
    if mute.until - since > LONGEST:
        return f"until {mute.until.isoformat()}: 最长 at most {LONGEST.days} d; 到期再续 renew it then"
    return ""


class Mutes:
    """All mutes that were ordered, by the id of their command. The order in which commands are taken does not matter; repeats change nothing."""

    def __init__(self) -> None:
        self._standing: dict[str, Standing] = {}
        self._ended: dict[str, datetime] = {}

    def take(self, command_id: str, lane: str, actor: str, reason: str, issued_at: datetime, mute: Mute) -> None:
        """A mute was ordered."""
        until = min(mute.until, self._ended.get(command_id, mute.until))
        since = mute.since or issued_at
        self._standing[command_id] = Standing(
            id=command_id, lane=lane, actor=actor, reason=reason, since=since, until=until, mute=mute
        )

    def end(self, issued_at: datetime, order: Unmute) -> None:
        """A mute was lifted."""
        self._ended[order.mute] = issued_at
        standing = self._standing.get(order.mute)
        if standing is not None:
            self._standing[order.mute] = structs.replace(standing, until=min(standing.until, issued_at))

    def hiding(self, alert: Alert, at: datetime) -> Standing | None:
        """The mute that hides a step at lane time ``at``; the one that ends last where there are several."""
        found = [s for s in self._standing.values() if s.hides(alert, at)]
        return max(found, key=lambda s: (s.until, s.id), default=None)

    def all(self) -> Iterable[Standing]:
        """Every mute, in order of beginning."""
        return sorted(self._standing.values(), key=lambda s: (s.since, s.id))

    def drop_lane(self, lane: str) -> None:
        """Forget a closed lane."""
        self._standing = {k: s for k, s in self._standing.items() if s.lane != lane}
