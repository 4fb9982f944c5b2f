"""What the tests of ingest share: a small chain, messages, and ingest running in a thread of the test."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.chain import Chain, Series
from schemas.feed import Feed, FeedMessage
from schemas.lane import Lane
from schemas.topic import CHAIN, FEED_TOPICS, LANE, partition_of
from services.cli.stack.kafka import Kafka
from services.cli.stack.ports import free_ports
from services.ingest.app import App, build
from services.runtime.broker import ensure_topics
from services.runtime.kafka import KafkaStreamProducer
from services.runtime.lifecycle import Lifecycle
from services.runtime.metrics import Meters
from services.runtime.settings import Settings
from tests.asking import Asking

CLONE = Path(__file__).resolve().parents[2]
ORIGIN = datetime(2024, 1, 1, tzinfo=UTC)


def chain_of(name: str, series: Sequence[str]) -> Chain:
    """A chain that has only series, all of the production feed; the group is the first part of the name after the dot."""
    made = [
        Series(
            id=s,
            feed=Feed.PRODUCTION,
            group=s.split(".")[1],
            name_zh=s,
            name_en=s,
            indicator=s.split(".")[0],
            unit="t",
            cadence_h=1,
            lateness_h=24,
            silence_h=48,
            plausible_low=0,
            plausible_high=1e9,
            provider="test",
        )
        for s in series
    ]
    content: dict[str, Any] = {"nodes": [], "links": [], "recipes": [], "stocks": [], "qualities": []}
    return Chain(id=name, name_zh=name, name_en=name, version="1", valid_from=ORIGIN, series=made, **content)


def feed_message(
    lane: str, series: Sequence[str], observed_us: Sequence[int], value: Sequence[float], **more: Any
) -> FeedMessage:
    """Rows issued and known one second after they were observed, unless stated."""
    later = [us + 1_000_000 for us in observed_us]
    columns = {"issued_us": later, "known_us": later, "source": "test"} | more
    return FeedMessage(lane=lane, series=list(series), observed_us=list(observed_us), value=list(value), **columns)


class Running:
    """Ingest in this process, with a producer beside it and a connection to look at the tables."""

    def __init__(self, settings: Settings, lane: str) -> None:
        self.settings = settings
        self.lane = lane
        self.producer = KafkaStreamProducer(settings, client_id="test")
        self.lifecycle = Lifecycle()
        self.meters = Meters()
        self.asking = Asking(settings.database_url)
        self.app: App | None = None
        self.thread: threading.Thread | None = None

    def open_lane(self, series: Sequence[str]) -> None:
        """Publish a chain with these series, and the lane."""
        chain = chain_of(self.lane.replace(":", "-"), series)
        lane = Lane(name=self.lane, chain=chain.id, opened_at=ORIGIN, origin=ORIGIN, wall_origin=ORIGIN)
        self.producer.send(CHAIN.name, msgspec.json.encode(chain), key=chain.id.encode(), partition=0)
        self.producer.send(LANE.name, msgspec.json.encode(lane), key=lane.name.encode(), partition=0)
        self.producer.flush(10)

    def send(self, message: FeedMessage | bytes, group: str) -> tuple[int, int]:
        """Publish one message; returns partition and offset."""
        value = message if isinstance(message, bytes) else msgspec.json.encode(message)
        partition = partition_of(group)
        topic = FEED_TOPICS[Feed.PRODUCTION].name
        offset = self.producer.send(topic, value, key=group.encode(), partition=partition).offset(10)
        return partition, offset

    def start(self) -> None:
        """Run ingest in a thread."""
        self.lifecycle = Lifecycle()
        self.app = build(self.settings, self.lifecycle, self.meters)
        self.app.open()
        self.thread = threading.Thread(target=self.app.run, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Clean stop."""
        self.lifecycle.request_stop()
        if self.thread is not None:
            self.thread.join(20)
            assert not self.thread.is_alive()
            self.thread = None
        self.lifecycle.close()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return self.asking.rows(statement, *values)

    def number(self, statement: str, *values: object) -> int:
        """The first column of the first row."""
        return int(self.rows(statement, *values)[0][0])

    def rejections(self) -> list[tuple[str, str]]:
        """Reason and record id of the rejections of this lane, in order."""
        statement = "SELECT reason, record_id FROM rejection WHERE lane = %s ORDER BY record_id, reason"
        return [(str(reason), str(record)) for reason, record in self.rows(statement, self.lane)]

    def is_past(self, partition: int, offset: int) -> bool:
        """True when the message at this place was dealt with."""
        statement = (
            "SELECT count(*) FROM kafka_offset WHERE consumer_group = 'ingest' AND topic = 'lianjing.feed.production' "
            "AND partition = %s AND next_offset > %s"
        )
        return self.number(statement, partition, offset) == 1

    def stored(self) -> int:
        """Rows of this lane."""
        return self.number("SELECT count(*) FROM observation JOIN lane USING (lane_id) WHERE lane = %s", self.lane)


def wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Poll until it holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not happen within {seconds:g} s"
        time.sleep(0.05)


@pytest.fixture
def until() -> Callable[..., None]:
    """``wait_until``."""
    return wait_until


@pytest.fixture
def message() -> Callable[..., FeedMessage]:
    """``feed_message``."""
    return feed_message


@pytest.fixture
def ingest(broker: Any, migrated_database: Any, lane: str, tmp_path: Path) -> Iterator[Running]:
    """Ingest on the real broker and a fresh database, not yet started; stopped after the test."""
    yield from _running(broker.bootstrap, migrated_database.url, lane, tmp_path)


@pytest.fixture(scope="session")
def spoilt_broker(stack_folder: Path) -> Iterator[Kafka]:
    """A broker for messages that stop partitions, which the other tests must not meet."""
    port, controller_port = free_ports(2)
    kafka = Kafka(
        stack_folder / "kafka-spoilt", CLONE / ".lianjing/cache", CLONE / "deploy/kafka", port, controller_port
    )
    kafka.start()
    ensure_topics(Settings(kafka_bootstrap=kafka.bootstrap))
    yield kafka
    kafka.stop()


@pytest.fixture
def spoilt_ingest(spoilt_broker: Kafka, migrated_database: Any, lane: str, tmp_path: Path) -> Iterator[Running]:
    """Ingest on the broker for spoilt messages."""
    yield from _running(spoilt_broker.bootstrap, migrated_database.url, lane, tmp_path)


def _running(bootstrap: str, url: str, lane: str, home: Path) -> Iterator[Running]:
    settings = Settings(
        home=home, kafka_bootstrap=bootstrap, database_url=url, session_timeout_ms=6000, metrics_port=free_ports(1)[0]
    )
    running = Running(settings, lane)
    yield running
    running.stop()
    running.asking.close()
    running.producer.close()
