"""Questions to a database over one connection, for tests that ask until something holds."""

from contextlib import suppress
from typing import Any

import psycopg
from psycopg import Connection


class Asking:
    """A kept connection: opening one for each question costs the processor more than what the test waits for. Opened at the first question."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._kept: Connection[Any] | None = None

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask. A connection that broke since the last question is replaced; raises OperationalError while the database is away."""
        if self._kept is not None:
            try:
                return self._ask(self._kept, statement, values)
            except psycopg.OperationalError:
                self.close()
        self._kept = psycopg.connect(self._url, autocommit=True, connect_timeout=5, options="-c timezone=UTC")
        return self._ask(self._kept, statement, values)

    def close(self) -> None:
        """Harmless when nothing is open."""
        if self._kept is not None:
            with suppress(psycopg.Error):
                self._kept.close()
            self._kept = None

    def _ask(self, connection: Connection[Any], statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        return connection.execute(statement.encode(), values or None).fetchall()
