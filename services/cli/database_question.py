"""One question to the database from the command line."""

from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from services.runtime.database import connect
from services.runtime.errors import UnreachableError
from services.runtime.settings import Settings


def ask(query: LiteralString, arguments: tuple[object, ...]) -> list[dict[str, Any]]:
    """Rows as dicts. Raises UnreachableError when there is no database or it does not answer."""
    url = Settings.from_environment().database_url
    if not url:
        raise UnreachableError(
            "没有数据库：lianjing up 或 LIANJING_DATABASE_URL / no database: run `lianjing up`, or set it"
        )
    with (
        connect(url, application="cli", autocommit=True) as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        try:
            return cursor.execute(query, arguments).fetchall()
        except psycopg.OperationalError as error:
            raise UnreachableError(f"the database did not answer: {error}") from error
