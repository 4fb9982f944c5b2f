"""The way from plain tables to TimescaleDB, in one transaction: either all of it happened or nothing."""

from typing import Any

from psycopg import Connection, sql

from services.runtime.database import Mode, mode_of
from services.runtime.errors import InvariantError
from services.runtime.migrations import Outcome, Progress, apply_one, apply_repeated, locked, shipped
from services.runtime.timescale import install_extension

_COLUMNS = "observed_at, issued_at, known_at, value, lane_id, series_id, source_id, quality, detail"
_FUNCTIONS = "observation_chunks, observation_compress, observation_drop, observation_partition"


def convert_to_timescale(url: str, *, progress: Progress | None = None) -> Outcome:
    """Turn the plain ``observation`` into a hypertable with the same rows. Writers wait meanwhile; killed, it leaves the plain table.

    A database already in mode timescale is left as it is. Raises InvariantError when the extension cannot be loaded or rows got lost.
    """
    with locked(url) as connection:
        if mode_of(connection) is Mode.TIMESCALE:
            return Outcome(Mode.TIMESCALE, [], ["already in mode timescale"])
        if not install_extension(connection):
            raise InvariantError(
                "TimescaleDB (TSL) 不可用 the TSL edition of TimescaleDB cannot be loaded into this database"
            )
        wanted = [m for m in shipped() if m.only is Mode.TIMESCALE]
        with connection.transaction():
            _set_aside(connection)
            for migration in wanted:
                apply_one(connection, migration)
            _copy(connection, progress)
            connection.execute("DROP TABLE observation_plain")
            connection.execute(
                "UPDATE lianjing_setting SET value = 'timescale', updated_at = now() WHERE name = 'mode'"
            )
            apply_repeated(connection)
        return Outcome(Mode.TIMESCALE, [f"{m.number:04d}_{m.name}" for m in wanted], [])


def _set_aside(connection: Connection[Any]) -> None:
    connection.execute("LOCK TABLE observation IN ACCESS EXCLUSIVE MODE")
    views = connection.execute(
        "SELECT table_name FROM information_schema.views WHERE table_schema = 'public' AND table_name LIKE 'v\\_%'"
    )
    for (name,) in views.fetchall():
        connection.execute(sql.SQL("DROP VIEW IF EXISTS {} CASCADE").format(sql.Identifier(str(name))))
    connection.execute(f"DROP FUNCTION {_FUNCTIONS}".encode())
    connection.execute("ALTER TABLE observation RENAME TO observation_plain")
    connection.execute(
        "ALTER TABLE observation_plain RENAME CONSTRAINT observation_identity TO observation_plain_identity"
    )
    connection.execute("DROP INDEX observation_observed")


def _copy(connection: Connection[Any], progress: Progress | None) -> None:
    parts = connection.execute(
        "SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'observation_plain'::regclass ORDER BY 1"
    )
    names = [str(row[0]) for row in parts.fetchall()]
    for place, name in enumerate(names, 1):
        if progress is not None:
            progress(place, len(names), name)
        columns = sql.SQL(_COLUMNS)
        words = (columns, columns, sql.Identifier(name))
        connection.execute(sql.SQL("INSERT INTO observation ({}) SELECT {} FROM {}").format(*words))
    row = connection.execute(
        "SELECT (SELECT count(*) FROM observation_plain), (SELECT count(*) FROM observation)"
    ).fetchone()
    if row is None or row[0] != row[1]:
        raise InvariantError(f"rows before and after the conversion differ: {row}; nothing was changed")
