"""Killed at random moments between warning, deadline, decision and answer: afterwards the tables hold what the pure engine says, once.

People, clock and broker speak one after the other, so that there is one right result; the kills come while each of them is heard.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec import structs

from schemas.alert import Alert
from schemas.answer import Answer
from schemas.command import Command
from schemas.level import Level
from schemas.tick import Tick
from schemas.topic import ANSWER, CLOCK, COMMAND
from services.cli.main import lianjing
from services.response.course import Plans
from services.response.office import Office
from services.response.reading import parse_plans

MakeAlert = Callable[..., Alert]
SEED = int(os.environ.get("LIANJING_TEST_SEED", "20262"))
PLAN = """预案: whole
名称: 预案
英文名称: Plan
版本: "1"
依据: 示意
启动条件:
  等级: 黄色
响应:
  - {级别: II级, 批准: 链长}
步骤:
  - {编号: tell, 通知: 请核对, 英文: Check, 对象: [值班员]}
  - {编号: verify, 任务: 核实, 英文: Verify, 对象: 值班员, 时限: 30 分钟}
  - {编号: respond, 启动响应: 启动, 英文: Start, 级别: II级, 对象: [链长], 时限: 1 小时, 之后: [verify]}
  - {编号: wait, 等待: 观察, 英文: Wait, 时长: 2 小时}
  - {编号: help, 补链: 建议补链, 英文: Remedy, 对象: [值班员], 时限: 10 分钟, 之后: [wait]}
  - {编号: reserve, 动用储备: 建议动用, 英文: Release, 对象: [链长], 时限: 1 小时, 之后: [help]}
"""


class Story:
    """Sends the same things to the stage and to an office in memory; the stage is killed while it hears them."""

    def __init__(self, line: Any, plans: Plans, nodes: Any, kills: int) -> None:
        self.line, self.office = line, Office(plans, lambda _: nodes)
        self.rng = random.Random(SEED)
        self.kills = kills
        self.moments: list[float] = []

    def hear(self, alerts: list[Alert]) -> None:
        """Warnings."""
        self.line.send(alerts)
        for alert in alerts:
            self.office.hear(alert)
        self._survive()

    def tick(self, at: Any) -> None:
        """The lane's clock."""
        tick = Tick(lane=self.line.lane, at=at, positions={})
        self.line.say(CLOCK.name, tick, self.line.lane)
        self.office.until(at, self.line.lane)
        self._survive(
            lambda: not self.line.rows("SELECT 1 FROM timer JOIN lane_time l USING (lane) WHERE due_at <= l.at")
        )
        self.at = at

    def obey(self, commands: list[tuple[Command, str]]) -> None:
        """People; each command with the run it is about."""
        for command, run_id in commands:
            self.line.say(COMMAND.name, command, command.command_id)
            self.office.obey(command, self.at, run_id)
        self._survive()

    def answer(self) -> None:
        """Risk answers every open question."""
        asked = [c for change in self.office.changes for c in change.commands]
        body = {
            "plans": [
                {"moves": [{"source_zh": "某矿", "most_per_day": 1.0, "total": 7.0}], "reduction": [], "unit": "t"}
            ]
        }
        for command in asked:
            answer = Answer(
                command_id=command.command_id, lane=command.lane, kind=command.kind, as_of=self.at, body=body
            )
            self.line.say(ANSWER.name, answer, command.command_id)
            self.office.answer(answer, self.at)
        self._survive()

    def _survive(self, is_over: Callable[[], bool] = lambda: True) -> None:
        for _ in range(self.kills):
            self.moments.append(round(self.rng.uniform(0.0, 0.6), 3))
            time.sleep(self.moments[-1])
            self.line.kill()
            self.line.start()
        self.line.until(lambda: self.line.is_done() and is_over(), 120)

    def check(self) -> None:
        """Every event, task, timer and notification of the office is in the tables, and nothing else."""
        changes = self.office.changes
        events = Counter((e.run_id, e.step, e.kind, e.sequence, e.at, e.text_zh) for c in changes for e in c.events)
        ask = self.line.rows
        lane = self.line.lane
        assert (
            Counter(ask("SELECT run_id, step, kind, sequence, at, text_zh FROM run_event WHERE lane = %s", lane))
            == events
        )
        notes = Counter(n.notification_id for c in changes for n in c.notifications)
        assert (
            Counter(
                r[0] for r in ask("SELECT notification_id FROM notification WHERE lane = %s AND state = 'sent'", lane)
            )
            == notes
        )
        timers = {t.timer_id for t in self.office.timers()}
        assert {r[0] for r in ask("SELECT timer_id FROM timer WHERE lane = %s", lane)} == timers
        runs = {s.run.run_id: (s.run.state.value, s.run.response, s.progress.events) for s in self.office.standing()}
        found = ask("SELECT run_id, state, response, (progress->>'events')::int FROM run WHERE lane = %s", lane)
        assert {r[0]: tuple(r[1:]) for r in found} == runs
        logged = self.line.logged()
        assert len(logged) == len(set(logged)) == len(notes)
        asked = {c.command_id for change in changes for c in change.commands}
        assert self.line.asked() == asked


@pytest.mark.parametrize(("number", "kills"), [(12, 1), pytest.param(150, 12, marks=pytest.mark.full)])
def test_every_step_once_and_every_deadline_kept(
    line: Any, nodes: Any, make_alert: MakeAlert, desk: Any, number: int, kills: int
) -> None:
    plans = Plans(*parse_plans({"whole.yaml": PLAN}, ("contacts.yaml", desk.contacts)))
    line.use(PLAN, desk.contacts)
    chain = line.lane.replace(":", "-")
    story = Story(line, plans, nodes, kills)
    line.start()
    alerts = [
        make_alert(1, Level.YELLOW, lane=line.lane, chain=chain, episode=f"ep-{k}", node="PDC"[k % 3])
        for k in range(number)
    ]
    story.hear(alerts)
    begun = alerts[0].as_of
    story.tick(begun + timedelta(minutes=31))
    runs = [s.run.run_id for s in story.office.standing()]
    tasks = {(t.run_id, t.step): t.task_id for c in story.office.changes for t in c.tasks}

    def said(kind: str, run: str, step: str) -> tuple[Command, str]:
        given = {"task": tasks[run, step], "result": "已核实"}
        return Command(
            command_id=f"{kind}-{run}-{step}",
            lane=line.lane,
            kind=kind,
            actor="zhang",
            reason="因故",
            issued_at=begun,
            arguments=given,
        ), run

    story.obey([said("task.done", run, "verify") for run in runs[::2]])
    tasks |= {(t.run_id, t.step): t.task_id for c in story.office.changes for t in c.tasks}
    story.obey([said("playbook.approve", run, "respond") for run in runs[::4]])
    story.tick(begun + timedelta(minutes=121))
    story.answer()
    story.tick(begun + timedelta(hours=6))
    print(f"seed {SEED}, killed {story.moments} s after each thing was said")
    story.check()
    assert sum(e.kind == "overdue" for c in story.office.changes for e in c.events) >= number


@pytest.mark.full
@pytest.mark.parametrize("away", ["stage", "broker"])
def test_a_live_deadline_is_told_after_the_stage_is_back_and_while_the_broker_is_away(
    line: Any, broker: Any, make_alert: MakeAlert, desk: Any, away: str
) -> None:
    line.use(PLAN.replace("30 分钟", "1 分钟"), desk.contacts, lane="live")
    line.start()
    as_of = datetime.now(UTC) - timedelta(days=1)
    episode = f"ep-{as_of.isoformat()}"
    line.send([structs.replace(make_alert(1, lane="live", chain=line.chain), as_of=as_of, episode=episode)])
    own = f"run_id IN (SELECT run_id FROM run WHERE episode = '{episode}')"
    line.until(lambda: line.count("timer", own) > 0)
    line.kill() if away == "stage" else broker.stop()
    (due_at,) = line.rows(
        "SELECT due_at FROM task WHERE run_id = (SELECT run_id FROM run WHERE episode = %s)", episode
    )[0]
    line.until(lambda: datetime.now(UTC) > due_at, 90)
    if away == "stage":
        line.start()
        line.until(line.is_ready)
    recovered = time.monotonic()
    line.until(lambda: line.count("run_event", f"kind = 'overdue' AND {own}") == 1)
    late_s = time.monotonic() - recovered
    print(f"told {late_s:.2f} s after the stage was back")
    assert away != "stage" or late_s <= 1.0
    told = line.rows(
        "SELECT e.at FROM run_event e JOIN run r USING (run_id) WHERE r.episode = %s AND e.kind = 'overdue'", episode
    )
    assert told == [(due_at,)], "at its own time, and not before it could be known"
    assert due_at > as_of + timedelta(days=1)


def test_people_speak_on_the_command_line(
    line: Any, make_alert: MakeAlert, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.use(PLAN, desk.contacts)
    line.start()
    line.send([make_alert(1, lane=line.lane, chain=line.chain)])
    line.until(line.is_done)
    settings = {
        "KAFKA_BOOTSTRAP": line.settings.kafka_bootstrap,
        "DATABASE_URL": line.database.url,
        "HOME": str(line.home),
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"LIANJING_{name}", value)

    def call(*words: str) -> Any:
        return CliRunner().invoke(lianjing, words)

    def only_task() -> str:
        (task,) = json.loads(call("task", "list", "--lane", line.lane, "--json").stdout)
        return str(task["task_id"])

    first = only_task()
    assert call("playbook", "approve", first).exit_code == 1
    assert "存煤" in call("task", "done", first, "--result", "存煤 5 万吨").stdout
    assert call("task", "done", first).exit_code == 1
    assert call("playbook", "approve", only_task(), "--comment", "同意").exit_code == 0
    (run,) = json.loads(call("playbook", "run", "list", "--lane", line.lane, "--json").stdout)
    assert run["response"] == "II"
    told = call("playbook", "run", "show", run["run_id"]).stdout
    assert "响应 II级" in told
    assert "存煤 5 万吨" in told
    kinds = {c.kind for c in line.read(COMMAND, Command) if c.lane == line.lane}
    assert kinds == {"playbook.approve", "task.done"}
