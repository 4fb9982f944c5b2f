"""Database roles: one per stage, one for boards, one for administration. What each may do stands in ``schemas/sql/repeat_02_grants.sql``."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import Connection, sql

from services.runtime.errors import ConfigurationError

ROLES: tuple[str, ...] = (
    "lianjing_admin",
    "lianjing_board",
    "lianjing_console",
    "lianjing_intake",
    "lianjing_ingest",
    "lianjing_detection",
    "lianjing_risk",
    "lianjing_alerting",
    "lianjing_response",
    "lianjing_drill",
)
"""All roles of ours. They belong to the cluster, so several databases of one cluster share them."""

_TRIES = 10
_CONCURRENT = "tuple concurrently updated"


def ensure_roles(connection: Connection[Any], passwords: Mapping[str, str]) -> list[str]:
    """Create the roles that are missing and set the given passwords; returns notes for people. Safe when others do the same.

    Raises ConfigurationError when a role is missing and this login may not create it, or a password is for an unknown role.
    """
    unknown = sorted(set(passwords) - set(ROLES))
    if unknown:
        raise ConfigurationError(*(f"role {name!r} is unknown; roles are {', '.join(ROLES)}" for name in unknown))
    there = {
        str(row[0])
        for row in connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(ROLES),))
    }
    if not _may_create(connection):
        return _without_right(there, passwords)
    for name in ROLES:
        if name not in there:
            _repeat(connection, sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))
        if name in passwords:
            words = (sql.Identifier(name), sql.Literal(passwords[name]))
            _repeat(connection, sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(*words))
    return []


def _may_create(connection: Connection[Any]) -> bool:
    row = connection.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user").fetchone()
    return row is not None and bool(row[0])


def _without_right(there: set[str], passwords: Mapping[str, str]) -> list[str]:
    missing = [name for name in ROLES if name not in there]
    if missing:
        raise ConfigurationError(f"this login may not create roles and these are missing: {', '.join(missing)}")
    return ["passwords were not set: this login may not alter roles"] if passwords else []


def _repeat(connection: Connection[Any], statement: sql.Composed) -> None:
    """Run a statement on a role although another database of the cluster does the same at this moment."""
    for left in reversed(range(_TRIES)):
        try:
            connection.execute(statement)
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            return
        except psycopg.errors.InternalError_ as error:
            if left == 0 or _CONCURRENT not in str(error):
                raise
        else:
            return
