"""A producer on the real broker that is away for longer than its delivery timeout."""

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.topic import SCORE
from services.cli.bench.ingestion.ground import wait_for
from services.runtime.errors import UnreachableError
from services.runtime.kafka import KafkaStreamProducer
from services.runtime.settings import Settings

DELIVERY_MS = 3000


@pytest.fixture
def producer(broker: Any) -> Iterator[KafkaStreamProducer]:
    made = KafkaStreamProducer(
        Settings(kafka_bootstrap=broker.bootstrap), client_id="test", delivery_timeout_ms=DELIVERY_MS
    )
    assert made.send(SCORE.name, b"before", partition=0).offset(10) >= 0
    yield made
    made.close()


def _requests_in_flight(producer: KafkaStreamProducer) -> float:
    return float(producer._producer.metrics()["producer-metrics"]["requests-in-flight"])


def test_after_an_outage_longer_than_the_delivery_timeout_messages_arrive_again(
    broker: Any, producer: KafkaStreamProducer
) -> None:
    os.kill(broker.pid, signal.SIGSTOP)  # the next message is sent and not answered: it has been tried when it expires
    lost = producer.send(SCORE.name, b"lost", partition=0)
    wait_for("the message to be on its way", lambda: _requests_in_flight(producer) >= 1, DELIVERY_MS / 1000)
    broker.kill()
    with pytest.raises(UnreachableError):
        lost.offset(4 * DELIVERY_MS / 1000)
    broker.start()
    found = None
    deadline = time.monotonic() + 120
    while found is None and time.monotonic() < deadline:
        try:
            found = producer.send(SCORE.name, b"after", partition=0).offset(2 * DELIVERY_MS / 1000)
        except UnreachableError:
            continue
    assert found is not None, "nothing was sent within 120 s of the broker's return"


def test_a_client_that_refuses_everything_is_replaced(producer: KafkaStreamProducer) -> None:
    manager = producer._producer._transaction_manager
    manager.transition_to_fatal_error(RuntimeError("an answer nobody understands"))
    assert producer.send(SCORE.name, b"after", partition=0).offset(10) >= 0
