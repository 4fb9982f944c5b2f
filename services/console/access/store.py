"""Accounts, sessions, keys and the audit log in their tables. Each change and its entry in the log are one transaction."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

import msgspec
import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from services.console.access.account import Account, account_of
from services.console.access.audit import Entry, Note, linked
from services.console.access.session import Session
from services.runtime.clock import Clock
from services.runtime.errors import InputError

_LOCK = 0x6175646974  # "audit"
_MOST_TEXT = 4000
_TAIL = "SELECT * FROM audit ORDER BY sequence DESC LIMIT 1"
_APPEND = """INSERT INTO audit (sequence, at, actor, action, subject, lane, address, detail, previous, digest)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_PUT_ACCOUNT = """INSERT INTO account (account, display, password, roles, chains, provider, subject, is_disabled, must_change, created_at, changed_at,
    revision) VALUES (%(account)s, %(display)s, %(password)s, %(roles)s, %(chains)s, %(provider)s, %(subject)s, %(is_disabled)s, %(must_change)s,
    %(created_at)s, %(changed_at)s, %(revision)s)
ON CONFLICT (account) DO UPDATE SET display = EXCLUDED.display, password = EXCLUDED.password, roles = EXCLUDED.roles, chains = EXCLUDED.chains,
    provider = EXCLUDED.provider, subject = EXCLUDED.subject, is_disabled = EXCLUDED.is_disabled, must_change = EXCLUDED.must_change,
    changed_at = EXCLUDED.changed_at, revision = EXCLUDED.revision WHERE account.revision = EXCLUDED.revision - 1"""
_BEGIN = """INSERT INTO session (session_id, secret_digest, account, created_at, seen_at, expires_at, is_wall, address, agent)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_SESSION = "session_id, account, created_at, seen_at, expires_at, ended_at, is_wall, address, agent"
_HELD = """SELECT to_jsonb(s) - 'secret_digest' AS session, a.* FROM session s JOIN account a USING (account) WHERE s.secret_digest = %s"""
_HELD_BY = (
    f"SELECT {_SESSION} FROM session WHERE account = %s AND ended_at IS NULL AND expires_at > %s ORDER BY seen_at DESC"  # noqa: S608  # as above
)
_LONG_OVER = "DELETE FROM session WHERE expires_at < %s"


class Place(Protocol):
    """Lends connections with rows as dicts; ``Shelf`` is one."""

    def reading(self) -> AbstractContextManager[Connection[dict[str, Any]]]:
        """A read-only transaction. Raises UnreachableError."""
        ...

    def writing(self) -> AbstractContextManager[Connection[dict[str, Any]]]:
        """A transaction. Raises UnreachableError."""
        ...


class Store:
    """Every method raises UnreachableError when the database is away."""

    def __init__(self, place: Place, clock: Clock) -> None:
        self._place = place
        self._clock = clock

    # --- the audit log

    def write(self, note: Note) -> None:
        """Append one entry."""
        with self._place.writing() as connection:
            self.append(connection, note)

    def entries(self, *, after: int = 0, batch: int = 1000) -> Iterator[Entry]:
        """All entries in order."""
        while True:
            with self._place.reading() as connection:
                rows = connection.execute(
                    "SELECT * FROM audit WHERE sequence > %s ORDER BY sequence LIMIT %s", (after, batch)
                ).fetchall()
            yield from map(_entry, rows)
            if len(rows) < batch:
                return
            after = rows[-1]["sequence"]

    def newest_entries(self, wanted: Mapping[str, object], most: int) -> list[Entry]:
        """The newest first; ``wanted`` may name actor, action, subject (begins so), since, until, before (sequence)."""
        terms = [_FILTERS[name] for name, value in wanted.items() if value]
        where = f"WHERE {' AND '.join(terms)}" if terms else ""
        query = f"SELECT * FROM audit {where} ORDER BY sequence DESC LIMIT %(most)s"  # noqa: S608  # terms are constants of ours
        with self._place.reading() as connection:
            return [_entry(row) for row in connection.execute(query.encode(), {**wanted, "most": most}).fetchall()]

    def append(self, connection: Connection[Any], note: Note) -> None:
        """One entry within the transaction of what it is about. The lock is held until that ends, so the chain never forks."""
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        tail = connection.execute(_TAIL).fetchone()
        note = _clean(note)
        made = linked(None if tail is None else _entry(tail), self._clock.now(), note)
        said = (note.actor, note.action, note.subject, note.lane, note.address, Jsonb(dict(note.detail)))
        connection.execute(_APPEND, (made.sequence, made.at, *said, made.previous, made.digest))

    # --- accounts

    def account(self, name: str) -> Account | None:
        """The account of that name."""
        return self._one_account("account = %s", name)

    def account_of_subject(self, subject: str) -> Account | None:
        """The account that the OpenID provider's name belongs to."""
        return self._one_account("subject = %s", subject)

    def accounts(self) -> list[Account]:
        """All, by name."""
        with self._place.reading() as connection:
            return [account_of(row) for row in connection.execute("SELECT * FROM account ORDER BY account").fetchall()]

    def put_account(self, account: Account, note: Note) -> None:
        """Keep a new or changed account. Raises InputError when somebody else changed it meanwhile, or its subject is taken."""
        values = {
            **{field: getattr(account, field) for field in account.__struct_fields__},
            "account": account.name,
            "roles": sorted(account.roles),
            "chains": None if account.chains is None else sorted(account.chains),
        }
        try:
            with self._place.writing() as connection:
                if connection.execute(_PUT_ACCOUNT, values).rowcount != 1:
                    raise InputError(f"{account.name}: 已被他人改动，请重看 / was changed by somebody else; look again")
                self.append(connection, note)
        except psycopg.errors.UniqueViolation as error:
            raise InputError(f"{account.subject}: 已属于另一用户 / belongs to another account") from error

    def _one_account(self, condition: str, value: str) -> Account | None:
        with self._place.reading() as connection:
            query = f"SELECT * FROM account WHERE {condition}"  # noqa: S608  # conditions are constants of ours
            row = connection.execute(query.encode(), (value,)).fetchone()
        return None if row is None else account_of(row)

    # --- sessions

    def begin_session(self, session: Session, secret_digest: bytes, note: Note) -> None:
        """Keep a new session; those that ended long ago are forgotten."""
        with self._place.writing() as connection:
            connection.execute(_LONG_OVER, (session.created_at,))
            values = (session.created_at, session.seen_at, session.expires_at, session.is_wall, session.address)
            connection.execute(_BEGIN, (session.session_id, secret_digest, session.account, *values, session.agent))
            self.append(connection, note)

    def session(self, secret_digest: bytes) -> tuple[Session, Account] | None:
        """The session whose secret this is, alive or not, with its account."""
        with self._place.reading() as connection:
            row = connection.execute(_HELD, (secret_digest,)).fetchone()
        return None if row is None else (msgspec.convert(row["session"], type=Session), account_of(row))

    def sessions_of(self, account: str) -> list[Session]:
        """Those not ended and not expired, the last seen first."""
        with self._place.reading() as connection:
            return [
                Session(**row) for row in connection.execute(_HELD_BY.encode(), (account, self._clock.now())).fetchall()
            ]

    def touch_session(self, session_id: str, now: datetime) -> None:
        """It was used."""
        with self._place.writing() as connection:
            connection.execute("UPDATE session SET seen_at = %s WHERE session_id = %s", (now, session_id))

    def end_sessions(self, account: str, note: Note, *, only: str | None = None, but: str | None = None) -> int:
        """End the sessions of an account: one, all, or all but one. Returns how many."""
        with self._place.writing() as connection:
            ended = connection.execute(
                "UPDATE session SET ended_at = %(now)s WHERE account = %(account)s AND ended_at IS NULL"
                " AND (%(only)s::text IS NULL OR session_id = %(only)s) AND (%(but)s::text IS NULL OR session_id <> %(but)s)",
                {"now": self._clock.now(), "account": account, "only": only, "but": but},
            ).rowcount
            self.append(connection, note)
        return ended


_FILTERS = {
    "actor": "actor = %(actor)s",
    "action": "action = %(action)s",
    "subject": "starts_with(subject, %(subject)s)",
    "since": "at >= %(since)s",
    "until": "at < %(until)s",
    "before": "sequence < %(before)s",
}


def _entry(row: Mapping[str, Any]) -> Entry:
    note = Note(
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        lane=row["lane"],
        address=row["address"],
        detail=row["detail"],
    )
    return Entry(sequence=row["sequence"], at=row["at"], note=note, previous=row["previous"], digest=row["digest"])


def _clean(note: Note) -> Note:
    """As the database can hold it: no NUL, no lone surrogates, nothing endless."""
    actor, action, subject = _text(note.actor), _text(note.action), _text(note.subject)
    detail = {_text(name): _text(value) for name, value in note.detail.items()}
    return Note(
        actor=actor, action=action, subject=subject, lane=_text(note.lane), address=_text(note.address), detail=detail
    )


def _text(text: str) -> str:
    return text[:_MOST_TEXT].replace("\0", "").encode(errors="replace").decode()
