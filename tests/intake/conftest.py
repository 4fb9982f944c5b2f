"""A running intake for the tests: its own process on the real broker, with the reference chain and some providers."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from schemas.feed import FeedMessage
from schemas.lane import Lane
from schemas.provider import Provider
from schemas.rejection import Rejection
from schemas.topic import FEED_TOPICS, LANE, PROVIDER, REJECTED
from services.cli.stack.kafka import Kafka
from services.cli.stack.ports import free_ports
from services.intake.keys import make_key
from services.runtime.chain import load_chain
from services.runtime.chain.publication import publish_chain
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings
from services.runtime.streams import Message, Partition

CLONE = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0


def until(question: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Ask until the answer is true; fail after the deadline."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if found := question():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {patience_s:g} s: {what}")


@dataclass
class IntakeProcess:
    """``python -m services.intake`` with its settings; it may be killed and started again."""

    settings: Settings
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Address of the HTTP door."""
        return f"http://127.0.0.1:{self.settings.intake_port}"

    def start(self) -> None:
        """Start without waiting."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.intake"], env=self.environment, cwd=CLONE, stdout=output, stderr=output
            )

    def wait_until_ready(self) -> None:
        """Wait for /healthz."""
        try:
            until(self.is_ready, "intake ready", 90)
        except AssertionError as error:
            raise AssertionError(f"{error}; its log:\n{self.log.read_text()[-3000:]}") from None

    def is_ready(self) -> bool:
        """True when /healthz says so."""
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(30)
        self.process = None
        return code


@dataclass
class Topics:
    """Looks at topics of the broker."""

    settings: Settings
    seen: dict[str, list[Message]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start at the present end of every feed topic and of the rejections."""
        self._consumer = KafkaStreamConsumer(self.settings, client_id="test-topics")
        places: list[Partition] = [(t.name, p) for t in FEED_TOPICS.values() for p in range(t.partitions)]
        places += [(REJECTED.name, p) for p in range(REJECTED.partitions)]
        self._places = places
        self._consumer.assign(places)
        for place, end in self._consumer.end_offsets(places).items():
            self._consumer.seek(place, end)

    def read(self) -> None:
        """Read up to the present end."""
        ends = self._consumer.end_offsets(self._places)
        while any(self._consumer.position(p) < ends[p] for p in self._places):
            for message in self._consumer.poll(0.1, 2000):
                self.seen.setdefault(message.topic, []).append(message)

    def rows(self) -> dict[str, tuple[str, int, float]]:
        """Every row since the start: record id → series, observed_us, value."""
        self.read()
        found: dict[str, tuple[str, int, float]] = {}
        for topic, messages in self.seen.items():
            if topic != REJECTED.name:
                for message in messages:
                    found |= _rows_of(message)
        return found

    def row_count(self) -> int:
        """How many rows there were, repeats included."""
        return sum(m.row_count() for m in self.feed_messages())

    def feed_messages(self) -> list[FeedMessage]:
        """Every feed message since the start."""
        self.read()
        values = [m.value or b"" for t, ms in self.seen.items() if t != REJECTED.name for m in ms]
        return [msgspec.json.decode(v, type=FeedMessage) for v in values]

    def rejections(self) -> list[Rejection]:
        """Every rejection since the start."""
        self.read()
        return [msgspec.json.decode(m.value or b"", type=Rejection) for m in self.seen.get(REJECTED.name, [])]

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()


def _rows_of(message: Message) -> dict[str, tuple[str, int, float]]:
    columns = msgspec.json.decode(message.value or b"", type=FeedMessage)
    head = f"{message.topic.rsplit('.', 1)[1]}-{message.partition}-{message.offset}"
    rows = zip(columns.series, columns.observed_us, columns.value, strict=True)
    return {f"{head}-{i}": row for i, row in enumerate(rows)}


@dataclass
class Front:
    """The front door: a running intake, keys of providers, and the topics behind it."""

    intake: IntakeProcess
    keys: dict[str, str]
    topics: Topics

    def client(self, provider: str | None = "port", **headers: str) -> httpx.Client:
        """An HTTP client with the key of a provider."""
        if provider is not None:
            headers = {"Authorization": f"Bearer {self.keys[provider]}"} | headers
        return httpx.Client(base_url=self.intake.url, headers=headers, timeout=30)


PROVIDERS = {
    "port": ["stock.P_*", "inflow.P_*", "outflow.P_*"],
    "mine-bureau": ["stock.M_*", "output.M_*", "outflow.M_*"],
    "weather-office": ["hazard.*"],
}


@pytest.fixture(scope="session")
def chain_on_topic(session_broker: Kafka) -> dict[str, str]:
    """The reference chain, providers and a drill lane on their topics; the keys by provider."""
    settings = Settings(kafka_bootstrap=session_broker.bootstrap)
    producer = KafkaStreamProducer(settings, client_id="test-setup")
    publish_chain(producer, load_chain(CLONE / "deploy" / "config" / "chains" / "ordos"))
    now = datetime.now(UTC)
    keys = {}
    for name, series in PROVIDERS.items():
        key, keys[name] = make_key(name, now)
        provider = Provider(
            provider=name,
            name_zh=name,
            name_en=name,
            series=series,
            keys=[key],
            rate_per_second=10_000,
            lanes=["live", "drill:*"],
        )
        producer.send(PROVIDER.name, msgspec.json.encode(provider), key=name.encode(), partition=0)
    key, keys["slow"] = make_key("slow", now)
    slow = Provider(
        provider="slow", name_zh="慢", name_en="slow", series=["stock.P_*"], keys=[key], rate_per_second=0.5
    )
    producer.send(PROVIDER.name, msgspec.json.encode(slow), key=b"slow", partition=0)
    for name in ("live", "drill:open"):
        lane = Lane(name=name, chain="ordos", opened_at=now, origin=now, wall_origin=now)
        producer.send(LANE.name, msgspec.json.encode(lane), key=name.encode(), partition=0)
    closed = Lane(name="drill:closed", chain="ordos", opened_at=now, origin=now, wall_origin=now, closed_at=now)
    producer.send(LANE.name, msgspec.json.encode(closed), key=b"drill:closed", partition=0)
    producer.flush(20)
    producer.close()
    return keys


class Stable:
    """Makes intake processes and ends them all. ``keys`` are the keys of providers."""

    def __init__(self, broker: Kafka, folder: Path, keys: dict[str, str]) -> None:
        self.keys = keys
        self._broker = broker
        self._folder = folder
        self._made: list[IntakeProcess] = []

    def make(self, **entries: str) -> IntakeProcess:
        """An intake process that is not started yet; ``entries`` are settings of its environment."""
        port, metrics_port = free_ports(2)
        stated = {
            "LIANJING_HOME": str(self._folder / "home"),
            "LIANJING_KAFKA_BOOTSTRAP": self._broker.bootstrap,
            "LIANJING_INTAKE_PORT": str(port),
            "LIANJING_METRICS_PORT": str(metrics_port),
            "LIANJING_DATABASE_URL": "",
        } | entries
        log = self._folder / f"intake-{len(self._made)}.log"
        self._made.append(IntakeProcess(Settings.from_environment(stated), {**os.environ, **stated}, log))
        return self._made[-1]

    def end(self) -> None:
        """Kill all of them."""
        for process in self._made:
            process.kill()


@pytest.fixture
def stable(broker: Kafka, chain_on_topic: dict[str, str], tmp_path: Path) -> Iterator[Stable]:
    """Intake processes of one test, with settings of its own."""
    made = Stable(broker, tmp_path, chain_on_topic)
    yield made
    made.end()


@pytest.fixture(scope="session")
def shared_intake(
    session_broker: Kafka, chain_on_topic: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[IntakeProcess]:
    """The intake shared by tests; use ``front``."""
    made = Stable(session_broker, tmp_path_factory.mktemp("intake"), chain_on_topic)
    yield made.make()
    made.end()


@pytest.fixture
def front(broker: Kafka, shared_intake: IntakeProcess, chain_on_topic: dict[str, str]) -> Iterator[Front]:
    """A ready intake on the real broker, shared; it is started again when a test has ended it."""
    if shared_intake.process is None:
        shared_intake.start()
    shared_intake.wait_until_ready()
    topics = Topics(Settings(kafka_bootstrap=broker.bootstrap))
    yield Front(shared_intake, chain_on_topic, topics)
    topics.close()


@pytest.fixture
def topics(broker: Kafka) -> Iterator[Topics]:
    """What comes onto the topics from now on."""
    made = Topics(Settings(kafka_bootstrap=broker.bootstrap))
    yield made
    made.close()


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Any]:
    """Ask until the answer is true: ``eventually(question, what, patience_s=30)``."""
    return until


class Mosquitto:
    """The MQTT broker with a persistent store."""

    def __init__(self, folder: Path) -> None:
        (self.port,) = free_ports(1)
        self._log = folder / "mosquitto.log"
        self._file = folder / "mosquitto.conf"
        self._file.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n"
            f"autosave_interval 1\nuser root\nmax_queued_messages 0\nmax_inflight_messages 500\nlog_dest file {self._log}\nlog_type all\n"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it listens."""
        self.process = subprocess.Popen(["mosquitto", "-c", str(self._file)], stdout=subprocess.DEVNULL)
        until(lambda: self._log.exists() and "running" in self._log.read_text(), "mosquitto")

    def wait_for_subscriber(self, client_id: str) -> None:
        """Wait until a client has subscribed."""
        until(lambda: f"Sending SUBACK to {client_id}" in self._log.read_text(), f"subscription of {client_id}")

    def stop(self) -> None:
        """SIGTERM; the store is written."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running Mosquitto."""
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed")
    made = Mosquitto(tmp_path)
    made.start()
    yield made
    made.stop()
