"""Where the topic no longer reaches back to the snapshot, the rows between come from the database."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import psycopg
import pytest

from schemas.feed import Feed, FeedMessage
from schemas.snapshot import Snapshot
from schemas.topic import FEED_TOPICS, SNAPSHOT, partition_of
from services.detection.configured import load_watch
from services.detection.gap import StoredRow, missing
from services.detection.rebuilding import Rebuilder
from services.detection.scoring import Scorer, Told
from services.detection.snapshot import cut, key_of
from services.detection.store import Database
from services.runtime.clock import from_us
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.streams import Message, Partition

Made = Callable[..., FeedMessage]
LANE, GROUP = "replay:gap", "N3"
TOPIC = FEED_TOPICS[Feed.PRODUCTION].name
PLACE = (TOPIC, partition_of(GROUP))
KEPT, FIRST, END = 50, 80, 100
"""The snapshot reaches to 50, the topic begins at 80, and 100 is the first message delivered."""


class Shortened(MemoryConsumer):
    """A consumer of a topic that has forgotten its first messages."""

    def beginning_offsets(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        return {p: FIRST if p == PLACE else first for p, first in super().beginning_offsets(partitions).items()}


class Listed:
    """Observations in a list."""

    def __init__(self, rows: list[StoredRow]) -> None:
        self._rows = rows

    def rows(self, partition: Partition, since_us: int) -> list[StoredRow]:
        return [r for r in self._rows if partition == PLACE and r.known_us >= since_us]


@pytest.fixture
def feeds(message: Made) -> list[FeedMessage]:
    """Messages of three series in turn, with a jump in the gap that the next values are measured against."""
    return [
        message(LANE, f"output.{GROUP}-{i % 3}.coal", i, [100.0 + (i * 7) % 11 + 300 * (i >= 60)]) for i in range(120)
    ]


def _messages(feeds: Sequence[FeedMessage], start: int, end: int) -> list[Message]:
    return [Message(*PLACE, i, b"g", msgspec.json.encode(feeds[i])) for i in range(start, end)]


def _scorer() -> Scorer:
    return Scorer(msgspec.structs.replace(load_watch(None), normal_every_h=0), dict)


def _rows(feeds: Sequence[FeedMessage]) -> list[StoredRow]:
    """What ingest has stored, nothing left out."""
    return [
        StoredRow(f.known_us[0], f.lane, f.series[0], f.observed_us[0], f.issued_us[0], f.value[0], 0) for f in feeds
    ]


def _take_over(feeds: Sequence[FeedMessage], stored: Any) -> tuple[list[Told], list[Told]]:
    """What another worker publishes again of the messages that are left, and what it says of the rest."""
    broker = MemoryBroker()
    producer = MemoryProducer(broker)
    for feed in feeds:
        producer.send(TOPIC, msgspec.json.encode(feed), key=b"g", partition=PLACE[1])
    worker = _scorer()
    worker.score(_messages(feeds, 0, KEPT))
    snapshots: list[Snapshot] = [s for kept in worker.snapshot([PLACE]) for s in cut(kept)]
    for told in snapshots:
        producer.send(SNAPSHOT.name, msgspec.json.encode(told), key=key_of(told), partition=PLACE[1])
    fresh = _scorer()
    rebuilder = Rebuilder(fresh, Shortened(broker), window=1000, republish=10, now=lambda: 0.0, stored=stored)
    again = rebuilder.rebuild(PLACE, END)
    return again, fresh.score(_messages(feeds, END, 120))


def test_with_the_rows_of_the_database_the_scores_are_those_of_a_worker_that_never_stopped(
    feeds: list[FeedMessage], capsys: pytest.CaptureFixture[str]
) -> None:
    expected = _scorer().score(_messages(feeds, 0, 120))
    again, rest = _take_over(feeds, Listed(_rows(feeds)))
    assert again == expected[FIRST:END]
    assert rest == expected[END:]
    assert "their rows come from the database" in "".join(capsys.readouterr())


def test_without_a_database_the_gap_is_said(feeds: list[FeedMessage], capsys: pytest.CaptureFixture[str]) -> None:
    expected = _scorer().score(_messages(feeds, 0, 120))
    again, _ = _take_over(feeds, None)
    assert again != expected[FIRST:END]
    assert "messages after the snapshot are gone" in "".join(capsys.readouterr())


def test_only_what_is_between_is_missing_series_by_series() -> None:
    rows = [StoredRow(at, LANE, series, at, at, 1.0, 0) for at in (1, 2, 3, 4, 5) for series in ("a", "b", "new")]
    found = missing(rows, {(LANE, "a"): 2, (LANE, "b"): 3}, {(LANE, "a"): 5, (LANE, "new"): 2})
    told = [(s, at) for feed in found for s, at in zip(feed.series, feed.known_us, strict=True)]
    assert told == [("new", 1), ("a", 3), ("a", 4), ("b", 4), ("b", 5)]


def test_the_real_database_gives_the_rows_of_a_partition(migrated_database: Any, feeds: list[FeedMessage]) -> None:
    with psycopg.connect(migrated_database.url) as connection:
        _store(connection, feeds)
    stored = Database(migrated_database.url)
    since = feeds[KEPT].known_us[0]
    found = stored.rows(PLACE, since)
    assert sorted(found) == sorted(r for r in _rows(feeds) if r.known_us >= since)
    assert stored.rows((TOPIC, (PLACE[1] + 1) % 12), since) == []
    expected = _scorer().score(_messages(feeds, 0, 120))
    assert _take_over(feeds, stored)[1] == expected[END:]


def _store(connection: "psycopg.Connection[Any]", feeds: Sequence[FeedMessage]) -> None:
    connection.execute(
        "INSERT INTO lane (lane, kind, chain, opened_at, origin, wall_origin, rate, revision) VALUES (%s, 'replay', 'c', %s, %s, %s, 1, 0)",
        (LANE, *[from_us(0)] * 3),
    )
    (source,) = connection.execute("INSERT INTO source (source) VALUES ('test') RETURNING source_id").fetchone() or (0,)
    for name in sorted({f.series[0] for f in feeds}):
        connection.execute(
            "INSERT INTO series (series, chain, feed, group_name, name_zh, name_en, indicator, unit, node, product, link_target, provider,"
            " cadence_h, lateness_h, silence_h, plausible_low, plausible_high, is_essential)"
            " VALUES (%s, 'c', 'production', %s, '', '', 'output', 't', '', '', '', '', 1, 1, 1, 0, 1, false)",
            (name, GROUP),
        )
    for row in _rows(feeds):
        connection.execute(
            "INSERT INTO observation SELECT %s, %s, %s, %s, lane_id, series_id, %s, 0, NULL FROM lane, series WHERE lane = %s AND series = %s",
            (
                from_us(row.observed_us),
                from_us(row.issued_us),
                from_us(row.known_us),
                row.value,
                source,
                LANE,
                row.series,
            ),
        )
