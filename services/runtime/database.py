"""The database shell: connections, which errors mean retry, which mode the database is in."""

from enum import StrEnum

import psycopg
from psycopg import Connection

from services.runtime.errors import InvariantError, UnreachableError

_RETRY_CLASSES = ("08", "53", "57P")
_RETRY_STATES = ("40001", "40P01", "55P03")


class Mode(StrEnum):
    """How the tables are kept; written at the first migration."""

    TIMESCALE = "timescale"
    PLAIN = "plain"


def connect(url: str, *, application: str, autocommit: bool = False) -> Connection[tuple[object, ...]]:
    """Open a connection in UTC. Raises UnreachableError when the database is away or refuses the login."""
    try:
        return psycopg.connect(
            url,
            autocommit=autocommit,
            application_name=f"lianjing-{application}",
            connect_timeout=5,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            options="-c timezone=UTC -c statement_timeout=0",
        )
    except psycopg.OperationalError as error:
        raise UnreachableError(f"the database does not answer: {error}") from error


def is_retryable(error: psycopg.Error) -> bool:
    """True for errors after which the same transaction may succeed: lost connection, restart, deadlock, serialisation, resources.

    53400 (a limit of ours, such as rows decompressed in one transaction) is not retryable: the same work fails again.
    """
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state != "53400" and (state in _RETRY_STATES or state.startswith(_RETRY_CLASSES))


def mode_of(connection: Connection[tuple[object, ...]]) -> Mode:
    """Mode written at the first migration. Raises InvariantError when the database was never migrated."""
    try:
        row = connection.execute("SELECT value FROM lianjing_setting WHERE name = 'mode'").fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise InvariantError("the database has no tables yet: run `lianjing migrate`") from error
    if row is None:
        raise InvariantError("the database has no mode: run `lianjing migrate`")
    return Mode(str(row[0]))
