"""Our path: one ingest process drains a topic that was filled before."""

import time
from collections.abc import Iterable

import msgspec

from schemas.chain import Chain
from schemas.feed import Feed
from schemas.lane import Lane
from schemas.topic import CHAIN, FEED_PARTITIONS, FEED_TOPICS, LANE, partition_of
from services.cli.bench.ingestion.ground import Ground, wait_for
from services.cli.bench.ingestion.rows import LANE as BENCH_LANE
from services.cli.bench.ingestion.rows import Packed, bench_chain
from services.runtime.clock import from_us
from services.runtime.errors import InvariantError, UnreachableError
from services.runtime.kafka import KafkaStreamProducer

_OFFSETS = "SELECT coalesce(sum(next_offset), 0) FROM kafka_offset WHERE consumer_group = 'ingest' AND topic = %s"
_SET = """
INSERT INTO kafka_offset (consumer_group, topic, partition, next_offset, epoch, owner) VALUES ('ingest', %s, %s, %s, 1, 'bench')
ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET next_offset = excluded.next_offset
"""
_COUNT = "SELECT count(*), coalesce(sum(value), 0) FROM observation"
_PATIENCE_S = 900.0


class Filled:
    """A topic with the messages of one shape: how many rows and messages, and where each partition ends."""

    def __init__(self, feed: Feed) -> None:
        self.topic = FEED_TOPICS[feed].name
        self.rows = 0
        self.messages = 0
        self.ends = [0] * FEED_PARTITIONS


def open_lane(ground: Ground) -> None:
    """Publish chain and lane, as every lane's opening does."""
    chain: Chain = bench_chain()
    start = from_us(1_704_067_200_000_000)
    lane = Lane(name=BENCH_LANE, chain=chain.id, opened_at=start, origin=start, wall_origin=start)
    producer = KafkaStreamProducer(ground.settings, client_id="bench")
    producer.send(CHAIN.name, msgspec.json.encode(chain), key=b"bench", partition=0)
    producer.send(LANE.name, msgspec.json.encode(lane), key=lane.name.encode(), partition=0)
    producer.flush(10.0)
    producer.close()


def fill(ground: Ground, feed: Feed, messages: Iterable[Packed]) -> Filled:
    """Publish messages to the topic of a feed."""
    filled = Filled(feed)
    producer = KafkaStreamProducer(ground.settings, client_id="bench", linger_ms=20)
    for message in messages:
        partition = partition_of(message.group)
        producer.send(filled.topic, message.value, key=message.group.encode(), partition=partition)
        filled.rows += message.rows
        filled.messages += 1
        filled.ends[partition] += 1
        if filled.messages % 2000 == 0:
            producer.flush(60.0)
    producer.flush(60.0)
    producer.close()
    return filled


def drain_rate(ground: Ground, filled: Filled, others: Iterable[Filled]) -> float:
    """Rows per second from the first commit after the start to the last. Raises InvariantError when the table does not hold every row once."""
    ground.rows("TRUNCATE observation, dirty_bucket, rejection, observation_hour, observation_day")
    ground.rows("DELETE FROM kafka_offset WHERE consumer_group = 'ingest'")
    for other in others:
        for partition, end in enumerate(other.ends):
            ground.rows(_SET, other.topic, partition, end)
    ground.rows("CHECKPOINT")
    ground.start_ingest()
    try:
        return _watch(ground, filled)
    except UnreachableError as error:
        raise UnreachableError(f"{error}\n{ground.ingest_words()}") from error
    finally:
        ground.stop_ingest()


def _watch(ground: Ground, filled: Filled) -> float:
    import psycopg

    with psycopg.connect(ground.settings.database_url, autocommit=True) as connection:

        def moved() -> int:
            row = connection.execute(_OFFSETS, (filled.topic,)).fetchone()
            return int(row[0]) if row else 0

        wait_for("the first commit of ingest", lambda: moved() > 0, 60.0, 0.005)
        started, begun = time.perf_counter(), moved()
        wait_for("ingest to reach the end of the topic", lambda: moved() >= filled.messages, _PATIENCE_S, 0.02)
        seconds = time.perf_counter() - started
        row = connection.execute(_COUNT).fetchone()
        rejected = connection.execute("SELECT count(*) FROM rejection").fetchone()
    if row is None or row[0] != filled.rows or rejected != (0,):
        raise InvariantError(f"{filled.rows} rows were sent, {row} are stored, {rejected} rejected")
    return filled.rows * (1 - begun / filled.messages) / seconds
