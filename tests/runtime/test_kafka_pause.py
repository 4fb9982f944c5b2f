"""Pausing and resuming partitions on the real broker."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.topic import SCORE
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings
from services.runtime.streams import Partition

FIRST: Partition = (SCORE.name, 0)
SECOND: Partition = (SCORE.name, 1)


@pytest.fixture
def settings(broker: Any) -> Settings:
    return Settings(kafka_bootstrap=broker.bootstrap, session_timeout_ms=6000)


@pytest.fixture
def consumer(settings: Settings) -> Iterator[KafkaStreamConsumer]:
    """Reads both partitions, from behind what other tests left there."""
    made = KafkaStreamConsumer(settings)
    made.assign([FIRST, SECOND])
    for partition, end in made.end_offsets([FIRST, SECOND]).items():
        made.seek(partition, end)
    yield made
    made.close()


def _publish(settings: Settings, partition: Partition, count: int) -> list[bytes]:
    producer = KafkaStreamProducer(settings, client_id="test")
    values = [f"{uuid.uuid4().hex} {n}".encode() for n in range(count)]
    for value in values:
        producer.send(partition[0], value, partition=partition[1])
    producer.flush(10)
    producer.close()
    return values


def _read(consumer: KafkaStreamConsumer, count: int, most: int = 500) -> list[bytes | None]:
    found: list[bytes | None] = []
    deadline = time.monotonic() + 10
    while len(found) < count and time.monotonic() < deadline:
        found += [message.value for message in consumer.poll(0.1, most)]
    return found


def _paused_half_read(consumer: KafkaStreamConsumer, settings: Settings) -> list[bytes]:
    """The first partition is paused with messages decoded and not handed out; then the second is read to its end."""
    values = _publish(settings, FIRST, 5)
    assert _read(consumer, 1, most=1) == values[:1]
    consumer.pause([FIRST])
    assert consumer.poll(0.1) == []
    others = _publish(settings, SECOND, 3)
    assert _read(consumer, 3) == others
    return values


def test_a_resumed_partition_goes_on_where_it_was(consumer: KafkaStreamConsumer, settings: Settings) -> None:
    values = _paused_half_read(consumer, settings)
    consumer.resume([FIRST])
    assert _read(consumer, 4) == values[1:]


def test_a_partition_sought_while_paused_goes_on_from_there(consumer: KafkaStreamConsumer, settings: Settings) -> None:
    values = _paused_half_read(consumer, settings)
    consumer.seek(FIRST, consumer.position(FIRST) - 1)
    consumer.resume([FIRST])
    assert _read(consumer, 5) == values


def test_a_partition_assigned_anew_is_not_paused(consumer: KafkaStreamConsumer, settings: Settings) -> None:
    values = _paused_half_read(consumer, settings)
    start = consumer.position(FIRST) - 1
    consumer.assign([SECOND])
    consumer.poll(0.1)
    consumer.assign([FIRST])
    consumer.seek(FIRST, start)
    assert _read(consumer, 5) == values
