"""Every question of every board, asked of the real database by the role that can only read, in both modes."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from services.cli.dashboards.generated import committed
from services.runtime.migrations import migrate
from services.runtime.roles import ROLES

WORD = "board-test-word"
BETWEEN = "BETWEEN '2026-02-01T00:00:00Z' AND '2026-02-20T00:00:00Z'"
QUIET = {
    "Blockages: links under four fifths of their normal flow",
    "堵点：流量低于正常八成的链路",
    "Silent series",
    "断报序列",
}


def _expanded(sql: str, board: dict[str, Any]) -> str:
    lane = "drill:b" if "drill" in board["uid"] else "live"
    given = {"lane": lane, "node": "P_QHD", "product": "steam_coal"}
    sql = re.sub(r"\$__timeFilter\(([^)]*)\)", rf"\1 {BETWEEN}", sql)
    sql = re.sub(r"\$\{(\w+):sqlstring\}", lambda m: f"'{given[m.group(1)]}'", sql)
    assert "$" not in sql, sql
    return sql


def _questions() -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    for text in committed().values():
        board = json.loads(text)
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                if "rawSql" in target:
                    yield board, panel, target


@pytest.fixture
def board_role(crisis: Any) -> Iterator[Any]:
    migrate(crisis.url, passwords=dict.fromkeys(ROLES, WORD))
    with psycopg.connect(crisis.url_as("lianjing_board", WORD), autocommit=True, row_factory=dict_row) as connection:
        connection.execute("SET default_transaction_read_only = on")
        yield connection


def _annotations() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for text in committed().values():
        board = json.loads(text)
        for each in board.get("annotations", {}).get("list", []):
            yield board, each["target"]


def test_annotations_have_the_columns_that_grafana_reads_and_mark_warnings_and_drills(board_role: Any) -> None:
    for board, target in _annotations():
        cursor = board_role.execute(_expanded(target["rawSql"], board))
        assert {"time", "text", "tags"} <= {c.name for c in cursor.description} <= {"time", "timeend", "text", "tags"}
        found = cursor.fetchall()
        if "v_alert_step" in target["rawSql"]:
            assert found, board["uid"]
        assert all("drill" not in r["text"] or r["text"].startswith(("【演练】", "EXERCISE")) for r in found)


def test_every_question_has_the_columns_its_panel_needs_and_rows_in_a_crisis(board_role: Any) -> None:
    asked, drawn = 0, list[dict[str, Any]]()
    for board, panel, target in _questions():
        where = f"{board['uid']} {panel['title']} {target['refId']}"
        cursor = board_role.execute(_expanded(target["rawSql"], board))
        names = [c.name for c in cursor.description]
        rows = cursor.fetchall()
        asked += 1
        if target["format"] == "time_series":
            assert names[0] == "time", where
            times = [r["time"] for r in rows]
            assert all(isinstance(time, datetime) for time in times), where
            assert times == sorted(times), where
            told = [r[name] for r in rows for name in names if name not in ("time", "metric")]
            assert all(value is None or isinstance(value, int | float | Decimal) for value in told), where
        if panel["type"] == "nodeGraph":
            assert {"id", "title", "mainstat", "color"} <= set(names) or {"id", "source", "target"} <= set(names), where
        if {"source", "target"} <= set(names):
            ends = {r[end] for r in rows for end in ("source", "target")}
            assert ends <= {r["id"] for r in drawn}, where
        drawn = rows
        wanted = {o["matcher"]["options"] for o in panel.get("fieldConfig", {}).get("overrides", [])}
        others = {n for t in panel["targets"] for n in re.findall(r'AS "([^"]+)"', t["rawSql"])} | set(names)
        assert wanted <= others, where
        assert rows or panel["title"] in QUIET, where
    assert asked > 60


def test_variables_offer_what_there_is_and_never_a_drill_on_a_live_board(board_role: Any) -> None:
    for text in committed().values():
        board = json.loads(text)
        for variable in board.get("templating", {}).get("list", []):
            query = variable["query"] if isinstance(variable["query"], str) else variable["query"]["query"]
            rows = board_role.execute(_expanded(query, board)).fetchall()
            assert rows, f"{board['uid']} {variable['name']}"
            if variable["name"] == "lane":
                lanes = [r["lane"] for r in rows]
                assert lanes == (["drill:b"] if "drill" in board["uid"] else ["live"])


def test_what_is_old_or_was_never_judged_is_unknown_and_not_normal(board_role: Any) -> None:
    shown = {r["node"]: r for r in board_role.execute("SELECT * FROM v_board_node WHERE lane = 'live'")}
    assert shown["P_QHD"]["level"] == "red"
    assert shown["D_CST"]["level_told"] == "normal"
    assert shown["D_CST"]["level"] == "unknown"
    assert shown["D_CST"]["cover_days"] is None
    graph = next(
        t["rawSql"]
        for b, p, t in _questions()
        if b["uid"] == "lianjing-flow" and p["type"] == "nodeGraph" and "title" in t["rawSql"]
    )
    rings = {r["id"]: r for r in board_role.execute(_expanded(graph, {"uid": "lianjing-flow"}))}
    assert (rings["D_CST"]["mainstat"], rings["D_CST"]["color"]) == ("情况不明", "#8b96a0")
    never = rings["R_DQ"]
    assert (never["mainstat"], never["color"]) == ("情况不明", "#8b96a0")


def test_skill_is_told_in_counts_until_there_are_twenty_cases(crisis: Any, board_role: Any) -> None:
    questions = {p["title"]: _expanded(t["rawSql"], b) for b, p, t in _questions() if b["uid"] == "lianjing-skill"}
    assert board_role.execute(questions["命中率 POD"]).fetchone()["值"] == "3 / 6"
    assert board_role.execute(questions["处置后避免"]).fetchone()["值"] == "3"
    assert board_role.execute(questions["相对基准的 Brier 技巧"]).fetchone()["值"] == "6 例"
    with psycopg.connect(crisis.url, autocommit=True) as writer:
        writer.execute(
            "INSERT INTO outcome SELECT lane, chain, node, product, hazard, outcome || 'x' || g, revision, verdict, known_at, episode, "
            "incident, root, peak, opened_at, closed_at, event_at, lead_hours, actions, foretold_hours, foretold_probability, observed_share, "
            "reason_zh, reason_en, confirmed_by, command_id, comment FROM outcome, generate_series(1, 3) g"
        )
    assert board_role.execute(questions["命中率 POD"]).fetchone()["值"] == "50%"
    assert board_role.execute(questions["误报率 FAR"]).fetchone()["值"] == "50%"
    assert board_role.execute(questions["相对基准的 Brier 技巧"]).fetchone()["值"] == "-0.16"


def test_silent_series_are_counted_by_the_clock_of_the_lane(board_role: Any) -> None:
    silent = board_role.execute(
        "SELECT count(*) AS n FROM v_board_silence WHERE lane = 'live' AND provider = 'port' AND NOT is_silent AND silence_h < 150"
    ).fetchone()
    assert silent["n"] == 0
    pulse = board_role.execute("SELECT * FROM v_board_pulse WHERE lane = 'live'").fetchone()
    assert pulse["data_until"] == datetime(2026, 2, 12, tzinfo=UTC)
    assert 0.9 < pulse["judged_age_h"] < 1.3
