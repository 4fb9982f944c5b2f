"""Joining a group on the real broker."""

import time
import uuid
from typing import Any

import pytest

from schemas.topic import SCORE
from services.runtime.kafka import KafkaStreamConsumer
from services.runtime.settings import Settings


@pytest.mark.parametrize("timeout_s", [0.001, 0.02])
def test_a_consumer_that_polls_briefly_always_gets_its_partitions(broker: Any, timeout_s: float) -> None:
    """Every join outlasts such a poll; the partitions are counted as had only when they can be read, not while they are being revoked."""
    for _ in range(8):
        settings = Settings(kafka_bootstrap=broker.bootstrap, session_timeout_ms=6000)
        consumer = KafkaStreamConsumer(settings, group=f"test-{uuid.uuid4().hex[:10]}", client_id="test")
        try:
            consumer.subscribe([SCORE.name])
            assert _is_reading(consumer, timeout_s), "the consumer never began to read"
        finally:
            consumer.close()


def test_the_answer_to_a_join_counts_although_it_comes_while_the_caller_works(broker: Any) -> None:
    settings = Settings(kafka_bootstrap=broker.bootstrap, session_timeout_ms=6000)
    consumer = KafkaStreamConsumer(settings, group=f"test-{uuid.uuid4().hex[:10]}", client_id="test")
    consumer.subscribe([SCORE.name])
    deadline = time.monotonic() + 15
    while not consumer.assignment() and time.monotonic() < deadline:
        consumer.poll(0.001)
        _work_while_joining(consumer, deadline)
    assigned, generation = consumer.assignment(), consumer._consumer.group_metadata().generation_id
    consumer.close()
    assert assigned == {(SCORE.name, p) for p in range(SCORE.partitions)}
    assert generation <= 2, "the group was distributed again and again"  # 2: the client learnt the partitions meanwhile


def _work_while_joining(consumer: KafkaStreamConsumer, deadline: float) -> None:
    join = consumer._consumer._coordinator._join_task
    while join is not None and not join.is_done and time.monotonic() < deadline:
        consumer.end_offsets([(SCORE.name, 0)])


def _is_reading(consumer: KafkaStreamConsumer, timeout_s: float) -> bool:
    """Whether within 15 s every partition is assigned, can be fetched, and stays so for half a second."""
    deadline = time.monotonic() + 15
    since: float | None = None
    while time.monotonic() < deadline:
        consumer.poll(timeout_s)
        fetchable = consumer._consumer._subscription.fetchable_partitions()
        since = (since or time.monotonic()) if len(fetchable) == SCORE.partitions else None
        if since is not None and time.monotonic() - since > 0.5:
            return True
    return False
