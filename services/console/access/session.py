"""How long a session lives."""

from datetime import datetime, timedelta

from msgspec import Struct

from services.console.access.person import Person, Right

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=13)
WALL = timedelta(days=90)
TOUCH_EVERY = timedelta(minutes=1)
WALL_RIGHTS = frozenset({Right.SEE})


class Session(Struct, frozen=True, kw_only=True):
    """A sign-in. A wall session may only see, does not end by idleness and lives for 90 days."""

    session_id: str
    account: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    is_wall: bool
    address: str
    agent: str


def is_alive(session: Session, now: datetime) -> bool:
    """Neither ended, nor idle for two hours (a wall display may be), nor past its end."""
    if session.ended_at is not None or now >= session.expires_at:
        return False
    return session.is_wall or now - session.seen_at < IDLE


def expiry(now: datetime, *, is_wall: bool) -> datetime:
    """When a session that begins now ends at the latest: after a shift and its handover, a wall display after 90 days."""
    return now + (WALL if is_wall else LONGEST)


def limited(person: Person, session: Session) -> Person:
    """The person as this session lets him act: a wall display may only see."""
    if not session.is_wall:
        return person
    return Person(
        name=person.name,
        display=person.display,
        roles=person.roles,
        rights=person.rights & WALL_RIGHTS,
        chains=person.chains,
        provider=person.provider,
    )
