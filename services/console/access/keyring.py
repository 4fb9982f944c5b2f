"""Keys of programs: each acts for an account with some of its rights until it expires. Only their digests are kept."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, structs

from services.console.access.account import account_of
from services.console.access.audit import Note
from services.console.access.person import Person, Right
from services.console.access.secrets import digest_of, new_id, new_secret
from services.console.access.store import Place, Store
from services.runtime.clock import Clock
from services.runtime.errors import InputError

PREFIX = "lj_"
LONGEST_DAYS = 365
_MOST = 20
_MOST_NAME = 80
_USED_EVERY = timedelta(minutes=1)
_FIELDS = "token_id, account, name, rights, created_at, expires_at, used_at, revoked_at"
_HELD = """SELECT t.token_id, t.rights, t.expires_at, t.used_at, t.revoked_at, a.* FROM token t JOIN account a USING (account)
WHERE t.secret_digest = %s"""
_ALL = f"SELECT {_FIELDS} FROM token WHERE %(account)s::text IS NULL OR account = %(account)s ORDER BY created_at DESC LIMIT 500"  # noqa: S608  # a constant
_PUT = """INSERT INTO token (token_id, secret_digest, account, name, rights, created_at, expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s)"""
_REVOKE = """UPDATE token SET revoked_at = %(now)s WHERE token_id = %(token_id)s AND revoked_at IS NULL
    AND (%(account)s::text IS NULL OR account = %(account)s) RETURNING account, name"""


class Token(Struct, frozen=True, kw_only=True):
    """A key as people see it in lists."""

    token_id: str
    account: str
    name: str
    rights: frozenset[Right]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def is_alive(self, now: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and now < self.expires_at


class Keyring:
    """Makes, reads and revokes keys. Every method raises UnreachableError when the database is away."""

    def __init__(self, place: Place, store: Store, clock: Clock) -> None:
        self._place = place
        self._store = store
        self._clock = clock

    def make(self, person: Person, name: str, rights: frozenset[Right], days: int) -> str:
        """A new key, shown once. Raises InputError for rights the person has not, a senseless name or life, or too many keys."""
        name = name.strip()
        if not 1 <= len(name) <= _MOST_NAME or not name.isprintable():
            raise InputError(f"密钥名称须为 1 至 {_MOST_NAME} 个字符 / a key's name has 1 to {_MOST_NAME} signs")
        if not 1 <= days <= LONGEST_DAYS:
            raise InputError(
                f"有效期须为 1 至 {LONGEST_DAYS} 天 / a key lives 1 to {LONGEST_DAYS} days; {days} were given"
            )
        if not rights or not rights <= person.rights:
            raise InputError("密钥的权限须在本人权限之内，且不能为空 / a key has some of your own rights, at least one")
        now, secret = self._clock.now(), PREFIX + new_secret()
        if sum(token.is_alive(now) for token in self.tokens(person.name)) >= _MOST:
            raise InputError(f"每人至多 {_MOST} 个有效密钥，请先撤销旧的 / at most {_MOST} keys each: revoke one first")
        token_id, expires_at = new_id(), now + timedelta(days=days)
        detail = {"name": name, "rights": " ".join(sorted(rights)), "expires_at": expires_at.isoformat()}
        with self._place.writing() as connection:
            values = (person.name, name, sorted(rights), now, expires_at)
            connection.execute(_PUT, (token_id, digest_of(secret), *values))
            self._store.append(connection, Note(actor=person.name, action="token add", subject=token_id, detail=detail))
        return secret

    def person_of(self, secret: str) -> Person | None:
        """Who a key speaks for; None when it is worth nothing (any more)."""
        if not secret.startswith(PREFIX):
            return None
        with self._place.reading() as connection:
            row = connection.execute(_HELD, (digest_of(secret),)).fetchone()
        now = self._clock.now()
        if row is None or row["revoked_at"] is not None or now >= row["expires_at"]:
            return None
        account = account_of(row)
        if account.is_disabled or account.must_change:
            return None
        if row["used_at"] is None or now - row["used_at"] >= _USED_EVERY:
            with self._place.writing() as connection:
                connection.execute("UPDATE token SET used_at = %s WHERE token_id = %s", (now, row["token_id"]))
        person = account.person()
        return structs.replace(person, rights=person.rights & _rights(row["rights"]))

    def tokens(self, account: str | None = None) -> list[Token]:
        """The keys of an account, or of all, the newest first."""
        with self._place.reading() as connection:
            return [_token(row) for row in connection.execute(_ALL.encode(), {"account": account}).fetchall()]

    def revoke(self, actor: str, token_id: str, *, account: str | None = None) -> None:
        """End a key, of that account only when one is given. Raises InputError when there is none."""
        with self._place.writing() as connection:
            values = {"now": self._clock.now(), "token_id": token_id, "account": account}
            row = connection.execute(_REVOKE, values).fetchone()
            if row is None:
                raise InputError("没有这个有效密钥 / there is no such living key")
            detail = {"account": row["account"], "name": row["name"]}
            self._store.append(connection, Note(actor=actor, action="token revoke", subject=token_id, detail=detail))


def _token(row: Mapping[str, Any]) -> Token:
    return Token(**{**row, "rights": _rights(row["rights"])})


def _rights(words: list[str]) -> frozenset[Right]:
    known = {right.value for right in Right}
    return frozenset(Right(word) for word in words if word in known)
