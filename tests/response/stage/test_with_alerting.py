"""Alerting and response killed at random moments under load, the database restarted between: what is warned of, posted, planned,
escalated and sent is what both say undisturbed, once.

Each hour all places are judged; then the clock of the lane speaks, then people. Both stages work on their own, and are killed while they do.
"""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import psycopg
import pytest

from schemas.alert import Alert
from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.level import Level
from schemas.tick import Tick
from schemas.topic import ALERT, ASSESSMENT, CHAIN, CLOCK, partition_of
from services.alerting.policy import Policy
from services.cli.stack.ports import free_ports
from services.response.course import Plans
from services.response.office import Office
from services.response.reading import parse_plans
from services.runtime.roles import ensure_roles
from tests.alerting.conftest import at, judged, reading
from tests.alerting.test_processes import Stage as Process
from tests.alerting.test_stage import Stage as Twin

SEED = int(os.environ.get("LIANJING_TEST_SEED", "20261"))
LEVELS = [Level.NORMAL] * 3 + [Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED, Level.UNKNOWN]
PLACES = ("P", "D", "C")
PLAN = """预案: both
名称: 预案
英文名称: Plan
版本: "1"
依据: 示意
启动条件:
  等级: 黄色
步骤:
  - {编号: tell, 通知: 请核对, 英文: Check, 对象: [值班员]}
  - {编号: verify, 任务: 核实, 英文: Verify, 对象: 值班员, 时限: 30 分钟}
  - {编号: wait, 等待: 观察, 英文: Wait, 时长: 2 小时}
  - {编号: again, 任务: 复核, 英文: Again, 对象: 链长, 时限: 3 小时, 之后: [wait]}
"""
Firing = frozenset[tuple[str, str]]
Told = frozenset[tuple[str, str, str]]


class Recorder:
    """A webhook behind Alertmanager: every call as it came, each alert as node, level and status."""

    def __init__(self, lane: str) -> None:
        self.lane = lane
        self.calls: list[tuple[str, Told]] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the name http.server calls
                recorder.note(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # signature of the base class
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def note(self, body: dict[str, Any]) -> None:
        """Take a call in."""
        own = [a for a in body["alerts"] if a["labels"].get("lane") == self.lane]
        if own:
            told = frozenset((a["labels"]["node"], a["labels"]["level"], a["status"]) for a in own)
            self.calls.append((body["groupKey"], told))

    def standing(self) -> Firing:
        """What fires after the newest call of each group."""
        newest = dict(self.calls)
        return frozenset(
            (node, level) for told in newest.values() for node, level, status in told if status == "firing"
        )

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class Pair:
    """Both stages as processes, and what they say undisturbed."""

    def __init__(self, line: Any, alerting: Process, plans: Plans, chain: Chain) -> None:
        self.line, self.alerting = line, alerting
        nodes = {n.id: n for n in chain.nodes}
        self.twin, self.office = Twin(Policy()), Office(plans, lambda _: nodes)
        self.twin.producer.send(CHAIN.name, msgspec.json.encode(chain), key=chain.id.encode(), partition=0)
        self.twin.start()
        self.heard: set[tuple[str, int]] = set()
        self.dice = random.Random(SEED)

    def hour(self, hour: int) -> None:
        """Every place is judged; the twins hear of it at once."""
        for node in PLACES:
            given = judged(
                self.dice.choice(LEVELS), hour, inputs=[reading(hour)], node=node, lane=self.line.lane, chain=self.line.chain
            )  # fmt: skip
            self._judge(given)
        for alert in self.twin.alerts():
            if (alert.episode, alert.sequence) not in self.heard:
                self.heard.add((alert.episode, alert.sequence))
                self.office.hear(alert)

    def _judge(self, given: Assessment) -> None:
        self.twin.hear(given)
        partition = partition_of(given.node, ASSESSMENT.partitions)
        self.line.producer.send(
            ASSESSMENT.name, msgspec.json.encode(given), key=given.node.encode(), partition=partition
        )
        self.line.producer.flush(20)

    def tick(self, hour: float) -> None:
        """The lane's clock."""
        self.office.until(at(hour), self.line.lane)
        self.line.say(CLOCK.name, Tick(lane=self.line.lane, at=at(hour), positions={}), self.line.lane)

    def disturb(self) -> None:
        """Kill one of them, or both, or the database under them, at a moment nobody chose."""
        time.sleep(self.dice.uniform(0.0, 0.5))  # the moment is what the test is about; nothing is waited for
        victim = self.dice.choice(["alerting", "response", "both", "both", "database"])
        if victim == "database":
            self.line.database.kill()
            self.line.database.start()
        if victim in ("alerting", "both"):
            self.alerting.end(signal.SIGKILL)
        if victim in ("response", "both"):
            self.line.kill()
            self.line.start()
        if victim in ("alerting", "both"):
            self.alerting.start()

    def end(self) -> None:
        """Alerting is gone; response is the line's."""
        if self.alerting.process is not None and self.alerting.process.poll() is None:
            self.alerting.end(signal.SIGKILL)

    def settle(self) -> None:
        """Until both have said what their twins have."""
        self.line.until(lambda: self.steps() == self.expected_steps(), 120)
        self.line.until(lambda: self.events() == self.expected_events(), 120)

    def steps(self) -> set[bytes]:
        """Steps of episodes on the topic."""
        return {_plain(a) for a in self.line.read(ALERT, Alert) if a.lane == self.line.lane}

    def expected_steps(self) -> set[bytes]:
        """Of the twin."""
        return {_plain(a) for a in self.twin.alerts()}

    def events(self) -> Counter[tuple[Any, ...]]:
        """Happenings of runs in the tables."""
        asked = "SELECT run_id, step, kind, sequence, at, text_zh FROM run_event WHERE lane = %s"
        try:
            return Counter(self.line.rows(asked, self.line.lane))
        except psycopg.OperationalError:
            return Counter()

    def expected_events(self) -> Counter[tuple[Any, ...]]:
        """Of the office."""
        return Counter(
            (e.run_id, e.step, e.kind, e.sequence, e.at, e.text_zh) for c in self.office.changes for e in c.events
        )


def _plain(alert: Alert) -> bytes:
    """A step without how far was read when a person's word came, which restarts may change."""
    return msgspec.json.encode(msgspec.structs.replace(alert, heard_at=None))


@pytest.fixture
def recorder(lane: str) -> Iterator[Recorder]:
    """The webhook, for the lane as a drill."""
    made = Recorder(lane.replace("replay:", "drill:"))
    yield made
    made.close()


@pytest.fixture
def pair(
    line: Any,
    short_chain: Callable[[str], Chain],
    desk: Any,
    recorder: Recorder,
    alertmanager: Callable[[str], Any],
    tmp_path: Path,
) -> Iterator[Pair]:
    """Both stages on the real broker, database and Alertmanager."""
    plans = Plans(*parse_plans({"both.yaml": PLAN}, ("contacts.yaml", desk.contacts)))
    line.use(PLAN, desk.contacts, lane=recorder.lane)
    hook = f"receivers: [{{name: hook, webhook_configs: [{{url: '{recorder.url}'}}]}}]\n"
    part = alertmanager(
        "route: {receiver: hook, group_by: [lane, node], group_wait: 0s, group_interval: 1s, repeat_interval: 12h}\n"
        + hook
    )
    with psycopg.connect(line.database.url, autocommit=True) as connection:
        ensure_roles(connection, {"lianjing_alerting": "for-tests"})
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LIANJING_")} | {
        "LIANJING_HOME": str(tmp_path),
        "LIANJING_KAFKA_BOOTSTRAP": line.settings.kafka_bootstrap,
        "LIANJING_ALERTMANAGER_URL": part.url,
        "LIANJING_DATABASE_URL": line.database.url_as("lianjing_alerting", "for-tests"),
        "LIANJING_SESSION_TIMEOUT_MS": "6000",
    }
    made = Pair(
        line,
        Process("alerting", environment, free_ports(1)[0], tmp_path / "alerting.log"),
        plans,
        short_chain(line.chain),
    )
    try:
        line.start()
        made.alerting.start()
        yield made
    finally:
        made.end()


@pytest.mark.timeout(5400)
@pytest.mark.parametrize(("hours", "kills"), [(3, 1), pytest.param(50, 2, marks=pytest.mark.full)])
def test_both_say_once_what_they_say_undisturbed(pair: Pair, recorder: Recorder, hours: int, kills: int) -> None:
    for hour in range(hours):
        pair.hour(hour)
        for _ in range(kills):
            pair.disturb()
        pair.settle()
        pair.tick(hour + 0.75)
        pair.settle()
        print(f"hour {hour + 1}, {(hour + 1) * kills} disturbances survived")
    print(f"seed {SEED}, {hours * kills} disturbances")
    line = pair.line
    line.until(line.is_quiet, 60)
    notes = {n.notification_id for c in pair.office.changes for n in c.notifications}
    logged = line.logged()
    assert len(logged) == len(set(logged)), "no message twice"
    assert set(logged) == notes
    timers = {t.timer_id for t in pair.office.timers()}
    assert {r[0] for r in line.rows("SELECT timer_id FROM timer WHERE lane = %s", line.lane)} == timers
    assert any(kind == "overdue" for _, _, kind, *_ in pair.events()), "deadlines passed meanwhile"
    wanted = frozenset((node, level) for _, node, level in pair.twin.poster.active())
    line.until(lambda: recorder.standing() == wanted, 60)
    assert recorder.calls
    for group in {key for key, _ in recorder.calls}:
        told = [call for key, call in recorder.calls if key == group]
        assert [a for a, b in pairwise(told) if a == b] == [], "no call twice"
