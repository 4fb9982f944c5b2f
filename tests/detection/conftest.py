"""Feed messages and detection processes for the tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from schemas.feed import FeedMessage
from schemas.score import ScoreMessage
from schemas.snapshot import Snapshot
from schemas.tick import Tick
from schemas.topic import CLOCK, FEED_PARTITIONS, FEED_TOPICS, SCORE, SNAPSHOT
from services.cli.stack.kafka import Kafka
from services.runtime.clock import from_us
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings

HOUR_US = 3_600_000_000
PRODUCTION = "lianjing.feed.production"
CLONE = Path(__file__).resolve().parents[2]


def feed_message(lane: str, series: str, start: int, values: Sequence[float], **changes: object) -> FeedMessage:
    """Hourly values of one series from hour ``start`` on; known half an hour after they were true."""
    observed = [(start + i) * HOUR_US for i in range(len(values))]
    known = [t + HOUR_US // 2 for t in observed]
    columns: dict[str, object] = {
        "series": [series] * len(values),
        "observed_us": observed,
        "issued_us": known,
        "known_us": known,
        "value": list(values),
    }
    return msgspec.convert({"lane": lane, "source": "test", **columns, **changes}, FeedMessage)


class Detection:
    """Detection processes on one broker, sending to it and reading its scores of one lane."""

    def __init__(self, kafka: Kafka, lane: str, home: Path, wait: Callable[[Callable[[], bool], float], None]) -> None:
        self._kafka = kafka
        self.lane = lane
        self._home = home
        self._settings = Settings(kafka_bootstrap=kafka.bootstrap)
        self._wait = wait
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.producer = KafkaStreamProducer(self._settings, client_id="test")
        self._consumer = KafkaStreamConsumer(self._settings, client_id="test")
        partitions = [(SCORE.name, p) for p in range(FEED_PARTITIONS)]
        self._consumer.assign(partitions)
        for partition, end in self._consumer.end_offsets(partitions).items():
            self._consumer.seek(partition, end)
        self.heard: dict[tuple[str, int, int], list[ScoreMessage]] = {}

    def start(self, slot: int = 0, **settings: str) -> None:
        """Start a worker under a static id; more settings by environment name."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LIANJING_")} | {
            "LIANJING_HOME": str(self._home),
            "LIANJING_KAFKA_BOOTSTRAP": self._kafka.bootstrap,
            "LIANJING_SLOT": str(slot),
            "LIANJING_METRICS_PORT": str(_free_port()),
            "LIANJING_SESSION_TIMEOUT_MS": "6000",
            **settings,
        }
        with (self._home / f"worker-{slot}.log").open("ab") as log:
            self._processes[slot] = subprocess.Popen(
                [sys.executable, "-m", "services.detection"], cwd=CLONE, env=environment, stdout=log, stderr=log
            )

    def kill(self, slot: int) -> None:
        """SIGKILL a worker."""
        self._processes[slot].kill()
        self._processes[slot].wait()

    def terminate(self, slot: int) -> int:
        """SIGTERM a worker; its exit code."""
        process = self._processes.pop(slot)
        process.send_signal(signal.SIGTERM)
        return process.wait(30)

    def is_running(self, slot: int) -> bool:
        """True while the worker's process lives."""
        return self._processes[slot].poll() is None

    def cpu_s(self, slot: int) -> float:
        """Processor seconds a worker has used."""
        fields = Path(f"/proc/{self._processes[slot].pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_until(self, is_true: Callable[[], bool], within_s: float = 60) -> None:
        """Poll until true. Fails at the deadline."""
        self._wait(is_true, within_s)

    def log(self, slot: int) -> str:
        """What the worker said."""
        return (self._home / f"worker-{slot}.log").read_text()

    def send(self, messages: Sequence[tuple[int, FeedMessage]]) -> list[tuple[str, int, int]]:
        """Send messages to partitions of the production feed; their places."""
        sent = [(p, self.producer.send(PRODUCTION, msgspec.json.encode(m), key=b"g", partition=p)) for p, m in messages]
        return [(PRODUCTION, p, d.offset(30)) for p, d in sent]

    def strike(self, hour: float) -> None:
        """Strike the clock of the lane at an hour, with all that was sent before it."""
        topics = [t.name for t in FEED_TOPICS.values()]
        ends = self._consumer.end_offsets([(t, p) for t in topics for p in range(FEED_PARTITIONS)])
        positions = {t: [ends[t, p] for p in range(FEED_PARTITIONS)] for t in topics}
        tick = Tick(lane=self.lane, at=from_us(int(hour * HOUR_US)), positions=positions)
        self.producer.send(CLOCK.name, msgspec.json.encode(tick), key=self.lane.encode(), partition=0).offset(30)

    def listen(self) -> None:
        """Take in what has been published."""
        for record in self._consumer.poll(0.1, most=5000):
            message = msgspec.json.decode(record.value or b"", type=ScoreMessage)
            assert record.partition == message.partition
            if message.lane == self.lane:
                self.heard.setdefault((message.topic, message.partition, message.offset), []).append(message)

    def await_scores_of(self, places: Sequence[tuple[str, int, int]], within_s: float = 60) -> None:
        """Listen until every place has its score message."""

        def are_here() -> bool:
            self.listen()
            assert all(p.poll() is None for p in self._processes.values()), "a worker has ended"
            return set(places) <= self.heard.keys()

        self._wait(are_here, within_s)

    def await_snapshots_of(self, places: Sequence[tuple[str, int, int]]) -> None:
        """Wait until a snapshot reaches beyond every place."""
        reader = KafkaStreamConsumer(self._settings, client_id="test-snapshots")
        reader.assign([(SNAPSHOT.name, p) for p in range(SNAPSHOT.partitions)])
        reached: dict[tuple[str, int], int] = {}

        def are_kept() -> bool:
            for record in reader.poll(0.1, most=5000):
                told = msgspec.json.decode(record.value or b"", type=Snapshot)
                reached[told.topic, told.partition] = told.next_offset
            return all(reached.get(p[:2], 0) > p[2] for p in places)

        self._wait(are_kept, 60)
        reader.close()

    def close(self) -> None:
        """End every worker that still runs; what they said is shown when the test fails."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        for log in sorted(self._home.glob("worker-*.log")):
            print(log.name, log.read_text(), sep="\n")
        self.producer.close()
        self._consumer.close()


def _free_port() -> int:
    from services.cli.stack.ports import free_ports

    return int(free_ports(1)[0])


def wait_until(is_true: Callable[[], bool], within_s: float) -> None:
    """Poll until true. Fails at the deadline."""
    deadline = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < deadline, f"not so within {within_s:g} s"
        time.sleep(0.05)


@pytest.fixture
def detection(broker: Kafka, lane: str, tmp_path: Path) -> Iterator[Detection]:
    """Detection processes for this test's lane."""
    made = Detection(broker, lane, tmp_path, wait_until)
    yield made
    made.close()


@pytest.fixture
def message() -> Callable[..., FeedMessage]:
    """Makes a feed message; see ``feed_message``."""
    return feed_message
