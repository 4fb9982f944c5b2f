"""With the database away the system still warns; afterwards every table is as if nothing had happened.

Observations, scores, rejections and rollups are compared row by row. Judgements between two ticks depend on how records happened to arrive
together, so assessments and alerts are compared as they stood at every tick, and runs by what they are about.
"""

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition

from schemas.topic import CLOCK
from services.cli.stack.postgres import Postgres
from services.intake.publisher import Publisher
from services.intake.rows import Rows
from services.runtime.clock import to_us
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.registry import Registry
from services.runtime.settings import Settings

START = datetime(2026, 1, 10, tzinfo=UTC)
NODE, PRODUCT, DAILY_T = "C_BFM", "steam_coal", 41_361.0
CUT_AT, LAST = 6, 12
AWAY_S = float(os.environ.get("LIANJING_AWAY_S", "10"))
TABLES = {
    "observation": "SELECT series, observed_at, issued_at, known_at, value, quality FROM v_observation",
    "score": "SELECT lane, series, observed_at, known_at, detector, version, value, p_value FROM score",
    "assessment": "SELECT as_of, node, product, hazard, level, round(cover_days::numeric, 6) FROM assessment ORDER BY as_of, known_at",
    "alert": "SELECT as_of, node, product, hazard, level, state <> 'closed' FROM alert ORDER BY as_of, sequence",
    "run": "SELECT playbook, version, state, node, product FROM run",
    "run_event": "SELECT r.playbook, r.node, r.product, e.step, e.kind FROM run_event e JOIN run r USING (run_id)",
    "rejection": "SELECT rejection_id, reason, field, given FROM rejection",
    "rollup": "SELECT series, bucket, value_count, mean, minimum, maximum FROM v_observation_hour",
}


class Webhook:
    """A duty receiver behind Alertmanager: keeps what arrived."""

    def __init__(self) -> None:
        self.alerts: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.alerts += json.loads(body)["alerts"]
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # signature of the base class
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def has_heard_of(self, node: str, level: str) -> bool:
        return any(a["labels"].get("node") == node and a["labels"].get("level") == level for a in self.alerts)

    def latest_start(self) -> datetime:
        """The latest moment at which an alert that arrived says it began."""
        return max(datetime.fromisoformat(a["startsAt"]) for a in self.alerts)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    made = Webhook()
    yield made
    made.close()


@contextmanager
def running_stack(home: Path, cluster: Postgres, database: str, webhook: Webhook) -> Iterator[Settings]:
    """`lianjing up` with a database of ours, so that the test alone decides when it is away."""
    environment = os.environ | {
        "LIANJING_HOME": str(home),
        "LIANJING_DATABASE_URL": cluster.url(database),
        "LIANJING_WEBHOOK_URL": webhook.url,
    }
    command = [
        str(Path(sys.executable).parent / "lianjing"),
        "up",
        "--free-ports",
        "--json",
        "--without",
        "intake,postgres,prometheus",
    ]
    log = (home.parent / f"{home.name}.log").open("w")
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("{"), (
            f"the stack did not start: {(home.parent / f'{home.name}.log').read_text()[-2000:]}"
        )
        yield Settings.from_environment(json.loads(line)["settings"])
    finally:
        process.terminate()
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()
        log.close()


class Source:
    """Publishes one plant's records and ticks with fixed times, so that two runs are comparable."""

    def __init__(self, settings: Settings) -> None:
        self._registry = Registry(KafkaStreamConsumer(settings))
        self._registry.open()
        self._registry.load()
        self._producer = KafkaStreamProducer(settings, client_id="source")
        self._ends = KafkaStreamConsumer(settings)
        self._judged: Any = KafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap, group_id="risk", enable_auto_commit=False
        )
        self.publisher = Publisher(self._producer, lambda: self._registry.series, ends=self._ends)

    def hour(self, hour: int) -> None:
        at = START + timedelta(hours=hour)
        stock = DAILY_T * (10.0 if hour < CUT_AT else 3.0 - 0.02 * (hour - CUT_AT))
        values = {
            f"stock.{NODE}.{PRODUCT}": stock,
            f"use.{NODE}.{PRODUCT}": DAILY_T,
            f"inflow.{NODE}.{PRODUCT}": DAILY_T,
        }
        known = to_us(at + timedelta(minutes=1))
        n = len(values)
        self.publisher.publish(
            Rows(
                lane="live",
                series=list(values),
                observed_us=[to_us(at)] * n,
                issued_us=[known] * n,
                known_us=[known] * n,
                value=list(values.values()),
            )
        )
        self.publisher.tick("live", at + timedelta(minutes=2))
        wait_for(f"hour {hour} to be judged", self._is_judged, 90)

    def _is_judged(self) -> bool:
        """True once risk has told what it thinks of every tick; a next hour that came before would be judged together with this one."""
        clock = TopicPartition(CLOCK.name, 0)
        return bool((self._judged.committed(clock) or 0) >= self._judged.end_offsets([clock])[clock])

    def close(self) -> None:
        for each in (self._registry, self._ends, self._producer, self._judged):
            each.close()


def wait_for(what: str, is_true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)


def tables(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(url) as connection:
        found = {name: connection.execute(query).fetchall() for name, query in TABLES.items()}
    return {
        name: at_ticks(rows) if name in ("assessment", "alert") else sorted(rows, key=str)
        for name, rows in found.items()
    }


def at_ticks(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """How each (node, product, hazard) stood at each tick, by its newest row until then."""
    standing: list[tuple[Any, ...]] = []
    for tick in (START + timedelta(hours=hour, minutes=2) for hour in range(LAST)):
        newest = {row[1:4]: row[4:] for row in rows if row[0] <= tick}
        standing += sorted(((tick, *place, *state) for place, state in newest.items()), key=str)
    return standing


def settled(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """The tables once they hold the last hour and a run, and did not change for five seconds."""
    deadline, seen, since = time.monotonic() + 120, tables(url), time.monotonic()
    while time.monotonic() < deadline:
        now = tables(url)
        is_whole = any(row[1] == START + timedelta(hours=LAST - 1) for row in now["observation"]) and all(
            now[name] for name in ("assessment", "alert", "run", "run_event", "rollup")
        )
        if now != seen or not is_whole:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > 5.0:
            return now
        time.sleep(0.3)
    raise AssertionError(
        f"the tables did not come to rest within 120 s: { {name: len(rows) for name, rows in tables(url).items()} }"
    )


def one_run(home: Path, cluster: Postgres, webhook: Webhook, *, away_s: float) -> dict[str, list[tuple[Any, ...]]]:
    database = f"away_{uuid.uuid4().hex[:8]}"
    cluster.make_database(database)
    webhook.alerts.clear()
    try:
        with running_stack(home, cluster, database, webhook) as settings:
            source = Source(settings)
            for hour in range(CUT_AT):
                source.hour(hour)
            if away_s:
                cluster.stop()
            begun = time.monotonic()
            source.hour(CUT_AT)
            wait_for("the break at the webhook", lambda: webhook.has_heard_of(NODE, "red"), 30)
            print(
                f"break at the webhook {time.monotonic() - begun:.1f} s after its record, database {'away' if away_s else 'there'}"
            )
            for hour in range(CUT_AT + 1, LAST):
                source.hour(hour)
            assert webhook.latest_start() <= datetime.now(UTC), "an alert that arrived says it begins in the future"
            if away_s:
                wait_for("the outage to last", lambda: time.monotonic() - begun >= away_s, away_s + 30)
                cluster.start()
            source.close()
            return settled(cluster.url(database))
    finally:
        cluster.start()
        with suppress(psycopg.Error):
            cluster.drop_database(database)


@pytest.mark.timeout(900)
@pytest.mark.full
@pytest.mark.parametrize("away_s", [AWAY_S, 300.0])
def test_a_break_is_paged_without_the_database_and_the_tables_catch_up(
    cluster: Postgres, stack_folder: Path, webhook: Webhook, away_s: float
) -> None:
    name = uuid.uuid4().hex[:6]
    undisturbed = one_run(stack_folder / f"undisturbed-{name}", cluster, webhook, away_s=0)
    disturbed = one_run(stack_folder / f"disturbed-{name}", cluster, webhook, away_s=away_s)
    assert undisturbed["observation"]
    assert undisturbed["alert"]
    assert undisturbed["run"]
    for table, rows in undisturbed.items():
        assert disturbed[table] == rows, f"table {table} differs"
