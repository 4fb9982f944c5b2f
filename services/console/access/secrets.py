"""Random secrets, and what is kept or shown of them: digests for tables, a proof against forged forms."""

import hashlib
import hmac
import secrets

_BYTES = 32


def new_secret() -> str:
    """A secret of 256 random bits."""
    return secrets.token_urlsafe(_BYTES)


def new_id() -> str:
    """A public name for a session or key."""
    return secrets.token_hex(8)


def digest_of(secret: str) -> bytes:
    """What the table keeps. Enough without salt and stretching: the secret is 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def form_proof(secret: str) -> str:
    """What a form must send along: only a page of ours knows it, and the secret cannot be found from it."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_proof(secret: str, given: str) -> bool:
    """Whether a form came from a page of ours; compared in constant time."""
    return hmac.compare_digest(form_proof(secret).encode(), given.encode())
