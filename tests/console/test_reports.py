"""接报登记 by the front door: the form, what it orders, what it refuses with which words, the list, and later words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from msgspec import structs

from schemas.command import Command
from schemas.report import EventReport
from services.console.reading.telephone import State, arranged, state_of
from tests.boards.conftest import NOW
from tests.console.test_incident import nonce_of, only

EVENT = {
    "where": "大秦铁路 [R_DQ]",
    "kind": "closure",
    "left": "0",
    "earliest_h": "6",
    "likely_h": "24",
    "latest_h": "72",
    "source": "大秦线调度",
    "caller": "王调度 0351-1",
}
STOCK = {"where": "P_QHD", "value": "48.5", "unit": "万吨", "source": "秦皇岛港", "caller": "李值班", "verified": "yes"}
_WORD = """INSERT INTO observation (observed_at, issued_at, known_at, value, lane_id, series_id, source_id, quality, detail)
SELECT %s, %s, %s, %s, (SELECT lane_id FROM lane WHERE lane = 'live'), series_id, 1, %s, %s::jsonb FROM series WHERE series = %s"""
_REFUSED = """INSERT INTO rejection (rejection_id, lane, source, reason, field, given, wanted, origin, known_at, raw)
VALUES ('t1', 'live', 'telephone', 'implausible', 'left', '3', '0 至 1 的数', 'command:bad', %s, %s)"""


def report(**changes: Any) -> EventReport:
    """A closure of the Daqin line, told two hours ago, likely over in 22 hours."""
    begun = NOW - timedelta(hours=2)
    fields: dict[str, Any] = {
        "event": "c1",
        "command": "c1",
        "target": "node",
        "place": "R_DQ",
        "kind": "closure",
        "left": 0.0,
        "begun_at": begun,
        "told_at": begun,
        "earliest_at": begun + timedelta(hours=6),
        "likely_at": begun + timedelta(hours=24),
        "latest_at": begun + timedelta(hours=72),
        "due_at": begun + timedelta(hours=19),
        "source": "大秦线调度",
        "caller": "王调度",
        "officer": "duty",
    }
    return EventReport(**(fields | changes))


def tell(console: Any, told: EventReport, first: EventReport | None = None) -> None:
    """What intake and ingest make of a report, straight into the tables."""
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute("SELECT observation_partition(%s)", (told.told_at,))
        seen = (first or told).told_at
        detail = msgspec.json.encode(told).decode()
        c.execute(_WORD, (seen, told.told_at, told.told_at, told.left, 0, detail, "hazard.report.ordos"))


def fill(client: Any, path: str, page: str = "/report?lane=live", **fields: str) -> Any:
    return client.post(path, data={"nonce": nonce_of(client.get(page).text), **fields})


def test_an_event_is_ordered_with_all_that_was_told(console: Any) -> None:
    client = console.client("duty")
    answer = fill(client, "/report/event?lane=live", **EVENT)
    command = only(console)
    assert answer.headers["location"] == f"/reports-in?lane=live&sent={command.command_id}"
    assert (command.kind, command.lane, command.actor) == ("report.event", "live", "duty")
    assert command.arguments == {
        "action": "add",
        "node": "R_DQ",
        "kind": "closure",
        "left": "0",
        "earliest_h": "6",
        "likely_h": "24",
        "latest_h": "72",
        "source": "大秦线调度",
        "caller": "王调度 0351-1",
        "verified": "no",
    }


def test_what_the_form_orders_is_what_intake_takes(console: Any) -> None:
    """The console and intake agree on the names and forms of arguments."""
    from services.intake.telephone.event import event_of
    from services.intake.telephone.stock import stock_row
    from services.runtime.assets import asset_path
    from services.runtime.chain import load_chain

    client, chain = console.client("duty"), load_chain(asset_path("deploy/config/chains/ordos"))
    fill(
        client,
        "/report/event?lane=live",
        **(EVENT | {"begun_at": "2026-02-11T20:00", "note": "塌方", "verified": "yes"}),
    )
    fill(client, "/report/stock?lane=live", "/report?lane=live&tab=stock", **STOCK)
    event, stock = console.commands()
    assert event_of(event, None, chain, NOW).begun_at == datetime(2026, 2, 11, 12, tzinfo=UTC)
    assert stock_row(stock, chain, NOW, NOW).series == "stock.P_QHD.steam_coal"


WHERE: list[tuple[str, dict[str, str]]] = [
    ("R_DQ", {"node": "R_DQ"}),
    ("大秦铁路", {"node": "R_DQ"}),
    ("伊金霍洛旗（全域", {"area": "150627"}),
    ("150627", {"area": "150627"}),
    ("R_DQ:P_QHD:steam_coal", {"link": "R_DQ:P_QHD:steam_coal"}),
]


def test_part_of_a_name_is_enough(console: Any) -> None:
    client = console.client("duty")
    for where, arguments in WHERE:
        fill(client, "/report/event?lane=live", **(EVENT | {"where": where}))
        told = console.commands()[-1].arguments
        assert {k: told.get(k) for k in arguments} == arguments
    assert len(console.commands()) == len(WHERE)


WRONG: list[tuple[dict[str, str], str]] = [
    ({"where": ""}, "请填写哪里"),
    ({"where": "大秦線"}, "没有唯一的地点"),
    ({"where": "煤矿"}, "没有唯一的地点"),
    ({"kind": "meteor"}, "请选择事件类型"),
    ({"left": "120"}, "应为 0 至 100"),
    ({"likely_h": "200"}, "最早 ≤ 最可能 ≤ 最晚"),
    ({"latest_h": "soon"}, "应为 0 至 8760"),
    ({"caller": ""}, "请填写来电人"),
    ({"begun_at": "yesterday"}, "应如 2026"),
]


def test_a_wrong_form_comes_back_filled_in_with_what_would_be_right(console: Any) -> None:
    client = console.client("duty")
    for changes, words in WRONG:
        answer = fill(client, "/report/event?lane=live", **(EVENT | changes))
        assert answer.status_code == 422, changes
        assert words in answer.text
        assert "大秦线调度" in answer.text
    assert not console.commands()


def test_a_stock_is_ordered_in_the_unit_that_was_told(console: Any) -> None:
    fill(console.client("duty"), "/report/stock?lane=live", "/report?lane=live&tab=stock", **STOCK)
    command = only(console)
    assert command.kind == "report.stock"
    told = command.arguments
    assert (told["node"], told["product"], told["value"], told["unit"]) == ("P_QHD", "steam_coal", "48.5", "万吨")


def test_only_the_duty_officer_enters(console: Any) -> None:
    for role in ("viewer", "manager", "office", "drill", "analyst", "provider", "administrator"):
        client = console.client(role)
        assert client.get("/report?lane=live").status_code == 403
        assert client.post("/report/event?lane=live", data={"nonce": "a" * 32, **EVENT}).status_code == 403
        assert client.post("/reports-in/c1?lane=live", data={"nonce": "a" * 32, "deed": "end"}).status_code == 403
    assert not console.commands()


def test_a_foreign_chain_is_not_told_of(console: Any) -> None:
    tell(console, report())
    client = console.client("duty", chains=frozenset({"elsewhere"}))
    for path in ("/reports-in?lane=live", "/reports-in/c1?lane=live", "/report?lane=live"):
        assert client.get(path).status_code == 404, path


def test_a_form_without_its_proof_is_refused(console: Any) -> None:
    client = console.client("duty")
    del client.headers["X-CSRF-Token"]
    assert client.post("/report/event?lane=live", data={"nonce": "a" * 32, **EVENT}).status_code == 403
    assert not console.commands()


def test_the_list_tells_what_wants_a_word_first(console: Any) -> None:
    tell(console, report())
    tell(
        console,
        report(
            event="c2", command="c2", place="P_QHD", told_at=NOW - timedelta(hours=3), due_at=NOW - timedelta(hours=1)
        ),
    )
    tell(
        console,
        report(
            event="c3", command="c3", place="P_JT", told_at=NOW - timedelta(hours=4), likely_at=NOW - timedelta(hours=1)
        ),
    )
    text = console.client("viewer").get("/reports-in?lane=live").text
    assert text.index("到期未更新") < text.index("待更新") < text.index("进行中")
    assert "大秦铁路" in text
    assert "未核实" in text


def test_an_event_page_tells_all_words_and_orders_later_ones(console: Any) -> None:
    first = report()
    tell(console, first)
    tell(
        console,
        structs.replace(first, command="c2", left=0.4, told_at=NOW - timedelta(hours=1), note="单线恢复"),
        first,
    )
    client = console.client("duty")
    page = "/reports-in/c1?lane=live"
    text = client.get(page).text
    assert "40 %" in text
    assert "单线恢复" in text
    assert fill(client, "/reports-in/c1?lane=live", page, deed="revise", left="70", verified="yes").status_code == 303
    assert fill(client, "/reports-in/c1?lane=live", page, deed="verify").status_code == 303
    assert fill(client, "/reports-in/c1?lane=live", page, deed="end").status_code == 303
    revised, verified, ended = (c.arguments for c in console.commands())
    assert revised == {"action": "revise", "event": "c1", "left": "0.7", "verified": "yes"}
    assert verified == {"action": "revise", "event": "c1", "verified": "yes"}
    assert ended == {"action": "end", "event": "c1"}


def test_what_is_ended_takes_no_word(console: Any) -> None:
    tell(console, report(is_ended=True))
    client = console.client("duty")
    assert client.post("/reports-in/c1?lane=live", data={"nonce": "a" * 32, "deed": "end"}).status_code == 409


def test_a_refused_report_says_why_and_is_filled_in_again(console: Any) -> None:
    told = Command(
        command_id="bad",
        lane="live",
        kind="report.event",
        actor="duty",
        reason="",
        issued_at=NOW,
        arguments={"action": "add", "node": "R_DQ", "kind": "closure", "left": "3", "source": "调度", "caller": "王"},
    )
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute(_REFUSED, (NOW, msgspec.json.encode(told)))
    client = console.client("duty")
    text = client.get("/reports-in/fate/bad?lane=live").text
    assert "未接收" in text
    assert "0 至 1 的数" in text
    again = client.get("/report?lane=live&again=bad").text
    assert 'value="R_DQ"' in again
    assert 'value="300"' in again


def test_the_fate_of_a_report_is_waited_for(console: Any) -> None:
    client = console.client("duty")
    assert "等待接收" in client.get("/reports-in/fate/c1?lane=live").text
    tell(console, report())
    assert "已登记" in client.get("/reports-in/fate/c1?lane=live").text


def test_names_and_words_of_people_are_shown_as_text(console: Any) -> None:
    tell(console, report(caller="<script>alert(1)</script>", note="<img src=x onerror=alert(1)>"))
    client = console.client("duty")
    for path in ("/reports-in?lane=live", "/reports-in/c1?lane=live"):
        text = client.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_pages_are_served_in_both_languages(console: Any) -> None:
    tell(console, report())
    client = console.client("duty")
    for path in (
        "/report",
        "/report?tab=stock",
        "/reports-in",
        "/reports-in/c1",
        "/reports-in/c1/affected",
        "/reports-in/list",
    ):
        for language in ("zh", "en"):
            client.cookies.set("language", language)
            assert client.get(path).status_code == 200, path


def test_pages_of_places_and_incidents_tell_of_it(console: Any) -> None:
    tell(console, report())
    later = NOW - timedelta(hours=1)
    tell(console, report(event="c2", command="c2", place="130302", target="area", kind="weather", told_at=later))
    client = console.client("duty")
    for path, there in (
        ("/nodes/ordos/R_DQ", "封闭停运"),
        ("/nodes/ordos/P_QHD", "恶劣天气"),
        ("/incidents/ep-live", "封闭停运"),
    ):
        text = client.get(f"{path}?lane=live").text
        assert "电话接报" in text, path
        assert there in text, path
    assert "/report?lane=live&amp;node=R_DQ" in client.get("/nodes/ordos/R_DQ?lane=live").text
    assert "电话接报" not in client.get("/nodes/ordos/M_HQH?lane=live").text


def test_programs_read_the_same(console: Any) -> None:
    tell(console, report())
    client = console.client("duty")
    (event,) = client.get("/api/v1/reports?lane=live").json()
    assert (event["event"], event["state"], event["place"], event["is_verified"]) == ("c1", "open", "R_DQ", False)
    assert client.get("/api/v1/reports/fate/c1?lane=live").json() == {"state": "accepted", "event": "c1", "wanted": ""}
    assert client.get("/api/v1/reports/fate/none?lane=live").json()["state"] == "waiting"
    assert client.get("/api/v1/reports?lane=replay:none").status_code == 404


STATES: list[tuple[dict[str, Any], State]] = [
    ({}, State.OPEN),
    ({"due_at": NOW}, State.DUE),
    ({"likely_at": NOW}, State.OVERDUE),
    ({"likely_at": NOW, "is_ended": True}, State.ENDED),
    ({"likely_at": NOW - timedelta(days=300), "latest_at": NOW - timedelta(days=290)}, State.OVERDUE),
]


@pytest.mark.parametrize(("changes", "state"), STATES)
def test_an_event_never_ends_by_the_clock(changes: dict[str, Any], state: State) -> None:
    assert state_of(report(**changes), NOW) is state


def test_old_ended_events_are_left_out() -> None:
    old = report(is_ended=True, told_at=NOW - timedelta(days=15))
    assert not arranged([old], NOW)
    assert arranged([structs.replace(old, is_ended=False)], NOW)
