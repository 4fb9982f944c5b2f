"""The stream ports: one suite, passed by the in-memory twin and by Kafka."""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from services.runtime.errors import UnreachableError
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.settings import Settings
from services.runtime.streams import Consumer, Message, Producer

Ports = tuple[str, Producer, Callable[..., Consumer]]


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.integration)])
def ports(request: pytest.FixtureRequest) -> Iterator[Ports]:
    topic = f"streams-{uuid.uuid4().hex[:8]}"
    if request.param == "memory":
        memory = MemoryBroker({topic: 2})
        yield topic, MemoryProducer(memory), lambda group=None: MemoryConsumer(memory, group)
        return
    broker = request.getfixturevalue("broker")
    settings = Settings(kafka_bootstrap=broker.bootstrap, session_timeout_ms=6000)
    _create(settings, topic)
    producer = KafkaStreamProducer(settings, client_id="test")
    opened: list[Consumer] = []

    def consumer(group: str | None = None) -> Consumer:
        opened.append(KafkaStreamConsumer(settings, group=group))
        return opened[-1]

    yield topic, producer, consumer
    for each in opened:
        each.close()
    producer.close()


def _create(settings: Settings, topic: str) -> None:
    from kafka.admin import KafkaAdminClient, NewTopic

    from services.runtime.connection import connection_options

    admin: Any = KafkaAdminClient(**connection_options(settings))
    admin.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1)])
    admin.close()


def _read(consumer: Consumer, count: int) -> list[Message]:
    found: list[Message] = []
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        found += consumer.poll(0.2)
    return found


def test_what_was_sent_is_read_in_order_with_its_offsets(ports: Ports) -> None:
    topic, producer, open_consumer = ports
    offsets = [producer.send(topic, str(i).encode(), key=b"k", partition=1).offset(10) for i in range(5)]
    consumer = open_consumer()
    consumer.assign([(topic, 1)])
    messages = _read(consumer, 5)
    assert offsets == [0, 1, 2, 3, 4]
    assert [(m.offset, m.key, m.value) for m in messages] == [(i, b"k", str(i).encode()) for i in range(5)]
    assert consumer.position((topic, 1)) == 5


def test_seek_goes_back_and_end_offsets_tell_the_next_one(ports: Ports) -> None:
    topic, producer, open_consumer = ports
    for i in range(3):
        producer.send(topic, str(i).encode(), partition=0)
    producer.flush(10)
    consumer = open_consumer()
    consumer.assign([(topic, 0)])
    assert consumer.end_offsets([(topic, 0), (topic, 1)]) == {(topic, 0): 3, (topic, 1): 0}
    _read(consumer, 3)
    consumer.seek((topic, 0), 1)
    assert [m.value for m in _read(consumer, 2)] == [b"1", b"2"]


def test_a_group_is_told_its_partitions_and_goes_on_from_its_commit(ports: Ports) -> None:
    topic, producer, open_consumer = ports
    producer.send(topic, b"a", partition=0).offset(10)
    assigned: list[tuple[str, int]] = []
    group = f"g-{topic}"
    consumer = open_consumer(group)
    consumer.subscribe([topic], assigned.extend)
    assert [m.value for m in _read(consumer, 1)] == [b"a"]
    assert set(assigned) == {(topic, 0), (topic, 1)}  # a rebalance may tell them twice
    consumer.commit({(topic, 0): 1})
    consumer.close()
    producer.send(topic, b"b", partition=0).offset(10)
    again = open_consumer(group)
    again.subscribe([topic])
    assert [m.value for m in _read(again, 1)] == [b"b"]


def test_callbacks_run_in_the_thread_that_polls_and_may_seek(ports: Ports) -> None:
    topic, producer, open_consumer = ports
    for value in (b"a", b"b", b"c"):
        producer.send(topic, value, partition=0)
    producer.flush(10)
    consumer = open_consumer(f"s-{topic}")
    threads: list[int] = []

    def on_assigned(partitions: Iterable[tuple[str, int]]) -> None:
        threads.append(threading.get_ident())
        assert (topic, 0) in list(partitions)
        consumer.seek((topic, 0), 1)

    consumer.subscribe([topic], on_assigned)
    assert [m.value for m in _read(consumer, 2)] == [b"b", b"c"]
    assert set(threads) == {threading.get_ident()}


def test_a_paused_partition_is_silent_until_resumed(ports: Ports) -> None:
    topic, producer, open_consumer = ports
    producer.send(topic, b"zero", partition=0)
    producer.send(topic, b"one", partition=1)
    producer.flush(10)
    consumer = open_consumer()
    consumer.assign([(topic, 0), (topic, 1)])
    consumer.pause([(topic, 0)])
    assert [m.value for m in _read(consumer, 1)] == [b"one"]
    consumer.resume([(topic, 0)])
    assert [m.value for m in _read(consumer, 1)] == [b"zero"]


def test_a_broker_that_is_away_is_unreachable() -> None:
    broker = MemoryBroker()
    broker.is_away = True
    with pytest.raises(UnreachableError):
        MemoryProducer(broker).send("t", b"x")


def test_kafka_that_is_away_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1"):
        KafkaStreamProducer(Settings(kafka_bootstrap="127.0.0.1:1"), client_id="test")
