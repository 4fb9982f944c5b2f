"""How often a provider may come: a token bucket per provider. Pure: the time is an argument."""

from msgspec import Struct


class _Bucket(Struct):
    tokens: float
    filled_at: float


class Allowance:
    """One token per request; a bucket holds two seconds' worth (at least five) and fills at the provider's rate.

    >>> allowance = Allowance()
    >>> [allowance.wait_s("p", 1.0, now=0.0) for _ in range(6)]
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    """

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def wait_s(self, provider: str, rate_per_second: float, *, now: float) -> float:
        """Take a token: 0, or the seconds to wait until there is one. ``now`` is monotonic seconds."""
        capacity = max(5.0, 2 * rate_per_second)
        bucket = self._buckets.setdefault(provider, _Bucket(capacity, now))
        bucket.tokens = min(capacity, bucket.tokens + (now - bucket.filled_at) * rate_per_second)
        bucket.filled_at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / rate_per_second if rate_per_second > 0 else 3600.0
