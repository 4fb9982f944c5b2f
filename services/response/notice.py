"""A message on its way out, the letter that a channel gets of it, what became of it, and the port that every channel fulfils."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from services.response.pace import Limit


class Notice(Struct, frozen=True, kw_only=True):
    """A pending notification. ``created_at`` is lane time, ``queued_at`` wall time; ``attempts`` failed before, ``tries`` of them at this leg.

    ``leg`` is the place on the way through persons and channels, ``round`` how often that way was gone in vain. ``person`` is set for a call.
    ``is_doubtful``: an earlier attempt ended without an answer, or its process was killed, so it may have arrived.
    """

    notification_id: str
    lane: str
    channel: str
    recipient: str
    text_zh: str
    text_en: str
    created_at: datetime
    queued_at: datetime
    attempts: int = 0
    role: str = ""
    level: str = ""
    leg: int = 0
    round: int = 0
    tries: int = 0
    person: str = ""
    is_doubtful: bool = False


class Letter(Struct, frozen=True, kw_only=True):
    """A notice as it goes out: marked for its reader, with his address and the link by which he acknowledges it (empty when there is none).

    ``is_repeat``: it may have arrived before; a channel that knows a repeat by itself does not say so.
    """

    notification_id: str
    lane: str
    level: str
    recipient: str
    address: str
    text_zh: str
    text_en: str
    created_at: datetime
    link: str = ""
    is_repeat: bool = False


class Verdict(StrEnum):
    """What became of a letter: out; try again here; the channel wants a rest; never so; no answer; perhaps out."""

    SENT = "sent"
    BUSY = "busy"
    LIMITED = "limited"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class Outcome(Struct, frozen=True, kw_only=True):
    """A verdict with the channel's own code and words, never a secret. ``rest_s``: nothing more may be sent there so long."""

    verdict: Verdict
    code: str = ""
    detail: str = ""
    rest_s: float = 0.0
    reference: str = ""


SENT = Outcome(verdict=Verdict.SENT)


class Channel(Protocol):
    """Carries letters. The same letter may be given again after a crash: a channel that can tell must not send it twice.

    ``at_once``: how many letters one call may carry; ``limits``: how many it may send in which time; ``is_recorded``: whether attempts are.
    """

    at_once: int
    limits: tuple[Limit, ...]
    is_recorded: bool

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """What became of each, in their order. Raises nothing: every failure is an outcome."""
        ...


def pause_s(attempts: int) -> float:
    """Seconds to wait after a number of failed attempts: 1, 2, 4 … at most 60.

    >>> [pause_s(n) for n in (1, 2, 3, 10)]
    [1.0, 2.0, 4.0, 60.0]
    """
    return float(min(60, 2 ** min(attempts - 1, 6)))
