"""The stage on the real database (both modes) and broker: killed, restarted, cut off; every run exactly once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from msgspec import structs
from psycopg import sql

from schemas.alert import Alert, AlertState
from schemas.chain import Chain
from schemas.level import Level
from schemas.run import Run, RunState
from schemas.topic import ALERT, CHAIN, RUN, partition_of
from services.runtime.exposure import Exposure
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.metrics import Meters
from services.runtime.roles import ensure_roles
from services.runtime.settings import Settings
from services.runtime.streams import Delivery

MakeAlert = Callable[..., Alert]
PASSWORD = "for-tests"
SEED = int(os.environ.get("LIANJING_TEST_SEED", "20261"))


class Line:
    """Response as a process of its own, and what a test wants to send and see."""

    def __init__(self, bootstrap: str, database: Any, home: Path, lane: str) -> None:
        self.database = database
        self.home = home
        self.lane = lane
        self.settings = Settings(kafka_bootstrap=bootstrap, database_url=database.url, home=home)
        with psycopg.connect(database.url, autocommit=True) as connection:
            ensure_roles(connection, {"lianjing_response": PASSWORD})
        self.producer = KafkaStreamProducer(self.settings, client_id="test")
        self.process: subprocess.Popen[bytes] | None = None
        self.sent: dict[int, Delivery] = {}

    def start(self) -> None:
        """Start the stage in its own role."""
        environment = os.environ | {
            "LIANJING_HOME": str(self.home),
            "LIANJING_KAFKA_BOOTSTRAP": self.settings.kafka_bootstrap,
            "LIANJING_DATABASE_URL": self.database.url_as("lianjing_response", PASSWORD),
            "LIANJING_METRICS_PORT": str(_free_port()),
            "LIANJING_SESSION_TIMEOUT_MS": "6000",
        }
        with (self.home / "response.out").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.response"], env=environment, stdout=out, stderr=out
            )

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
            self.sent[partition] = self.producer.send(ALERT.name, value, key=alert.node.encode(), partition=partition)
        self.producer.flush(20)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.database.url, connect_timeout=5) as connection:
            return connection.execute(sql.SQL(statement), values).fetchall()

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
            reached = dict(
                self.rows("SELECT partition, next_offset FROM kafka_offset WHERE consumer_group = 'response'")
            )
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
        consumer = KafkaStreamConsumer(self.settings, client_id="look")
        partitions = [(RUN.name, p) for p in range(RUN.partitions)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Run] = []
        while any(consumer.position(p) < ends[p] for p in partitions):
            found += [msgspec.json.decode(m.value or b"", type=Run) for m in consumer.poll(0.5)]
        consumer.close()
        return [run for run in found if run.lane == self.lane]

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
    broker: Any, migrated_database: Any, tmp_path: Path, lane: str, short_chain: Callable[[str], Chain]
) -> Iterator[Line]:
    """A line of its own lane; its chain is published under the lane's name."""
    made = Line(broker.bootstrap, migrated_database, tmp_path, lane)
    chain = short_chain(lane.replace(":", "-"))
    made.producer.send(CHAIN.name, msgspec.json.encode(chain), key=chain.id.encode(), partition=0)
    made.producer.flush(20)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()
    made.producer.close()


@pytest.fixture
def stories(line: Line, make_alert: MakeAlert) -> Callable[[int], list[Alert]]:
    """Episodes that open at yellow and rise to red; every third closes. They take turns, node by node."""

    def make(number: int) -> list[Alert]:
        found: list[Alert] = []
        for sequence, level in ((1, Level.YELLOW), (2, Level.RED), (3, Level.NORMAL)):
            for episode in range(number):
                alert = make_alert(
                    sequence, level, lane=line.lane, chain=line.lane.replace(":", "-"), episode=f"ep-{episode}"
                )
                alert = structs.replace(alert, node="PDC"[episode % 3], path=["R", "PDC"[episode % 3]])
                if sequence < 3 or episode % 3 == 0:
                    found.append(structs.replace(alert, state=AlertState.CLOSED) if sequence == 3 else alert)
        return found

    return make


def _free_port() -> int:
    exposure = Exposure("127.0.0.1", 0, Meters(), lambda: True)
    exposure.start()
    port = exposure.port
    exposure.close()
    return port


def check(line: Line, number: int) -> None:
    """Everything of ``number`` stories exactly once: runs, events, tasks, notifications, topic, log."""
    ports, demands, plants = (len(range(start, number, 3)) for start in range(3))
    runs = 2 * ports + demands + plants
    assert line.count("run") == runs
    assert line.count("run", "state = 'done'") == 2 * ports
    assert line.count("run", "state = 'running' AND level = 'red' AND ended_at IS NULL") == demands + plants
    assert line.count("run_event", "kind = 'started'") == runs
    assert line.count("run_event", "kind = 'level'") == runs
    assert line.count("run_event", "kind = 'taken'") == 6 * (ports + demands) + 5 * (ports + plants)
    assert line.count("task", "state = 'open'") == 4 * demands + 3 * plants
    assert line.count("task", "state = 'cancelled'") == 4 * ports + 3 * ports
    assert line.count("notification") == line.count("notification", "state = 'sent'") > runs
    published = line.published()
    assert len({r.run_id for r in published}) == runs
    newest = {r.run_id: r for r in published}
    assert Counter(r.state for r in newest.values()) == {RunState.DONE: 2 * ports, RunState.RUNNING: demands + plants}
    logged = line.logged()
    assert len(logged) == len(set(logged)) == line.count("notification")


def test_alerts_become_runs_in_the_role_of_the_stage(line: Line, stories: Callable[[int], list[Alert]]) -> None:
    line.start()
    line.send(stories(6))
    line.until(line.is_done)
    check(line, 6)
    document = line.rows("SELECT document->'steps'->0->>'id' FROM run WHERE lane = %s LIMIT 1", line.lane)
    assert document[0][0].startswith("tell-")
    assert line.stop() == 0
    assert "📣 通知" in (line.home / "response.out").read_text("utf-8")


@pytest.mark.parametrize(("number", "kills"), [(60, 3), pytest.param(300, 20, marks=pytest.mark.full)])
def test_killed_while_starting_runs_every_run_is_there_once(
    line: Line, stories: Callable[[int], list[Alert]], number: int, kills: int
) -> None:
    rng = random.Random(SEED)
    moments: list[float] = []
    alerts = stories(number)
    line.start()
    for part in range(kills):
        before = line.count("run_event")
        line.send(alerts[part * len(alerts) // kills : (part + 1) * len(alerts) // kills])
        line.until(lambda before=before: line.count("run_event") > before)  # type: ignore[misc]  # a default argument
        moments.append(round(rng.uniform(0.0, 0.4), 3))
        time.sleep(moments[-1])
        line.kill()
        line.start()
    line.until(line.is_done)
    print(f"seed {SEED}, killed {moments} s after each part began to be stored")
    check(line, number)
    line.send(alerts)
    line.send(stories(number + 1))
    line.until(line.is_done)
    check(line, number + 1)


def test_database_and_broker_restarts_lose_nothing(
    line: Line, broker: Any, stories: Callable[[int], list[Alert]]
) -> None:
    alerts = stories(60)
    line.start()
    line.send(alerts[:40])
    line.until(lambda: line.count("run") > 0)
    line.database.restart()
    line.send(alerts[40:80])
    broker.restart()
    line.send(alerts[80:])
    line.database.kill()
    line.database.start()
    line.until(line.is_done, 90)
    check(line, 60)
    assert line.stop() == 0


def test_the_outbox_resumes_when_the_broker_is_back(
    line: Line, broker: Any, stories: Callable[[int], list[Alert]]
) -> None:
    line.start()
    line.send(stories(6))
    line.until(line.is_done)
    broker.stop()
    _forget_what_was_sent(line)
    line.until(lambda: line.count("notification", "state = 'pending'") == 0)
    assert not line.is_quiet()
    broker.start()
    line.until(line.is_quiet)
    check(line, 6)
    told = [(run.run_id, run.state, run.level) for run in line.published()]
    assert len(told) >= 2 * len(set(told))


def test_killed_between_sending_and_recording_the_log_repeats_nothing(
    line: Line, stories: Callable[[int], list[Alert]]
) -> None:
    line.start()
    line.send(stories(6))
    line.until(line.is_done)
    line.kill()
    _forget_what_was_sent(line)
    line.start()
    line.until(line.is_quiet)
    check(line, 6)
    assert len(line.written()) == len(set(line.written()))


def _forget_what_was_sent(line: Line) -> None:
    """What a kill between sending and recording leaves: the whole last batch of notifications, and the outbox, are to be sent again."""
    with psycopg.connect(line.database.url) as connection:
        connection.execute("UPDATE outbox SET published_at = NULL")
        connection.execute(
            "UPDATE notification SET state = 'pending', sent_at = NULL WHERE sent_at = (SELECT max(sent_at) FROM notification)"
        )
