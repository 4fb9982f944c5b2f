"""Forward-only migrations: numbered SQL files applied once, in order, under a lock, and never edited afterwards.

A file ``NNNN_name.sql`` of ``schemas/sql`` may begin with header lines: ``-- only: timescale|plain`` and ``-- transaction: none`` (then it
holds exactly one statement). Files ``repeat_NN_name.sql`` (views, grants) hold no data and run at the end of every migration.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import Connection

from services.runtime.database import Mode, connect
from services.runtime.errors import InvariantError
from services.runtime.roles import ensure_roles
from services.runtime.timescale import has_extension, install_extension

_LOCK = 0x6C69616E6A  # "lianj"
_NUMBERED = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_HEADER = re.compile(r"^-- (only|transaction): *(\w+) *$", re.MULTILINE)
_TABLES = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS lianjing_setting (
    name text PRIMARY KEY, value text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
"""

Progress = Callable[[int, int, str], None]
"""Called before each step with its place (from 1), the number of steps, and its name."""


class Migration(Struct, frozen=True):
    """One file. ``only`` limits it to a mode; ``is_transactional`` is false for statements that refuse a transaction."""

    number: int
    name: str
    sql: str
    only: Mode | None = None
    is_transactional: bool = True

    @property
    def checksum(self) -> str:
        """Digest of its text: an applied file must not change."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class Outcome(Struct, frozen=True):
    """What a migration did: the mode of the database, the files applied now, and what could not be done."""

    mode: Mode
    applied: list[str]
    notes: list[str]


def shipped() -> list[Migration]:
    """The numbered migrations of this release, in order. Raises InvariantError for a wrong name, header or number."""
    files = (f for f in resources.files("schemas").joinpath("sql").iterdir() if f.name.endswith(".sql"))
    numbered = [f for f in files if not f.name.startswith("repeat_")]
    found = sorted((parse(f.name, f.read_text(encoding="utf-8")) for f in numbered), key=lambda m: m.number)
    if len({m.number for m in found}) != len(found):
        raise InvariantError("two migrations have the same number")
    return found


def repeated() -> list[Migration]:
    """The files run at the end of every migration, in order of their names."""
    folder = resources.files("schemas").joinpath("sql")
    names = sorted(f.name for f in folder.iterdir() if f.name.startswith("repeat_") and f.name.endswith(".sql"))
    return [Migration(0, n, folder.joinpath(n).read_text(encoding="utf-8")) for n in names]


def parse(file_name: str, sql: str) -> Migration:
    """Read name and header lines of a numbered file.

    >>> parse("0003_x.sql", "-- only: plain\\nSELECT 1").only
    <Mode.PLAIN: 'plain'>
    """
    match = _NUMBERED.fullmatch(file_name)
    if match is None:
        raise InvariantError(f"migration {file_name!r} is not called NNNN_name.sql")
    header = dict(_HEADER.findall(sql))
    try:
        only = Mode(header["only"]) if "only" in header else None
    except ValueError as error:
        raise InvariantError(
            f"migration {file_name!r} is only for {header['only']!r}; timescale or plain is right"
        ) from error
    return Migration(int(match[1]), match[2], sql, only, header.get("transaction") != "none")


def migrate(
    url: str,
    mode: Mode | None = None,
    *,
    passwords: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    migrations: Sequence[Migration] | None = None,
) -> Outcome:
    """Bring a database up to this release; repeating it changes nothing. ``mode`` None: as written, else probed.

    ``passwords`` maps role names (``lianjing_ingest`` …) to passwords; roles without one cannot log in until they get one.
    Raises UnreachableError, and InvariantError when an applied file was edited, the mode differs, or the tables are newer than this release.
    """
    known = shipped() if migrations is None else migrations
    with locked(url) as connection:
        written = _begin(connection)
        chosen = _choose_mode(connection, written, mode)
        pending = _pending(connection, known, chosen)
        _write_mode(connection, chosen)
        notes = ensure_roles(connection, passwords or {})
        _apply(connection, pending, progress)
        return Outcome(chosen, [f"{m.number:04d}_{m.name}" for m in pending], notes)


@contextmanager
def locked(url: str) -> Iterator[Connection[Any]]:
    """An autocommit connection that alone may migrate this database; a second one waits."""
    with connect(url, application="migrate", autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        yield connection


def check_mode(connection: Connection[Any], written: Mode) -> None:
    """Raise InvariantError when the database was migrated for TimescaleDB and the extension is not there."""
    if written is Mode.TIMESCALE and not has_extension(connection):
        raise InvariantError(
            "数据库按 timescale 模式建表,但未加载 TimescaleDB the tables were made for TimescaleDB, which is not loaded here: "
            "install it and add it to shared_preload_libraries"
        )


def apply_one(connection: Connection[Any], migration: Migration) -> None:
    """Run one numbered migration and write it down. Raises psycopg errors of its statements."""
    row = (migration.number, migration.name, migration.checksum)
    note = "INSERT INTO schema_migration (number, name, checksum) VALUES (%s, %s, %s)"
    if migration.is_transactional:
        with connection.transaction():
            connection.execute(migration.sql.encode())
            connection.execute(note, row)
    else:
        connection.execute(migration.sql.encode())
        connection.execute(note, row)


def apply_repeated(connection: Connection[Any]) -> None:
    """Make views, functions and grants anew."""
    with connection.transaction():
        for step in repeated():
            connection.execute(step.sql.encode())


def _begin(connection: Connection[Any]) -> Mode | None:
    connection.execute(_TABLES.encode())
    row = connection.execute("SELECT value FROM lianjing_setting WHERE name = 'mode'").fetchone()
    return None if row is None else Mode(str(row[0]))


def _choose_mode(connection: Connection[Any], written: Mode | None, asked: Mode | None) -> Mode:
    if written is not None:
        if asked is not None and asked is not written:
            raise InvariantError(
                f"数据库为 {written.value} 模式,不是 {asked.value} the database is in mode {written.value}, not {asked.value}: "
                f"`lianjing migrate --to timescale` changes plain to timescale; the way back is backup and restore"
            )
        check_mode(connection, written)
        return written
    if asked is Mode.PLAIN:
        return Mode.PLAIN
    if install_extension(connection):
        return Mode.TIMESCALE
    if asked is Mode.TIMESCALE:
        raise InvariantError(
            "TimescaleDB (TSL) 不可用 the TSL edition of TimescaleDB cannot be loaded into this database"
        )
    return Mode.PLAIN


def _pending(connection: Connection[Any], known: Sequence[Migration], mode: Mode) -> list[Migration]:
    applied = {
        int(number): (str(name), str(checksum))
        for number, name, checksum in connection.execute("SELECT number, name, checksum FROM schema_migration")
    }
    by_number = {m.number: m for m in known}
    for number, (name, checksum) in sorted(applied.items()):
        if number not in by_number:
            raise InvariantError(
                f"the database knows migration {number:04d}_{name}, this release does not: install the newer release"
            )
        if by_number[number].checksum != checksum:
            raise InvariantError(
                f"migration {number:04d}_{name} was edited after it had been applied: restore the file, add a new one"
            )
    return [m for m in known if m.number not in applied and m.only in (None, mode)]


def _write_mode(connection: Connection[Any], mode: Mode) -> None:
    connection.execute(
        "INSERT INTO lianjing_setting (name, value) VALUES ('mode', %s) ON CONFLICT (name) DO NOTHING", (mode.value,)
    )


def _apply(connection: Connection[Any], pending: Sequence[Migration], progress: Progress | None) -> None:
    total = len(pending) + 1
    for place, migration in enumerate(pending, 1):
        if progress is not None:
            progress(place, total, f"{migration.number:04d}_{migration.name}")
        try:
            apply_one(connection, migration)
        except psycopg.Error as error:
            if error.sqlstate is None:
                raise
            raise InvariantError(f"migration {migration.number:04d}_{migration.name} failed: {error}") from error
    if progress is not None:
        progress(total, total, "views and grants")
    apply_repeated(connection)
