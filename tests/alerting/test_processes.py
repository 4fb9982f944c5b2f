"""Risk and alerting as processes on the real broker and Alertmanager, with the database away and both killed half-way."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from schemas.alert import Alert
from schemas.chain import Chain
from schemas.lane import Lane
from schemas.topic import ALERT, ASSESSMENT
from services.alerting.store import project as project_alerts
from services.cli.bench.load import normal_values
from services.cli.bench.receiver import Receiver
from services.cli.stack.alertmanager import Alertmanager
from services.cli.stack.kafka import Kafka
from services.cli.stack.ports import free_ports
from services.intake.publisher import Publisher
from services.intake.rows import Rows
from services.risk.store import project as project_assessments
from services.runtime.chain.generated import generate_chain
from services.runtime.chain.publication import publish_chain
from services.runtime.clock import to_us
from services.runtime.database import connect
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings
from services.runtime.streams import Message

CLONE = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


def eventually(question: Callable[[], bool], what: str) -> None:
    """Ask until true; fail after a minute."""
    deadline = time.monotonic() + PATIENCE_S
    while not question():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S:g} s: {what}"
        time.sleep(0.1)


@dataclass
class Stage:
    """One stage as a process."""

    name: str
    environment: dict[str, str]
    port: int
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start and wait for /healthz."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"services.{self.name}"],
                env=self.environment | {"LIANJING_METRICS_PORT": str(self.port)},
                cwd=CLONE,
                stdout=output,
                stderr=output,
            )
        eventually(self.is_ready, f"{self.name} ready; its log: {self.log}")

    def is_ready(self) -> bool:
        """True when /healthz says so."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)


class Feeds:
    """Publishes observations of a generated chain in a drill lane."""

    def __init__(self, settings: Settings) -> None:
        self.chain: Chain = generate_chain(24, int(uuid.uuid4().int % 10**6))
        self.lane = f"drill:test-{uuid.uuid4().hex[:8]}"
        now = datetime.now(UTC)
        producer = KafkaStreamProducer(settings, client_id="test")
        series = {s.id: s for s in self.chain.series}
        self.publisher = Publisher(producer, series=lambda: series, ends=KafkaStreamConsumer(settings), timeout_s=30)
        publish_chain(producer, self.chain)
        self.publisher.open_lane(
            Lane(name=self.lane, chain=self.chain.id, opened_at=now, origin=now, wall_origin=now, revision=1)
        )
        self.normal = normal_values(self.chain)

    def send(self, values: dict[str, float]) -> None:
        """Publish values observed now."""
        now = [to_us(datetime.now(UTC))] * len(values)
        self.publisher.publish(
            Rows(
                lane=self.lane,
                series=list(values),
                observed_us=now,
                issued_us=now,
                known_us=now,
                value=list(values.values()),
            )
        )

    def fall(self, index: int) -> tuple[str, str]:
        """Let the index-th stock that can starve fall below its minimum; its place."""
        stock = [s for s in self.chain.stocks if s.role != "output"][index]
        self.send({f"stock.{stock.node}.{stock.product}": stock.daily_use * stock.days_min * 0.9})
        return stock.node, stock.product


@pytest.fixture
def settings(broker: Kafka) -> Settings:
    """Settings of the test's broker; the database is away on purpose."""
    return Settings(kafka_bootstrap=broker.bootstrap, session_timeout_ms=6000)


@pytest.fixture
def stages(
    settings: Settings, tmp_path: Path, alertmanager: Callable[[str], Alertmanager]
) -> Iterator[tuple[Stage, Stage, Receiver, Feeds]]:
    """Risk, alerting, a webhook behind Alertmanager, feeds."""
    feeds = Feeds(settings)
    receiver = Receiver(feeds.lane)
    routing = "{receiver: hook, group_by: [lane, node], group_wait: 0s, group_interval: 1s}"
    part = alertmanager(
        f"route: {routing}\nreceivers: [{{name: hook, webhook_configs: [{{url: '{receiver.url}'}}]}}]\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LIANJING_")} | {
        "LIANJING_HOME": str(tmp_path),
        "LIANJING_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "LIANJING_ALERTMANAGER_URL": part.url,
        "LIANJING_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/away",
        "LIANJING_SESSION_TIMEOUT_MS": "6000",
    }
    ports = free_ports(2)
    made = [
        Stage(name, environment, port, tmp_path / f"{name}.log")
        for name, port in zip(("risk", "alerting"), ports, strict=True)
    ]
    yield made[0], made[1], receiver, feeds
    for stage in made:
        if stage.process is not None and stage.process.poll() is None:
            stage.end(signal.SIGKILL)
    receiver.close()


def _read(settings: Settings, topic: str, partitions: int) -> list[Message]:
    consumer = KafkaStreamConsumer(settings)
    places = [(topic, p) for p in range(partitions)]
    consumer.assign(places)
    ends = consumer.end_offsets(places)
    found: list[Message] = []
    while any(consumer.position(p) < ends[p] for p in places):
        found += consumer.poll(0.2)
    consumer.close()
    return found


def test_a_break_reaches_the_webhook_with_the_database_away_and_stages_killed(
    stages: tuple[Stage, Stage, Receiver, Feeds], settings: Settings
) -> None:
    risk, alerting, receiver, feeds = stages
    risk.start()
    alerting.start()
    feeds.send(feeds.normal)
    first = feeds.fall(0)
    eventually(lambda: first in receiver.arrived, "first alert")
    risk.end(signal.SIGKILL)
    alerting.end(signal.SIGKILL)
    second = feeds.fall(1)
    risk.start()
    alerting.start()
    eventually(lambda: second in receiver.arrived, "alert of what happened while both were dead")
    assert risk.end(signal.SIGTERM) == 0
    assert alerting.end(signal.SIGTERM) == 0
    alerts = [msgspec.json.decode(m.value or b"", type=Alert) for m in _read(settings, ALERT.name, ALERT.partitions)]
    opened = [(a.node, a.product) for a in alerts if a.lane == feeds.lane and a.state.value == "opened"]
    assert sorted(opened) == sorted({first, second})


@pytest.mark.usefixtures("broker")
def test_projections_repeat_without_change(
    stages: tuple[Stage, Stage, Receiver, Feeds], settings: Settings, migrated_database: object
) -> None:
    risk, alerting, receiver, feeds = stages
    risk.start()
    alerting.start()
    feeds.send(feeds.normal)
    place = feeds.fall(2)
    eventually(lambda: place in receiver.arrived, "alert")
    risk.end(signal.SIGTERM)
    alerting.end(signal.SIGTERM)
    judged = _read(settings, ASSESSMENT.name, ASSESSMENT.partitions)
    steps = _read(settings, ALERT.name, ALERT.partitions)
    url = str(getattr(migrated_database, "url"))  # noqa: B009  # the fixture's type lives in a conftest
    with connect(url, application="test") as connection:
        for _ in range(2):
            project_assessments(connection, judged)
            project_alerts(connection, steps)
        mine = connection.execute(
            "SELECT count(*), max(as_of) FROM assessment WHERE lane = %s AND level = 'red'", (feeds.lane,)
        ).fetchone()
        alerts = connection.execute("SELECT node, product, level FROM alert WHERE lane = %s", (feeds.lane,)).fetchall()
    assert mine is not None
    count, newest = mine
    assert isinstance(count, int)
    assert isinstance(newest, datetime)
    assert count >= 1
    assert newest > datetime.now(UTC) - timedelta(minutes=10)
    assert (*place, "red") in alerts
