"""A message on its way out, and the port that every channel fulfils."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class Notice(Struct, frozen=True, kw_only=True):
    """A pending notification as a channel gets it. ``created_at`` is lane time; ``attempts`` failed before."""

    notification_id: str
    lane: str
    channel: str
    recipient: str
    text_zh: str
    text_en: str
    created_at: datetime
    attempts: int


class Channel(Protocol):
    """Carries notices. The same notice may be given again after a crash: a channel that can tell must not send it twice."""

    def send(self, notices: Sequence[Notice]) -> None:
        """Return once all are out. Raises UnreachableError when that is not sure; they are given again later."""
        ...


def pause_s(attempts: int) -> float:
    """Seconds to wait after a number of failed attempts: 1, 2, 4 … at most 60.

    >>> [pause_s(n) for n in (1, 2, 3, 10)]
    [1.0, 2.0, 4.0, 60.0]
    """
    return float(min(60, 2 ** min(attempts - 1, 6)))
