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
