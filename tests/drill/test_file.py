"""Drill files: YAML and Excel say the same; every fault is named with its line and how to put it right; nothing real may stand in one."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from schemas.drill_plan import Plan
from services.cli.drill.command import command
from services.cli.drill.files import available_drills, load_drill
from services.cli.drill.workbook import write_workbook
from services.drill.book import DrillFileError
from services.drill.endpoints import endpoints_in
from services.drill.reading import Known, read_sheets, read_yaml
from services.intake.table.excel_table import read_excel
from services.runtime.settings import Settings

DAQIN = Path(__file__).resolve().parents[2] / "deploy/config/drills/daqin.yaml"
TEXT = DAQIN.read_text(encoding="utf-8")
KNOWN = Known(
    series=["volume.R_DQ.steam_coal", "stock.P_QHD.steam_coal"],
    nodes=["P_QHD", "R_DQ"],
    scenarios=["daqin-stylised"],
    playbooks=["railway-interruption", "coal-supply-guarantee"],
)


def sheets_of(text: str, folder: Path) -> list[tuple[str, list[tuple[object, ...]]]]:
    """The sheets of a drill written as a workbook."""
    file = folder / "daqin.xlsx"
    write_workbook(text, file)
    return [(g.sheet, list(g.rows)) for g in read_excel(file.read_bytes())]


def test_every_shipped_drill_is_valid() -> None:
    settings = Settings()
    assert list(available_drills(settings)) == ["daqin"]
    for name in available_drills(settings):
        assert load_drill(name, settings).rate > 1


def test_yaml_and_excel_say_the_same(tmp_path: Path) -> None:
    assert read_sheets(sheets_of(TEXT, tmp_path), "daqin.xlsx", KNOWN) == read_yaml(TEXT, "daqin.yaml", KNOWN)


def test_the_plan_survives_the_log() -> None:
    plan = read_yaml(TEXT, "daqin.yaml", KNOWN)
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


FAULTS = [
    ("倍速: 200", "倍速: 5000", "倍速", "1 至 1000"),
    ("时长: 10 小时", "时长: 十小时", "时长", "15 分钟"),
    ("时长: 10 小时", "时长: 2 小时", "时间", "不晚于"),
    ("情景: daqin-stylised", "情景: daqin-styled", "情景", "daqin-stylised"),
    ("情景: daqin-stylised\n", "", "情景", "补上"),
    ("口令: 停止演练", "口领: 停止演练", "口领", "口令"),
    ("预案: [railway-interruption,", "预案: [railway-interuption,", "预案", "railway-interruption"),
    ("通知: 事先通知", "通知: 不通知", "批准人", "不在参演名单"),
    ("通知: 事先通知", "通知: 不通知\n批准人: duty", "批准人", "换一位"),
    ("    对象: [duty, team]", "    对象: [duty, teem]", "对象", "team"),
    ("    类型: 电话", "    类型: 电报", "类型", "电话"),
    ('    时间: "2:10"', "    时间: 二时", "时间", "1:30"),
    ("    序列: volume.R_DQ.steam_coal", "    序列: volume.R_DK.steam_coal", "序列", "volume.R_DQ.steam_coal"),
    ("    数值: 0", "    数值: 无", "数值", "之间的数"),
    ("    环节: P_QHD", "    环节: P_QHT", "环节", "P_QHD"),
    ("注入: I2, 目标: O1, 谁: duty, 动作: 发现", "注入: I7, 目标: O1, 谁: duty, 动作: 发现", "注入", "注入的编号"),
    ("动作: 发现", "动作: 看见", "动作", "发现"),
    ("时限: 15 分钟", "时限: 0 分钟", "时限", "大于 0"),
    ("  - 编号: I2", "  - 编号: I1", "编号", "另一个编号"),
    ("{期望: E1,", "{期望: E99,", "期望", "期望的编号"),
    ("大秦线重车方向发生事故", "详见 https://example.com/a", "内容", "替身"),
    ("大秦线重车方向发生事故", "请拨 13800138000", "内容", "替身"),
    ("大秦线重车方向发生事故", "token=abcd1234", "内容", "替身"),
    ("大秦线重车方向发生事故", "写信到 duty@example.com", "内容", "替身"),
]


@pytest.mark.parametrize(("right", "wrong", "key", "fix"), FAULTS, ids=[f"{f[2]}-{n}" for n, f in enumerate(FAULTS)])
def test_a_fault_is_named_with_its_line_and_the_fix(right: str, wrong: str, key: str, fix: str) -> None:
    assert right in TEXT
    spoilt = TEXT.replace(right, wrong, 1)
    with pytest.raises(DrillFileError) as caught:
        read_yaml(spoilt, "daqin.yaml", KNOWN)
    named = [f for f in caught.value.findings if f.key == key]
    assert named, str(caught.value)
    assert any(fix in f.fix_zh for f in named), str(caught.value)
    where = [
        n
        for n, line in enumerate(spoilt.splitlines(), 1)
        if wrong.splitlines() and wrong.splitlines()[-1].strip() in line
    ]
    if where and key not in ("批准人", "时间"):
        assert named[0].number in where


def test_a_fault_of_a_workbook_is_named_with_sheet_and_row(tmp_path: Path) -> None:
    sheets = sheets_of(TEXT.replace("类型: 电话", "类型: 电报"), tmp_path)
    with pytest.raises(DrillFileError, match=r"daqin\.xlsx!注入:2 \[类型\] 给出 '电报'"):
        read_sheets(sheets, "daqin.xlsx", KNOWN)


@pytest.mark.parametrize("text", ["", "- a\n- b", "演练: [", "注入: 3", "演练: x\n注入:\n  - nur text"])
def test_what_is_no_drill_file_is_said_so(text: str) -> None:
    with pytest.raises(DrillFileError):
        read_yaml(text, "x.yaml", KNOWN)


def test_a_playbook_with_a_live_endpoint_is_found_by_line() -> None:
    text = "预案: a\n步骤:\n  - 通知: 请核对\n    网址: hook\n  - 通知: 报 https://example.com/x\n"
    assert [(line, key) for line, key, _, _ in endpoints_in(text)] == [(4, "网址"), (5, "通知")]


def test_a_drill_without_notice_does_not_run_without_its_approver(tmp_path: Path) -> None:
    file = tmp_path / "quiet.yaml"
    file.write_text(TEXT.replace("通知: 事先通知", "通知: 不通知\n批准人: 安委办丁"), encoding="utf-8")
    for given in ([], ["--approved-by", "duty"]):
        done = CliRunner().invoke(command, ["run", str(file), *given])
        assert done.exit_code == 2
        assert "安委办丁" in done.output


def test_the_command_says_it_all_and_exits_1(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(TEXT.replace("倍速: 200", "倍速: 5000").replace("类型: 电话", "类型: 电报"), encoding="utf-8")
    book = tmp_path / "right.xlsx"
    assert CliRunner().invoke(command, ["workbook", "daqin", str(book)]).exit_code == 0
    done = CliRunner().invoke(command, ["validate", "daqin", str(book), str(wrong)])
    assert done.exit_code == 1
    assert done.output.count("✔") == 2
    assert "2 处问题" in done.output
    assert CliRunner().invoke(command, ["validate", "daqin", "--json"]).exit_code == 0
