"""How fast a channel may be used. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct


class Limit(Struct, frozen=True):
    """At most ``count`` letters in any ``seconds``."""

    count: int
    seconds: float


def wait_s(limits: Sequence[Limit], sent: Sequence[datetime], now: datetime) -> float:
    """Seconds until one more may be sent, 0 when it may go now. ``sent``: times of earlier ones, in any order.

    >>> from datetime import UTC
    >>> t = datetime(2026, 1, 1, tzinfo=UTC)
    >>> wait_s([Limit(2, 60.0)], [t, t + timedelta(seconds=30)], t + timedelta(seconds=40))
    20.0
    """
    longest = 0.0
    for limit in limits:
        window = timedelta(seconds=limit.seconds)
        recent = sorted(at for at in sent if at > now - window)
        if len(recent) >= limit.count:
            free_at = recent[-limit.count] + window
            longest = max(longest, (free_at - now).total_seconds())
    return longest
