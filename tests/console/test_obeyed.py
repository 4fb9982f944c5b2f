"""What the pages order, obeyed by the real stages: an acknowledged warning is in hand, a finished task moves its run, an official warning stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from schemas.alert import Alert
from schemas.answer import Answer
from schemas.assessment import Assessment, Cause, Hazard, InputState
from schemas.level import Level
from schemas.rejection import Rejection
from schemas.topic import REJECTED
from services.alerting.commands import Commands
from services.alerting.ledger import Ledger
from services.alerting.policy import Policy
from services.response.course import Plans
from services.response.hearing import Heard, Told
from services.response.store import Work, load_plans
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from services.runtime.contact_files import ContactChange
from services.runtime.errors import InputError
from services.runtime.projection import insert_nouns
from services.runtime.refusal import refusal_of
from tests.console.test_incident import nonce_of

NOW = datetime(2026, 2, 12, tzinfo=UTC)


@dataclass
class Stages:
    """Alerting and response beside the console: they obey what it ordered, and what they say is kept in the tables."""

    console: Any
    connection: Any
    ledger: Ledger = field(default_factory=lambda: Ledger(Policy()))
    work: Work = field(init=False)
    _read: int = 0

    def __post_init__(self) -> None:
        nodes = {node.id: node for node in load_chain(asset_path("deploy/config/chains/ordos")).nodes}
        config = asset_path("deploy/config")
        self.work = Work(load_plans(config), lambda _: nodes, lambda _: "ordos", self.rewrite)

    def rewrite(self, changes: Sequence[ContactChange]) -> Plans:
        """Plans over the files with changes of contacts."""
        return load_plans(asset_path("deploy/config"), changes=changes)

    def judge(self, level: Level) -> Alert:
        """A place is judged, and warned of."""
        reading = InputState(series="stock.P_CFD.steam_coal", observed_at=NOW, value=1.0, age_hours=0.0, trust=1.0)
        found = Assessment(
            lane="live", chain="ordos", node="P_CFD", product="steam_coal", hazard=Hazard.STARVED, as_of=NOW, known_at=NOW, level=level,
            chain_version="1", rules_version="1", confidence=0.8, inputs=[reading], hours_to_minimum_p50=40.0,
            causes=[Cause(node="R_DQ", path=["R_DQ", "P_CFD"], text_zh="大秦线减运", text_en="less by rail", share=0.9)],
        )  # fmt: skip
        insert_nouns(
            self.connection,
            "assessment",
            [found],
            json_columns=("probability", "causes", "inputs", "stock_p10", "stock_p50", "stock_p90"),
        )
        (alert,) = self.ledger.hear(found, 0, 1)
        self._keep([alert])
        return alert

    def obey(self) -> None:
        """Both stages obey what was ordered since the last time."""
        commands = self.console.commands()
        insert_nouns(self.connection, "command", commands[self._read :], json_columns=("arguments",))
        for command in commands[self._read :]:
            try:
                self._keep(Commands(self.ledger).obey(command) or [])
            except InputError as error:
                insert_nouns(self.connection, "rejection", [refusal_of(command, str(error))])
            self.work.take(self.connection, Heard(nouns=[command]), NOW)
        told = self.connection.execute(
            "DELETE FROM outbox WHERE topic = %s RETURNING value", (REJECTED.name,)
        ).fetchall()
        insert_nouns(self.connection, "rejection", [msgspec.json.decode(value, type=Rejection) for (value,) in told])
        self._read = len(commands)

    def forget(self) -> None:
        """Alerting knows nothing of what was open."""
        self.ledger = Ledger(Policy())

    def answer(self, as_of: datetime, name: str) -> None:
        """Risk answers about a remedy of the place."""
        body = {"node": "P_CFD", "lost": [], "plans": [], "advice": {}, "basis": {}}
        said = Answer(
            command_id=name,
            lane="live",
            kind="risk.remedy",
            as_of=as_of,
            body=body,
            headline_zh="补链",
            headline_en="remedy",
        )
        insert_nouns(self.connection, "answer", [said], json_columns=("body",))

    def task(self, step: str) -> str:
        """The open task of a step."""
        row = self.connection.execute(
            "SELECT task_id FROM task WHERE step = %s AND ended_at IS NULL AND lane = 'live'", (step,)
        ).fetchone()
        assert row is not None, step
        return str(row[0])

    def _keep(self, alerts: list[Alert]) -> None:
        insert_nouns(self.connection, "alert", alerts, json_columns=("probability", "basis"))
        for alert in alerts:
            self.work.take(self.connection, Heard(nouns=[Told(alert, alert.as_of)]), NOW)


@pytest.fixture
def stages(console: Any) -> Iterator[Stages]:
    with psycopg.connect(console.database.url, autocommit=True, options="-c timezone=UTC") as connection:
        yield Stages(console, connection)


def send(client: Any, page: str, path: str, **fields: str) -> Any:
    """Fill in a form of a page, send it, and see the page it leads to."""
    form = {"nonce": nonce_of(client.get(page).text), "back": page, **fields}
    answer = client.post(f"{path}?lane=live", data=form)
    return client.get(answer.headers["location"]) if answer.status_code == 303 else answer


def state_shown(client: Any, text: str) -> str:
    """What the page says about the order, once it is asked again."""
    path = re.search(r'hx-get="(/orders/[^"]+)"', text)
    assert path is not None
    return str(client.get(path.group(1).replace("&amp;", "&")).text)


def test_from_acknowledgement_to_an_official_warning(console: Any, stages: Stages) -> None:
    alert = stages.judge(Level.ORANGE)
    page, duty, manager = f"/incidents/{alert.incident}?lane=live", console.client("duty"), console.client("manager")
    assert "无人接手" in duty.get(page).text

    shown = send(
        duty, page, f"/incidents/{alert.incident}/acknowledge", episode=alert.episode, hours="4", comment="已联系"
    ).text
    assert "等待执行" in shown
    stages.obey()
    assert "已生效" in state_shown(duty, shown)
    assert "无人接手" not in duty.get(page).text
    assert "已联系" in duty.get(page).text

    stages.forget()
    lost = send(duty, page, f"/incidents/{alert.incident}/act", episode=alert.episode, comment="调车").text
    stages.obey()
    assert "没有这个事件" in state_shown(duty, lost), "what is refused is told on the page that ordered it"
    assert "未生效" in duty.get(f"/incidents/{alert.incident}/timeline?lane=live").text

    verify = stages.task("verify-stock")
    send(duty, "/tasks?lane=live", f"/tasks/{verify}/done", result="存煤 5.2 万吨")
    send(manager, "/tasks?lane=live", f"/tasks/{stages.task('meet')}/done", result="建议发布橙色预警")
    stages.obey()
    assert stages.connection.execute("SELECT state FROM task WHERE task_id = %s", (verify,)).fetchone() == ("done",)
    assert "存煤 5.2 万吨" in duty.get(page).text

    publish = f"/tasks/{stages.task('publish')}/approve"
    said = {"signer": "张三", "document": "鄂煤预警〔2026〕1号"}
    assert "请填写签发人" in send(manager, page, publish, comment="同意").text
    stages.answer(NOW - timedelta(minutes=20), "old")
    outdated = send(manager, page, publish, **said)
    assert (outdated.status_code, "已过时" in outdated.text) == (409, True)
    assert "已过时" in manager.get(page).text
    by_program = {"kind": "playbook.approve", "arguments": {"task": publish.split("/")[2], **said}}
    assert manager.post("/api/v1/commands", json=by_program).status_code == 409
    stages.answer(NOW - timedelta(minutes=1), "fresh")
    assert send(manager, page, publish, **said).status_code == 200
    stages.obey()
    final = manager.get(page).text
    assert "鄂煤预警〔2026〕1号" in final
    assert "未发布" not in final


def test_who_is_on_duty_is_changed_by_the_administrator_and_holds_at_once(console: Any, stages: Stages) -> None:
    admin, page = console.client("administrator"), "/admin/contacts/roster?key=值班员|08:00-20:00||"

    def put(**typed: str) -> Any:
        form = {"nonce": nonce_of(admin.get(page).text), "key": "值班员|08:00-20:00||", "reason": "换班"}
        answer = admin.post("/admin/contacts/roster", data=form | typed)
        stages.obey()
        return admin.get(answer.headers["location"]) if answer.status_code == 303 else answer

    assert put(f0="值班员", f1="08:00-20:00").status_code == 422, "the person is missing"
    refused = put(f0="无此角色", f1="08:00-20:00", f2="王五").text
    assert "未生效" in refused
    assert "无此角色" in refused
    held = put(f0="值班员", f1="08:00-20:00", f2="王五 <b>", f4="wang").text
    assert "更改已生效" in held
    assert "王五 &lt;b&gt;" in held
    assert stages.work.plans.roster.may_decide("duty_officer", "wang")
    assert not stages.work.plans.roster.may_decide("duty_officer", "li")
    again = Work(load_plans(asset_path("deploy/config")), lambda _: {}, lambda _: "", stages.rewrite)
    again.open(stages.connection)
    assert again.plans.roster == stages.work.plans.roster, "a restart forgets nothing"


def test_a_task_is_for_whom_the_roster_names(console: Any, stages: Stages, tmp_path: Any) -> None:
    import shutil

    shutil.copytree(asset_path("deploy/config"), tmp_path / "config")
    roster = tmp_path / "config" / "contacts" / "roster.yaml"
    roster.write_text("值班:\n  - {角色: 值班员, 人员: 甲, 账号: [wang]}\n", "utf-8")
    shell = console.shell
    console.app.state.shell = type(shell)(
        **{**vars(shell), "settings": shell.settings.with_changes(config=tmp_path / "config")}
    )
    stages.judge(Level.YELLOW)
    task = stages.task("verify-stock")
    refused = send(console.client("duty"), "/tasks?lane=live&whose=all", f"/tasks/{task}/done", result="x")
    assert (refused.status_code, "wang" in refused.text) == (403, True)
    console.account("wang", *console.shell.store.account("duty").roles, display="王值班")
    wang = console.visitor()
    console.sign_in(wang, "wang")
    assert "本人角色" in wang.get("/tasks?lane=live").text
    assert send(wang, "/tasks?lane=live", f"/tasks/{task}/done", result="x").status_code == 200
    assert console.commands()[-1].actor == "wang"
