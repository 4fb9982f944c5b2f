"""Passwords as argon2id hashes, and which are good enough."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_SIGNS = 10
MOST_SIGNS = 200
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_COMMON = ("password", "12345678", "qwerty", "lianjing", "abcdefgh", "11111111", "88888888")


class Passwords:
    """Hashes and checks. Argon2id with the library's defaults (RFC 9106, low memory); ``cheap`` only for tests."""

    def __init__(self, *, cheap: bool = False) -> None:
        self._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if cheap else PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def hashed(self, password: str) -> str:
        """What the table keeps."""
        return self._hasher.hash(password)

    def is_right(self, kept: str, given: str) -> bool:
        """Whether the password fits. An empty ``kept`` (no such account, or none by password) takes as long and fits nothing."""
        try:
            return self._hasher.verify(kept or self._nobody, given[:MOST_SIGNS]) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, kept: str) -> bool:
        """Whether the hash was made with weaker settings and should be made anew."""
        return self._hasher.check_needs_rehash(kept)


def problem_of(password: str, name: str) -> tuple[str, str] | None:
    """Why a password is not good enough, in both languages; None when it is.

    >>> problem_of("short", "wang")[1]
    'at least 10 characters; 5 were given'
    >>> problem_of("correct horse battery", "wang") is None
    True
    """
    if len(password) < LEAST_SIGNS:
        return (
            f"至少 {LEAST_SIGNS} 个字符；给了 {len(password)} 个",
            f"at least {LEAST_SIGNS} characters; {len(password)} were given",
        )
    if len(password) > MOST_SIGNS:
        return f"至多 {MOST_SIGNS} 个字符", f"at most {MOST_SIGNS} characters"
    lowered = password.lower()
    if name and name.lower() in lowered:
        return "不能含用户名", "must not contain the account's name"
    if len(set(password)) < 5 or any(word in lowered for word in _COMMON):
        return "太容易猜", "too easy to guess"
    return None


def made_password() -> str:
    """A password for a new account: 16 signs without those that look alike, about 92 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))
