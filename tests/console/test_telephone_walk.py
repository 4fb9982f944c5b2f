"""An officer enters a closure by telephone in a browser, sees the affected places change, revises it and ends it: the stages behind are the real
ones, on memory twins; what they publish is put into the tables as their keepers do."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from schemas.feed import FeedMessage
from schemas.lane import Lane
from schemas.report import is_report, report_series
from schemas.topic import ASSESSMENT, COMMAND
from services.intake.catalogue import catalogue_of
from services.risk.store import project
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from services.runtime.clock import from_us
from tests.boards.conftest import NOW
from tests.phone import Office
from tests.risk.conftest import Line

_ROW = """INSERT INTO observation (observed_at, issued_at, known_at, value, lane_id, series_id, source_id, quality, detail)
SELECT %s, %s, %s, %s, (SELECT lane_id FROM lane WHERE lane = 'live'), series_id, 1, %s, %s::jsonb FROM series WHERE series = %s
ON CONFLICT DO NOTHING"""
_COMMAND = """INSERT INTO command (command_id, lane, kind, actor, reason, issued_at, arguments) VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb)
ON CONFLICT DO NOTHING"""


class Behind:
    """Intake, risk and the keepers behind the console. ``work`` lets them take what was ordered since."""

    def __init__(self, console: Any) -> None:
        self._console = console
        chain = load_chain(asset_path("deploy/config/chains/ordos"))
        lane = msgspec.convert(
            {"name": "live", "chain": "ordos", "opened_at": NOW, "origin": NOW, "wall_origin": console.clock.now()},
            Lane,
        )
        self.line = Line(chain)
        series = {s.id: s for s in (*chain.series, report_series(chain))}
        self.office = Office(catalogue_of(series, {"live": lane}, {}, (), {chain.id: chain}), self.line.broker)
        for hours in range(6, -1, -2):
            self.line.send(self.line.quiet(), NOW - timedelta(hours=hours))
        self._commands = self._rows = 0
        self._projected: dict[int, int] = {}
        with psycopg.connect(console.database.url, autocommit=True) as c:
            c.execute("DELETE FROM assessment")
        self.work()

    def work(self) -> None:
        """Take new commands, judge, and put what was published into the tables."""
        ordered = self._console.broker.messages(COMMAND.name)
        for message in ordered[self._commands :]:
            self.line.producer.send(COMMAND.name, message.value, key=message.key, partition=0)
        self.office.turn()
        self.line.turn()
        with psycopg.connect(self._console.database.url, autocommit=True, options="-c timezone=UTC") as c:
            for command in self._console.commands()[self._commands :]:
                told = (
                    command.command_id,
                    command.lane,
                    command.kind,
                    command.actor,
                    command.reason,
                    command.issued_at,
                )
                c.execute(_COMMAND, (*told, msgspec.json.encode(command.arguments).decode()))
            self._commands = len(ordered)
            for row in self._reports():
                c.execute(_ROW, row)
            project(c, [m for m in self.line.broker.messages(ASSESSMENT.name) if self._is_new(m.partition, m.offset)])

    def _is_new(self, partition: int, offset: int) -> bool:
        if offset < self._projected.get(partition, 0):
            return False
        self._projected[partition] = offset + 1
        return True

    def _reports(self) -> Iterator[tuple[object, ...]]:
        messages: list[FeedMessage] = [m for m in self.office.rows() if is_report(m.series[0])]
        for m in messages:
            at = (from_us(m.observed_us[0]), from_us(m.issued_us[0]), from_us(m.known_us[0]))
            yield (*at, m.value[0], (m.quality or [0])[0], (m.detail or [None])[0], m.series[0])


@pytest.fixture
def behind(console: Any) -> Iterator[Behind]:
    made = Behind(console)
    yield made
    made.office.packer.close()


def test_an_officer_enters_a_closure_sees_it_work_revises_and_ends_it(
    console: Any, behind: Behind, served: Callable[[], str], browser: Any
) -> None:
    page = signed_in(console, browser, served())
    page.goto(f"{served()}/report?lane=live")
    assert serious(page) == []
    page.keyboard.type("大秦铁路 [R_DQ]")
    page.keyboard.press("Alt+1")
    assert page.input_value("[name=likely_h]") == "24"
    page.fill("[name=earliest_h]", "100")
    page.fill("[name=likely_h]", "240")
    page.fill("[name=latest_h]", "480")
    page.fill("[name=source]", "大秦线调度")
    page.fill("[name=caller]", "王调度")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/reports-in?**")
    behind.work()
    page.wait_for_selector("#fate .affected")
    told = page.inner_text("#fate")
    assert "已登记" in told
    assert "秦皇岛港" in told
    page.click("#fate a:has-text('查看')")
    page.wait_for_selector("h1:has-text('封闭停运')")
    assert "未核实" in page.inner_text("main")
    assert serious(page) == []
    page.fill("[name=left]", "95")
    page.check("[name=verified]")
    page.click("button:has-text('更新登记')")
    page.wait_for_url("**/reports-in?**")
    behind.work()
    page.wait_for_selector("#fate:has-text('已登记')")
    page.click("#fate a:has-text('查看')")
    page.wait_for_selector("td:has-text('95 %')")
    assert "已核实" in page.inner_text("dl.figures")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("button:has-text('已恢复')")
    page.wait_for_url("**/reports-in?**")
    behind.work()
    page.wait_for_selector("#fate:has-text('已登记')")
    page.reload()
    assert "两周内结束" in page.inner_text("main")
    assert [c.arguments["action"] for c in console.commands()] == ["add", "revise", "end"]


def signed_in(console: Any, browser: Any, address: str) -> Any:
    """A page of a duty officer who has signed in."""
    from services.console.access.person import Role
    from tests.console.conftest import PASSWORD

    console.account("duty", Role.DUTY)
    page = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="zh-CN").new_page()
    page.goto(f"{address}/login")
    page.fill("[name=name]", "duty")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def serious(page: Any) -> list[str]:
    """What axe finds wrong with a page that keeps somebody out."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # the package brings no types

    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {[n['html'][:120] for n in v['nodes']]}" for v in found if v["impact"] in ("serious", "critical")
    ]
