"""Walks through the console in a real browser: sign in as a person does, look for what hinders people, keep pictures when asked to."""

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PICTURES = "LIANJING_TEST_PICTURES"
"""Names a folder to which the walks write what they saw."""
_SERIOUS = {"serious", "critical"}


def signed_in(browser: Any, address: str, name: str, password: str, size: dict[str, int] | None = None) -> Any:
    """A page of somebody who has signed in by the form; every question is answered with yes."""
    page = browser.new_page(viewport=size or DESK, locale="zh-CN")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{address}/login")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def hindrances(page: Any) -> list[str]:
    """Serious violations that axe-core finds on a page. The watermark is decoration behind the words, hidden from readers."""
    found = Axe().run(page, context={"exclude": [[".watermark"]]}).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found if v["impact"] in _SERIOUS]


def picture(page: Any, name: str) -> None:
    """Keep what is seen, if a folder for pictures is named."""
    folder = os.environ.get(PICTURES)
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
