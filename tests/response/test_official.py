"""What people decide: quorum, two persons, delegates; the official warning and response levels, which no rule touches alone."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from schemas.alert import Alert, AlertState
from schemas.level import Level
from schemas.run import RunState
from services.response.roster import Duty, Roster

MakeAlert = Callable[..., Alert]
CLOSED: dict[str, Any] = {"state": AlertState.CLOSED, "level": Level.NORMAL}


@pytest.mark.parametrize(
    ("extra", "said", "wanted"),
    [
        ({"票数": "2"}, [("approve", "chain_chief", "a"), ("approve", "general_chief", "b")], "approved"),
        ({"票数": "2"}, [("approve", "chain_chief", "a"), ("approve", "general_chief", "a")], ""),
        ({"票数": "2"}, [("refuse", "chain_chief", "a")], ""),
        ({"票数": "2"}, [("refuse", "chain_chief", "a"), ("refuse", "general_chief", "b")], "refused"),
        ({"票数": "3"}, [("refuse", "chain_chief", "a")], "refused"),
        ({"双人": "是"}, [("approve", "chain_chief", "a")], ""),
        ({"双人": "是"}, [("approve", "chain_chief", "a"), ("approve", "general_chief", "a")], ""),
        ({"双人": "是"}, [("approve", "chain_chief", "a"), ("approve", "general_chief", "b")], "approved"),
        ({}, [("approve", "general_chief", "a")], "approved"),
    ],
)
def test_quorum_and_two_persons(
    desk: Any, make_alert: MakeAlert, extra: dict[str, str], said: list[tuple[str, str, str]], wanted: str
) -> None:
    d = desk(main=desk.step("ask", "请示", 对象="[链长, 总链长, 牵头部门]", 时限="1 小时", **extra))
    d.hear(make_alert())
    for word, role, actor in said:
        d.say(f"playbook.{word}", actor, task=f"ask/{role}")
    assert d.outcome("ask") == wanted


def test_one_role_with_two_persons_and_a_roster_that_names_them(desk: Any, make_alert: MakeAlert) -> None:
    roster = Roster((Duty(role="chain_chief", person="甲", accounts=("wang", "li")),))
    d = desk(roster, main=desk.step("ask", "请示", **desk.ask, 双人="是"))
    d.hear(make_alert())
    for actor in ("zhang", "wang", "wang", "li"):
        d.say("playbook.approve", actor, task="ask")
    assert d.outcome("ask") == "approved"
    assert [e.detail["actor"] for e in d.events("rejected")] == ["zhang", "wang"]


def test_a_delegate_decides_for_the_role_that_was_asked(desk: Any, make_alert: MakeAlert) -> None:
    d = desk(main=desk.step("ask", "请示", **desk.ask, 可委托="是") + desk.step("firm", "请示", **desk.ask))
    d.hear(make_alert())
    d.say("task.delegate", task="ask", to="牵头部门")
    d.say("task.delegate", task="firm", to="牵头部门")
    d.say("playbook.approve", task="ask/lead_department")
    assert (d.outcome("ask"), d.outcome("firm")) == ("approved", "")
    assert len(d.events("rejected")) == 1


def test_the_official_side_is_conferred_published_adjusted_and_lifted_by_people_only(
    desk: Any, make_alert: MakeAlert
) -> None:
    d = desk(
        main=desk.step("meet", "会商", 对象="牵头部门", 时限="2 小时")
        + desk.step("sign", "发布预警", **desk.ask, 之后="[meet]")
        + desk.step("two", "启动响应", 级别="II级", 对象="[总链长]", 时限="1 小时")
    )
    d.hear(make_alert())
    d.say("task.done", task="meet", result="同意发布")
    assert d.run().run.phase == "conferred"
    d.say("playbook.approve", task="sign")
    assert (d.run().run.phase, d.outcome("sign")) == ("conferred", "")
    d.say("playbook.approve", task="sign", signer="张三", document="鄂煤预警〔2026〕1号")
    warning = d.run().progress.warning
    assert (warning.level, warning.scope, warning.document, d.run().run.phase) == (
        "yellow",
        "全市",
        "鄂煤预警〔2026〕1号",
        "published",
    )
    d.hear(make_alert(2, Level.RED))
    assert d.run().progress.warning.level == "yellow"
    d.say("playbook.approve", task="@adjust-1", signer="张三", document="2号")
    assert (d.run().progress.warning.level, d.run().run.phase) == ("red", "adjusted")
    assert d.run().run.response == ""
    d.say("playbook.approve", "chief", task="two")
    assert d.run().run.response == "II"
    d.hear(structs.replace(make_alert(3), **CLOSED))
    assert (d.run().run.state, d.run().run.response) == (RunState.RUNNING, "II")
    d.say("playbook.approve", "chief", task="@respond-1")
    assert (d.run().run.state, d.run().run.response) == (RunState.RUNNING, "")
    d.say("playbook.approve", task="@lift-1", signer="张三", document="3号")
    assert (d.run().run.state, d.run().run.phase) == (RunState.DONE, "lifted")
    assert d.office.timers() == []


def test_level_three_starts_and_ends_by_the_rule_of_the_plan(desk: Any, make_alert: MakeAlert) -> None:
    respond = desk.step("three", "启动响应", 级别="III级", 对象="[牵头部门]", 时限="1 小时")
    d, asked = desk(main=respond), desk(main=respond)
    d.hear(make_alert(1, Level.ORANGE))
    assert (d.run().run.response, d.outcome("three")) == ("III", "approved")
    d.hear(structs.replace(make_alert(2), **CLOSED))
    assert (d.run().run.response, d.run().run.state) == ("", RunState.DONE)
    asked.hear(make_alert())
    assert (asked.run().run.response, asked.outcome("three")) == ("", "")


def test_a_lift_refused_stays_in_force_until_proposed_again(desk: Any, make_alert: MakeAlert) -> None:
    d = desk(main=desk.step("two", "启动响应", 级别="II级", 对象="[总链长]", 时限="1 小时"))
    d.hear(make_alert())
    d.say("playbook.approve", task="two")
    d.hear(structs.replace(make_alert(2), **CLOSED))
    d.say("playbook.refuse", task="@respond-1")
    assert (d.run().run.response, d.run().run.state) == ("II", RunState.RUNNING)
    d.say("playbook.lift")
    d.say("playbook.approve", task="@respond-2")
    assert d.run().run.state is RunState.DONE
