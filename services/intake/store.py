"""What the database knows of a record: read-only, and never needed to accept one."""

import threading
from typing import Any

import psycopg
from msgspec import Struct, convert
from psycopg import Connection

from schemas.rejection import Rejection
from services.runtime.database import connect
from services.runtime.errors import UnreachableError

_FIELDS = "rejection_id, lane, source, reason, field, given, wanted, origin, raw, known_at, record_id"
_OFFSET = "SELECT next_offset FROM kafka_offset WHERE consumer_group = 'ingest' AND topic = %s AND partition = %s"
_BY_RECORD = f"SELECT {_FIELDS}, resent_as FROM rejection WHERE record_id = %s LIMIT 1"  # noqa: S608  # constant text
_BY_SOURCE = f"SELECT {_FIELDS}, resent_as FROM rejection WHERE source = %s ORDER BY known_at DESC LIMIT %s"  # noqa: S608


class KeptRejection(Struct, frozen=True):
    """A rejection as stored, and the record that replaced it."""

    rejection: Rejection
    resent_as: str | None


class Store:
    """One read-only connection, opened when first needed and again after a failure. Every call may raise UnreachableError. Thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection[Any] | None = None
        self._lock = threading.Lock()

    def next_offset(self, topic: str, partition: int) -> int:
        """Next offset that ingest will store of a partition; 0 before the first."""
        rows = self._ask(_OFFSET, (topic, partition))
        return int(rows[0][0]) if rows else 0

    def rejection_of(self, record_id: str) -> KeptRejection | None:
        """The rejection of a record, None when there is none."""
        rows = self._ask(_BY_RECORD, (record_id,))
        return _kept(rows[0]) if rows else None

    def rejections_of(self, source: str, most: int) -> list[KeptRejection]:
        """The newest rejections of a provider, newest first."""
        return [_kept(row) for row in self._ask(_BY_SOURCE, (source, most))]

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._drop()

    def _ask(self, query: Any, arguments: tuple[object, ...]) -> list[tuple[Any, ...]]:
        if not self._url:
            raise UnreachableError("no database is configured")
        with self._lock:
            try:
                return self._open().execute(query, arguments).fetchall()
            except psycopg.Error as error:
                self._drop()
                raise UnreachableError(f"the database did not answer: {error}") from error

    def _open(self) -> Connection[Any]:
        if self._connection is None:
            self._connection = connect(self._url, application="intake", autocommit=True)
            self._connection.execute("SET statement_timeout = '2s'; SET default_transaction_read_only = on")
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _kept(row: tuple[Any, ...]) -> KeptRejection:
    names = _FIELDS.split(", ")
    fields = dict(zip(names, row, strict=False)) | {"raw": bytes(row[names.index("raw")])}
    return KeptRejection(convert(fields, Rejection), row[-1])
