"""The stage as a process of its own, on the real broker and database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from schemas.alert import Alert
from schemas.chain import Chain
from schemas.command import Command
from schemas.run import Run
from schemas.topic import ALERT, CHAIN, COMMAND, RUN, Topic, partition_of
from services.runtime.exposure import Exposure
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.metrics import Meters
from services.runtime.roles import ensure_roles
from services.runtime.settings import Settings
from services.runtime.streams import Delivery
from tests.asking import Asking


class Line:
    """Response as a process of its own, and what a test wants to send and see."""

    def __init__(self, bootstrap: str, database: Any, home: Path, lane: str, config: Path) -> None:
        self.database = database
        self.home = home
        self.lane = lane
        self.config = config
        self.settings = Settings(kafka_bootstrap=bootstrap, database_url=database.url, home=home)
        with psycopg.connect(database.url, autocommit=True) as connection:
            ensure_roles(connection, {"lianjing_response": "for-tests"})
        self.producer = KafkaStreamProducer(self.settings, client_id="test")
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.asking = Asking(database.url)
        self.chain = lane.replace(":", "-")
        self.sent: dict[tuple[str, int], Delivery] = {}

    def start(self) -> None:
        """Start the stage in its own role."""
        self.port = _free_port()
        environment = os.environ | {
            "LIANJING_HOME": str(self.home),
            "LIANJING_CONFIG": str(self.config),
            "LIANJING_KAFKA_BOOTSTRAP": self.settings.kafka_bootstrap,
            "LIANJING_DATABASE_URL": self.database.url_as("lianjing_response", "for-tests"),
            "LIANJING_METRICS_PORT": str(self.port),
            "LIANJING_SESSION_TIMEOUT_MS": "6000",
        }
        with (self.home / "response.out").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.response"], env=environment, stdout=out, stderr=out
            )

    def is_ready(self) -> bool:
        """True when /healthz says so."""
        with suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2, trust_env=False).status_code == 200
        return False

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def send(self, alerts: list[Alert]) -> None:
        """Publish alerts as alerting does."""
        for alert in alerts:
            value, partition = msgspec.json.encode(alert), partition_of(alert.node, ALERT.partitions)
            sent = self.producer.send(ALERT.name, value, key=alert.node.encode(), partition=partition)
            self.sent[ALERT.name, partition] = sent
        self.producer.flush(20)

    def say(self, topic: str, noun: Any, key: str) -> None:
        """Publish a command, an answer or a tick."""
        self.sent[topic, 0] = self.producer.send(topic, msgspec.json.encode(noun), key=key.encode(), partition=0)
        self.producer.flush(20)

    def use(self, plan: str, contacts: str, lane: str = "") -> None:
        """Take one plan instead of the short ones, and another lane."""
        self.config = self.home / "config"
        for name, text in (("playbooks/plan.yaml", plan), ("contacts/contacts.yaml", contacts)):
            file = self.config / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        self.lane = lane or self.lane

    def asked(self) -> set[str]:
        """Ids of the lane's questions on the topic of commands."""
        return {c.command_id for c in self.read(COMMAND, Command) if c.lane == self.lane and c.actor == "response"}

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return self.asking.rows(statement, *values)

    def count(self, table: str, condition: str = "true") -> int:
        """Rows of the lane in a table; -1 while the database is away."""
        try:
            return int(self.rows(f"SELECT count(*) FROM {table} WHERE lane = %s AND {condition}", self.lane)[0][0])
        except psycopg.OperationalError:
            return -1

    def until(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        """Poll until it holds."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                pytest.fail(
                    f"not within {seconds:g} s; the stage said:\n{(self.home / 'response.out').read_text()[-3000:]}"
                )
            time.sleep(0.1)

    def is_done(self) -> bool:
        """True when every alert sent was decided about and nothing waits to go out."""
        try:
            rows = self.rows("SELECT topic, partition, next_offset FROM kafka_offset WHERE consumer_group = 'response'")
            reached = {(topic, partition): offset for topic, partition, offset in rows}
        except psycopg.OperationalError:
            return False
        return all(reached.get(p, 0) > last.offset(20) for p, last in self.sent.items()) and self.is_quiet()

    def is_quiet(self) -> bool:
        """True when nothing waits to go out."""
        try:
            waiting = self.rows("SELECT count(*) FROM outbox WHERE published_at IS NULL")[0][0]
        except psycopg.OperationalError:
            return False
        return int(waiting) == 0 and self.count("notification", "state = 'pending'") == 0

    def published(self) -> list[Run]:
        """Runs of the lane on the topic."""
        return [run for run in self.read(RUN, Run) if run.lane == self.lane]

    def read(self, topic: Topic, kind: type[Any]) -> list[Any]:
        """Everything on a topic."""
        consumer = KafkaStreamConsumer(self.settings, client_id="look")
        partitions = [(topic.name, p) for p in range(topic.partitions)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Any] = []
        while any(consumer.position(p) < ends[p] for p in partitions):
            found += [msgspec.json.decode(m.value or b"", type=kind) for m in consumer.poll(0.5)]
        consumer.close()
        return found

    def logged(self) -> list[str]:
        """Ids in the log channel's file of this lane's notifications."""
        own = {str(r[0]) for r in self.rows("SELECT notification_id FROM notification WHERE lane = %s", self.lane)}
        return [name for name in self.written() if name in own]

    def written(self) -> list[str]:
        """Ids in the log channel's files, of all lanes."""
        texts = [file.read_text("utf-8") for file in (self.home / "logs").glob("notifications.log*")]
        return [row.removeprefix("── ") for text in texts for row in text.splitlines() if row.startswith("── ")]


@pytest.fixture
def line(
    broker: Any,
    migrated_database: Any,
    tmp_path: Path,
    lane: str,
    short_chain: Callable[[str], Chain],
    simple_config: Path,
) -> Iterator[Line]:
    """A line of its own lane; its chain is published under the lane's name."""
    made = Line(broker.bootstrap, migrated_database, tmp_path, lane, simple_config)
    chain = short_chain(lane.replace(":", "-"))
    made.producer.send(CHAIN.name, msgspec.json.encode(chain), key=chain.id.encode(), partition=0)
    made.producer.flush(20)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()
    made.asking.close()
    made.producer.close()


def _free_port() -> int:
    exposure = Exposure("127.0.0.1", 0, Meters(), lambda: True)
    exposure.start()
    port = exposure.port
    exposure.close()
    return port
