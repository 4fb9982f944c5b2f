"""The stage and the command line on one in-memory broker: commands reach it, restarts repeat nothing, mutes hide at Alertmanager."""

import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from schemas.alert import Alert, AlertState
from schemas.assessment import Assessment
from schemas.command import Command
from schemas.level import Level
from schemas.rejection import Reason, Rejection
from schemas.topic import ALERT, ALL_TOPICS, ASSESSMENT, COMMAND, REJECTED, partition_of
from services.alerting.app import App
from services.alerting.policy import Policy
from services.cli.alert import topics
from services.cli.main import lianjing
from services.runtime import kafka
from services.runtime.clock import ManualClock
from services.runtime.errors import InputError
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.metrics import Meters
from services.runtime.registry import Registry

from .conftest import HOLD, at, judged

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Poster:
    """An Alertmanager that remembers what stands there."""

    def __init__(self) -> None:
        self.standing: dict[tuple[str, str, str], str] = {}

    def post(self, postings: Sequence[dict[str, Any]]) -> None:
        """Take postings."""
        for posting in postings:
            labels = posting["labels"]
            self.standing[labels["alertname"], labels["node"], labels["level"]] = posting["endsAt"]

    def active(self) -> set[tuple[str, str, str]]:
        """What has not ended."""
        return {key for key, ends in self.standing.items() if ends > NOW.isoformat()}


class Stage:
    """Alerting on a memory broker."""

    def __init__(self, policy: Policy = HOLD) -> None:
        self.policy = policy
        self.broker = MemoryBroker({t.name: t.partitions for t in ALL_TOPICS})
        self.producer = MemoryProducer(self.broker)
        self.poster = Poster()
        self.start()

    def start(self) -> None:
        """Start a process, as after a crash."""
        self.meters = Meters()
        self.app = App(
            consumer=MemoryConsumer(self.broker, "alerting"),
            reader=MemoryConsumer(self.broker),
            registry=Registry(MemoryConsumer(self.broker)),
            producer=self.producer,
            poster=self.poster,
            clock=ManualClock(NOW),
            meters=self.meters,
            policy=self.policy,
        )
        self.app.open()

    def hear(self, assessment: Assessment) -> None:
        """One assessment arrives and is worked on."""
        partition = partition_of(assessment.node, ASSESSMENT.partitions)
        self.producer.send(ASSESSMENT.name, msgspec.json.encode(assessment), partition=partition)
        self.turn()

    def turn(self) -> None:
        """One round, posting included."""
        self.app.turn(0.0)
        self.app.delivery.turn()

    def alerts(self) -> list[Alert]:
        """Everything published."""
        return [msgspec.json.decode(m.value or b"", type=Alert) for m in self.broker.messages(ALERT.name)]


@pytest.fixture
def stage() -> Stage:
    """A running stage with one orange warning."""
    running = Stage()
    running.hear(judged(Level.ORANGE, 0, roots="R_DQ"))
    return running


@pytest.fixture
def run(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line on the same broker, with the stage at work beside it."""
    monkeypatch.setattr(kafka, "KafkaStreamConsumer", lambda *_, **__: MemoryConsumer(stage.broker))
    monkeypatch.setattr("services.cli.archive.audit.KafkaStreamProducer", lambda *_, **__: MemoryProducer(stage.broker))
    monkeypatch.setattr(topics, "_PATIENCE_S", 5.0)

    def do(*words: str) -> Result:
        """One command, the stage turning meanwhile and once more afterwards."""
        ended = threading.Event()

        def work() -> None:
            while not ended.wait(0.01):
                stage.turn()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        done = CliRunner().invoke(lianjing, ["alert", *words])
        ended.set()
        thread.join(5)
        stage.turn()
        return done

    return do


def test_the_list_groups_by_incident_and_show_tells_the_way(stage: Stage, run: Callable[..., Result]) -> None:
    stage.producer.send(ASSESSMENT.name, msgspec.json.encode(judged(Level.YELLOW, 0, roots="R_DQ", node="D_CST")))
    listed = run("list", "--json")
    assert listed.exit_code == 0, listed.output
    told = run("list").stdout
    assert "根因 root R_DQ" in told
    shown = run("show", stage.alerts()[0].episode[:9])
    assert "R_DQ → P_QHD" in shown.stdout
    assert "发出 opened 橙色 orange" in shown.stdout


def test_a_person_acknowledges_acts_approves_and_agrees_to_close(stage: Stage, run: Callable[..., Result]) -> None:
    episode = stage.alerts()[0].episode
    for words in (
        ("acknowledge", episode, "--hours", "4", "--reason", "已联系铁路"),
        ("act", episode, "--reason", "调三列"),
        ("approve", episode, "--scope", "public", "--reason", "会商"),
        ("close", episode, "--reason", "现场核实"),
    ):
        done = run(*words)
        assert done.exit_code == 0, done.output
        assert "已生效 done" in done.stdout
    steps = stage.alerts()
    assert [a.sequence for a in steps] == [1, 2, 3, 4, 5]
    assert [a.comment for a in steps[1:]] == ["已联系铁路", "调三列", "会商", "现场核实"]
    assert steps[-1].acknowledged_until is not None
    assert abs(steps[-1].acknowledged_until - datetime.now(UTC) - timedelta(hours=4)) < timedelta(minutes=10)
    assert steps[-1].actions == [f"{steps[-1].actor}：调三列"]
    assert (steps[-1].approvals, steps[-1].closing_by) == ([steps[-1].actor], steps[-1].actor)
    commands = [msgspec.json.decode(m.value or b"", type=Command) for m in stage.broker.messages(COMMAND.name)]
    assert [c.command_id for c in commands] == [a.command_id for a in steps[1:]], (
        "every change is a command on its topic"
    )


def test_a_command_without_a_reason_or_about_nothing_is_refused(stage: Stage, run: Callable[..., Result]) -> None:
    for words in (("close", "ep-nowhere", "--reason", "x"), ("close", stage.alerts()[0].episode, "--reason", " ")):
        assert isinstance(run(*words).exception, InputError)
    assert stage.broker.messages(COMMAND.name) == []


def test_a_mute_hides_at_alertmanager_and_is_told_of(stage: Stage, run: Callable[..., Result]) -> None:
    assert stage.poster.active() == {("LianjingStarved", "P_QHD", "orange")}
    words = ["--node", "P_*", "--since", at(0).isoformat(), "--until", at(200).isoformat(), "--reason", "检修"]
    done = run("mute", *words)
    assert done.exit_code == 0, done.output
    stage.hear(judged(Level.ORANGE, 30, roots="R_DQ"))
    assert stage.poster.active() == set()
    told = run("mutes").stdout
    assert "P_* * *" in told
    assert "隐藏 hid" in told
    mute = json.loads(run("mutes", "--json").stdout)[0]["id"]
    assert run("unmute", mute[:8], "--reason", "提前结束").exit_code == 0


def test_a_killed_stage_obeys_nothing_twice_and_keeps_what_stands(stage: Stage) -> None:
    episode = stage.alerts()[0].episode
    order = Command(
        command_id="c1",
        lane="live",
        kind="alert.acknowledge",
        actor="甲",
        reason="在办",
        issued_at=NOW,
        arguments={"episode": episode, "until": at(8).isoformat()},
    )
    stage.producer.send(COMMAND.name, msgspec.json.encode(order))
    stage.turn()
    before = stage.alerts()
    stage.broker.store_commit("alerting", {(COMMAND.name, 0): 0})
    stage.start()
    stage.turn()
    assert stage.alerts() == before
    stage.hear(judged(Level.RED, 1, roots="R_DQ"))
    assert (stage.alerts()[-1].state, stage.alerts()[-1].sequence) == (AlertState.WORSENED, 3)


def test_a_senseless_command_stops_nothing_and_is_counted(stage: Stage) -> None:
    for number, kind in enumerate(("alert.close", "alert.mute", "risk.what_if", "alert.dance")):
        order = Command(command_id=f"c{number}", lane="live", kind=kind, actor="甲", reason="x", issued_at=NOW)
        stage.producer.send(COMMAND.name, msgspec.json.encode(order))
    stage.turn()
    refused = stage.meters.counter("lianjing_alert_commands_total", "alert.close", "refused")
    assert refused._value.get() == 1
    told = [msgspec.json.decode(m.value or b"", type=Rejection) for m in stage.broker.messages(REJECTED.name)]
    assert [(r.origin, r.field, r.reason) for r in told] == [
        ("command:c0", "alert.close", Reason.NOT_OBEYED),
        ("command:c1", "alert.mute", Reason.NOT_OBEYED),
    ]
    assert "episode" in told[0].wanted, "its sender is told what would be right"
    stage.hear(judged(Level.RED, 1, roots="R_DQ"))
    assert stage.alerts()[-1].level is Level.RED


def test_pages_are_shown_by_office(stage: Stage) -> None:
    shown = stage.meters.gauge("lianjing_pages_day_pages", "live", "duty")
    assert shown._value.get() == 1


@pytest.mark.parametrize("name", ["list", "show", "acknowledge", "close", "approve", "act", "mute", "unmute", "mutes"])
def test_help_shows_an_example(name: str) -> None:
    assert "Example:" in CliRunner().invoke(lianjing, ["alert", name, "--help"]).output
