"""Key links and risk points: plain words of answers in risk's own form, what is asked anew, and what is said where nobody asked yet."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb

from schemas.chain import Chain
from services.console.deeds.ranking import ranking
from services.console.errors import WrongError
from services.risk.analysis.basis import Basis
from services.risk.analysis.key_links import KeyLink, KeyLinks, Pair
from services.risk.analysis.part import Owner
from services.risk.analysis.remedy_advice import Advice
from services.risk.analysis.risk_points import RiskPoint, RiskPoints
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from tests.boards.conftest import NOW
from tests.console.test_incident import nonce_of, only
from tests.console.test_telephone_walk import serious, signed_in

_ANSWER = """INSERT INTO answer (lane, command_id, kind, as_of, body, headline_zh, headline_en, problem)
VALUES ('live', %s, %s, %s, %s, '', '', %s)"""


@pytest.fixture(scope="module")
def ordos() -> Chain:
    """The operating chain."""
    return load_chain(asset_path("deploy/config/chains/ordos"))


def link(rank: int, part: str, zh: str, **changes: Any) -> KeyLink:
    """A part that is lost before it is back."""
    fields: dict[str, Any] = {
        "rank": rank,
        "id": part,
        "is_node": ":" not in part,
        "name_zh": zh,
        "name_en": part,
        "loss_cny": 1.24e9,
        "users_cny": 8e8,
        "makers_cny": 4e8,
        "not_come_cny": 1e9,
        "focus_cny": None,
        "focus_not_come_cny": None,
        "survive_to_minimum_h": 55.0,
        "survive_to_zero_h": 90.0,
        "recover_p50_h": 168.0,
        "recover_p90_h": 400.0,
        "is_exposed": True,
        "starves": ["D_CST"],
        "esri": 0.3,
        "owner": Owner(lead_department="市发展改革委"),
    }
    return KeyLink(**(fields | changes))


def basis(as_of: datetime) -> Basis:
    return Basis(
        chain="ordos",
        chain_version="v",
        rules_version="r",
        lane="live",
        as_of=as_of,
        age_min=1.0,
        is_stale=False,
        told_stocks=30,
        all_stocks=60,
    )


def answers(console: Any, as_of: datetime = NOW) -> None:
    """Both questions were answered, in the form in which risk publishes them."""
    dq = link(1, "R_DQ", "大秦铁路")
    road = link(
        2,
        "R_DQ:P_QHD:steam_coal",
        "大秦铁路 → 秦皇岛港（动力煤）",
        is_exposed=False,
        starves=[],
        survive_to_minimum_h=None,
        loss_cny=8.4e7,
    )
    points = RiskPoints(
        basis=basis(as_of),
        points=[
            RiskPoint(
                link=dq,
                reasons=["single", "exposed"],
                lat=40,
                lon=113,
                end_lat=None,
                end_lon=None,
                admin_code="140200",
                is_illustrative=True,
                remedy=Advice(state="partly", text_zh="改走朔黄线，可补 4 成", text_en="by the Shuohuang line, 40 %"),
            )
        ],
        pairs=[],
    )
    pair = Pair("R_DQ", "P_QHD", "大秦铁路 + 秦皇岛港", "Daqin + Qinhuangdao", 2e9, 3e8)
    ranked = KeyLinks(basis=basis(as_of), focus="", links=[dq, road], pairs=[pair])
    with psycopg.connect(console.database.url, autocommit=True) as c:
        for name, kind, body in (("a1", "risk.risk_points", points), ("a2", "risk.key_links", ranked)):
            c.execute(_ANSWER, (name, kind, as_of, Jsonb(msgspec.to_builtins(body)), ""))


def test_what_to_protect_first_is_said_in_plain_words(console: Any) -> None:
    answers(console)
    text = console.client("viewer").get("/links?lane=live").text
    for words in (
        "大秦铁路",
        "55 小时后第一个用户到下限，而一般要 7.0 天才恢复",
        "12.4 亿元",
        "来不及恢复",
        "无替代",
        "改走朔黄线",
        "市发展改革委",
        "其间没有用户到下限",
        "大秦铁路 + 秦皇岛港",
    ):
        assert words in text, words

    assert "outdated" not in text
    assert "重新计算" not in text  # a viewer may not ask


def test_an_old_answer_is_marked(console: Any) -> None:
    answers(console, NOW - timedelta(minutes=16))
    text = console.client("duty").get("/links?lane=live").text
    assert "已过时" in text
    assert "按此刻重新计算" in text


def test_where_nobody_asked_nothing_is_called_safe(console: Any) -> None:
    client = console.client("duty")
    for language in ("zh", "en"):
        client.cookies.set("language", language)
        assert client.get("/links").status_code == 200
    client.cookies.set("language", "zh")
    assert "情况不明，不等于没有风险" in client.get("/links?lane=live").text


def test_asking_anew_orders_the_question_and_waits(console: Any) -> None:
    client = console.client("duty")
    nonce = nonce_of(client.get("/links?lane=live").text)
    answer = client.post(
        "/links?lane=live", data={"nonce": nonce, "kind": "risk.key_links", "focus": "D_CST", "pairs": "yes"}
    )
    command = only(console)
    assert (command.kind, command.arguments) == ("risk.key_links", {"focus": "D_CST", "pairs": "yes"})
    assert answer.headers["location"] == f"/links?lane=live&links={command.command_id}"
    assert "正在计算" in client.get(answer.headers["location"]).text


def test_a_problem_of_the_answer_is_told(console: Any) -> None:
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute(_ANSWER, ("a9", "risk.key_links", None, Jsonb({}), "这条线没有数据"))
    text = console.client("duty").get("/links/answer?lane=live&kind=risk.key_links&command=a9").text
    assert "这条线没有数据" in text


def test_only_who_may_ask_asks(console: Any) -> None:
    for role in ("viewer", "provider", "administrator"):
        answer = console.client(role).post("/links?lane=live", data={"nonce": "a" * 32, "kind": "risk.key_links"})
        assert answer.status_code == 403, role
    foreign = console.client("duty", chains=frozenset({"elsewhere"}))
    assert foreign.get("/links?lane=live").status_code == 404


def test_a_senseless_question_is_not_sent(ordos: Chain) -> None:
    for kind, focus in (("risk.balance", ""), ("risk.key_links", "NOWHERE")):
        with pytest.raises(WrongError):
            ranking(ordos, kind, focus, with_pairs=False)
    assert ranking(ordos, "risk.risk_points", "R_DQ", with_pairs=False).arguments == {}


def test_the_page_stands_in_a_browser(console: Any, served: Callable[[], str], browser: Any) -> None:
    answers(console)
    page = signed_in(console, browser, served())
    page.goto(f"{served()}/links?lane=live")
    assert page.locator("ol.protect li").count() == 3
    assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
