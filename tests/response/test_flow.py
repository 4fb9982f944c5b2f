"""A plan with every kind of step, lived from the first warning on: order, branches, deadlines, undoing, reports."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import structs

from schemas.alert import Alert, AlertState, Ending
from schemas.answer import Answer
from schemas.assessment import Hazard
from schemas.chain import Node
from schemas.level import Level
from schemas.run import RunState
from services.response.course import Plans
from services.response.figures import Reading
from services.response.office import Office
from services.response.reading import parse_plans
from services.response.roster import Duty, Roster

MakeAlert = Callable[..., Alert]
CLOSED: dict[str, Any] = {"state": AlertState.CLOSED, "level": Level.NORMAL}


def test_steps_wait_for_those_before_them_and_a_refusal_ends_the_way(desk: Any, make_alert: MakeAlert) -> None:
    d = desk(
        main=desk.step("one", "任务", **desk.task)
        + desk.step("two", "请示", **desk.ask, 之后="[one]")
        + desk.step("three", "通知", 对象="[值班员]", 之后="[two]")
        + desk.step("four", "等待", 时长="3 小时", 之后="[one]")
        + desk.step("five", "通知", 对象="[值班员]", 之后="[four]")
    )
    d.hear(make_alert())
    assert (d.outcome("one"), d.outcome("two"), d.outcome("four")) == ("", None, None)
    d.say("task.done", task="one", result="存煤 5 万吨", done_by="孙七")
    assert (d.outcome("one"), d.outcome("two"), d.outcome("five")) == ("done", "", None)
    assert d.events("done")[0].text_zh.startswith("办结，孙七 办理、zhang 代为登记")
    assert {"done_by": "孙七", "actor": "zhang"}.items() <= d.events("done")[0].detail.items()
    d.say("playbook.refuse", task="two")
    assert (d.outcome("two"), d.outcome("three")) == ("refused", "skipped")
    d.wait(hours=2, minutes=59)
    assert d.outcome("five") is None
    d.wait(minutes=1)
    assert (d.outcome("four"), d.outcome("five")) == ("elapsed", "done")
    assert d.events("done")[0].detail["result"] == "存煤 5 万吨"


def test_a_branch_takes_the_first_case_that_holds_and_a_parallel_block_ends_with_its_steps(
    desk: Any, make_alert: MakeAlert
) -> None:
    cases = (
        "\n      - 当:\n          等级: 红色\n        步骤:\n"
        + desk.indented(desk.step("grave", "任务", **desk.task))
        + "      - 否则: 是\n        步骤:\n"
        + desk.indented(desk.step("light", "任务", **desk.task) + desk.step("other", "任务", **desk.task))
    )
    group = "\n" + desk.indented(desk.step("left", "任务", **desk.task) + desk.step("right", "任务", **desk.task), 4)
    d = desk(
        main=desk.step("which", "分支", 情形=cases.rstrip())
        + desk.step("after", "通知", 对象="[值班员]", 之后="[which]")
        + desk.step("both", "并行", 步骤=group.rstrip(), 完成="任一")
    )
    d.hear(make_alert())
    assert (d.outcome("grave"), d.outcome("light"), d.outcome("after")) == ("skipped", "", None)
    d.say("task.done", task="light")
    d.say("task.done", task="other")
    assert (d.outcome("which"), d.outcome("after")) == ("done", "done")
    d.say("task.done", task="right")
    assert (d.outcome("both"), d.outcome("left")) == ("done", "cancelled")


def test_an_overdue_task_climbs_until_somebody_acts(desk: Any, make_alert: MakeAlert) -> None:
    roster = Roster((Duty(role="duty_officer", person="甲", deputy="乙"),))
    d = desk(roster, main=desk.step("one", "任务", **desk.task))
    d.hear(make_alert())
    d.wait(hours=1, minutes=59)
    assert d.events("overdue") == []
    d.wait(minutes=1)
    (overdue,) = d.events("overdue")
    assert overdue.at == d.now
    assert "代班 乙" in overdue.text_zh
    assert d.told("one")[-2:] == ["值班员 值班员室 甲", "牵头部门 牵头部门室"]
    d.wait(hours=1)
    assert d.told("one")[-1] == "链长 链长室"
    d.wait(hours=1)
    assert len(d.events("escalated")) == 1
    d.wait(hours=1)
    assert len(d.events("escalated")) == 2
    d.say("task.done", task="one")
    d.wait(days=1)
    assert len(d.events("escalated")) == 2


def test_time_heard_late_happens_at_its_own_time_and_in_order(desk: Any, make_alert: MakeAlert) -> None:
    plan = (
        desk.step("one", "任务", **desk.task)
        + desk.step("two", "等待", 时长="1 小时")
        + desk.step("three", "任务", **desk.task, 之后="[two]")
    )
    slow, quick = desk(main=plan), desk(main=plan)
    for d in (slow, quick):
        d.hear(make_alert())
    for _ in range(48):
        quick.wait(minutes=10)
    slow.wait(hours=8)
    assert [(e.at, e.kind, e.step) for c in slow.office.changes for e in c.events] == [
        (e.at, e.kind, e.step) for c in quick.office.changes for e in c.events
    ]
    slow.hear(make_alert(30, Level.RED))
    assert slow.run().progress == structs.replace(slow.run().progress)


def test_a_warning_heard_late_finds_what_was_due_before_it_done(desk: Any, make_alert: MakeAlert) -> None:
    d = desk(main=desk.step("one", "任务", **desk.task))
    d.hear(make_alert())
    d.hear(structs.replace(make_alert(9), **CLOSED))
    assert [e.kind for c in d.office.changes for e in c.events][-4:-1] == ["escalated", "escalated", "cancelled"]
    assert len(d.events("overdue")) == 1


def test_a_sub_plan_runs_beside_and_its_end_is_told_back(desk: Any, make_alert: MakeAlert) -> None:
    d = desk(
        main=desk.step("call", "子预案", 预案编号="sub") + desk.step("after", "通知", 对象="[值班员]", 之后="[call]"),
        sub=desk.step("inner", "任务", **desk.task),
    )
    d.hear(make_alert())
    assert (d.run("sub").run.parent, d.outcome("call")) == (d.run().run.run_id, "")
    d.say("task.done", run="sub", task="inner")
    assert (d.run("sub").run.state, d.outcome("call"), d.outcome("after")) == (RunState.DONE, "done", "done")


def test_taking_back_undoes_the_latest_first_and_an_end_by_hand_undoes_all(desk: Any, make_alert: MakeAlert) -> None:
    undo = {"撤销": "建议恢复原状", "撤销英文": "restore"}
    d = desk(
        main=desk.step("one", "通知", 对象="[工作专班]", **undo)
        + desk.step("two", "任务", **desk.task, **undo)
        + desk.step("three", "请示", **desk.ask)
    )
    d.hear(make_alert())
    d.say("playbook.undo", step="two")
    assert (d.outcome("two"), d.outcome("@undo-two-1")) == ("undone", "")
    d.say("playbook.undo", step="two")
    assert len(d.events("rejected")) == 1
    d.say("playbook.end")
    assert [e.step for e in d.events("taken") if e.step.startswith("@")] == ["@undo-two-1", "@undo-one-1"]
    d.say("task.done", task="@undo-two-1")
    assert d.run().run.state is not RunState.RUNNING


def test_a_warning_withdrawn_undoes_what_was_done(desk: Any, make_alert: MakeAlert) -> None:
    undo = {"撤销": "建议恢复原状", "撤销英文": "restore"}
    d = desk(main=desk.step("one", "通知", 对象="[工作专班]", **undo) + desk.step("two", "任务", **desk.task, **undo))
    d.hear(make_alert())
    d.say("task.done", task="two")
    d.hear(structs.replace(make_alert(2), **CLOSED, ending=Ending.RETRACTED, retraction_zh="数据更正"))
    assert [e.step for e in d.events("taken") if e.step.startswith("@")] == ["@undo-two-1", "@undo-one-1"]
    assert d.run().run.state is RunState.RUNNING
    d.say("task.done", task="@undo-two-1")
    assert d.run().run.state is RunState.DONE


def test_questions_to_risk_are_asked_answered_or_given_up(desk: Any, make_alert: MakeAlert) -> None:
    d = desk(
        main=desk.step("ahead", "推演", 对象="[工作专班]", 参数="{kind: loss, node: 起因}")
        + desk.step("help", "补链", "建议补链方案", 对象="[工作专班]", 时限="5 分钟")
        + desk.step("reserve", "动用储备", "建议动用储备煤 5 万吨", 对象="[链长]", 时限="1 小时", 之后="[help]")
    )
    d.hear(make_alert())
    asked = {c.kind: c for change in d.office.changes for c in change.commands}
    assert asked["risk.what_if"].arguments == {"kind": "loss", "node": "R"}
    assert asked["risk.remedy"].arguments == {"node": "D", "product": "steam_coal"}
    body = {
        "plans": [
            {
                "moves": [{"source_zh": "备用矿", "most_per_day": 100, "total": 700}],
                "reduction": [5.0, 3.0],
                "unit": "t",
            }
        ]
    }
    given = Answer(command_id=asked["risk.remedy"].command_id, lane="live", kind="risk.remedy", as_of=d.now, body=body)
    d.office.answer(given, d.now)
    assert d.outcome("help") == "found"
    assert "建议由备用矿增供" in d.events("answered")[0].text_zh
    assert d.outcome("reserve") == ""
    d.wait(minutes=10)
    assert d.outcome("ahead") == "unanswered"
    d.office.answer(structs.replace(given, command_id=asked["risk.what_if"].command_id), d.now)
    assert d.outcome("ahead") == "unanswered"
    d.say("playbook.approve", task="reserve")
    assert len(d.events("released")) == 1


def test_reports_keep_their_clock_and_go_out_even_if_incomplete(desk: Any, make_alert: MakeAlert) -> None:
    report = {"对象": "值班员", "报送": "[总链长]"}
    d = desk(
        main=desk.step("first", "报告", 类型="首报", 时限="1 小时", **report)
        + desk.step("more", "报告", 类型="续报", 时限="1 小时", 每="12 小时", 之后="[first]", **report)
        + desk.step("last", "报告", 类型="终报", 时限="2 小时", **report)
    )
    d.hear(make_alert())
    text = next(t for c in d.office.changes for t in c.tasks if t.step == "first").detail["draft"]
    for field in ("时间", "地点", "信息来源", "性质", "影响", "趋势", "已采取措施"):
        assert f"\n{field}：" in text
    d.wait(hours=1)
    assert "未核实" in d.events("reported")[0].text_zh
    d.say("task.done", task="first", result="已核实")
    assert (d.outcome("first"), d.outcome("more")) == ("done", "")
    d.say("task.done", task="more")
    d.wait(hours=12, minutes=30)
    d.say("task.done", task="more")
    assert len([e for e in d.events("reported") if e.step == "more"]) == 2
    assert d.outcome("last") is None
    d.hear(structs.replace(make_alert(60), **CLOSED))
    assert (d.run().run.state, d.outcome("last")) == (RunState.RUNNING, "")
    d.say("task.done", task="last")
    assert d.run().run.state is RunState.DONE


def test_a_call_needs_the_name_of_who_answered(desk: Any, make_alert: MakeAlert) -> None:
    d = desk(main=desk.step("ring", "电话", 对象="值班员", 时限="15 分钟"))
    d.hear(make_alert())
    d.say("task.done", task="ring")
    assert d.outcome("ring") == ""
    d.say("task.done", task="ring", answered_by="矿调度王某")
    assert d.events("done")[0].detail["answered_by"] == "矿调度王某"


def test_unknown_is_a_state_of_its_own_and_data_start_only_plans_that_name_them(
    desk: Any, nodes: dict[str, Node], make_alert: MakeAlert
) -> None:
    texts = {
        f"{name}.yaml": desk.head.format(name=name, start=start) + desk.step("one", "任务", **desk.task)
        for name, start in (
            ("lost", "等级: 情况不明"),
            ("silent", "等级: 黄色\n  风险: [断报]"),
            ("any", "等级: 黄色\n  地区: [1506]"),
        )
    }
    plans = Plans(*parse_plans(texts, ("c.yaml", desk.contacts)))

    def started(**changes: Any) -> list[str]:
        office = Office(plans, lambda _: nodes)
        office.hear(structs.replace(make_alert(), **changes))
        return [s.run.playbook for s in office.standing()]

    assert started() == ["any"]
    assert started(is_unknown=True) == ["any", "lost"]
    assert started(hazard=Hazard.SILENT) == ["silent"]
    assert started(node="nowhere") == []


def test_a_person_starts_a_plan_once(desk: Any) -> None:
    d = desk(main=desk.step("one", "任务", **desk.task))
    d.now = datetime.fromisoformat("2026-01-10T04:00:00+00:00")
    d.say("playbook.start", playbook="main", chain="short", node="M", level="orange")
    assert (d.run().run.node, d.run().run.level) == ("M", "orange")
    note = next(n for c in d.office.changes for n in c.notifications)
    assert note.text_zh.startswith("【人工启动·橙色】")
    before = len(d.office.changes)
    d.say("playbook.start", playbook="main", chain="short", node="nowhere")
    assert len(d.office.changes) == before
    d.say("playbook.start", playbook="elsewhere", chain="short", node="M")
    d.office.obey(structs.replace(d.last, kind="task.done", arguments={"task": "nowhere"}), d.now)
    wrong = ("没有这个环节", "没有这个预案", "没有这项任务")
    assert [word in r.wanted for word, r in zip(wrong, d.office.refused, strict=True)] == [True] * 3


def test_a_price_outside_its_band_starts_a_plan_and_inside_again_ends_it(desk: Any, nodes: dict[str, Node]) -> None:
    text = desk.head.format(
        name="price", start="方式: 指标\n  指标: {序列: price.X, 地点: M, 产品: 动力煤, 高于: 480}"
    ) + desk.step("one", "任务", **desk.task)
    plans = Plans(*parse_plans({"price.yaml": text}, ("c.yaml", desk.contacts)))
    office = Office(plans, lambda _: nodes)
    at = datetime.fromisoformat("2026-01-10T04:00:00+00:00")
    for day, value in enumerate((470.0, 481.0, 490.0, 479.0, 481.0)):
        moment = at + timedelta(days=day)
        office.read(Reading(lane="live", chain="c", series="price.X", value=value, observed_at=moment, at=moment))
    assert [s.run.state for s in office.standing()] == [RunState.DONE, RunState.RUNNING]
    assert "高于 480" in office.changes[0].events[0].text_zh
