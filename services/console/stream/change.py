"""A change as the database tells it, and what of it an open page is told. Pure."""

from msgspec import Struct

CHANNEL = "lianjing_change"
"""Channel of PostgreSQL on which the triggers of ``schemas/sql/repeat_04_console.sql`` speak."""

NOUNS = ("assessment", "alert", "run", "task", "command", "drill", "answer", "lane")
"""What may change; each is the name of an event."""

UNREACHABLE = "unreachable"
REACHABLE = "reachable"
HEARTBEAT = "heartbeat"
SIGNED_OUT = "signed-out"


class Change(Struct, frozen=True):
    """Rows of a noun were added or altered in a lane."""

    noun: str
    lane: str


def told(payload: str) -> Change | None:
    """The change in a notification; None where it is none of ours.

    >>> told("alert drill:winter-1")
    Change(noun='alert', lane='drill:winter-1')
    """
    noun, _, lane = payload.partition(" ")
    return Change(noun, lane) if noun in NOUNS and lane else None
