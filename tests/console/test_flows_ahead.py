"""The widths of the map at a later hour: asked of risk once, taken from its answer, told as expected, and never made up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb

from schemas.chain import Chain
from services.console.chart.flows_ahead import FlowsAhead
from services.risk.analysis.ahead import Flows
from services.risk.outlook_sheet import Carried
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from tests.boards.conftest import NOW
from tests.console.test_incident import only
from tests.console.test_links import _ANSWER, basis
from tests.console.test_telephone_walk import signed_in

CUT = ("R_DQ", "P_QHD", "steam_coal")
LOST_DAY = 3
"""From its fourth day on the railway brings nothing."""


@pytest.fixture(scope="module")
def ordos() -> Chain:
    """The operating chain."""
    return load_chain(asset_path("deploy/config/chains/ordos"))


def answered(console: Any, chain: Chain, name: str = "f1", age: timedelta = timedelta(0)) -> None:
    """Risk says that all goes on as usual but for one link."""
    rows = [
        Carried(
            source=k.source,
            target=k.target,
            product=k.product,
            days=[
                0.0 if (k.source, k.target, k.product) == CUT and day >= LOST_DAY else k.normal_flow
                for day in range(14)
            ],
        )
        for k in chain.links
        if k.normal_flow > 0
    ]
    found = Flows(basis=basis(NOW - age), lost=[], rows=rows)
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute(_ANSWER, (name, "risk.flows", NOW - age, Jsonb(msgspec.to_builtins(found)), ""))


def told(console: Any, query: str = "") -> FlowsAhead:
    answer = console.client("viewer").get(f"/api/v1/map/flows?lane=live{query}")
    return msgspec.json.decode(answer.content, type=FlowsAhead)


def test_what_links_will_carry_is_told_by_their_numbers(console: Any, ordos: Chain) -> None:
    answered(console, ordos)
    found = told(console)
    number = next(i for i, k in enumerate(ordos.links) if (k.source, k.target, k.product) == CUT)
    days = next(link.days for link in found.links if link.link == number)
    assert days == [ordos.links[number].normal_flow] * LOST_DAY + [0.0] * (14 - LOST_DAY)
    assert (found.is_stale, found.as_of) == (False, NOW)


@pytest.mark.parametrize(("age", "stale", "known"), [(10, False, True), (16, True, True), (421, True, False)])
def test_an_old_answer_is_stale_and_one_older_than_a_judgement_may_be_tells_nothing(
    console: Any, ordos: Chain, age: int, stale: bool, known: bool
) -> None:
    answered(console, ordos, age=timedelta(minutes=age))
    found = told(console)
    assert (found.is_stale, bool(found.links)) == (stale, known)


def test_where_nobody_asked_nothing_is_known_and_a_refusal_is_told(console: Any) -> None:
    assert told(console) == FlowsAhead()
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute(_ANSWER, ("f9", "risk.flows", None, Jsonb({}), "没有这条线的数据"))
    assert told(console, "&asked=f9").problem == "没有这条线的数据"


def test_only_who_may_ask_asks(console: Any) -> None:
    form = {"nonce": "a" * 32}
    assert console.client("viewer").post("/map/flows?lane=live", data=form).status_code == 403
    foreign = console.client("duty", chains=frozenset({"elsewhere"}))
    assert foreign.post("/map/flows?lane=live", data=form).status_code == 404
    duty = console.client("duty")
    for _ in range(2):
        answer = duty.post("/map/flows?lane=live", data=form)
    command = only(console)
    assert (command.kind, command.arguments, answer.json()) == ("risk.flows", {}, {"asked": command.command_id})


@pytest.fixture
def map_page(console: Any, served: Callable[[], str], browser: Any) -> Any:
    """The map of the duty officer."""
    page = signed_in(console, browser, served())
    page.goto(f"{served()}/map?lane=live")
    page.wait_for_selector("#map[data-ready]")
    return page


def _slide(page: Any, hour: int) -> None:
    page.evaluate(
        "(hour) => { const s = document.getElementById('hour'); s.value = hour; s.dispatchEvent(new Event('input')); }",
        hour,
    )


def _width(page: Any, chain: Chain) -> float:
    """How wide the link is drawn that will be cut; 0 where it is drawn as hindered."""
    found = page.evaluate(
        """([from, to]) => {
            const scene = window.lianjingMap.scene();
            const [a, b] = [from, to].map((id) => scene.chain.nodes.find((node) => node.id === id));
            const line = scene.lines.find(({ curves }) => curves.some(({ points: p }) =>
                Math.abs(p[1] - a.y) <= 20 && Math.abs(p[7] - b.y) <= 20 && Math.abs(p[0] - a.x) <= 58 && Math.abs(p[6] - b.x) <= 58));
            return line.look.order === 3 ? 0 : line.look.width;
        }""",
        list(CUT[:2]),
    )
    return float(found)


def test_the_slider_asks_once_and_the_widths_follow_the_answer(console: Any, map_page: Any, ordos: Chain) -> None:
    _slide(map_page, 48)
    map_page.wait_for_selector("#map[data-flows-ahead=awaited]")
    assert "正在推算，线宽仍为现在的流量" in map_page.inner_text("#map-status")
    command = only(console)
    answered(console, ordos, command.command_id)
    map_page.wait_for_selector("#map[data-flows-ahead=known]")
    assert "线宽为预计流量" in map_page.inner_text("#map-status")
    assert "预计 48 小时后" in map_page.inner_text("#map-status")
    assert _width(map_page, ordos) > 1
    _slide(map_page, 96)
    assert _width(map_page, ordos) == 0
    assert map_page.evaluate("window.lianjingMap.scene().labels.map((each) => each.share)") == [0]
    _slide(map_page, 0)
    assert "预计" not in map_page.inner_text("#map-status")
    assert len(console.commands()) == 1, "what is fresh is not asked again"


def test_a_refused_question_leaves_the_widths_of_now_and_says_so(console: Any, map_page: Any) -> None:
    _slide(map_page, 48)
    map_page.wait_for_selector("#map[data-flows-ahead=awaited]")
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute(_ANSWER, (only(console).command_id, "risk.flows", None, Jsonb({}), "没有这条线的数据"))
    map_page.wait_for_selector("#map[data-flows-ahead=unknown]")
    assert "没有预计流量：没有这条线的数据，线宽仍为现在的流量" in map_page.inner_text("#map-status")
