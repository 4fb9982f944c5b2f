"""``lianjing report`` on the real database, in both modes: a paper says what was known at its end, and never calls unknown normal."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
import msgspec
import pytest
from click.testing import CliRunner
from psycopg.types.json import Jsonb

from schemas.chain import Chain, Node
from services.cli.main import lianjing
from services.runtime.errors import InputError

LANE = "drill:r"
_ALERT = """
INSERT INTO alert (lane, chain, node, product, hazard, episode, sequence, state, level, opened_at, as_of, known_at, headline_zh, headline_en,
    reason_zh, reason_en, path, hours_to_minimum_p10, hours_to_minimum_p50, hours_to_minimum_p90)
VALUES (%s, 'c', %s, 'coal', 'starved', %s, %s, %s, %s, '2026-02-10Z', %s, %s, %s, '', '缺煤', '', %s, 20, 60, 120)
"""
_JUDGED = """
INSERT INTO assessment (lane, chain, node, product, hazard, as_of, known_at, level, chain_version, rules_version, probability, confidence, causes,
    inputs, reason_zh, reason_en, smallest_change_zh, smallest_change_en)
VALUES (%s, 'c', %s, 'coal', 'starved', %s, %s, %s, 'v', 'v', '{}', 1, '[]', '[]', '', '', '', '')
"""
_RUN = """
INSERT INTO run (run_id, lane, episode, playbook, version, state, started_at, node, product, level, name_zh, name_en)
VALUES ('run-1', %s, 'ep-1', 'p', '1', 'running', '2026-02-10 01:00Z', 'S1', 'coal', 'orange', '煤炭保供应急预案', '')
"""
_TASK = """
INSERT INTO task (task_id, run_id, lane, step, title_zh, title_en, assignee, state, created_at, due_at, ended_at, detail)
VALUES (%s, 'run-1', %s, %s, %s, '', 'chain_chief: 链长 张', %s, '2026-02-10 01:00Z', '2026-02-10 03:00Z', %s, %s)
"""


def _node(name: str, zh: str) -> Node:
    return Node(
        id=name,
        name_zh=zh,
        name_en=name,
        kind="user",
        product="coal",
        capacity=1,
        unit="t/d",
        lat=0,
        lon=0,
        admin_code="",
        normal_throughput=1,
        lead_department="能源局",
    )


@pytest.fixture
def crisis(migrated_database: Any, connection: Any, open_lane: Any, fill: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two days: a place goes orange and is closed on the second, another goes red, a third is unknown; one task late, one question open."""
    monkeypatch.setenv("LIANJING_DATABASE_URL", migrated_database.url)
    chain = Chain(
        id="c",
        name_zh="示范链",
        name_en="c",
        version="v",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        nodes=[_node("S1", "沿海电厂"), _node("S2", "港口"), _node("S3", "甲醇罐")],
        links=[],
        recipes=[],
        stocks=[],
        qualities=[],
        series=[],
    )
    connection.execute(
        "INSERT INTO chain VALUES ('c', 'v', '示范链', 'c', '2026-01-01Z', %s, true)",
        (Jsonb(msgspec.to_builtins(chain)),),
    )
    fill(open_lane(LANE, "2026-02-12Z"), "2026-02-01Z", "2026-02-09Z")
    path = ["S2", "S1"]
    for node, episode, number, state, level, at, words in (
        ("S1", "ep-1", 1, "opened", "orange", "2026-02-10Z", "沿海电厂断供风险"),
        ("S2", "ep-2", 1, "opened", "red", "2026-02-10 06:00Z", "港口断供风险"),
        ("S1", "ep-1", 2, "closed", "normal", "2026-02-11 06:00Z", "沿海电厂解除"),
    ):
        connection.execute(_ALERT, (LANE, node, episode, number, state, level, at, at, words, path))
    for node, level in (("S1", "orange"), ("S2", "red"), ("S3", "unknown")):
        connection.execute(_JUDGED, (LANE, node, "2026-02-10 12:00Z", "2026-02-10 12:00Z", level))
    connection.execute(_RUN, (LANE,))
    connection.execute(
        _TASK, ("t-1", LANE, "verify", "电话核实存煤", "done", "2026-02-11 01:00Z", Jsonb({"kind": "task"}))
    )
    connection.execute(_TASK, ("t-2", LANE, "ask", "是否召开会商", "open", None, Jsonb({"kind": "ask"})))


def _paper(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(
        lianjing,
        ["report", *arguments, "--lane", LANE, "--out", str(tmp_path), "--format", "json"],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    (file,) = tmp_path.glob("*.json")
    found: dict[str, Any] = json.loads(file.read_text())
    file.unlink()
    return found


def _words(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)


def test_the_handover_sheet_says_what_stood_open_at_its_end(crisis: None, tmp_path: Path) -> None:
    told = _paper(tmp_path, "handover", "--at", "2026-02-10T12:00:00+00:00")
    assert told["mark"] == "【演练】EXERCISE"
    risks = next(b for b in told["blocks"] if b["type"] == "table")
    assert [row[:2] for row in risks["rows"]] == [["红色", "港口 断供（coal）"], ["橙色", "沿海电厂 断供（coal）"]]
    assert risks["rows"][1][3] == "港口 → 沿海电厂"
    assert risks["rows"][1][4] == "链长 张"
    assert "能源局" in risks["rows"][0][4]
    late = [row for b in told["blocks"] if b["type"] == "table" for row in b["rows"] if row[0] == "电话核实存煤"]
    assert late
    assert "逾期 9.0 小时" in late[0][3]


def test_a_later_sheet_of_the_same_lane_knows_what_came_since(crisis: None, tmp_path: Path) -> None:
    told = _paper(tmp_path, "handover", "--at", "2026-02-11T12:00:00+00:00")
    risks = next(b for b in told["blocks"] if b["type"] == "table")
    assert [row[1] for row in risks["rows"]] == ["港口 断供（coal）"]
    changes = [row for b in told["blocks"] if b["type"] == "table" for row in b["rows"] if "解除" in row]
    assert changes
    assert not [row for b in told["blocks"] if b["type"] == "table" for row in b["rows"] if row[0] == "电话核实存煤"]


def test_the_unknown_is_named_and_silence_is_not_called_fresh(crisis: None, tmp_path: Path) -> None:
    told = _paper(tmp_path, "brief", "--at", "2026-02-11T12:00:00+00:00")
    facts = {item[0].split()[0]: item for item in told["blocks"][0]["items"]}
    assert facts["情况不明"][1:] == ["3", "个环节，不作正常处理"], "one is unknown, two were judged a day ago"
    assert facts["最新数据距今"][1:] == ["2.5 天", "断报序列 5 / 5"]
    assert "甲醇罐" in _words(told)
    assert "是否召开会商" in _words(told)
    fresh = _paper(tmp_path, "brief", "--at", "2026-02-10T15:00:00+00:00")
    assert next(item for item in fresh["blocks"][0]["items"] if "情况不明" in item[0])[1] == "1"


def test_what_is_out_of_sight_acknowledged_or_muted_says_so(crisis: None, connection: Any, tmp_path: Path) -> None:
    connection.execute(
        "UPDATE alert SET is_unknown = true, acknowledged_by = '王值班', acknowledged_until = '2026-02-11Z', muted_by = 'mute-7' "
        "WHERE episode = 'ep-2'"
    )
    told = _paper(tmp_path, "handover", "--at", "2026-02-10T12:00:00+00:00")
    tables = [b for b in told["blocks"] if b["type"] == "table"]
    port = next(row for row in tables[0]["rows"] if row[1].startswith("港口"))
    assert port[0] == "红色（情况不明）"
    assert port[2] == "情况不明"
    assert port[4] == "王值班（已确认）"
    assert ["红色（情况不明）", "港口 断供（coal）", "mute-7"] in [row for b in tables for row in b["rows"]]
    later = _paper(tmp_path, "handover", "--at", "2026-02-11T12:00:00+00:00")
    assert "王值班" not in _words(later)


def test_the_week_counts_changes_and_how_fast_people_were(crisis: None, tmp_path: Path) -> None:
    told = _paper(tmp_path, "week", "--at", "2026-02-12T00:00:00+00:00")
    sums = {i[0].split()[0]: i[1] for b in told["blocks"] if b["type"] == "facts" for i in b["items"]}
    assert (sums["新增"], sums["解除"], sums["启动预案"]) == ("2", "1", "1")
    times = next(b for b in told["blocks"] if b["type"] == "table" and "MTTR 平均" in b["header"])
    assert ["煤炭保供应急预案", "电话核实存煤", "1/1", "1", "24.0 小时", "24.0 小时"] in times["rows"]
    assert ["煤炭保供应急预案", "是否召开会商", "0/1", "1", "—", "—"] in times["rows"]
    assert "MTTA 无从计算" in _words(told)


def test_it_is_written_as_pdf_and_as_an_editable_file(crisis: None, tmp_path: Path) -> None:
    arguments = ["report", "month", "--lane", LANE, "--out", str(tmp_path), "--at", "2026-02-12T00:00:00+00:00"]
    done = CliRunner().invoke(lianjing, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert next(tmp_path.glob("month-drill-r-20260212-0800.pdf")).read_bytes().startswith(b"%PDF-")
    file = docx.Document(io.BytesIO(next(tmp_path.glob("*.docx")).read_bytes()))
    assert any("提请链长决策" in p.text for p in file.paragraphs)


def test_a_lane_that_does_not_exist_is_refused_with_those_that_do(crisis: None) -> None:
    with pytest.raises(InputError, match=r"nowhere.*drill:r"):
        CliRunner().invoke(lianjing, ["report", "brief", "--lane", "nowhere"], catch_exceptions=False)
