"""A data provider and the series it may send."""

from datetime import datetime

from msgspec import Struct, field


class ApiKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key of a provider: only its salted hash is kept. ``key_id`` is the readable first part of the key."""

    key_id: str
    salt: bytes
    digest: bytes
    created_at: datetime
    expires_at: datetime | None = None


class Provider(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A data provider 数据报送单位.

    ``series`` and ``lanes`` are exact names or prefixes ending in ``*``. ``rate_per_second`` limits requests. ``revision`` grows with each
    change; the highest counts. A revoked provider has no keys.
    """

    provider: str
    name_zh: str
    name_en: str
    series: list[str]
    keys: list[ApiKey] = []
    lanes: list[str] = field(default_factory=lambda: ["live"])
    rate_per_second: float = 50.0
    revision: int = 1
    contact: str = ""
    v: int = 1


class Receipt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first arrival of a request with an idempotency key.

    It is published before the data, so that a retry after a crash is stamped with the same ``known_at`` and therefore has the same identity.
    """

    source: str
    idempotency_key: str
    body_digest: str
    known_at: datetime
    v: int = 1
