"""The ledger on the real database: read, decided, written, read again; drills stay out."""

from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb

from schemas.alert import Alert
from schemas.lane import Lane
from schemas.outcome import Outcome, Verdict
from schemas.topic import ALERT, ALL_TOPICS, CHAIN, LANE, OUTCOME
from services.alerting.bookkeeping.app import Bookkeeper
from services.alerting.store import project
from services.ingest.registry.store import project_registry
from services.runtime.database import connect
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.metrics import Meters
from services.runtime.registry import Registry
from services.runtime.streams import Message

from .conftest import START, at
from .test_outcome import CHAIN as ORDERED
from .test_outcome import SERIES, STOCK, rows, warned

_ROW = """
INSERT INTO observation (observed_at, issued_at, known_at, value, lane_id, series_id, source_id, quality)
SELECT %s, %s, %s, %s, l.lane_id, s.series_id, r.source_id, 0 FROM lane l, series s, source r
WHERE l.lane = %s AND s.series = %s AND r.source = 'test'
"""


class Desk:
    """Registry, tables and the bookkeeper."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.broker = MemoryBroker({t.name: t.partitions for t in ALL_TOPICS})
        producer = MemoryProducer(self.broker)
        producer.send(CHAIN.name, msgspec.json.encode(ORDERED))
        for name in ("live", "drill:a"):
            lane = Lane(name=name, chain=ORDERED.id, opened_at=START, origin=START, wall_origin=START, revision=5)
            producer.send(LANE.name, msgspec.json.encode(lane))
        self.registry = Registry(MemoryConsumer(self.broker))
        self.registry.open()
        self.registry.load()
        self.books = Bookkeeper(url, self.registry, producer, Meters())

    def turn(self) -> int:
        """A look of a bookkeeper, and what it published into the table."""
        with connect(self.url, application="test", autocommit=True) as connection:
            count = self.books.turn(connection)
            project(connection, self.broker.messages(OUTCOME.name))
        return count

    def entries(self) -> list[Outcome]:
        """The newest entries."""
        with psycopg.connect(self.url, row_factory=psycopg.rows.dict_row, options="-c timezone=UTC") as connection:
            found = connection.execute("SELECT * FROM v_outcome_latest ORDER BY outcome").fetchall()
        return [msgspec.convert(row, Outcome) for row in found]


@pytest.fixture
def desk(migrated_database: Any) -> Desk:
    """A live lane with a yellow warning that closed, under which the stock broke, and the same in a drill."""
    made = Desk(migrated_database.url)
    registry = [m for topic in (CHAIN, LANE) for m in made.broker.messages(topic.name)]
    with psycopg.connect(made.url, autocommit=True) as connection:
        project_registry(connection, registry)
        connection.execute("INSERT INTO source (source) VALUES ('test')")
        for lane in ("live", "drill:a"):
            for when, value, known in rows("gggggbbbgg"):
                connection.execute(_ROW, (when, when, known, value, lane, SERIES))
        project(
            connection,
            [
                _message(msgspec.structs.replace(a, lane=lane, chain=ORDERED.id))
                for lane in ("live", "drill:a")
                for a in warned(2, 9)
            ],
        )
    return made


def _message(alert: Alert) -> Message:
    return Message(ALERT.name, 0, 0, None, msgspec.json.encode(alert))


def test_the_ledger_fills_itself_once_and_leaves_drills_out(desk: Desk) -> None:
    assert desk.turn() == 1
    (entry,) = desk.entries()
    assert (entry.lane, entry.verdict, entry.lead_hours) == ("live", Verdict.OCCURRED, 72.0)
    assert (entry.node, entry.product) == (STOCK.node, STOCK.product)
    assert desk.turn() == 0
    desk.books = Bookkeeper(desk.url, desk.registry, MemoryProducer(desk.broker), Meters())
    assert desk.turn() == 0, "a restart says nothing again"


def test_a_correction_makes_a_revision_and_both_are_known_at_their_time(desk: Desk) -> None:
    desk.turn()
    with psycopg.connect(desk.url, autocommit=True) as connection:
        for when, value, _ in rows("ggggg", 5):
            connection.execute(_ROW, (when, at(500), at(500), value, "live", SERIES))
    assert desk.turn() == 1
    (entry,) = desk.entries()
    assert (entry.verdict, entry.revision) == (Verdict.FALSE, 2)
    with psycopg.connect(desk.url) as connection:
        known = "SELECT verdict FROM outcome_as_known('live', %s)"
        assert connection.execute(known, (at(400),)).fetchall() == [("occurred",)]
        assert connection.execute(known, (at(600),)).fetchall() == [("false",)]


def test_a_persons_verdict_from_the_table_of_commands_is_entered(desk: Desk) -> None:
    desk.turn()
    (entry,) = desk.entries()
    with psycopg.connect(desk.url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO command VALUES ('c1', 'live', 'outcome.confirm', '甲', '依据', %s, %s)",
            (at(999), Jsonb({"outcome": entry.outcome, "verdict": "averted"})),
        )
    assert desk.turn() == 1
    (confirmed,) = desk.entries()
    assert (confirmed.verdict, confirmed.confirmed_by, confirmed.comment) == (Verdict.AVERTED, "甲", "依据")
    assert desk.turn() == 0


def test_every_field_of_a_step_survives_the_table(desk: Desk) -> None:
    with psycopg.connect(desk.url, row_factory=psycopg.rows.dict_row, options="-c timezone=UTC") as connection:
        stored = connection.execute("SELECT * FROM alert WHERE lane = 'live' ORDER BY sequence").fetchall()
    told = [msgspec.structs.replace(a, chain=ORDERED.id) for a in warned(2, 9)]
    assert [msgspec.convert(row, Alert) for row in stored] == told
