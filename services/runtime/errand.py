"""An errand: what the console carries to intake for a person who signed in with it, under a secret that only these two share. Pure.

The console holds no key of any provider. It says for which provider, by whom and until when, seals method, target and body with it, and intake
believes nobody else. A sealed errand opens one request only, for a minute; sending it twice is as harmless as any repeat.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

SCHEME = "Errand"
LASTS = timedelta(seconds=60)
LEAST_SECRET = 16
_LONGEST = 4000


class Errand(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom, by whom, until when, and exactly which request: ``target`` is path and query, ``digest`` the SHA-256 of the body."""

    provider: str
    person: str
    until: datetime
    method: str
    target: str
    digest: str

    def is_for(self, method: str, target: str) -> bool:
        """Whether it opens this request."""
        return self.method == method and self.target == target


_decoder = msgspec.json.Decoder(Errand)


def digest_of(body: bytes) -> str:
    """How an errand names its body."""
    return hashlib.sha256(body).hexdigest()


def sealed(errand: Errand, secret: str) -> str:
    """The text behind ``Authorization: Errand``. Raises ValueError for a secret that is no secret."""
    text = base64.urlsafe_b64encode(msgspec.json.encode(errand))
    return f"{text.decode()}.{_seal(text, secret)}"


def unsealed(text: str, secret: str, now: datetime) -> Errand | None:
    """What was sealed; None when it was not sealed with this secret, is torn, or its time is over.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> errand = Errand(provider="port", person="li", until=noon + LASTS, method="GET", target="/v1/series", digest=digest_of(b""))
    >>> unsealed(sealed(errand, "a" * 32), "a" * 32, noon) == errand
    True
    >>> unsealed(sealed(errand, "a" * 32), "b" * 32, noon) is None, unsealed(sealed(errand, "a" * 32), "a" * 32, noon + LASTS) is None
    (True, True)
    """
    told, _, seal = text[:_LONGEST].partition(".")
    if len(secret) < LEAST_SECRET or not hmac.compare_digest(seal.encode(), _seal(told.encode(), secret).encode()):
        return None
    try:
        errand = _decoder.decode(base64.urlsafe_b64decode(told))
    except (binascii.Error, msgspec.MsgspecError):
        return None
    return errand if now < errand.until <= now + 2 * LASTS else None


def _seal(text: bytes, secret: str) -> str:
    if len(secret) < LEAST_SECRET:
        raise ValueError(f"the secret of errands has {len(secret)} characters; at least {LEAST_SECRET} are right")
    return hmac.digest(secret.encode(), text, "sha256").hex()
