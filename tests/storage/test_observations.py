"""The table of observations in both modes: two times, late corrections into compressed chunks, rollups, retention."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg

from services.ingest.batch import Batch, Columns, Reading
from services.ingest.store import Store
from services.ingest.upkeep.chunks import Upkeep
from services.ingest.upkeep.store import Caretaker
from services.runtime.clock import ManualClock, to_us
from services.runtime.migrations import migrate
from services.runtime.offsets import take
from services.runtime.streams import Message

WALL = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORD = "storage-test-word"
_RECOMPUTED = """
WITH latest AS (
    SELECT DISTINCT ON (lane_id, series_id, observed_at) * FROM observation ORDER BY lane_id, series_id, observed_at, issued_at DESC
)
SELECT lane_id, series_id, date_trunc(%s, observed_at, 'UTC'), count(*) FILTER (WHERE quality <= 1), count(*) FILTER (WHERE quality > 1),
    avg(value) FILTER (WHERE quality <= 1), min(value) FILTER (WHERE quality <= 1), max(value) FILTER (WHERE quality <= 1)
FROM latest GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_KEPT = """
SELECT lane_id, series_id, bucket, value_count, doubtful_count, mean, minimum, maximum FROM observation_{} ORDER BY 1, 2, 3
"""


def batch_of(lane_id: int, rows: list[tuple[int, datetime, datetime, float, int]], claim: tuple[int, int]) -> Batch:
    """A batch of one message; a row is series id, observed_at, issued_at, value, quality; ``claim`` is epoch and offset."""
    reading = Reading(("lianjing.feed.production", 0), claim[0])
    message = Message("lianjing.feed.production", 0, claim[1], None, None)
    count = len(rows)
    series, observed, issued, value, quality = zip(*rows, strict=True)
    zero = np.zeros(count, dtype=np.int64)
    observed_us, issued_us, known_us = [np.array([to_us(t) for t in column]) for column in (observed, issued, issued)]
    columns = Columns(
        zero + lane_id, np.array(series), zero + 1, observed_us, issued_us, known_us, np.array(value, dtype=np.float64), np.array(quality),
        zero > 0, zero, np.arange(count), zero > 0,
    )  # fmt: skip
    return Batch([reading], np.array([0]), [message], np.array([count]), columns, {lane_id: "replay:a"}, [], {})


def caretaker(url: str, **rules: Any) -> Caretaker:
    return Caretaker(url, ManualClock(WALL), Upkeep(**rules))


def test_late_corrections_go_into_compressed_chunks(
    connection: Any, open_lane: Any, fill: Any, migrated_database: Any
) -> None:
    lane = open_lane("replay:a", "2025-06-01Z")
    fill(lane, "2024-01-01Z", "2024-02-20Z")
    migrate(migrated_database.url, passwords={"lianjing_ingest": WORD})
    url = migrated_database.url_as("lianjing_ingest", WORD)  # as it runs: with the rights of ingest and no more
    keeper = caretaker(url)
    done = keeper.compress()
    assert bool(done) == (migrated_database.mode == "timescale")
    epoch = take(connection, "ingest", ("lianjing.feed.production", 0), "test").epoch
    at = datetime(2024, 1, 10, tzinfo=UTC)
    rows = [(s, at + n * HOUR, at + timedelta(days=3), 1000.0 + n, 0) for s in (1, 2, 3) for n in range(200)]
    store = Store(url)
    written = store.write(batch_of(lane, rows, (epoch, 0)))
    assert (written.stored, written.repeated, written.rejections) == (600, 0, [])
    again = store.write(batch_of(lane, rows, (epoch, 0)))
    assert (again.stored, again.repeated) == (0, 600)
    store.close()
    revisions = "SELECT value FROM observation WHERE series_id = 1 AND observed_at = %s ORDER BY issued_at"
    assert [v for (v,) in connection.execute(revisions, (at,))] == [1.0, 1000.0]
    folded = keeper.compress()
    assert bool(folded) == (migrated_database.mode == "timescale")
    assert keeper.compress() == []
    assert [v for (v,) in connection.execute(revisions, (at,))] == [1.0, 1000.0]
    keeper.rollup()
    keeper.close()


def test_what_was_known_then(connection: Any, open_lane: Any, migrated_database: Any) -> None:
    lane = open_lane("replay:a", "2024-06-01Z")
    epoch = take(connection, "ingest", ("lianjing.feed.production", 0), "test").epoch
    store, at = Store(migrated_database.url), datetime(2024, 1, 10, tzinfo=UTC)
    rows = [(1, at, at + HOUR, 1.0, 0), (1, at, at + 5 * HOUR, 2.0, 0), (2, at + HOUR, at + 2 * HOUR, 3.0, 0)]
    store.write(batch_of(lane, rows, (epoch, 0)))
    store.close()

    def known(moment: datetime, *series: str) -> list[tuple[str, float]]:
        marks = ", ".join(["%s"] * (2 + len(series)))
        statement = f"SELECT series, value FROM observation_as_known({marks})"
        return [(s, v) for s, v in connection.execute(statement, ("replay:a", moment, *series))]

    assert known(at) == []
    assert known(at + HOUR) == [("stock.S1", 1.0)]
    assert known(at + 4 * HOUR) == [("stock.S1", 1.0), ("stock.S2", 3.0)]
    assert known(at + 5 * HOUR) == [("stock.S1", 2.0), ("stock.S2", 3.0)]
    assert known(at + 5 * HOUR, "stock.S2") == [("stock.S2", 3.0)]
    latest = connection.execute("SELECT series, value FROM v_observation_latest WHERE lane = 'replay:a'").fetchall()
    assert latest == [("stock.S1", 2.0), ("stock.S2", 3.0)]


def test_judgements_as_known(connection: Any) -> None:
    insert = """INSERT INTO assessment VALUES ('live', 'c', 'N', 'coal', 'starved', %s, %s, %s, 'v1', 'r1',
        1, 1, NULL, NULL, NULL, NULL, '{}', 0.5, '[]', '[]', '', '', '', '')"""
    at = datetime(2024, 1, 10, tzinfo=UTC)
    connection.execute(insert, (at, at, "blue"))
    connection.execute(insert, (at, at + 3 * HOUR, "red"))
    levels = "SELECT level FROM assessment_as_known('live', %s)"
    assert connection.execute(levels, (at + 2 * HOUR,)).fetchall() == [("blue",)]
    assert connection.execute(levels, (at + 3 * HOUR,)).fetchall() == [("red",)]
    assert connection.execute("SELECT level, node FROM v_node_state").fetchall() == [("red", "N")]


def test_rollups_equal_recomputation(connection: Any, open_lane: Any, migrated_database: Any) -> None:
    lane = open_lane("replay:a", "2024-06-01Z")
    random = np.random.default_rng(7)
    epoch = take(connection, "ingest", ("lianjing.feed.production", 0), "test").epoch
    store, keeper = Store(migrated_database.url), caretaker(migrated_database.url)
    start = datetime(2024, 1, 30, tzinfo=UTC)
    for offset in range(6):
        rows = [
            (
                int(random.integers(1, 6)),
                start + int(random.integers(0, 400)) * timedelta(minutes=17),
                start + timedelta(days=10 + offset, seconds=n),
                round(float(random.normal(100, 10)), 3),
                int(random.integers(0, 4)),
            )
            for n in range(300)
        ]
        store.write(batch_of(lane, rows, (epoch, offset)))
        keeper.rollup()
    store.close()
    keeper.close()
    for unit in ("hour", "day"):
        wanted = connection.execute(_RECOMPUTED, (unit,)).fetchall()
        found = connection.execute(_KEPT.format(unit)).fetchall()
        assert [w[:5] for w in wanted] == [f[:5] for f in found]
        np.testing.assert_allclose(
            np.array([w[5:] for w in wanted], dtype=np.float64), np.array([f[5:] for f in found], dtype=np.float64)
        )
    assert connection.execute("SELECT count(*) FROM dirty_bucket").fetchone() == (0,)


def test_retention_spares_what_open_lanes_hold(
    connection: Any, open_lane: Any, fill: Any, migrated_database: Any
) -> None:
    old_but_open = open_lane("replay:a", "2016-02-10Z")
    ended = open_lane("replay:b", "2016-02-10Z", "2025-03-01Z")
    both = open_lane("drill:c", "2012-02-10Z", "2025-03-01Z")
    live = open_lane("replay:d", "2026-01-01Z")
    fill(old_but_open, "2016-01-01Z", "2016-02-09Z")
    fill(ended, "2016-01-05Z", "2016-01-20Z")
    fill(both, "2012-01-05Z", "2012-01-20Z")
    fill(live, "2014-05-05Z", "2014-05-20Z")
    fill(live, "2025-12-05Z", "2025-12-20Z")
    migrate(migrated_database.url, passwords={"lianjing_ingest": WORD})
    keeper = caretaker(migrated_database.url_as("lianjing_ingest", WORD))
    assert keeper.compress() == [] or migrated_database.mode == "timescale"
    keeper.retain()
    keeper.close()
    counts = dict(
        connection.execute("SELECT lane, count(*) FROM observation JOIN lane USING (lane_id) GROUP BY 1").fetchall()
    )
    assert set(counts) == {"replay:a", "replay:d"}, "ended lanes are gone, the open one of 2016 keeps its rows"
    assert counts["replay:d"] == (15 * 24 + 1) * 5, "what is older than is kept is gone, the rest is there"
    first = connection.execute("SELECT min(observed_at) FROM observation").fetchone()
    assert first == (datetime(2016, 1, 1, tzinfo=UTC),)


def test_rows_that_come_while_retention_looks_are_kept(
    connection: Any, open_lane: Any, fill: Any, migrated_database: Any
) -> None:
    """They are written before retention looks at the chunk and committed before it drops it."""
    ended, live = open_lane("replay:b", "2016-02-10Z", "2025-03-01Z"), open_lane("replay:d", "2014-01-01Z")
    fill(ended, "2016-01-05Z", "2016-01-06Z")
    late = datetime(2016, 1, 5, 12, tzinfo=UTC)
    keeper = caretaker(migrated_database.url)
    with psycopg.connect(migrated_database.url) as writer, ThreadPoolExecutor(1) as thread:
        writer.execute("INSERT INTO observation VALUES (%s, %s, %s, 7, %s, 1, 1, 0)", (late, late, late, live))
        done = thread.submit(keeper.retain)
        waiting = (
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE NOT granted AND datname = %s"
        )
        while connection.execute(waiting, (migrated_database.name,)).fetchone() == (0,):
            assert not done.done(), "retention did not wait for the writer"
        writer.commit()
        done.result(30)
    keeper.close()
    rows = connection.execute("SELECT lane, value FROM observation JOIN lane USING (lane_id)").fetchall()
    assert rows == [("replay:d", 7.0)]


def test_processes_that_begin_a_month_together_lose_nothing(connection: Any, migrated_database: Any) -> None:
    """Each asks for the partition and writes."""
    months = [datetime(year, month, 1, tzinfo=UTC) for year in (2001, 2002) for month in range(1, 13)]
    together = threading.Barrier(3)

    def work(number: int) -> None:
        with psycopg.connect(migrated_database.url, autocommit=True) as own:
            for at in months:
                together.wait(30)
                own.execute("SELECT observation_partition(%s)", (at,))
                own.execute("INSERT INTO observation VALUES (%s, %s, %s, 7, 1, %s, 1, 0)", (at, at, at, number))

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(work, range(3)))
    assert connection.execute("SELECT count(*) FROM observation").fetchone() == (3 * len(months),)


def test_jobs_leave_a_trace(connection: Any, migrated_database: Any) -> None:
    keeper = caretaker(migrated_database.url)
    keeper.retain()
    keeper.close()
    assert connection.execute("SELECT job, outcome FROM v_job_latest").fetchall() == [("retain", "done")]
