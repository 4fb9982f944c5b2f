"""Drills from the console: an organiser starts, steers and ends one and opens its report; others see what they need to know."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.alert import Alert, AlertState
from schemas.assessment import Hazard
from schemas.drill import DrillEventKind
from schemas.drill_plan import Plan
from schemas.level import Level
from schemas.topic import ALERT
from services.cli.drill.master import Master
from services.console.access.person import Role
from services.drill.reading import read_yaml
from services.runtime.assets import asset_path
from services.runtime.memory import MemoryConsumer, MemoryProducer
from tests.console.conftest import PASSWORD
from tests.projecting import Tables
from tests.rehearsing import MemoryHall
from tests.walking import hindrances, picture, signed_in

LANE = "drill:daqin-1"


class House:
    """The master of drills beside the console, in memory, and the tables behind it. ``turn`` lets both work; ``run`` does so in a thread."""

    def __init__(self, console: Any, plans: dict[str, Plan]) -> None:
        self.hall = MemoryHall(console.broker, console.clock, plans)
        self.master = Master(self.hall, MemoryConsumer(console.broker), MemoryProducer(console.broker), console.clock)
        self.master.open()
        self.tables = Tables(console.database.url, console.broker)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.master.turn()
            self.tables.catch_up()

    def until(self, kind: DrillEventKind) -> None:
        for _ in range(20_000):
            self.turn()
            if any(e.kind is kind for e in self.hall.log()):
                return
        raise AssertionError(f"no event {kind}")

    def run(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)
        self.tables.close()

    def _work(self) -> None:
        while not self._stopping.wait(0.02):
            self.turn()


@pytest.fixture
def daqin() -> Plan:
    shipped = read_yaml(asset_path("deploy/config/drills/daqin.yaml").read_text(encoding="utf-8"), "daqin.yaml")
    return replace(shipped, lead_in_days=0, start_hour=2, rate=10.0)


@pytest.fixture
def house(console: Any, daqin: Plan) -> Iterator[House]:
    secret = replace(daqin, id="quiet", is_announced=False, approver="office")
    made = House(console, {"daqin": daqin, "quiet": secret})
    yield made
    made.close()


def _begin(client: Any, house: House, file: str = "daqin") -> Any:
    """Start a drill by the forms, and give the answer's part."""
    asked = client.post("/drills/start", data={"file": file, "rate": "10"})
    assert asked.status_code == 303
    house.turn(3)
    return client.get(asked.headers["location"].replace("/begun", "/begun/answer"))


def test_an_organiser_starts_pauses_injects_ends_and_opens_the_report(console: Any, house: House) -> None:
    client = console.client(Role.DRILL)
    asked = client.post("/drills/files").headers["location"]
    assert "正在向演练导演查询" in client.get(asked).text
    house.turn(2)
    offered = client.get(asked).text
    assert "大秦线中断保供演练" in offered
    assert "停止演练" not in offered, "the stop word is not told"
    assert _begin(client, house).headers["HX-Redirect"] == "/drills/daqin-1"
    house.until(DrillEventKind.CLOCK)
    way = "/drills/daqin-1"
    assert "▶ 进行中" in client.get(way).text
    client.post(f"{way}/control", data={"action": "pause"})
    house.turn(2)
    assert "‖ 已暂停" in client.get(f"{way}/board").text
    assert client.post(f"{way}/give", data={"inject": "I5"}).status_code == 303
    house.turn(2)
    board = client.get(f"{way}/board").text
    assert board.count("✓ 已给出") == 1
    assert 'id="give-I5"' not in board
    assert "◔ 时限内" in board
    client.post(f"{way}/control", data={"action": "end"})
    house.until(DrillEventKind.ENDED)
    house.turn(3)
    over = client.get(way).text
    assert "✓ 已结束" in over
    assert over.count("✕ 未给出") == 4
    pdf = client.get(f"{way}/report.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert client.get(f"{way}/report.docx").content.startswith(b"PK")
    kinds = [c.kind for c in console.commands() if c.kind not in ("drill.roster", "message.send")]
    assert kinds == ["drill.files", "drill.start", "drill.pause", "drill.give", "drill.end"]
    assert "daqin-1" in client.get("/drills").text


def test_a_drill_without_notice_is_started_by_its_approver_in_person(console: Any, house: House) -> None:
    refused = _begin(console.client(Role.DRILL), house, "quiet")
    assert "只能由批准人 office 本人启动" in refused.text
    assert house.hall.log() == []
    approver = console.client(Role.OFFICE)
    assert _begin(approver, house, "quiet").headers["HX-Redirect"] == "/drills/quiet-1"
    assert "注入清单" in approver.get("/drills/quiet-1").text
    assert approver.post("/drills/quiet-1/control", data={"action": "end"}).status_code == 403
    assert console.client(Role.DUTY).post("/drills/start", data={"file": "daqin"}).status_code == 404


def test_participants_and_evaluators_see_what_they_need_to_know(console: Any, house: House) -> None:
    organiser = console.client(Role.DRILL)
    _begin(organiser, house)
    house.until(DrillEventKind.CLOCK)
    organiser.post("/drills/daqin-1/give", data={"inject": "I5"})
    house.turn(2)
    duty = console.client(Role.DUTY)
    seen = duty.get("/drills/daqin-1").text
    assert "注入清单" not in seen
    assert "我的动作" in seen
    assert "寒潮" not in seen, "what is not given yet is not told"
    assert duty.post("/drills/daqin-1/control", data={"action": "end"}).status_code == 403
    assert duty.post("/drills/daqin-1/give", data={"inject": "I1"}).status_code == 403
    assert duty.post("/drills/daqin-1/mark", data={"objective": "O1", "rating": "P"}).status_code == 403
    assert duty.get("/drills/daqin-1/report.pdf").status_code == 403
    assert console.client(Role.VIEWER).get("/drills/daqin-1").status_code == 404
    assert console.client(Role.DRILL, chains=frozenset({"another"})).get("/drills/daqin-1").status_code == 404
    console.account("evaluator-1", Role.VIEWER)
    evaluator = console.visitor()
    console.sign_in(evaluator, "evaluator-1")
    assert "注入清单" in evaluator.get("/drills/daqin-1").text
    marked = evaluator.post("/drills/daqin-1/mark", data={"objective": "O2", "rating": "M", "note": "<b>晚</b>"})
    assert marked.status_code == 303, marked.text
    house.turn(2)
    assert "&lt;b&gt;晚&lt;/b&gt;" in evaluator.get("/drills/daqin-1").text


def test_the_stop_word_of_a_participant_ends_it_and_a_wrong_one_is_noted(console: Any, house: House) -> None:
    organiser = console.client(Role.DRILL)
    _begin(organiser, house)
    house.until(DrillEventKind.CLOCK)
    duty = console.client(Role.DUTY)
    duty.post("/drills/daqin-1/stop", data={"word": "不对"})
    house.turn(2)
    assert "口令不对" in organiser.get("/drills/daqin-1").text
    duty.post("/drills/daqin-1/stop", data={"word": "停止演练"})
    house.until(DrillEventKind.STOPPED)
    assert "■ 口令停止" in organiser.get("/drills/daqin-1").text


def test_a_real_red_alert_shows_the_banner_until_everybody_has_acknowledged(console: Any, house: House) -> None:
    import msgspec

    organiser = console.client(Role.DRILL)
    _begin(organiser, house)
    house.until(DrillEventKind.CLOCK)
    now = console.clock.now()
    red = Alert(
        lane="live", chain="ordos", node="P_CFD", product="steam_coal", hazard=Hazard.STARVED, episode="ep-real", sequence=1,
        state=AlertState.OPENED, level=Level.RED, opened_at=now, as_of=now, known_at=now, headline_zh="曹妃甸断供", headline_en="short",
    )  # fmt: skip
    MemoryProducer(console.broker).send(ALERT.name, msgspec.json.encode(red), partition=0)
    house.until(DrillEventKind.ABORTED)
    board = organiser.get("/drills/daqin-1/board").text
    assert "演练中止 转入实战" in board
    assert "值班员甲" in board.split("尚未签收")[1][:80]
    duty = console.client(Role.DUTY)
    assert 'id="sign-abort"' in duty.get("/drills/daqin-1").text
    duty.post("/drills/daqin-1/act", data={"step": "acknowledge", "on": "abort"})
    house.turn(2)
    assert "值班员甲" not in organiser.get("/drills/daqin-1/board").text.split("尚未签收")[1][:80]


def test_senseless_forms_are_refused(console: Any, house: House) -> None:
    client = console.client(Role.DRILL)
    _begin(client, house)
    assert client.post("/drills/daqin-1/control", data={"action": "explode"}).status_code == 422
    assert client.post("/drills/nothing/control", data={"action": "end"}).status_code == 404
    assert client.post("/drills/start", data={"file": "daqin", "approved_by": "me"}).status_code == 422
    assert "不存在" in _begin(client, house, "../secrets").text


def test_an_organiser_walks_from_the_list_to_the_report_in_a_browser(
    console: Any, house: House, served: Any, browser: Any
) -> None:
    console.account("drill", Role.DRILL, display="演练组织者")
    house.run()
    page = signed_in(browser, served(), "drill", PASSWORD)
    page.goto(f"{served()}/drills")
    page.click("text=办一场演练")
    page.wait_for_selector("text=大秦线中断保供演练")
    picture(page, "drill-new")
    assert hindrances(page) == []
    page.locator("section", has_text="大秦线").first.get_by_role("button", name="启动").click()
    page.wait_for_url("**/drills/daqin-1", timeout=60_000)
    page.wait_for_selector("text=▶ 进行中", timeout=60_000)
    page.click("#do-pause")
    page.wait_for_selector("text=‖ 已暂停")
    page.click("#give-I5")
    page.wait_for_selector(".inject-given")
    picture(page, "drill-cockpit")
    assert hindrances(page) == []
    page.click("#do-end")
    page.wait_for_selector("#report-pdf")
    picture(page, "drill-over")
    report = page.request.get(served() + page.get_attribute("#report-pdf", "href"))
    assert report.body().startswith(b"%PDF")
