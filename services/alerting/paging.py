"""Whom a step must interrupt. Pure.

A height that nobody was told of yet interrupts the offices of the place; so does the loss of sight of a place above blue. What is eased, said
again or done by people is for reading. What a mute hid is told when it ends, and an acknowledgement that ran out is told again.
"""

from datetime import datetime

from msgspec import Struct, structs

from schemas.alert import Alert, AlertState
from schemas.level import Level, rank
from services.alerting.step import spoken_again

DUTY = "duty"
"""The duty officer, who hears of everything."""

_INTERRUPTS_FROM = 2
_CHIEFS_FROM = 3


class Offices(Struct, frozen=True):
    """Who answers for a place: ``team`` is interrupted from yellow on, ``chiefs`` from orange on."""

    team: str = ""
    chiefs: tuple[str, ...] = ()

    def at(self, level: Level) -> list[str]:
        """Offices to interrupt at a level, the duty officer first.

        >>> Offices("专班", ("链长",)).at(Level.YELLOW), Offices("专班", ("链长",)).at(Level.RED)
        (['duty', '专班'], ['duty', '专班', '链长'])
        """
        chiefs = self.chiefs if _height(level) >= _CHIEFS_FROM else ()
        return [DUTY, *dict.fromkeys(office for office in (self.team, *chiefs) if office)]


def paged(previous: Alert | None, alert: Alert, offices: Offices, hidden_by: str) -> Alert:
    """The step with whom it interrupts; nobody while the mute ``hidden_by`` hides it."""
    before = alert.paged
    if alert.state is AlertState.EASED:
        before = min(before, alert.level, key=_height)
    if hidden_by:
        return structs.replace(alert, paged=before, muted_by=hidden_by)
    is_high = _height(alert.level) >= _INTERRUPTS_FROM
    has_vanished = alert.is_unknown and not (previous is not None and previous.is_unknown)
    if is_high and (_height(alert.level) > _height(before) or has_vanished):
        return structs.replace(alert, paged=alert.level, interrupts=offices.at(alert.level))
    return structs.replace(alert, paged=before)


def reminder(last: Alert, at: datetime, *, is_hidden: bool) -> Alert | None:
    """What has to be said at lane time ``at`` although nothing changed: that an acknowledgement ran out, or what a mute had hidden."""
    if at <= (last.heard_at or last.as_of):
        return None
    if last.acknowledged_until is not None and at >= last.acknowledged_until:
        return spoken_again(last, at, acknowledged_by="", acknowledged_until=None, paged=Level.NORMAL)
    if not is_hidden and _height(last.level) >= _INTERRUPTS_FROM and _height(last.level) > _height(last.paged):
        return spoken_again(last, at)
    return None


def _height(level: Level) -> int:
    return rank(level) or 0
