"""The link by which a message is acknowledged: who, which message, until when, signed. Pure.

A link is not a secret of its reader: whoever holds it may say "received" in his name, and nothing else, until it expires.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from services.response.record import digest

LASTS = timedelta(hours=72)
_SIGNED_BYTES = 16
_LONGEST = 300


class Claim(Struct, frozen=True, kw_only=True):
    """What a genuine link says. ``person`` begins with ``@`` for a group, whose members say who they are."""

    notification_id: str
    lane: str
    person: str
    expires_at: datetime

    @property
    def is_group(self) -> bool:
        """True when it went to a group."""
        return self.person.startswith("@")

    @property
    def command_id(self) -> str:
        """The same for every use of the link, so that it acts once."""
        return digest("ack", self.notification_id, self.person)


class LinkError(Exception):
    """The link is forged, torn or past its time; ``is_expired`` tells which."""

    def __init__(self, *, is_expired: bool) -> None:
        super().__init__("expired" if is_expired else "forged or torn")
        self.is_expired = is_expired


def make_token(key: bytes, claim: Claim) -> str:
    """The signed part of a link: URL-safe, about 95 characters."""
    text = f"{claim.notification_id}|{claim.lane}|{claim.person}|{int(claim.expires_at.timestamp()):x}".encode()
    return f"{_text(text)}.{_text(_sign(key, text))}"


def read_token(key: bytes, token: str, now: datetime) -> Claim:
    """What a link says. Raises LinkError when it is forged, torn or past its time."""
    try:
        text, signature = (_bytes(part) for part in token[:_LONGEST].split("."))
        if not hmac.compare_digest(signature, _sign(key, text)):
            raise LinkError(is_expired=False)
        name, lane, person, until = text.decode().split("|")
        expires_at = datetime.fromtimestamp(int(until, 16), UTC)
    except (ValueError, binascii.Error) as error:
        raise LinkError(is_expired=False) from error
    if now > expires_at:
        raise LinkError(is_expired=True)
    return Claim(notification_id=name, lane=lane, person=person, expires_at=expires_at)


class Links(Struct, frozen=True):
    """Makes whole links. ``base`` is the public address, such as ``https://lianjing.example.gov.cn``."""

    base: str
    key: bytes

    def link(self, notification_id: str, lane: str, person: str, now: datetime) -> str:
        """The link for one reader of one message."""
        claim = Claim(notification_id=notification_id, lane=lane, person=person, expires_at=now + LASTS)
        return f"{self.base.rstrip('/')}/m/{make_token(self.key, claim)}"


def key_of(secret: str) -> bytes:
    """The signing key of a setting; not the secret itself, so that another use of the same setting could not stand in for it."""
    return hashlib.sha256(b"lianjing.link.v1|" + secret.encode()).digest()


def _sign(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()[:_SIGNED_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
