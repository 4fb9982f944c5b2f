"""The way of a message through persons and their channels, and where it goes after each attempt. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from schemas.lane import LaneKind, kind_of
from services.response.channel import GATEWAYS, PERSONAL, ChannelKind, ChannelSpec
from services.response.contacts import CALL, LOG, MEMBER, PUSH, Contacts, Person, Way
from services.response.notice import Notice, Outcome, Verdict, pause_s
from services.response.watch import Watch

STAND_IN = "stand-in"
_TRIES = 3
_GIVEN_UP_AFTER = timedelta(hours=24)
_FIRST_ROUND_S, _LONGEST_ROUND_S = 30.0, 600.0


class Leg(Struct, frozen=True, kw_only=True):
    """One stage of the way: a channel, whom it reaches (``@`` and the channel for a group), and the person it is ``meant`` for."""

    channel: str
    person: str
    name: str
    meant: str = ""
    address: str = ""


class Fate(Struct, frozen=True, kw_only=True):
    """How a notification stands after an attempt."""

    state: str
    leg: int
    round: int
    tries: int
    next_attempt_at: datetime | None = None


def way_of(
    notice: Notice,
    contacts: Contacts,
    channels: Mapping[str, ChannelSpec],
    roster: frozenset[str],
    watch: Watch = Watch(),  # noqa: B008  # frozen
) -> tuple[Leg, ...]:
    """Every leg, in the order in which they are tried: whoever is on ``watch`` first; empty when nobody may be reached.

    A replay reaches the log only. A drill reaches persons of its ``roster`` and nobody else, by channels that are theirs alone or made for
    drills; for gateways it has a stand-in.
    """
    kind = kind_of(notice.lane)
    if notice.channel == LOG or kind is LaneKind.REPLAY:
        return (Leg(channel=LOG, person="", name=notice.recipient),) if notice.channel == LOG else ()
    if notice.channel == PUSH:
        return _push(notice.recipient, channels, kind)
    people = _people(notice, contacts, kind, watch)
    if kind is LaneKind.DRILL:
        people = tuple(person for person in people if person.id in roster)
    if notice.channel == CALL:
        return tuple(leg for p in people if p.id == notice.person for leg in _voice(p, channels, kind))
    return tuple(leg for p in people for way in p.ways for leg in _leg(p, way, channels, kind))


def _people(notice: Notice, contacts: Contacts, kind: LaneKind, watch: Watch) -> tuple[Person, ...]:
    """Those behind the role, or the one member of a drill; a member is asked for in drills alone."""
    if notice.channel == MEMBER:
        named = [p for contact in contacts.values() for p in contact.people if p.id == notice.role]
        return tuple(named[:1]) if kind is LaneKind.DRILL else ()
    contact = contacts.get(notice.role)
    return watch.in_turn(contact.people, notice.role, notice.created_at) if contact is not None else ()


def _leg(person: Person, way: Way, channels: Mapping[str, ChannelSpec], kind: LaneKind) -> tuple[Leg, ...]:
    spec = channels.get(way.channel)
    if spec is None:
        return ()
    if kind is LaneKind.LIVE and spec.is_drill:
        return ()
    if kind is LaneKind.DRILL and spec.kind in GATEWAYS:
        return (Leg(channel=STAND_IN, person=person.id, name=person.name, meant=person.id),)
    is_own = spec.kind in PERSONAL or bool(way.address)
    if kind is LaneKind.DRILL and not (spec.is_drill or spec.kind in PERSONAL):
        return ()
    who = person.id if is_own else f"@{spec.id}"
    return (Leg(channel=spec.id, person=who, name=person.name, meant=person.id, address=way.address),)


def _push(name: str, channels: Mapping[str, ChannelSpec], kind: LaneKind) -> tuple[Leg, ...]:
    """A configured webhook by its name: a playbook can name one, never an address."""
    spec = channels.get(name)
    if kind is LaneKind.DRILL:
        return (Leg(channel=STAND_IN, person="", name=name),)
    is_fit = spec is not None and spec.kind is ChannelKind.WEBHOOK and not spec.is_drill
    return (Leg(channel=name, person="", name=name),) if is_fit else ()


def _voice(person: Person, channels: Mapping[str, ChannelSpec], kind: LaneKind) -> tuple[Leg, ...]:
    if kind is LaneKind.DRILL:
        return (Leg(channel=STAND_IN, person=person.id, name=person.name, meant=person.id),)
    voices = [spec for spec in channels.values() if spec.kind is ChannelKind.VOICE and not spec.is_drill]
    return tuple(
        Leg(channel=v.id, person=person.id, name=person.name, meant=person.id, address=person.phone) for v in voices
    )


def choose(legs: tuple[Leg, ...], start: int, rests: Callable[[str], bool]) -> int | None:
    """The first leg from ``start`` on whose channel does not rest; None when all do."""
    return next((number for number in range(start, len(legs)) if not rests(legs[number].channel)), None)


def fate(notice: Notice, leg: int, legs: int, outcome: Outcome, now: datetime) -> Fate:
    """Where a notification goes after an attempt at ``leg`` of so many ``legs``.

    Refused or limited: the next leg at once. Busy, unreachable or unknown: here again, twice, then the next leg. After the last leg the way
    begins anew after a pause that grows from half a minute to ten; it is given up after 24 h, a call after its first round, the log never.
    """
    if outcome.verdict is Verdict.SENT:
        return Fate(state="sent", leg=leg, round=notice.round, tries=0)
    tries = notice.tries + 1 if leg == notice.leg else 1
    if outcome.verdict not in (Verdict.REFUSED, Verdict.LIMITED) and (tries < _TRIES or notice.channel == LOG):
        again = now + timedelta(seconds=pause_s(tries))
        return Fate(state="pending", leg=leg, round=notice.round, tries=tries, next_attempt_at=again)
    if leg + 1 < legs:
        return Fate(state="pending", leg=leg + 1, round=notice.round, tries=0, next_attempt_at=now)
    return _next_round(notice, outcome, now)


def _next_round(notice: Notice, outcome: Outcome, now: datetime) -> Fate:
    is_over = notice.channel == CALL or (notice.channel != LOG and now - notice.queued_at > _GIVEN_UP_AFTER)
    if is_over:
        return Fate(state="failed", leg=0, round=notice.round + 1, tries=0)
    pause = min(_LONGEST_ROUND_S, _FIRST_ROUND_S * 2 ** min(notice.round, 5))
    if outcome.verdict is Verdict.LIMITED:
        pause = max(pause, outcome.rest_s)
    again = now + timedelta(seconds=pause)
    return Fate(state="pending", leg=0, round=notice.round + 1, tries=0, next_attempt_at=again)
