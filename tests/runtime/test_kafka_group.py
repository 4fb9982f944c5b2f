"""Joining a group on the real broker."""

import time
import uuid
from typing import Any

from schemas.topic import SCORE
from services.runtime.kafka import KafkaStreamConsumer
from services.runtime.settings import Settings
from services.runtime.streams import Partition


def test_the_first_assignment_of_a_new_group_is_complete(broker: Any) -> None:
    for _ in range(3):
        group = f"test-{uuid.uuid4().hex[:8]}"
        settings = Settings(kafka_bootstrap=broker.bootstrap, session_timeout_ms=6000)
        consumer = KafkaStreamConsumer(settings, group=group)
        assigned: list[list[Partition]] = []
        consumer.subscribe([SCORE.name], lambda partitions, assigned=assigned: assigned.append(list(partitions)))  # type: ignore[misc]
        deadline = time.monotonic() + 30
        while not assigned and time.monotonic() < deadline:
            consumer.poll(0.1)
        consumer.close()
        assert len(assigned[0]) == SCORE.partitions
