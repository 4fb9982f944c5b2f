"""Overview, map and wall tell what the tables say: what is open, what is unknown, how old it is; to whom it concerns, and to no other."""

import threading
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from schemas.level import Level
from services.console.access.person import Role
from services.console.chart.drawn import DrawnMap
from services.console.chart.map_chain import MapChain
from services.console.chart.overview import Overview
from services.console.look import Outlook
from services.console.reading.lane import lanes
from services.console.shared import KEPT_S, Shared
from services.runtime.clock import ManualClock
from tests.boards.conftest import NOW
from tests.console.conftest import Console


def test_the_overview_tells_what_is_open_and_who_is_at_it(console: Console) -> None:
    text = console.client(Role.VIEWER).get("/?lane=live").text
    for said in (
        "秦皇岛港",
        "断供",
        "大秦铁路",
        "已到限" if "已到限" in text else "小时",
        "是否会商",
        "链长",
        "数据截至",
        "任务逾期",
    ):
        assert said in text
    assert '/incidents/ep-live?lane=live"' in text
    assert '/map?lane=live&amp;incident=ep-live"' in text or '/map?lane=live&incident=ep-live"' in text


def test_what_was_judged_long_ago_or_never_is_unknown(console: Console) -> None:
    found = _overview(console)
    assert found.counts[Level.NORMAL.value] == 0
    assert found.counts[Level.RED.value] == 1
    assert found.counts[Level.UNKNOWN.value] + found.counts["unjudged"] == found.places - 1
    stale = next(place for place in found.blind if place.node == "D_CST")
    assert stale.why_zh == "超过 7 小时没有研判"


def test_data_alarms_stand_apart_and_muted_warnings_do_not_vanish(console: Console) -> None:
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute(
            """INSERT INTO alert (lane, chain, node, product, hazard, episode, sequence, state, level, opened_at, as_of, known_at, headline_zh,
            headline_en, reason_zh, reason_en, path, muted_by, interrupts)
            SELECT lane, chain, 'M_SW', 'raw_coal', h, 'ep-' || h, 1, state, 'yellow', opened_at, %s, known_at, '', '', '', '', '{}', m, i
            FROM alert, (VALUES ('silent', '', '{duty}'::text[]), ('blocked', 'command-1', '{}')) v(h, m, i) WHERE lane = 'live'""",
            (NOW,),
        )
    found = _overview(console)
    assert [i.hits[0].hazard for i in found.data] == ["silent"]
    assert [i.hits[0].hazard for i in found.muted] == ["blocked"]
    assert [i.hits[0].node for i in found.goods] == ["P_QHD"]
    assert (found.pages_day, found.is_flooded) == (1, False)


def test_a_lane_hears_nothing_of_another(console: Console) -> None:
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute("UPDATE alert SET state = 'closed' WHERE lane = 'live'")
    client = console.client(Role.VIEWER)
    assert "没有未解除的预警" in client.get("/?lane=live").text
    drill = client.get("/?lane=drill:b").text
    assert "没有未解除的预警" not in drill
    assert "【演练】" in drill


def test_the_map_comes_in_two_parts_that_fit(console: Console) -> None:
    client = console.client(Role.VIEWER)
    state = msgspec.json.decode(client.get("/api/v1/map/state?lane=live").content, type=DrawnMap)
    answer = client.get(f"/api/v1/map/chain?lane=live&version={state.version}")
    chain = msgspec.json.decode(answer.content, type=MapChain)
    assert "immutable" in answer.headers["cache-control"]
    assert len(chain.nodes) == len(state.spots)
    spot = state.spots[next(i for i, n in enumerate(chain.nodes) if n.id == "P_QHD")]
    assert (spot.level, spot.incidents, spot.open, spot.overdue) == ("red", ["ep-live"], 1, 1)
    assert client.get("/api/v1/map/chain?lane=live&version=none").status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/overview", "/map", "/map?view=table", "/map/table", "/wall", "/wall/part", "/map/node/P_QHD"]
)
def test_pages_answer_in_both_languages(console: Console, path: str) -> None:
    client = console.client(Role.VIEWER)
    assert client.get(path).status_code == 200
    client.cookies.set("language", "en")
    assert "情况不明" not in client.get(path).text


@pytest.mark.parametrize(
    "path",
    ["/", "/map", "/wall", "/stream", "/api/v1/overview", "/api/v1/map/state", "/api/v1/map/chain", "/map/node/P_QHD"],
)
def test_nobody_sees_a_foreign_chain(console: Console, path: str) -> None:
    answer = console.client(Role.VIEWER, chains=frozenset({"other"})).get(f"{path}?lane=live")
    assert answer.status_code == 404
    assert "秦皇岛港" not in answer.text


@pytest.mark.parametrize("path", ["/", "/map", "/wall", "/map?view=table"])
def test_without_chain_and_lane_pages_say_that_nothing_is_known(bare: Console, path: str) -> None:
    answer = bare.client(Role.VIEWER).get(path)
    assert answer.status_code == 200
    assert "情况不明" in answer.text


def test_the_panel_of_a_place_names_cause_and_plan_and_refuses_a_stranger(console: Console) -> None:
    client = console.client(Role.VIEWER)
    text = client.get("/map/node/P_QHD?lane=live").text
    for said in ("大秦铁路", "缺煤", "是否会商", "/incidents/ep-live", "/nodes/ordos/P_QHD"):
        assert said in text
    assert client.get("/map/node/GHOST?lane=live").status_code == 404


def test_the_table_says_the_same_in_lines_and_filters(console: Console) -> None:
    client = console.client(Role.VIEWER)
    red = client.get("/map/table?lane=live&level=red").text
    assert ("秦皇岛港" in red, "沿海电厂" in red) == (True, False)
    unknown = client.get("/map/table?lane=live&level=unknown").text
    assert ("沿海电厂" in unknown, "情况不明" in unknown) == (True, True)


def test_a_burst_of_questions_is_answered_by_few_readings_and_never_by_an_older_one() -> None:
    shared: Shared[int] = Shared()
    readings, gate, entered = [0], threading.Event(), threading.Event()

    def read() -> int:
        readings[0] += 1
        entered.set()
        gate.wait(10)
        return readings[0]

    answers: list[int] = []
    first = threading.Thread(target=lambda: answers.append(shared.get("k", read)))
    first.start()
    assert entered.wait(10)
    late = [threading.Thread(target=lambda: answers.append(shared.get("k", read))) for _ in range(20)]
    for thread in late:
        thread.start()
    gate.set()
    for thread in [first, *late]:
        thread.join(10)
    assert len(answers) == 21
    assert answers.count(1) == 1, "who asked while the first reading was under way gets a later one"
    assert readings[0] <= 3


def test_a_look_is_kept_until_a_change_is_told_or_it_grows_old(console: Console) -> None:
    stamps: list[tuple[int, int] | None] = [(1, 0)]
    clock = ManualClock(NOW)
    outlook = Outlook(console.shell.shelf, clock, lambda _: stamps[0])
    lane = next(each for each in lanes(console.shell.shelf) if each.name == "live")
    first = outlook.at(lane)
    assert outlook.at(lane) is first
    stamps[0] = (1, 1)
    second = outlook.at(lane)
    assert second is not first
    clock.advance(timedelta(seconds=KEPT_S))
    third = outlook.at(lane)
    assert third is not second
    stamps[0] = None
    assert outlook.at(lane) is not third, "where nobody listens nothing is kept"


def _overview(console: Console, **more: Any) -> Overview:
    answer = console.client(Role.VIEWER, **more).get("/api/v1/overview?lane=live")
    return msgspec.json.decode(answer.content, type=Overview)
