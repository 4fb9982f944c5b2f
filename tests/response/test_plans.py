"""Playbooks and contacts: the shipped ones hold what they promise, faulty ones are named by file and line."""

from pathlib import Path

import pytest

from schemas.chain import Chain
from services.response.course import Plans
from services.response.playbook import DECISIONS, WORK, StepKind
from services.response.reading import parse_plans
from services.response.sheet import PlanFilesError
from services.response.step_reading import STEP_KINDS
from services.response.store import load_plans
from services.response.terms import PRODUCTS
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from services.runtime.errors import ConfigurationError

CONTACTS = """联系人:
  - 角色: duty_officer
    名称: 值班员
    英文名称: duty officer
    单位: 值班室
    渠道: [log]
"""
GOOD = """预案: plan-a
名称: 预案甲
英文名称: Plan A
版本: "1"
依据: 示意
启动条件:
  等级: 黄色
  环节: [电厂, port]
步骤:
  - 编号: tell
    通知: 请核对
    英文: Please check
    对象: [值班员]
  - 编号: verify
    任务: 核实
    英文: Verify
    对象: 值班员
    时限: 2 小时
"""


SHIPPED = [
    "border-closure", "coal-supply-guarantee", "data-loss", "epidemic-limits", "feedstock-shortage", "full-tank", "mine-accident",
    "port-closure", "price-band-303", "price-ladder-460", "price-ladder-480", "price-ladder-500", "railway-interruption", "water-intake-loss",
]  # fmt: skip


def test_shipped_plans(shipped: Plans) -> None:
    assert [p.id for p in shipped.playbooks] == SHIPPED
    for playbook in shipped.playbooks:
        assert all(s.text_zh and s.text_en for s in playbook.steps)
        assert any("建议" in s.text_zh for s in playbook.steps), playbook.id
        assert all(s.within_minutes for s in playbook.steps if s.kind in WORK | DECISIONS)
        assert "[OK]" in playbook.basis
    assert {s.kind for p in shipped.playbooks for s in p.steps} == set(StepKind) - {StepKind.WEBHOOK}
    ladder = [
        (p.trigger.figure.above, p.steps[2].text_en) for p in shipped.playbooks if "ladder" in p.id and p.trigger.figure
    ]
    assert [(limit, text.split()[-3]) for limit, text in ladder] == [(460, "0.2"), (480, "0.3"), (500, "0.5")]


def test_every_stock_of_the_operating_chain_has_its_word() -> None:
    chain: Chain = load_chain(asset_path("deploy/config/chains/ordos"))
    assert {s.product for s in chain.stocks} <= set(PRODUCTS.values())


def test_a_good_plan_is_read() -> None:
    (playbook,), contacts = parse_plans({"a.yaml": GOOD}, ("contacts.yaml", CONTACTS))
    assert playbook.trigger.kinds == ("power_plant", "port")
    assert [(s.id, s.kind, s.within_minutes, s.roles) for s in playbook.steps] == [
        ("tell", StepKind.NOTIFY, None, ("duty_officer",)),
        ("verify", StepKind.TASK, 120, ("duty_officer",)),
    ]
    assert set(contacts) == {"duty_officer"}


def test_any_change_of_content_is_another_version() -> None:
    first, second = (
        parse_plans({"a.yaml": text}, ("c.yaml", CONTACTS))[0][0].version
        for text in (GOOD, GOOD.replace("2 小时", "3 小时"))
    )
    assert first.startswith("1-")
    assert first != second
    assert parse_plans({"b.yaml": GOOD + "# 备注\n"}, ("c.yaml", CONTACTS))[0][0].version == first


@pytest.mark.parametrize(
    ("old", "new", "line", "given", "wanted"),
    [
        ("预案: plan-a", "预案: Plan A", 1, "Plan A", "a-z 0-9"),
        ("名称: 预案甲\n", "", 1, "缺少", "名称"),
        ("名称: 预案甲", "名称: [甲]", 2, "列表", "文字"),
        ('"1"', '"v1"', 4, "v1", "数字"),
        ("依据: 示意", "依据: ''", 5, "", "文字"),
        ("等级: 黄色", "等级: 紫色", 7, "紫色", "黄色 (yellow)"),
        ("等级: 黄色", "等级: [黄色, 红色]", 7, "列表", "只写一个"),
        ("  等级: 黄色\n", "", 7, "缺少", "黄色"),
        ("[电厂, port]", "[电场]", 8, "电场", "电厂 (power_plant)"),
        ("[电厂, port]", "[]", 8, "[]", "电厂"),
        ("  环节:", "  环接:", 8, "环接", "环节"),
        ("步骤:", "步聚:", 9, "步聚", "步骤"),
        ("编号: tell", "编号: verify", 14, "verify", "已用"),
        ("通知: 请核对", "通告: 请核对", 10, "缺少", "通知、任务、请示"),
        ("任务: 核实", "任务: 核实\n    请示: 可否", 14, "任务", "只写一个"),
        ("任务: 核实", "任务: 责令停产", 15, "责令", "建议"),
        ("    英文: Verify\n", "", 14, "缺少", "英文"),
        ("对象: [值班员]", "对象: [张三]", 13, "张三", "值班员 (duty_officer)"),
        ("    对象: [值班员]\n", "", 10, "缺少", "角色"),
        ("2 小时", "两小时", 18, "两小时", "2 小时"),
        ("2 小时", "0 小时", 18, "0 小时", "正整数"),
        ("    时限: 2 小时\n", "", 14, "缺少", "时限"),
        ("依据: 示意", "依据: 示意\n名称: 乙", 6, "名称", "只写一次"),
        ("依据: 示意", "依据: '示意", 5, "", "YAML"),
        (GOOD, "", 1, "空文件", "预案"),
        (GOOD, "- 1\n", 1, "列表", "键: 值"),
    ],
)
def test_a_fault_is_named_by_line(old: str, new: str, line: int, given: str, wanted: str) -> None:
    with pytest.raises(PlanFilesError) as caught:
        parse_plans({"a.yaml": GOOD.replace(old, new, 1)}, ("contacts.yaml", CONTACTS))
    lines = [f.sentence() for f in caught.value.findings if f.line == line]
    if "YAML" in wanted:
        lines = [f.sentence() for f in caught.value.findings]
    assert any(given in text and wanted in text for text in lines), str(caught.value)


def test_faulty_contacts_are_named_too() -> None:
    spoilt = CONTACTS.replace("渠道: [log]", "渠道: [pigeon]") + "  - 角色: duty_officer\n    名称: 乙\n"
    with pytest.raises(PlanFilesError) as caught:
        parse_plans({"a.yaml": GOOD}, ("contacts.yaml", spoilt))
    found = {(f.file, f.line) for f in caught.value.findings}
    assert {("contacts.yaml", 6), ("contacts.yaml", 7)} <= found


def test_two_plans_of_one_id() -> None:
    with pytest.raises(PlanFilesError, match=r"b\.yaml:1 .*plan-a"):
        parse_plans({"a.yaml": GOOD, "b.yaml": GOOD}, ("contacts.yaml", CONTACTS))


def test_a_folder_without_plans_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="playbooks"):
        load_plans(tmp_path)


def test_the_examples_of_the_page_are_good_plans(shipped: Plans) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "playbooks.md").read_text("utf-8")
    shortest, official = (block.split("```")[0] for block in page.split("```yaml\n")[1:3])
    contacts = (Path(__file__).resolve().parents[2] / "deploy" / "config" / "contacts" / "contacts.yaml").read_text(
        "utf-8"
    )
    (playbook,), _ = parse_plans({"page.yaml": shortest + official}, ("contacts.yaml", contacts))
    assert [r.level for r in playbook.responses] == ["I", "II", "III"]
    assert playbook.publication is not None
    words = {word for word in STEP_KINDS if f"| `{word}` |" in page}
    assert words == set(STEP_KINDS), "every kind of step has its line in the table"
