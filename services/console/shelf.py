"""The console's door to the database: a pool of the role ``lianjing_console``, three seconds for each question."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool, PoolTimeout

from services.runtime.errors import UnreachableError

STATEMENT_TIMEOUT_S = 3
_WAIT_S = 2.0
_RECONNECT_S = 3.0
Parameters = Sequence[object] | Mapping[str, object]


class Shelf:
    """Reads, and lends connections to whoever may write the console's own tables. Opening does not wait for the database."""

    def __init__(self, url: str, *, most: int = 8) -> None:
        self._held = threading.local()
        self._pool: ConnectionPool[Connection[dict[str, Any]]] = ConnectionPool(
            url,
            min_size=1,
            max_size=most,
            timeout=_WAIT_S,
            reconnect_timeout=_RECONNECT_S,
            open=False,
            check=ConnectionPool.check_connection,
            configure=lambda connection: set_json_loads(msgspec.json.decode, connection),
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "application_name": "lianjing-console",
                "connect_timeout": 3,
                "options": f"-c timezone=UTC -c jit=off -c statement_timeout={STATEMENT_TIMEOUT_S}s",
            },
        )

    def open(self) -> None:
        """Begin to connect."""
        self._pool.open()

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    def rows(self, query: str, parameters: Parameters = ()) -> list[dict[str, Any]]:
        """Rows as dicts, by one question. Raises UnreachableError when the database is away or the answer takes too long."""
        with self._lent() as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def row(self, query: str, parameters: Parameters = ()) -> dict[str, Any] | None:
        """The first row, None when there is none. Raises UnreachableError."""
        found = self.rows(query, parameters)
        return found[0] if found else None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Several questions of this thread over one connection: it is looked after once and not before each. Raises UnreachableError."""
        with self._lent() as connection:
            self._held.connection = connection
            try:
                yield
            finally:
                self._held.connection = None

    @contextmanager
    def reading(self) -> Iterator[Connection[dict[str, Any]]]:
        """A read-only transaction: several questions about one moment. Raises UnreachableError."""
        with self._lent() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection[dict[str, Any]]]:
        """A transaction on the console's own tables. Raises UnreachableError; then nothing was kept."""
        with self._lent() as connection, connection.transaction():
            yield connection

    @contextmanager
    def _lent(self) -> Iterator[Connection[dict[str, Any]]]:
        held: Connection[dict[str, Any]] | None = getattr(self._held, "connection", None)
        try:
            if held is not None:
                yield held
                return
            with self._pool.connection() as connection:
                yield connection
        except PoolTimeout as error:
            raise UnreachableError(f"the database does not answer within {_WAIT_S:g} s") from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise UnreachableError(f"the database did not answer: {error}") from error
