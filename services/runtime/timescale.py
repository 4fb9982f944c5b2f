"""TimescaleDB: whether a database can have it, and the way from the plain tables to the hypertable."""

from typing import Any

import psycopg
from psycopg import Connection


def has_extension(connection: Connection[Any]) -> bool:
    """True when the extension with its TSL edition is in this database and loaded."""
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    if row is None:
        return False
    try:
        licence = connection.execute("SELECT current_setting('timescaledb.license', true)").fetchone()
    except psycopg.Error:
        return False
    return licence is not None and licence[0] == "timescale"


def version_of(connection: Connection[Any]) -> str | None:
    """Version of the extension in this database, None without it."""
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    return None if row is None else str(row[0])


def install_extension(connection: Connection[Any]) -> bool:
    """Put the extension into this database where it is installed, preloaded and of the TSL edition; False, and no trace, otherwise."""
    if has_extension(connection):
        return True
    if not _is_preloaded(connection):
        return False
    try:
        with connection.transaction() as transaction:
            connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
            if not has_extension(connection):
                raise psycopg.Rollback(transaction)
    except psycopg.Error:
        return False
    return has_extension(connection)


def _is_preloaded(connection: Connection[Any]) -> bool:
    installable = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone()
    row = connection.execute("SELECT current_setting('shared_preload_libraries', true)").fetchone()
    return installable is not None and row is not None and "timescaledb" in str(row[0])
