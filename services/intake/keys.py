"""Keys of providers: made, hashed and verified. A key is ``<key_id>.<secret>``; only its salted scrypt hash is kept."""

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from datetime import datetime

from schemas.provider import ApiKey
from services.intake.catalogue import Catalogue, KeyHolder

_COST, _BLOCK, _LANES = 2**14, 8, 1
_KEY = re.compile(r"(?P<key_id>[A-Za-z0-9_-]{4,64})\.(?P<secret>[A-Za-z0-9_-]{16,128})")
_KEPT = 10_000


def make_key(provider: str, now: datetime) -> tuple[ApiKey, str]:
    """A new key of 256 random bits: what is kept of it, and its text, to be shown once."""
    key_id = f"{re.sub(r'[^A-Za-z0-9]+', '-', provider)[:24].strip('-') or 'provider'}-{secrets.token_hex(4)}"
    secret = secrets.token_urlsafe(32)
    salt = secrets.token_bytes(16)
    return ApiKey(key_id=key_id, salt=salt, digest=digest_of(secret, salt), created_at=now), f"{key_id}.{secret}"


def digest_of(secret: str, salt: bytes) -> bytes:
    """Salted scrypt hash of a secret; takes some 40 ms on purpose."""
    return hashlib.scrypt(secret.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES)


class KeyRing:
    """Verifies keys against the catalogue. A key verified before is recognised in microseconds by a hash under a secret of this process.

    ``recall`` is quick; when it gives None, call ``verify`` off the event loop.
    """

    def __init__(self) -> None:
        self._pepper = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, tuple[str, bytes] | None] = OrderedDict()

    def recall(self, presented: str, catalogue: Catalogue, now: datetime) -> tuple[bool, KeyHolder | None]:
        """Whether this key was judged before, and its holder if it is (still) valid."""
        mark = self._mark(presented)
        if mark not in self._known:
            return False, None
        known = self._known[mark]
        if known is None:
            return True, None
        holder = _holder(known[0], catalogue, now)
        if holder is None or not hmac.compare_digest(holder.key.digest, known[1]):
            return True, None
        return True, holder

    def verify(self, presented: str, catalogue: Catalogue, now: datetime) -> KeyHolder | None:
        """The holder of a key, None when it is wrong, revoked or expired. Costs one scrypt when the key id exists."""
        match = _KEY.fullmatch(presented)
        holder = _holder(match["key_id"], catalogue, now) if match else None
        if match is None or holder is None:
            return None
        is_right = hmac.compare_digest(digest_of(match["secret"], holder.key.salt), holder.key.digest)
        self._known[self._mark(presented)] = (holder.key.key_id, holder.key.digest) if is_right else None
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return holder if is_right else None

    def _mark(self, presented: str) -> bytes:
        return hmac.digest(self._pepper, presented.encode("utf-8", "replace"), "sha256")


def _holder(key_id: str, catalogue: Catalogue, now: datetime) -> KeyHolder | None:
    holder = catalogue.keys.get(key_id)
    if holder is None or (holder.key.expires_at is not None and holder.key.expires_at <= now):
        return None
    return holder
