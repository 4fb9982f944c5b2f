"""A consumer that loses its place among the messages of a partition, on the real broker."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaAdminClient, TopicPartition

from schemas.topic import SCORE
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings
from services.runtime.streams import Message, Partition

PLACE: Partition = (SCORE.name, 2)


@pytest.fixture
def settings(broker: Any) -> Settings:
    return Settings(kafka_bootstrap=broker.bootstrap, session_timeout_ms=6000)


@pytest.fixture
def consumer(settings: Settings) -> Iterator[KafkaStreamConsumer]:
    """Reads the partition from behind what other tests left there, one message at a time."""
    made = KafkaStreamConsumer(settings, max_poll_records=1)
    made.assign([PLACE])
    made.seek(PLACE, made.end_offsets([PLACE])[PLACE])
    yield made
    made.close()


def _publish(settings: Settings, count: int) -> list[bytes]:
    producer = KafkaStreamProducer(settings, client_id="test")
    values = [f"{uuid.uuid4().hex} {n}".encode() for n in range(count)]
    for value in values:
        producer.send(PLACE[0], value, partition=PLACE[1])
    producer.flush(10)
    producer.close()
    return values


def _read(consumer: KafkaStreamConsumer, count: int) -> list[Message]:
    found: list[Message] = []
    deadline = time.monotonic() + 10
    while len(found) < count and time.monotonic() < deadline:
        found += consumer.poll(0.1, most=1)
    return found


def test_messages_that_the_client_would_pass_over_are_read(consumer: KafkaStreamConsumer, settings: Settings) -> None:
    """The client is moved ahead behind the back of ours, as a rebalance did to it."""
    values = _publish(settings, 8)
    first = _read(consumer, 2)
    consumer._consumer.seek(TopicPartition(*PLACE), first[-1].offset + 4)
    assert [m.value for m in first + _read(consumer, 6)] == values


def test_messages_that_the_broker_has_forgotten_are_passed_over(
    consumer: KafkaStreamConsumer, settings: Settings
) -> None:
    values = _publish(settings, 8)
    first = _read(consumer, 2)
    administration = KafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    administration.delete_records({TopicPartition(*PLACE): first[-1].offset + 4})
    administration.close()
    consumer._consumer.seek(TopicPartition(*PLACE), first[-1].offset + 4)
    assert [m.value for m in first + _read(consumer, 3)] == values[:2] + values[5:]
