"""The statements of the jobs. Each job runs in one process at a time (advisory lock) and leaves a row in ``job_run``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from schemas.lane import Lane
from services.ingest.store import open_session
from services.ingest.upkeep.chunks import Chunk, Upkeep, is_expired, may_compress, may_drop
from services.runtime.clock import Clock
from services.runtime.database import is_retryable
from services.runtime.errors import UnreachableError

JOBS = ("rollup", "compress", "retain")
_STALE_AT_ONCE = 20_000
_KEEP_RUNS = timedelta(days=30)
_NUMBERS = """
    count(*) FILTER (WHERE quality <= 1)::int, count(*) FILTER (WHERE quality > 1)::int,
    avg(value) FILTER (WHERE quality <= 1), min(value) FILTER (WHERE quality <= 1), max(value) FILTER (WHERE quality <= 1),
    (array_agg(value ORDER BY observed_at) FILTER (WHERE quality <= 1))[1],
    (array_agg(value ORDER BY observed_at DESC) FILTER (WHERE quality <= 1))[1]
"""
_CHANGED = """
ON CONFLICT (lane_id, series_id, bucket) DO UPDATE SET value_count = excluded.value_count, doubtful_count = excluded.doubtful_count,
    mean = excluded.mean, minimum = excluded.minimum, maximum = excluded.maximum,
    first_value = excluded.first_value, last_value = excluded.last_value
"""
# The stale days and the rows are seen by one snapshot: a row committed later brought its own stale day, which stays for the next run.
_ROLLUP = f"""
WITH taken AS (
    DELETE FROM dirty_bucket WHERE ctid = ANY (ARRAY(SELECT ctid FROM dirty_bucket LIMIT {_STALE_AT_ONCE})) RETURNING lane_id, series_id, day
), days AS MATERIALIZED (
    SELECT DISTINCT lane_id, series_id, day::timestamp AT TIME ZONE 'UTC' AS low FROM taken
), latest AS MATERIALIZED (
    SELECT DISTINCT ON (d.lane_id, d.series_id, o.observed_at) d.lane_id, d.series_id, d.low AS day, o.observed_at, o.value, o.quality
    FROM days d JOIN observation o ON o.lane_id = d.lane_id AND o.series_id = d.series_id
        AND o.observed_at >= d.low AND o.observed_at < d.low + INTERVAL '1 day'
    ORDER BY d.lane_id, d.series_id, o.observed_at, o.issued_at DESC
), hours AS (
    INSERT INTO observation_hour
    SELECT lane_id, series_id, date_trunc('hour', observed_at, 'UTC'), {_NUMBERS} FROM latest GROUP BY 1, 2, 3 {_CHANGED}
), by_day AS (
    INSERT INTO observation_day
    SELECT lane_id, series_id, day, {_NUMBERS} FROM latest GROUP BY 1, 2, 3 {_CHANGED}
)
SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM days)
"""  # noqa: S608  # built from constants of this file


_LANES = "SELECT lane, chain, opened_at, origin, wall_origin, rate, revision, closed_at FROM lane ORDER BY lane"
_PRESENT = """
SELECT l.lane FROM lane l
WHERE EXISTS (SELECT FROM observation o WHERE o.lane_id = l.lane_id AND o.observed_at >= %s AND o.observed_at < %s)
"""
_DELETE = """
DELETE FROM observation o USING lane l WHERE l.lane = %s AND o.lane_id = l.lane_id AND o.observed_at >= %s AND o.observed_at < %s
"""


class Caretaker:
    """Runs the jobs on a connection of its own. Every job may raise UnreachableError, and psycopg errors of its statements."""

    def __init__(self, url: str, clock: Clock, rules: Upkeep | None = None) -> None:
        self._url = url
        self._clock = clock
        self._rules = rules or Upkeep()
        self._connection: Connection[Any] | None = None

    def rollup(self) -> int:
        """Compute the rollups of all stale days again; returns how many stale marks were taken. Only work done is written to job_run."""
        started, total = self._clock.now(), 0
        while True:
            with self._open() as connection, connection.transaction():
                if not _is_alone(connection, "rollup"):
                    return total
                row = connection.execute(_ROLLUP.encode()).fetchone()
                taken = int(row[0]) if row else 0
                if taken:
                    _record(
                        connection, "rollup", started, self._clock.now(), {"stale": taken, "days": row[1] if row else 0}
                    )
            total += taken
            if taken < _STALE_AT_ONCE:
                return total

    def compress(self) -> list[str]:
        """Compress the chunks that no open lane writes any more, and fold late rows into compressed ones. Plain tables have none."""

        def work(connection: Connection[Any], chunks: list[Chunk], lanes: list[Lane], wall: datetime) -> list[str]:
            done: list[str] = []
            for chunk in chunks:
                if chunk.is_compressed or not may_compress(chunk, lanes, wall, self._rules):
                    continue
                row = connection.execute("SELECT observation_compress(%s)", (chunk.name,)).fetchone()
                done += [chunk.name] if row and row[0] else []
            return done

        return self._recorded("compress", work)

    def retain(self) -> list[str]:
        """Drop chunks that no lane keeps, and the expired rows of single lanes in the others; returns what was done, a line each."""

        def work(connection: Connection[Any], chunks: list[Chunk], lanes: list[Lane], wall: datetime) -> list[str]:
            done: list[str] = []
            for chunk in chunks:
                expired = [lane.name for lane in lanes if is_expired(chunk, lane, wall, self._rules)]
                if may_drop(chunk, lanes, wall, self._rules) and _was_dropped(connection, chunk, expired):
                    done.append(chunk.name)
                    continue
                for lane in chunk.lanes.intersection(expired):
                    connection.execute(_DELETE, (lane, chunk.low, chunk.high))
                    done.append(f"{chunk.name} {lane}")
            connection.execute("DELETE FROM job_run WHERE started_at < %s", (wall - _KEEP_RUNS,))
            return done

        return self._recorded("retain", work)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _open(self) -> Iterator[Connection[Any]]:
        try:
            if self._connection is None:
                self._connection, _ = open_session(self._url, "ingest-upkeep")
            yield self._connection
        except psycopg.Error as error:
            lost = self._connection is None or self._connection.broken
            if lost or is_retryable(error):
                self.close()
                raise UnreachableError(f"the database does not answer: {error}") from error
            raise

    def _recorded(self, job: str, work: "_Work") -> list[str]:
        """Run a job in one transaction, unless another process is at it, and write it down, failures too."""
        started = self._clock.now()
        with self._open() as connection:
            try:
                with connection.transaction():
                    if not _is_alone(connection, job):
                        return []
                    done = work(connection, _chunks(connection), _lanes(connection), started)
                    _record(connection, job, started, self._clock.now(), {"chunks": done})
            except psycopg.Error as error:
                if not connection.broken:
                    _record(connection, job, started, self._clock.now(), {"error": str(error)}, "failed")
                raise
            return done


_Work = Callable[[Connection[Any], list[Chunk], list[Lane], datetime], list[str]]


def _was_dropped(connection: Connection[Any], chunk: Chunk, expired: list[str]) -> bool:
    """Drop a chunk unless it has got rows of other lanes since it was looked at."""
    row = connection.execute("SELECT observation_drop(%s, %s)", (chunk.name, expired)).fetchone()
    return bool(row and row[0])


def _is_alone(connection: Connection[Any], job: str) -> bool:
    row = connection.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", (f"lianjing.{job}",)).fetchone()
    return bool(row and row[0])


def _record(
    connection: Connection[Any],
    job: str,
    started: datetime,
    ended: datetime,
    detail: dict[str, object],
    outcome: str = "done",
) -> None:
    connection.execute(
        "INSERT INTO job_run (job, started_at, ended_at, outcome, detail) VALUES (%s, %s, %s, %s, %s)",
        (job, started, ended, outcome, Jsonb(detail)),
    )


def _lanes(connection: Connection[Any]) -> list[Lane]:
    names = ("name", "chain", "opened_at", "origin", "wall_origin", "rate", "revision", "closed_at")
    return [Lane(**dict(zip(names, row, strict=True))) for row in connection.execute(_LANES)]


def _chunks(connection: Connection[Any]) -> list[Chunk]:
    rows = connection.execute("SELECT chunk, low, high, is_compressed FROM observation_chunks()").fetchall()
    found = []
    for name, low, high, is_compressed in rows:
        lanes = frozenset(str(row[0]) for row in connection.execute(_PRESENT, (low, high)))
        found.append(Chunk(str(name), low, high, bool(is_compressed), lanes))
    return found
