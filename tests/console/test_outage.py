"""With the database away pages say so, and come back by themselves."""

from collections.abc import Callable
from typing import Any

from services.console.access.person import Role
from tests.console.conftest import PASSWORD


def test_an_open_browser_is_told_of_the_outage_and_sees_its_page_again_without_doing_anything(
    console: Any, browser: Any, served: Callable[[], str]
) -> None:
    console.account("wang", Role.DUTY)
    page = browser.new_page()
    page.goto(f"{served()}/login?next=/account")
    page.fill("input[name=name]", "wang")
    page.fill("input[name=password]", PASSWORD)
    page.click("form[action='/login'] button[type=submit]")
    page.wait_for_selector("text=值班员")
    console.database.stop()
    page.reload()
    page.wait_for_selector("text=数据库不可用")
    console.database.start()
    page.wait_for_selector("text=值班员", timeout=30_000)


def test_programs_and_parts_of_pages_are_told_as_well(bare: Any) -> None:
    client = bare.client(Role.DUTY)
    bare.database.stop()
    told = client.get("/api/v1/me")
    part = client.get("/account", headers={"HX-Request": "true"})
    entrance = client.post("/login", data={"name": "duty", "password": PASSWORD, "csrf": "x"})
    bare.database.start()
    assert (told.status_code, told.json()["error"]["status"]) == (503, 503)
    assert (part.status_code, "<html" in part.text) == (503, False)
    assert entrance.status_code == 403
    assert client.get("/api/v1/me").status_code == 200


def test_an_order_that_the_broker_did_not_take_is_told_as_not_done(bare: Any) -> None:
    client = bare.client(Role.DUTY)
    bare.broker.is_away = True
    answer = client.post("/api/v1/commands", json={"kind": "alert.act", "arguments": {"episode": "e"}})
    assert answer.status_code == 503
    assert "没有发出" in answer.json()["error"]["zh"]
