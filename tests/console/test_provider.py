"""A data provider finds what was sent back, by line, corrects and resends it; it never sees another's, and intake alone judges."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from services.console.access.person import Role
from services.console.delivery import Carrier
from tests.console.conftest import PASSWORD
from tests.intaking import SECRET, MemoryIntake, memory_intake, provider
from tests.projecting import Tables
from tests.walking import PHONE, hindrances, picture, signed_in

STOCK = "stock.P_QHD.steam_coal"


class Yard:
    """Intake beside the console, in memory, and the tables behind both."""

    def __init__(self, console: Any, intake: MemoryIntake) -> None:
        console.app.state.shell = replace(console.shell, carrier=Carrier(intake.client, SECRET, console.clock))
        self.intake = intake
        self.tables = Tables(console.database.url, intake.broker)


@pytest.fixture
def yard(console: Any) -> Iterator[Yard]:
    with memory_intake(
        console.database.url, provider("port-hebei", "stock.P_QHD.*"), provider("mine-bureau", "stock.M_*")
    ) as intake:
        made = Yard(console, intake)
        yield made
        made.tables.close()


def _csv(*values: str) -> bytes:
    day = datetime.now(UTC) - timedelta(days=3)
    lines = [f"{STOCK},{day - timedelta(days=n):%Y-%m-%d},{value},万吨" for n, value in enumerate(values)]
    return "\n".join(["序列,日期,数值,单位", *lines, ""]).encode()


def _send(client: Any, name: str, body: bytes, **more: str) -> Any:
    return client.post("/provider/files", files={"file": (name, body, "text/csv")}, data=more)


def _of(console: Any, yard: Yard, name: str, account: str) -> Any:
    del yard
    console.account(account, Role.PROVIDER, provider=name)
    client = console.visitor()
    console.sign_in(client, account)
    return client


def test_a_rejected_line_is_found_corrected_and_resent(console: Any, yard: Yard) -> None:
    port = _of(console, yard, "port-hebei", "li")
    rehearsed = _send(port, "stock.csv", _csv("520", "5200000"), rehearse="1").text
    assert "未发送" in rehearsed
    assert "stock.csv 第 3 行" in rehearsed
    assert yard.intake.rejections() == []
    sent = _send(port, "stock.csv", _csv("520", "5200000")).text
    assert "接收 1 · 退回 1" in sent
    yard.tables.catch_up()
    listed = port.get("/provider").text
    assert "stock.csv 第 3 行" in listed
    way = f"/provider/rejections/{yard.intake.rejections()[0].rejection_id}"
    assert "应为" in port.get(way).text
    at = (datetime.now(UTC) - timedelta(days=4)).isoformat()
    still = port.post(f"{way}/resend", data={"series": STOCK, "observed_at": at, "value": "五百", "unit": "万吨"})
    assert "退回 1" in still.text
    assert 'value="五百"' in still.text, "what was typed stays to be mended"
    mended = port.post(f"{way}/resend", data={"series": STOCK, "observed_at": at, "value": "520", "unit": "万吨"})
    assert "接收 1 · 退回 0" in mended.text
    yard.tables.catch_up()
    assert "stock.csv 第 3 行" not in port.get("/provider").text
    assert "已更正" in port.get("/provider?mended=1").text
    with psycopg.connect(console.database.url, autocommit=True) as connection:
        said = connection.execute("SELECT actor FROM command WHERE kind = 'rejection.resend'").fetchall()
        audited = connection.execute("SELECT actor FROM audit WHERE action = 'provide'").fetchall()
    assert said == [("li",)]
    assert len(audited) == 4


def test_a_provider_never_sees_or_touches_anothers(console: Any, yard: Yard) -> None:
    port, mine = _of(console, yard, "port-hebei", "li"), _of(console, yard, "mine-bureau", "wang")
    _send(port, "stock.csv", _csv("5200000"))
    yard.tables.catch_up()
    rejection = yard.intake.rejections()[0].rejection_id
    seen = mine.get("/provider?mended=1").text
    assert "stock.csv" not in seen
    assert "P_QHD" not in seen
    assert "秦皇岛" not in seen
    assert mine.get(f"/provider/rejections/{rejection}").status_code == 404
    assert mine.post(f"/provider/rejections/{rejection}/resend", data={"value": "1"}).status_code == 404
    foreign = _send(mine, "foreign.csv", _csv("520")).text
    assert "无权报送该序列" in foreign
    assert "P_QHD" not in mine.get("/provider/trust").text


def test_series_say_when_they_are_silent_and_never_show_nothing_as_zero(console: Any, yard: Yard) -> None:
    port = _of(console, yard, "port-hebei", "li")
    text = port.get("/provider").text
    assert "✕ 断报" in text or "◆ 迟报" in text or "✓ 按时" in text
    with psycopg.connect(console.database.url, autocommit=True) as connection:
        connection.execute("DELETE FROM observation")
    text = port.get("/provider").text
    assert "？ 从未报送" in text
    assert "情况不明" in text
    assert "信任度未知" in port.get("/provider/trust").text


def test_an_account_of_no_provider_is_told_so_and_intake_away_is_told_of(console: Any) -> None:
    lost = console.client(Role.PROVIDER, provider="")
    assert lost.get("/provider").status_code == 403
    console.account("li", Role.PROVIDER, provider="port-hebei")
    away = console.visitor()
    console.sign_in(away, "li")
    answer = _send(away, "stock.csv", _csv("520"))
    assert answer.status_code == 503
    assert "数据接入没有回应" in answer.text


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\\b.csv", "a/b.csv", ""])
def test_a_file_name_that_leads_elsewhere_leads_nowhere(console: Any, yard: Yard, name: str) -> None:
    port = _of(console, yard, "port-hebei", "li")
    answer = _send(port, name, _csv("520"))
    assert answer.status_code in (200, 422)
    assert "接收 1" not in answer.text
    assert yard.intake.rejections() == []


def test_names_and_values_of_a_file_are_shown_and_not_run(console: Any, yard: Yard) -> None:
    port = _of(console, yard, "port-hebei", "li")
    answer = _send(port, "<script>alert(1)</script>.csv", _csv("<img src=x onerror=alert(1)>"))
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    yard.tables.catch_up()
    assert "<img src=x" not in port.get("/provider").text


def test_a_provider_walks_from_the_list_to_the_mended_record_in_a_browser(
    console: Any, yard: Yard, served: Any, browser: Any
) -> None:
    port = _of(console, yard, "port-hebei", "li")
    _send(port, "stock.csv", _csv("520", "5200000"))
    yard.tables.catch_up()
    page = signed_in(browser, served(), "li", PASSWORD)
    page.goto(f"{served()}/provider")
    page.wait_for_selector(".trust")
    picture(page, "provider")
    assert hindrances(page) == []
    page.click("text=更正 >> nth=0")
    page.wait_for_url("**/provider/rejections/*")
    picture(page, "provider-correct")
    assert hindrances(page) == []
    page.fill("input[name=series]", STOCK)
    page.fill("input[name=observed_at]", (datetime.now(UTC) - timedelta(days=4)).isoformat())
    page.fill("input[name=value]", "520")
    page.fill("input[name=unit]", "万吨")
    page.click("text=更正并重报")
    page.wait_for_selector("#answer >> text=接收 1")
    page.set_viewport_size(PHONE)
    page.goto(f"{served()}/provider")
    page.wait_for_selector(".trust")
    picture(page, "provider-phone")
