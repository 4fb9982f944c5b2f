"""Pages that are open hear of a change, say when they cannot be trusted, and come back by themselves. In a real browser, over a real database."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from schemas.chain import Chain
from services.console.access.person import Role
from services.console.routes import stream, wall
from services.ingest.registry.store import write_chain
from services.runtime.chain.generated import generate_chain
from tests.boards.conftest import _ALERT, NOW
from tests.console.conftest import PASSWORD, Console, Served

SECONDS = 1000
PATIENCE = 20 * SECONDS
"""Outcomes are waited for as long as a busy machine may need; how fast they are is measured by `lianjing bench console`."""


@pytest.fixture
def page(console: Console, served: Served, browser: Any) -> Iterator[Any]:
    """A page of the duty officer, signed in."""
    console.account("duty", Role.DUTY)
    opened = browser.new_page(base_url=served(), viewport={"width": 1440, "height": 900}, locale="zh-CN")
    opened.set_default_timeout(PATIENCE)
    opened.goto("/login")
    opened.fill("[name=name]", "duty")
    opened.fill("[name=password]", PASSWORD)
    opened.click("main button[type=submit]")
    yield opened
    opened.close()


def _warn(console: Console, node: str) -> None:
    """As alerting's keeper writes it."""
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute(_ALERT.encode(), ("live", node, f"ep-{node}", NOW, NOW, NOW, ["R_DQ", node]))


def test_a_new_warning_reaches_open_pages(console: Console, page: Any) -> None:
    page.goto("/?lane=live")
    assert "曹妃甸港区煤码头 动力煤 断供" not in page.inner_text("main")
    _warn(console, "P_CFD")
    page.wait_for_selector("text=曹妃甸港区煤码头 动力煤 断供")


def test_the_map_shows_what_it_knows_and_hatches_what_it_does_not(console: Console, page: Any) -> None:
    page.goto("/map?lane=live")
    page.wait_for_selector("#map[data-ready]")
    shown = page.get_attribute("#map", "data-shown").split(",")
    assert (shown.count("red"), "normal" in shown) == (1, False), "one judged red; the other was judged long ago"
    assert shown.count("unknown") > 10
    assert "情况不明" in page.inner_text("#map-status")
    assert _is_hatched(page, "D_CST")
    assert not _is_hatched(page, "P_QHD")
    _warn(console, "P_CFD")
    page.wait_for_selector("#map[data-red='2']")
    page.fill("#find", "秦皇岛港")
    page.dispatch_event("#find", "change")
    page.wait_for_selector("#panel >> text=秦皇岛港")
    assert page.locator("#panel a[href^='/incidents/']").count() >= 1
    assert page.locator("#panel a[href^='/nodes/ordos/P_QHD']").count() == 1
    page.evaluate("location.hash = 'P_CFD'")
    page.wait_for_selector("#map[data-selected='P_CFD']")
    page.wait_for_selector("#panel a[href^='/nodes/ordos/P_CFD']")


def test_a_place_named_in_the_address_is_brought_near_and_selected(page: Any) -> None:
    page.goto("/map?lane=live#P_QHD")
    page.wait_for_selector("#map[data-ready][data-selected='P_QHD']")
    page.wait_for_selector("#panel >> text=秦皇岛港")
    x, y, width, height, scale = page.evaluate(
        """() => {
            const { camera, scene } = window.lianjingMap;
            const node = scene().chain.nodes.find((each) => each.id === 'P_QHD');
            const canvas = document.querySelector('#map canvas');
            return [camera.x + node.x * camera.scale, camera.y + node.y * camera.scale, canvas.clientWidth, canvas.clientHeight, camera.scale];
        }"""
    )
    assert abs(x - width / 2) < 2
    assert abs(y - height / 2) < 2
    assert scale >= 0.5, "near enough for its name to be read"
    page.goto("/tasks?lane=live")
    page.goto("/map?lane=live#NOWHERE")
    page.wait_for_selector("#map[data-ready]")
    assert page.get_attribute("#map", "data-selected") is None, "a place that is not there selects nothing"


def test_more_of_a_long_story_comes_at_a_click_and_stays(console: Console, page: Any) -> None:
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute(
            """INSERT INTO run_event (run_id, lane, step, kind, sequence, at, text_zh, text_en) SELECT run_id, lane, 'much', 'noted', n,
            started_at - n * interval '1 minute', '第 ' || n || ' 件', 'number ' || n FROM run, generate_series(1, 200) n WHERE run_id = 'run-live'"""
        )
    page.goto("/incidents/ep-live?lane=live")
    more = page.locator("#more-timeline")
    before = page.locator("[data-piece] .noun-run").count()
    assert before < 200
    more.click()
    page.locator(".noun-run").nth(before).wait_for()
    first = page.locator(".noun-run").count()
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute(
            """INSERT INTO run_event (run_id, lane, step, kind, sequence, at, text_zh, text_en) SELECT run_id, lane, 'new', 'noted', 1,
            started_at + interval '1 second', '刚刚发生', 'just now' FROM run WHERE run_id = 'run-live'"""
        )
    _warn(console, "P_CFD")
    page.mouse.click(5, 5)  # nobody is in the part any more: it may refresh
    page.wait_for_selector("text=刚刚发生")
    assert page.locator(".noun-run").count() >= first, "news does not fold the story up again"
    while more.count():
        seen = page.locator(".noun-run").count()
        more.click()
        page.locator(".noun-run").nth(seen).wait_for()
    page.wait_for_selector("text=第 200 件")


@pytest.mark.parametrize("path", ["/incidents/ep-live", "/nodes/ordos/P_QHD", "/map?view=table", "/shift"])
def test_on_a_telephone_lines_of_tables_stand_as_cards_with_the_names_of_their_columns(page: Any, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{path}{'&' if '?' in path else '?'}lane=live")
    page.wait_for_selector("table.stacked")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cells = page.evaluate(
        """() => [...document.querySelectorAll('table.rows tbody td:not(:empty)')].filter((cell) => cell.colSpan === 1).map((cell) =>
            [cell.getBoundingClientRect().right, getComputedStyle(cell, '::before').content, cell.getAttribute('role'), cell.textContent])"""
    )
    assert cells
    for right, _, role, text in cells:
        assert right <= 390, text
        assert role == "cell", text
    assert sum(label not in ("none", '""') for _, label, _, _ in cells) > 0.8 * len(cells)


def _is_hatched(page: Any, node: str) -> bool:
    """Whether the middle of a place's box is painted in stripes: both colours of the hatching along one line."""
    colours = page.evaluate(
        """(id) => {
            const { camera, scene } = window.lianjingMap;
            const canvas = document.querySelector('#map canvas');
            const node = scene().chain.nodes.find((each) => each.id === id);
            const ratio = canvas.width / canvas.clientWidth;
            const [x, y] = [(camera.x + (node.x + 30) * camera.scale) * ratio, (camera.y + node.y * camera.scale) * ratio];
            const data = canvas.getContext('2d').getImageData(Math.round(x), Math.round(y), 16, 1).data;
            return [...Array(16).keys()].map((i) => data[4 * i]);
        }""",
        node,
    )
    return bool(max(colours) - min(colours) > 30)


def test_the_slider_shows_the_level_of_a_later_hour(console: Console, page: Any) -> None:
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute(
            """UPDATE assessment SET as_of = %s, level = 'normal', probability = '{"24": 0, "72": 0, "168": 0.2, "336": 0.9, "720": 0.95}'
            WHERE node = 'D_CST'""",
            (NOW,),
        )
    page.goto("/map?lane=live")
    page.wait_for_selector("#map[data-ready]")
    before = page.get_attribute("#map", "data-shown")
    page.evaluate(
        "(() => { const s = document.getElementById('hour'); s.value = 336; s.dispatchEvent(new Event('input')); })()"
    )
    later = page.get_attribute("#map", "data-shown")
    assert (before.count("normal"), later.count("normal")) == (1, 0)
    assert later.count("unknown") == before.count("unknown"), "unknown stays unknown at every hour"
    assert "预计 336 小时后" in page.inner_text("#map-status")


def test_the_wall_covers_itself_when_the_server_stops(
    page: Any, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wall.SILENT_MS <= 30_000
    monkeypatch.setattr(stream, "BEAT_S", 0.3)
    page.goto("/wall?lane=live")
    page.wait_for_selector("#cover[data-heard]", state="attached")
    assert not page.is_visible("#cover")
    page.evaluate("document.getElementById('cover').dataset.silentMs = 2000")
    served.stop()
    page.wait_for_selector("#cover >> text=没有收到服务器消息")
    assert "画面不可信" in page.inner_text("#cover")


@pytest.mark.parametrize(
    "fault", ["Date.now = () => 1e12", "const at = Date.now(); Date.now = () => at"], ids=["jump", "halt"]
)
def test_the_wall_covers_itself_when_its_clock_is_wrong(page: Any, fault: str) -> None:
    assert wall.JUMP_MS <= 30_000
    page.goto("/wall?lane=live")
    page.wait_for_selector("#cover[data-heard]", state="attached")
    page.evaluate("document.getElementById('cover').dataset.jumpMs = 1500")
    assert not page.is_visible("#cover")
    page.evaluate(fault)
    page.wait_for_selector("#cover >> text=本机时钟")


def test_without_the_database_the_wall_says_so_and_comes_back(console: Console, page: Any) -> None:
    page.goto("/wall?lane=live")
    page.wait_for_selector("#cover[data-heard]", state="attached")
    console.database.stop()
    page.wait_for_selector("#cover >> text=数据库不可用")
    console.database.start()
    page.wait_for_selector("#cover", state="hidden", timeout=3 * PATIENCE)


def test_the_head_of_the_wall_leaves_the_screen_to_what_breaks(page: Any) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/wall?lane=drill:b")
    page.wait_for_selector(".wall-incidents")
    assert page.locator(".wall-head").bounding_box()["height"] < 1080 / 6


@pytest.mark.parametrize(
    "path", ["/?lane=live", "/map?lane=live", "/map?lane=live&view=table", "/wall?lane=live", "/map?lane=drill:b"]
)
def test_nothing_serious_stands_in_the_way_of_anybody(page: Any, path: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # the package brings no types

    page.goto(path)
    page.wait_for_load_state("load")
    if path.startswith("/map") and "table" not in path:
        page.wait_for_selector("#map[data-ready]")
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found] == []


def test_a_chain_of_two_thousand_places_is_drawn(console: Console, page: Any) -> None:
    chain = generate_chain(2000, 1)
    _put_chain(console, chain)
    page.goto("/map?lane=live")
    page.wait_for_selector("#map[data-ready]", timeout=3 * PATIENCE)
    assert len(page.get_attribute("#map", "data-shown").split(",")) == 2000
    page.mouse.move(500, 500)
    page.mouse.down()
    page.mouse.move(700, 560, steps=5)
    page.mouse.up()
    page.mouse.wheel(0, -400)


def _put_chain(console: Console, chain: Chain) -> None:
    with psycopg.connect(console.database.url, autocommit=True) as c:
        write_chain(c, chain)
        c.execute("UPDATE lane SET chain = %s WHERE lane = 'live'", (chain.id,))
