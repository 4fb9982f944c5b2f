"""Statements on ``observation``, ``dirty_bucket`` and ``rejection``. All may raise psycopg errors; none commits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection, DataError
from psycopg.types.json import Jsonb

from schemas.command import Command
from schemas.rejection import Rejection
from services.ingest.batch import Columns
from services.ingest.copyform import (
    DIRTY_COLUMNS,
    OBSERVATION_COLUMNS,
    dirty_form,
    observation_form,
)
from services.ingest.revision import Keys, Revision
from services.runtime.arrays import IntArray, TimeArray
from services.runtime.clock import from_us

_COPY = f"COPY observation ({OBSERVATION_COLUMNS}) FROM STDIN (FORMAT binary)".encode()
_COPY_DETAIL = f"COPY observation ({OBSERVATION_COLUMNS}, detail) FROM STDIN".encode()
_COPY_DIRTY = f"COPY dirty_bucket ({DIRTY_COLUMNS}) FROM STDIN (FORMAT binary)".encode()
_STORED = """
SELECT k.place, o.issued_at, o.known_at, o.value, o.quality
FROM unnest(%s, %s, %s) WITH ORDINALITY AS k (lane_id, series_id, observed_at, place)
JOIN observation o ON o.lane_id = k.lane_id AND o.series_id = k.series_id AND o.observed_at = k.observed_at
WHERE o.observed_at >= to_timestamp(%s) AND o.observed_at <= to_timestamp(%s)
"""
_REJECT = """
INSERT INTO rejection (rejection_id, lane, source, reason, field, given, wanted, origin, raw, known_at, record_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_COMMAND = """
INSERT INTO command (command_id, lane, kind, actor, reason, issued_at, arguments)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def copy_rows(connection: Connection[Any], rows: Columns) -> None:
    """Append rows without detail."""
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for piece in observation_form(rows):
            copy.write(piece)


def copy_detailed(connection: Connection[Any], rows: Columns, details: Sequence[str]) -> None:
    """Append rows with their details, JSON text each."""
    columns = (
        rows.observed_us,
        rows.issued_us,
        rows.known_us,
        rows.value,
        rows.lane_id,
        rows.series_id,
        rows.source_id,
        rows.quality,
    )
    with connection.cursor() as cursor, cursor.copy(_COPY_DETAIL) as copy:
        for row in zip(*(c.tolist() for c in columns), details, strict=True):
            copy.write_row((*(_moment(us) for us in row[:3]), *row[3:]))


def copy_dirty(connection: Connection[Any], rows: Columns) -> None:
    """Note the days of these rows as stale."""
    with connection.cursor() as cursor, cursor.copy(_COPY_DIRTY) as copy:
        for piece in dirty_form(rows):
            copy.write(piece)


def stored_revisions(connection: Connection[Any], keys: Keys) -> dict[int, list[Revision]]:
    """All revisions that the table has of these observations, by the number of the key; none for most keys."""
    arrays = (IntArray(keys.lane_id), IntArray(keys.series_id), TimeArray(keys.observed_us))
    bounds = (int(keys.observed_us.min()) // 1_000_000, int(keys.observed_us.max()) // 1_000_000 + 1)
    found: dict[int, list[Revision]] = defaultdict(list)
    with connection.cursor(binary=True) as cursor:
        for place, issued, known, value, quality in cursor.execute(_STORED, (*arrays, *bounds), prepare=False):
            found[place - 1].append(Revision(issued, known, value, quality))
    return found


def write_rejections(connection: Connection[Any], rejections: Iterable[Rejection]) -> None:
    """Write rejections; repeats change nothing."""
    with connection.cursor() as cursor:
        cursor.executemany(_REJECT, [_rejection_row(r) for r in rejections])


def write_commands(connection: Connection[Any], commands: Iterable[Command]) -> None:
    """Write what persons decided; repeats change nothing."""
    rows = [(c.command_id, c.lane, c.kind, c.actor, c.reason, c.issued_at, Jsonb(c.arguments)) for c in commands]
    with connection.cursor() as cursor:
        cursor.executemany(_COMMAND, rows)


def _rejection_row(r: Rejection) -> tuple[object, ...]:
    texts = (_clean(t) for t in (r.lane, r.source, r.reason.value, r.field, r.given, r.wanted, r.origin))
    return (r.rejection_id, *texts, r.raw, r.known_at, r.record_id)


def _moment(us: int) -> datetime:
    try:
        return from_us(us)
    except OverflowError as error:
        raise DataError(f"a time of {us} µs since 1970 is out of range") from error


def _clean(text: str) -> str:
    """PostgreSQL has no character NUL."""
    return text.replace("\0", "\\0")
