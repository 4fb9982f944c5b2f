"""Persons' paths in a real browser: from the overview to cause and plan in three clicks; acknowledge, approve and finish at phone width."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from schemas.level import Level
from tests.console.conftest import PASSWORD
from tests.console.test_obeyed import NOW, Stages

EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


@pytest.fixture
def stages(console: Any) -> Iterator[Stages]:
    with psycopg.connect(console.database.url, autocommit=True, options="-c timezone=UTC") as connection:
        yield Stages(console, connection)


def enter(browser: Any, address: str, name: str, size: dict[str, int]) -> Any:
    """Sign in as a person does, on a screen of a size."""
    page = browser.new_context(viewport=size).new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{address}/login")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector("nav")
    return page


def fits(page: Any) -> bool:
    """No part of the page stands beyond its right edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_duty_officer_comes_to_cause_and_plan_in_three_clicks_and_sees_it_change(
    console: Any, stages: Stages, served: Callable[[], str], browser: Any
) -> None:
    alert = stages.judge(Level.ORANGE)
    console.client("duty")
    page = enter(browser, served(), "duty", DESK)
    page.goto(f"{served()}/?lane=live")
    page.click(f"a[href*='/incidents/{alert.incident}']")
    assert "大秦铁路" in page.inner_text("#why")
    page.click("#tasks a:has-text('煤炭保供应急预案')")
    assert "煤炭保供应急预案" in page.inner_text("h1")
    assert "电话核实" in page.inner_text("#steps-title ~ ol")

    page.goto(f"{served()}/incidents/{alert.incident}?lane=live")
    page.wait_for_selector(".chart canvas")
    page.click("details.act > summary:has-text('记录处置')")
    page.fill("details.act[open] textarea", EVIL)
    page.click("details.act[open] button")
    page.wait_for_selector("#order")
    begun = time.monotonic()
    stages.obey()
    page.wait_for_selector("#timeline :text('处置')")
    page.wait_for_selector("#order.order-done")
    assert (
        time.monotonic() - begun < 15
    )  # on a busy machine; how soon a change is told is measured by the stream's own tests
    assert "onerror" in page.inner_text("#timeline")
    assert page.title() != "owned"
    assert page.query_selector("#timeline img") is None


def test_manager_acknowledges_approves_and_finishes_a_task_at_phone_width(
    console: Any, stages: Stages, served: Callable[[], str], browser: Any
) -> None:
    alert = stages.judge(Level.ORANGE)
    console.client("manager")
    page = enter(browser, served(), "manager", PHONE)
    page.goto(f"{served()}/incidents/{alert.incident}?lane=live")
    assert fits(page)
    page.click("summary:has-text('确认接手')")
    page.fill("details.act[open] textarea", "已到场")
    page.click("details.act[open] button")
    page.wait_for_selector("#order")
    stages.obey()
    page.wait_for_selector("#order.order-done")

    page.goto(f"{served()}/tasks?lane=live&whose=all")
    assert fits(page)
    meet = f"#{stages.task('meet')}"
    page.click(f"{meet} summary:has-text('办结')")
    page.fill(f"{meet} textarea", "建议发布")
    page.click(f"{meet} details[open] button")
    page.wait_for_selector("#order")
    stages.obey()

    stages.answer(NOW - timedelta(minutes=30), "old")
    page.goto(f"{served()}/tasks?lane=live&whose=all")
    publish = f"#{stages.task('publish')}"
    assert "已过时" in page.inner_text(publish)
    stages.answer(NOW - timedelta(minutes=1), "fresh")
    page.reload()
    assert "已过时" not in page.inner_text(publish)
    page.click(f"{publish} summary:has-text('同意')")
    page.fill(f"{publish} input[name=document]", "鄂煤预警〔2026〕1号")
    page.click(f"{publish} details[open] button")
    page.wait_for_selector("#order")
    stages.obey()
    page.goto(f"{served()}/incidents/{alert.incident}?lane=live")
    assert "鄂煤预警〔2026〕1号" in page.inner_text(".official")


def test_pages_have_no_serious_barrier(console: Any, stages: Stages, served: Callable[[], str], browser: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # the package brings no types

    alert = stages.judge(Level.ORANGE)
    stages.answer(NOW - timedelta(minutes=30), "old")
    console.client("manager")
    page = enter(browser, served(), "manager", DESK)
    found = []
    for path in (f"/incidents/{alert.incident}", "/tasks", "/runs", "/runs/run-live", "/nodes/ordos/P_CFD", "/what-if"):
        page.goto(f"{served()}{path}?lane=live")
        wrong = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
        found += [(path, v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in wrong]
    assert found == []
