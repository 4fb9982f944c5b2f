"""Faulty plans: each kind of fault is named with its line, what was given and what would be right."""

import pytest

from services.response.channel import ChannelKind, ChannelSpec
from services.response.contact_sheet import parse_contacts
from services.response.reading import parse_plans
from services.response.roster_reading import parse_roster
from services.response.sheet import PlanFilesError, Problem

CONTACTS = "联系人:\n" + "".join(
    f"  - 角色: {role}\n    名称: {name}\n    英文名称: {role}\n    单位: 某室\n    渠道: [log]\n"
    for role, name in (("duty_officer", "值班员"), ("chain_chief", "链长"), ("lead_department", "牵头部门"))
)
GOOD = """预案: plan-a
名称: 预案甲
英文名称: Plan A
版本: "1"
依据: 示意
启动条件:
  等级: 黄色
  地区: [1506]
响应:
  - 级别: II级
    批准: 链长
  - 级别: III级
    批准: 牵头部门
    按规则: 橙色
正式预警:
  批准: 链长
  发布范围: 全市
逾期上报: [链长]
步骤:
  - 编号: verify
    任务: 核实库存
    英文: Verify
    对象: 值班员
    时限: 2 小时
  - 编号: ask
    请示: 是否会商
    英文: Confer?
    对象: [链长, 牵头部门]
    票数: 2
    时限: 1 小时
    之后: [verify]
  - 编号: sign
    发布预警: 是否发布
    英文: Publish?
    对象: [链长]
    时限: 1 小时
  - 编号: second
    启动响应: 是否启动
    英文: Start?
    级别: II级
    对象: [链长]
    时限: 1 小时
  - 编号: pause
    等待: 观察
    英文: Wait
    时长: 6 小时
  - 编号: which
    分支: 分流
    英文: Which
    情形:
      - 当: {步骤: ask, 结果: [同意]}
        步骤:
          - 编号: help
            补链: 建议补链
            英文: Remedy
            对象: [值班员]
      - 否则: 是
        步骤:
          - 编号: push
            推送: 推送
            英文: Push
            接口: gateway
            对象: [值班员]
  - 编号: told
    报告: 报告
    英文: Report
    类型: 续报
    每: 12 小时
    时限: 1 小时
    对象: 值班员
    报送: [链长]
"""


def findings(text: str) -> tuple[Problem, ...]:
    """Everything found in a plan."""
    try:
        parse_plans({"a.yaml": text}, ("contacts.yaml", CONTACTS))
    except PlanFilesError as error:
        return error.findings
    return ()


def test_the_plan_that_the_faults_are_made_of_is_good() -> None:
    assert findings(GOOD) == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "wanted"),
    [
        ("等级: 黄色", "方式: 定时", 7, "预警 (alert)"),
        ("等级: 黄色", "方式: 人工\n  等级: 黄色", 8, "方式: 预警"),
        ("等级: 黄色", "方式: 指标", 7, "指标"),
        ("[1506]", "[鄂尔多斯]", 8, "1506"),
        ("    批准: 链长\n  - 级别: III级", "    批准: 链长\n    按规则: 红色\n  - 级别: III级", 12, "只能经批准"),
        ("级别: III级", "级别: 三级", 12, "III级 (III)"),
        ("级别: III级", "级别: II级", 12, "每个级别一项"),
        ("    批准: 牵头部门\n", "", 12, "批准的角色"),
        ("  发布范围: 全市\n", "", 16, "发布范围"),
        ("逾期上报: [链长]", "逾期上报: [局长]", 18, "链长 (chain_chief)"),
        ("正式预警:\n  批准: 链长\n  发布范围: 全市\n", "", 30, "正式预警"),
        (
            "    对象: [链长]\n    时限: 1 小时\n  - 编号: second",
            "    对象: [牵头部门]\n    时限: 1 小时\n  - 编号: second",
            35,
            "签发角色",
        ),
        ("级别: II级\n    对象: [链长]", "级别: II级\n    对象: [牵头部门]", 41, "批准角色"),
        ("级别: II级\n    对象: [链长]", "级别: I级\n    对象: [链长]", 40, "“响应”中写明"),
        ("    级别: II级\n    对象: [链长]", "    对象: [链长]", 37, "级别"),
        ("之后: [verify]", "之后: [verfy]", 31, "本预案中的步骤"),
        ("之后: [verify]", "之后: [ask]", 31, "成环"),
        ("    时限: 2 小时\n  - 编号: ask", "    时限: 2 小时\n    之后: [ask]\n  - 编号: ask", 25, "成环"),
        ("票数: 2", "票数: 3", 29, "1 到 2"),
        ("票数: 2", "票数: 两", 29, "正整数"),
        ("票数: 2", "双人: 可以", 29, "是 (True)"),
        ("    时长: 6 小时\n", "", 43, "时长"),
        ("时长: 6 小时", "时长: 6 时", 46, "分钟、小时、天"),
        ("时长: 6 小时", "直到: {等级: 紫}", 46, "黄色 (yellow)"),
        ("时长: 6 小时", "直到: {步骤: verify}", 46, "结果"),
        ("结果: [同意]", "结果: [通过]", 51, "同意 (approved)"),
        ("步骤: ask, 结果", "步骤: nobody, 结果", 51, "另一步骤"),
        ("{步骤: ask, 结果: [同意]}", "{}", 51, "至少一个条件"),
        ("      - 当: {步骤: ask, 结果: [同意]}\n", "      - 否则: 是\n", 51, "最后"),
        ("      - 当: {步骤: ask, 结果: [同意]}\n        步骤", "      - 步骤", 51, "当"),
        ("补链: 建议补链", "补链: 补链", 54, "建议"),
        ("接口: gateway", "接口: https://gateway.example/hook", 62, "不得写网址"),
        ("接口: gateway", "接口: gateway\n            密钥: abc", 63, "可用的键"),
        ("    每: 12 小时\n", "", 64, "间隔"),
        ("类型: 续报", "类型: 首报", 68, "只有续报"),
        ("类型: 续报", "类型: 快报", 67, "首报 (first)"),
        ("    报送: [链长]\n", "", 64, "送达"),
        ("    对象: 值班员\n    报送", "    对象: [值班员, 链长]\n    报送", 70, "一个承办角色"),
        ("    英文: Wait\n", "    英文: Wait\n    撤销: 恢复\n", 43, "撤销英文"),
        ("等待: 观察", "子预案: 转入", 43, "预案编号"),
        (
            "等待: 观察\n    英文: Wait\n    时长: 6 小时",
            "子预案: 转入\n    英文: Sub\n    预案编号: plan-z",
            46,
            "预案的编号",
        ),
        (
            "等待: 观察\n    英文: Wait\n    时长: 6 小时",
            "子预案: 转入\n    英文: Sub\n    预案编号: plan-a",
            46,
            "绕回",
        ),
        ("    对象: 值班员\n    时限: 2 小时\n", "\t对象: 值班员\n    时限: 2 小时\n", 23, "YAML"),
    ],
)
def test_a_fault_is_named_with_its_line_and_what_would_be_right(old: str, new: str, line: int, wanted: str) -> None:
    assert old in GOOD
    found = [f.sentence() for f in findings(GOOD.replace(old, new, 1)) if f.line == line]
    assert any(wanted in sentence for sentence in found), "\n".join(
        f.sentence() for f in findings(GOOD.replace(old, new, 1))
    )


def test_a_push_goes_only_to_a_channel_that_is_configured_for_it() -> None:
    with pytest.raises(PlanFilesError, match=r"a\.yaml:62 .*channels\.yaml"):
        parse_plans({"a.yaml": GOOD}, ("contacts.yaml", CONTACTS), {})
    spec = ChannelSpec(id="gateway", kind=ChannelKind.WEBHOOK, url="https://gateway.example")
    assert len(parse_plans({"a.yaml": GOOD}, ("contacts.yaml", CONTACTS), {"gateway": spec})[0]) == 1


def test_blocks_do_not_nest_without_end() -> None:
    text, pad = GOOD, "  "
    for depth in range(6):
        text += f"{pad}- 编号: deep-{depth}\n{pad}  并行: 组\n{pad}  英文: group\n{pad}  步骤:\n"
        pad += "    "
    text += f"{pad}- 编号: bottom\n{pad}  通知: 到底\n{pad}  英文: bottom\n{pad}  对象: [值班员]\n"
    assert any("最多套" in f.sentence() for f in findings(text))


ROSTER = """值班:
  - 角色: 值班员
    班次: 08:00-20:00
    人员: 甲
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "wanted"),
    [
        ("角色: 值班员", "角色: 门卫", 2, "值班员 (duty_officer)"),
        ("08:00-20:00", "8点到20点", 3, "08:00-20:00"),
        ("    人员: 甲\n", "", 2, "人员"),
        ("    人员: 甲\n", "    人员: 甲\n    自: 2026-02-30\n", 5, "2026-02-01"),
        ("    人员: 甲\n", "    人员: 甲\n    自: 2026-02-08\n    至: 2026-02-01\n", 6, "不早于"),
        ("人员: 甲", "人名: 甲", 4, "人员"),
    ],
)
def test_a_fault_of_the_roster_is_named_too(old: str, new: str, line: int, wanted: str) -> None:
    contacts = parse_contacts("c.yaml", CONTACTS, [])
    assert parse_roster("roster.yaml", ROSTER, contacts).duties[0].begins == 480
    with pytest.raises(PlanFilesError) as caught:
        parse_roster("roster.yaml", ROSTER.replace(old, new, 1), contacts)
    assert any(wanted in f.sentence() for f in caught.value.findings if f.line == line), str(caught.value)
