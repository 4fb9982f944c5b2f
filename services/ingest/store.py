"""The table shell: a batch, its offsets, dirty buckets and rejections in one transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg
from psycopg import Connection

from schemas.rejection import Reason, Rejection
from services.ingest.batch import Batch, Columns, Flags
from services.ingest.copyform import DAY_US
from services.ingest.problem import BrokenError, RefusedError, Written
from services.ingest.refusal import refuse_rows
from services.ingest.revision import judge_all, keys_of
from services.ingest.tables.store import copy_detailed, copy_dirty, copy_rows, stored_revisions, write_rejections
from services.runtime.arrays import register
from services.runtime.database import Mode, connect, is_retryable, mode_of
from services.runtime.errors import UnreachableError
from services.runtime.migrations import check_mode
from services.runtime.offsets import move_all

GROUP = "ingest"
RowKey = tuple[int, int]
"""Number of the message in the batch, and of the row in the message."""

# A look for stored revisions is a walk down the index for each key, whatever the planner thinks of tables it has no statistics of.
_SESSION = """
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; SET plan_cache_mode = force_custom_plan;
SET idle_in_transaction_session_timeout = '60s'; SET lock_timeout = '30s'
"""
_SESSION_TIMESCALE = "SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0"


def open_session(url: str, application: str) -> tuple[Connection[Any], Mode]:
    """A connection for writing or looking up observations, and the mode of the database.

    Raises UnreachableError, InvariantError without tables or when TimescaleDB is missing where the tables need it.
    """
    connection = connect(url, application=application, autocommit=True)
    try:
        mode = mode_of(connection)
        check_mode(connection, mode)
        connection.execute(_SESSION.encode())
        if mode is Mode.TIMESCALE:
            connection.execute(_SESSION_TIMESCALE)
        register(connection)
    except BaseException:
        connection.close()
        raise
    return connection, mode


class Store:
    """Writes batches on one connection, opened when needed and again after an outage. For one thread.

    ``write`` raises UnreachableError (it is not known whether the batch was stored; writing it again is right), LostPartitionError,
    RefusedError and BrokenError (nothing was stored).
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection[Any] | None = None
        self._mode = Mode.PLAIN
        self._months: set[int] = set()

    def write(self, batch: Batch, excuses: Mapping[RowKey, str] | None = None) -> Written:
        """Store a batch. ``excuses`` names rows that the table refuses, and its words: they become rejections."""
        excused = dict(excuses or {})
        rest = batch.without_rows(set(excused)) if excused else batch
        rejections = [r for key, why in excused.items() for r in refuse_rows(batch, [key], Reason.STORAGE_REFUSED, why)]
        with self._translated() as connection:
            self._make_partitions(connection, rest.columns)
            with connection.transaction():
                move_all(connection, GROUP, batch.ends())
                return _write_rows(connection, rest, rejections)

    def would_refuse(self, batch: Batch) -> str | None:
        """What the table says against these rows, None when it would take them. Writes nothing. Raises UnreachableError, BrokenError."""
        try:
            with self._translated() as connection:
                self._make_partitions(connection, batch.columns)
                with connection.transaction(force_rollback=True):
                    _write_rows(connection, batch, [])
        except RefusedError as error:
            return str(error)
        return None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _translated(self) -> Iterator[Connection[Any]]:
        try:
            if self._connection is None:
                self._connection, self._mode = open_session(self._url, "ingest")
                self._months.clear()
            yield self._connection
        except psycopg.Error as error:
            lost = self._connection is None or self._connection.broken
            if lost:
                self.close()
            if lost or is_retryable(error):
                raise UnreachableError(f"the database does not answer: {error}") from error
            state = error.sqlstate or ""
            if state.startswith(("22", "23")) or isinstance(error, psycopg.DataError):
                raise RefusedError((str(error) or "refused").splitlines()[0]) from error
            raise BrokenError(f"{state}: {error}") from error

    def _make_partitions(self, connection: Connection[Any], rows: Columns) -> None:
        if self._mode is Mode.TIMESCALE or not len(rows):
            return
        days = np.unique(rows.observed_us // DAY_US).astype("datetime64[D]")
        months = set(np.unique(days.astype("datetime64[M]").astype(np.int64)).tolist())
        for month in sorted(m for m in months - self._months if _FIRST_MONTH <= m < _LAST_MONTH):
            connection.execute(
                "SELECT observation_partition(%s::timestamptz)", (f"{np.datetime64(month, 'M')}-01T00:00:00Z",)
            )
            self._months.add(month)


_FIRST_MONTH, _LAST_MONTH = (1990 - 1970) * 12, (2100 - 1970) * 12


def _write_rows(connection: Connection[Any], batch: Batch, rejections: list[Rejection]) -> Written:
    rows = batch.columns
    is_easy = rows.is_new & ~_has_detail(batch, rows)
    new, rest = (rows, rows.take(~is_easy)) if is_easy.all() else (rows.take(is_easy), rows.take(~is_easy))
    path = "mixed" if len(rest) else "copy"
    if len(new) and not _copied(connection, new):
        new, rest, path = rows.take(np.zeros(len(rows), dtype=np.bool_)), rows, "fallback"
    accepted, conflicts = _write_judged(connection, batch, rest)
    rejections = [*rejections, *_refusals(batch), *refuse_rows(batch, conflicts, Reason.CONFLICTING_DUPLICATE)]
    for changed in (new, accepted):
        if len(changed):
            copy_dirty(connection, changed)
    if rejections:
        write_rejections(connection, rejections)
    count = len(batch.messages)
    stored = np.bincount(new.span, minlength=count) + np.bincount(accepted.span, minlength=count)
    against = np.bincount(np.array([span for span, _ in conflicts], dtype=np.int64), minlength=count)
    repeated = np.bincount(rows.span, minlength=count) - stored - against
    return Written(stored, repeated, rejections, path)


def _copied(connection: Connection[Any], rows: Columns) -> bool:
    try:
        with connection.transaction():
            copy_rows(connection, rows)
    except psycopg.errors.UniqueViolation:
        return False
    return True


def _write_judged(connection: Connection[Any], batch: Batch, rows: Columns) -> tuple[Columns, list[RowKey]]:
    if not len(rows):
        return rows, []
    keys = keys_of(rows)
    verdicts = judge_all(rows, keys, stored_revisions(connection, keys))
    accepted, against = rows.take(verdicts[:, 0]), rows.take(verdicts[:, 1])
    detailed = _has_detail(batch, accepted)
    if not detailed.all():
        copy_rows(connection, accepted.take(~detailed))
    if detailed.any():
        some = accepted.take(detailed)
        places = zip(some.span.tolist(), some.row.tolist(), strict=True)
        copy_detailed(connection, some, [batch.detail[place] for place in places])
    return accepted, list(zip(against.span.tolist(), against.row.tolist(), strict=True))


def _has_detail(batch: Batch, rows: Columns) -> Flags:
    if not batch.detail:
        return np.zeros(len(rows), dtype=np.bool_)
    keys = zip(rows.span.tolist(), rows.row.tolist(), strict=True)
    return np.fromiter((key in batch.detail for key in keys), dtype=np.bool_, count=len(rows))


def _refusals(batch: Batch) -> Iterator[Rejection]:
    for span, row, _name, reason in batch.refused:
        yield from refuse_rows(batch, [(span, row)], Reason(reason))
