"""Incident, task, run, place and what-if pages by the front door: what is shown, what is ordered, what is refused with which words."""

import re
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from schemas.command import Command
from services.console.routes.incident import FIRST

INCIDENT = "/incidents/ep-live?lane=live"


def nonce_of(text: str) -> str:
    """The nonce that a page puts into its forms."""
    found = re.search(r'name="nonce" value="([0-9a-f]+)"', text)
    assert found is not None
    return found.group(1)


def sent(client: Any, page: str, path: str, **fields: str) -> Any:
    """Fill in a form of a page and send it."""
    text = client.get(page).text
    return client.post(path, data={"nonce": nonce_of(text), "back": page, **fields})


def only(console: Any) -> Command:
    """The one command that was ordered."""
    (command,) = console.commands()
    assert isinstance(command, Command)
    return command


def test_incident_tells_what_where_how_long_and_how_sure(console: Any) -> None:
    text = console.client("duty").get(INCIDENT).text
    for words in (
        "秦皇岛港",
        "动力煤 断供",
        "系统研判",
        "正式预警",
        "未发布",
        "无人接手",
        "60 小时",
        "90%",
        "大秦铁路",
    ):
        assert words in text, words


def test_a_long_story_begins_short_and_goes_on_by_request(console: Any) -> None:
    with psycopg.connect(console.database.url) as connection:
        connection.execute(
            b"INSERT INTO run_event (run_id, lane, step, kind, sequence, at, text_zh, text_en) SELECT run_id, lane, 'much', 'noted', n, started_at, "
            b"'second ' || n, 'second ' || n FROM run CROSS JOIN generate_series(1, 90) n WHERE run_id = 'run-live'"
        )
    client = console.client("duty")
    text = client.get(INCIDENT).text
    assert text.count("noun-run") <= FIRST["timeline"]
    assert 'id="more-timeline"' in text
    whole = client.get("/incidents/ep-live/timeline?lane=live&shown=300").text
    assert whole.count("noun-run") >= 90
    assert 'name="shown" value="300"' in whole, "a refresh asks for as many again"
    assert 'id="more-timeline"' not in whole


def test_the_gravest_run_comes_first_however_old(console: Any) -> None:
    with psycopg.connect(console.database.url) as connection:
        for name, level, hours in (("run-red", "red", -24), ("run-blue", "blue", 1), ("run-yellow", "yellow", 2)):
            connection.execute(
                "INSERT INTO run SELECT (jsonb_populate_record(r, jsonb_build_object('run_id', %s::text, 'episode', 'ep-' || %s, 'level', %s::text, "
                "'started_at', r.started_at + make_interval(hours => %s)))).* FROM run r WHERE run_id = 'run-live'",
                (name, name, level, hours),
            )
    text = console.client("duty").get("/runs?lane=live").text
    listed = re.findall(r'href="/runs/(run-[a-z]+)\?', text)
    assert [name for name in listed if name != "run-live"] == ["run-red", "run-yellow", "run-blue"]


def test_pages_are_served_in_both_languages(console: Any) -> None:
    client = console.client("duty")
    for path in ("/tasks", "/runs", "/runs/run-live", "/nodes/ordos/P_QHD", "/nodes/ordos/M_HQH", "/what-if"):
        for language in ("zh", "en"):
            client.cookies.set("language", language)
            assert client.get(f"{path}?lane=live").status_code == 200, path


def test_acknowledging_orders_with_an_end_in_lane_time(console: Any) -> None:
    client = console.client("duty")
    answer = sent(
        client, INCIDENT, "/incidents/ep-live/acknowledge?lane=live", episode="ep-live", hours="4", comment="已联系铁路"
    )
    assert answer.status_code == 303
    command = only(console)
    assert (command.kind, command.actor, command.reason) == ("alert.acknowledge", "duty", "已联系铁路")
    assert command.arguments["episode"] == "ep-live"
    assert command.arguments["until"].startswith("2026-02-12T04:0")


def test_sending_a_form_twice_orders_once(console: Any) -> None:
    client = console.client("duty")
    nonce = nonce_of(client.get(INCIDENT).text)
    form = {"nonce": nonce, "back": INCIDENT, "episode": "ep-live", "comment": "调车"}
    for _ in range(2):
        assert client.post("/incidents/ep-live/act?lane=live", data=form).status_code == 303
    assert len(console.commands()) == 1


SENSELESS = [
    ("/incidents/ep-live/acknowledge", {"episode": "ep-live", "hours": "900", "comment": "x"}, 422, "应为 0.25 至 72"),
    ("/incidents/ep-live/acknowledge", {"episode": "ep-live", "comment": " "}, 422, "请填写说明"),
    ("/incidents/ep-live/act", {"episode": "ep-else", "comment": "x"}, 404, "没有这个险情"),
    ("/incidents/ep-live/act", {"episode": "ep-live", "comment": "x" * 1001}, 422, "至多 1000 个"),
    ("/tasks/task-live/done", {"result": "x"}, 422, "这是请示"),
    ("/tasks/task-none/done", {"result": "x"}, 404, "没有这项任务"),
    ("/runs/run-live/respond", {"level": "V", "reason": "x"}, 422, "响应级别"),
    ("/runs/run-live/lift", {"reason": "x"}, 409, "没有生效的正式预警或响应"),
    ("/runs/run-live/undo", {"step": "nope", "reason": "x"}, 422, "该步骤未启动"),
    ("/runs", {"playbook": "nope", "node": "P_QHD", "reason": "x"}, 422, "没有预案"),
    ("/what-if", {"place": "node", "node": "NOPE"}, 422, "没有环节"),
    ("/what-if", {"place": "area", "area": "15x"}, 422, "区划"),
    ("/what-if", {"place": "node", "node": "R_DQ", "left": "-1"}, 422, "剩余能力"),
]
FORBIDDEN = [
    ("viewer", "/incidents/ep-live/acknowledge", {"episode": "ep-live", "comment": "x"}),
    ("duty", "/incidents/ep-live/approve", {"episode": "ep-live", "comment": "x"}),
    ("duty", "/tasks/task-live/approve", {}),
    ("analyst", "/tasks/task-live/done", {"result": "x"}),
    ("viewer", "/what-if", {"place": "node", "node": "R_DQ"}),
]


def test_senseless_orders_are_refused_with_words(console: Any) -> None:
    client = console.client("duty")
    for path, fields, status, words in SENSELESS:
        answer = sent(client, INCIDENT, f"{path}?lane=live", **fields)
        assert (answer.status_code, words in answer.text) == (status, True), (path, fields, answer.text[-600:])
    assert console.commands() == []


def test_who_may_not_is_told_so(console: Any) -> None:
    for role, path, fields in FORBIDDEN:
        answer = console.client(role).post(f"{path}?lane=live", data={"nonce": "a" * 32, **fields})
        assert answer.status_code == 403, (role, path)
    assert console.commands() == []


def test_a_foreign_chain_is_not_there(console: Any) -> None:
    client = console.client("duty", chains=frozenset({"elsewhere"}))
    for path in ("/incidents/ep-live", "/runs/run-live", "/nodes/ordos/P_QHD", "/what-if"):
        assert client.get(f"{path}?lane=live").status_code == 404
    form = {"nonce": "a" * 32, "episode": "ep-live", "comment": "x"}
    assert client.post("/incidents/ep-live/act?lane=live", data=form).status_code == 404
    assert console.commands() == []


def test_places_of_chains_not_to_be_seen_are_masked_in_a_path(console: Any) -> None:
    with psycopg.connect(console.database.url, autocommit=True) as c:
        c.execute(
            "INSERT INTO chain (chain, version, name_zh, name_en, valid_from, document, is_current) "
            "SELECT 'other', version, name_zh, name_en, valid_from, %s, true FROM chain WHERE chain = 'ordos' LIMIT 1",
            (Jsonb({"nodes": [{"id": "SECRET", "name_zh": "机密矿", "name_en": "secret mine"}]}),),
        )
        c.execute("UPDATE alert SET path = ARRAY['SECRET', 'R_DQ', 'P_QHD'] WHERE episode = 'ep-live'")
    seen = console.client("duty").get(INCIDENT).text
    masked = console.client("manager", chains=frozenset({"ordos"})).get(INCIDENT).text
    assert "机密矿" in seen
    assert "机密矿" not in masked
    assert "SECRET" not in masked
    assert "无权查看" in masked


def test_programs_are_told_the_same(console: Any) -> None:
    client = console.client("duty")
    told = client.get("/api/v1/incidents/ep-live?lane=live").json()
    assert (told["level"], told["hours_p50"], told["path"][0]["zh"]) == ("red", 60, "大秦铁路")
    assert client.get("/api/v1/tasks?lane=live").json()[0]["task_id"] == "task-live"
    assert client.get("/api/v1/runs/run-live?lane=live").json()["state"] == "running"
    assert client.get("/api/v1/answers/none?lane=live").status_code == 404
    for path in ("/api/v1/incidents/a%00", "/api/v1/answers/%00", "/incidents/%00", "/runs/%00", "/orders/%00"):
        assert client.get(f"{path}?lane=live").status_code == 422, path
    foreign = console.client("duty", chains=frozenset({"elsewhere"}))
    assert foreign.get("/api/v1/incidents/ep-live?lane=live").status_code == 404


def test_a_what_if_sends_its_sliders(console: Any) -> None:
    client = console.client("analyst")
    answer = sent(
        client, "/what-if?lane=live", "/what-if?lane=live", place="node", node="R_DQ", left="40", days="7", use="115"
    )
    assert answer.status_code == 303
    assert "asked=console-" in answer.headers["location"]
    assert only(console).arguments == {"kind": "loss", "node": "R_DQ", "factor": "0.4", "days": "7", "use": "1.15"}
