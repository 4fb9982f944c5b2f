"""The risk process itself on a real broker: a question on the command line gets its answer while the process judges."""

import os
import subprocess
import sys
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from click.testing import CliRunner

from schemas.chain import Chain, Series
from schemas.feed import FeedMessage
from schemas.lane import Lane
from schemas.topic import CHAIN, FEED_TOPICS, LANE, partition_of
from services.cli.risk.what_if import command
from services.risk.analysis.what_if import WhatIf
from services.runtime.clock import to_us
from services.runtime.kafka import KafkaStreamProducer
from services.runtime.settings import Settings
from tests.risk.conftest import normal_value

if TYPE_CHECKING:
    from services.cli.stack.kafka import Kafka

_HOURS = 30


def _publish(broker: "Kafka", chain: Chain, lane: str) -> None:
    """The chain, the lane, and thirty quiet hours up to now."""
    producer, now = (
        KafkaStreamProducer(Settings(kafka_bootstrap=broker.bootstrap), client_id="test-live"),
        datetime.now(UTC),
    )
    stated = Lane(name=lane, chain=chain.id, opened_at=now, origin=now, wall_origin=now)
    producer.send(CHAIN.name, msgspec.json.encode(chain), key=chain.id.encode(), partition=0)
    producer.send(LANE.name, msgspec.json.encode(stated), key=lane.encode(), partition=0)
    together: dict[tuple[str, int], list[Series]] = defaultdict(list)
    for series in chain.series:
        together[FEED_TOPICS[series.feed].name, partition_of(series.group)].append(series)
    for hour in range(_HOURS, -1, -1):
        at = to_us(now - timedelta(hours=hour))
        for (topic, partition), some in together.items():
            times = [at] * len(some)
            message = FeedMessage(
                lane=lane,
                source="test",
                series=[s.id for s in some],
                observed_us=times,
                issued_us=times,
                known_us=times,
                value=[normal_value(chain, s) for s in some],
            )
            producer.send(topic, msgspec.json.encode(message), partition=partition)
    producer.flush(20.0)
    producer.close()


@pytest.mark.full
def test_the_running_process_answers(broker: "Kafka", ordos: Chain, tmp_path: Path) -> None:
    lane = f"drill:test-{uuid.uuid4().hex[:10]}"
    _publish(broker, ordos, lane)
    live = {"LIANJING_KAFKA_BOOTSTRAP": broker.bootstrap, "LIANJING_CONFIG": "", "LIANJING_DATABASE_URL": ""}
    own = {"LIANJING_HOME": str(tmp_path), "LIANJING_METRICS_PORT": "18993"}
    with (tmp_path / "risk.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.risk"], env={**os.environ, **live, **own}, stdout=log, stderr=log
        )
        try:
            words = ["--area", "150627", "--kind", "epidemic", "--lane", lane, "--json"]
            result = CliRunner().invoke(command, words, env=live)
        finally:
            process.terminate()
            assert process.wait(30) == 0
    assert result.exit_code == 0, (result.exception, (tmp_path / "risk.log").read_text())
    found = msgspec.json.decode(result.stdout, type=WhatIf)
    assert found.basis.lane == lane
    assert found.basis.told_stocks == found.basis.all_stocks
    assert not found.basis.is_stale
    assert found.breaks
