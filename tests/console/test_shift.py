"""Handing the watch over, and the papers: what the page says is what the sheet says; every step is a command and an entry of the audit log."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from services.console.access.person import Role
from services.console.reading.shift import duty_of
from tests.console.conftest import PASSWORD
from tests.projecting import Tables
from tests.walking import PHONE, hindrances, picture, signed_in


@pytest.fixture
def tables(console: Any) -> Iterator[Tables]:
    made = Tables(console.database.url, console.broker)
    yield made
    made.close()


def test_a_watch_is_taken_handed_over_with_words_and_taken_by_the_next(console: Any, tables: Tables) -> None:
    duty, manager = console.client(Role.DUTY), console.client(Role.MANAGER)
    assert "没有人在值" in duty.get("/shift").text
    assert duty.post("/shift/hand", data={"note": "x", "seen": "1"}).status_code == 422, "he holds no watch"
    assert duty.post("/shift/take", data={}).status_code == 422, "the open risks come first"
    assert duty.post("/shift/take", data={"seen": "1"}).status_code == 303
    tables.catch_up()
    assert "（我）" in duty.get("/shift/duty").text
    note = "秦皇岛<b>盯紧</b>"
    assert duty.post("/shift/hand", data={"note": note, "to": "李", "seen": "1"}).status_code == 303
    tables.catch_up()
    waiting = manager.get("/shift").text
    assert "尚无人接班" in waiting
    assert "秦皇岛&lt;b&gt;盯紧&lt;/b&gt;" in waiting
    manager.post("/shift/take", data={"seen": "1"})
    tables.catch_up()
    assert "尚无人接班" not in manager.get("/shift").text
    assert [c.kind for c in console.commands()] == ["shift.take", "shift.hand", "shift.take"]
    assert {e.note.subject for e in console.shell.store.entries() if e.note.action == "command"} == {
        "shift.take",
        "shift.hand",
    }


def test_the_page_says_what_is_open_due_changed_and_unknown(console: Any) -> None:
    text = console.client(Role.DUTY).get("/shift").text
    assert "断供风险" in text
    assert "是否会商" in text
    assert "✕ 逾期" in text
    assert "断报序列" in text
    assert console.client(Role.VIEWER).post("/shift/take", data={"seen": "1"}).status_code == 403
    assert console.client(Role.PROVIDER).get("/shift").status_code == 403


def test_the_page_speaks_english_where_it_was_chosen(console: Any) -> None:
    client = console.client(Role.DUTY)
    client.cookies.set("language", "en")
    text = client.get("/shift").text
    for words in ("Qinhuangdao port", "confer?", "overdue", "runs dry", "Ordos coal"):
        assert words in text, words
    for words in ("秦皇岛港", "是否会商", "断供风险", "小时"):
        assert words not in text, words


def test_without_a_lane_nothing_is_called_normal(bare: Any) -> None:
    assert "情况不明" in bare.client(Role.DUTY).get("/shift").text


def test_who_takes_twice_has_the_watch_since_the_first_time() -> None:
    def said(hour: int, kind: str, actor: str, **arguments: str) -> dict[str, Any]:
        at = datetime(2026, 1, 1, hour, tzinfo=UTC)
        return {"kind": kind, "actor": actor, "display": actor, "issued_at": at, "arguments": arguments}

    found = duty_of(
        [
            said(0, "shift.take", "a"),
            said(1, "shift.take", "b"),
            said(2, "shift.take", "a"),
            said(3, "shift.hand", "b", note="n"),
        ]
    )
    assert [(d.name, d.since.hour) for d in found.on_duty] == [("a", 0)]
    assert found.waiting is not None
    assert found.waiting.note == "n"


@pytest.mark.parametrize("kind", ["handover", "brief", "week", "month"])
def test_a_paper_is_made_on_request_listed_and_opened(console: Any, kind: str) -> None:
    client = console.client(Role.OFFICE)
    assert client.post("/papers", data={"kind": kind}).status_code == 303
    console.shell.press.wait()
    listed = client.get("/papers").text
    paper = listed.split('href="/papers/')[1].split(".pdf")[0]
    pdf, word = client.get(f"/papers/{paper}.pdf"), client.get(f"/papers/{paper}.docx")
    assert pdf.content.startswith(b"%PDF")
    assert word.content.startswith(b"PK")
    assert "attachment" in word.headers["content-disposition"]
    stranger = console.client(Role.OFFICE, chains=frozenset({"elsewhere"}))
    assert stranger.get(f"/papers/{paper}.pdf").status_code == 404
    assert paper not in stranger.get("/papers").text


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "diary"},
        {"kind": "week", "until": "tomorrow"},
        {"kind": "week", "until": "0001-01-01T00:00"},
        {"kind": "week", "until": "2126-01-01T00:00"},
        {"kind": "week", "since": "2020-01-01T00:00", "until": "2026-01-01T00:00"},
        {"kind": "week", "chain": "other"},
    ],
)
def test_a_senseless_period_is_refused(console: Any, given: dict[str, str]) -> None:
    assert console.client(Role.OFFICE).post("/papers", data=given).status_code == 422


def test_a_paper_that_cannot_be_made_says_why(console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.console.actions import press
    from services.runtime.errors import ConfigurationError

    def without_font(_document: object) -> bytes:
        raise ConfigurationError("没有中文字体 / no Chinese font")

    monkeypatch.setattr(press, "as_pdf", without_font)
    client = console.client(Role.OFFICE)
    client.post("/papers", data={"kind": "brief"})
    console.shell.press.wait()
    assert "没有中文字体" in client.get("/papers/list").text


def test_an_officer_takes_the_watch_and_makes_the_sheet_in_a_browser(
    console: Any, tables: Tables, served: Any, browser: Any
) -> None:
    console.account("duty", Role.DUTY, display="值班员 王")
    page = signed_in(browser, served(), "duty", PASSWORD)
    page.goto(f"{served()}/shift")
    assert hindrances(page) == []
    page.check("#take-seen")
    page.click("#take")
    page.wait_for_url("**/shift?lane=live")
    tables.catch_up()
    page.goto(f"{served()}/shift")
    page.wait_for_selector("textarea[name=note]")
    picture(page, "shift")
    page.click("text=出交接班单")
    page.wait_for_selector("a:has-text('PDF')", timeout=60_000)
    picture(page, "papers")
    assert hindrances(page) == []
    page.set_viewport_size(PHONE)
    page.goto(f"{served()}/shift")
    picture(page, "shift-phone")
