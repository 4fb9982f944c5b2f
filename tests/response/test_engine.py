"""Tables of the decision: which runs start, change and end, and what they leave behind."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from schemas.alert import Alert, AlertState
from schemas.assessment import Hazard
from schemas.chain import Node
from schemas.level import Level
from schemas.run import RunState
from services.response.course import Plans
from services.response.engine import decide
from services.response.playbook import StepKind
from services.response.record import Change, Standing

MakeAlert = Callable[..., Alert]
Play = Callable[..., tuple[list[Change], dict[str, Standing]]]
CLOSED: dict[str, Any] = {"state": AlertState.CLOSED, "level": Level.NORMAL}


@pytest.fixture
def play(plans: Plans, nodes: dict[str, Node]) -> Play:
    """Decides about alerts one after the other, as the stage does."""

    def run(alerts: Iterable[Alert], chosen: Plans = plans) -> tuple[list[Change], dict[str, Standing]]:
        standing: dict[str, Standing] = {}
        changes: list[Change] = []
        for alert in alerts:
            found = decide(alert, list(standing.values()), chosen, nodes)
            standing |= {c.after.run.run_id: c.after for c in found}
            changes += found
        return changes, standing

    return run


@pytest.mark.parametrize(
    ("changes", "started"),
    [
        ({}, ["coal-supply-guarantee"]),
        ({"level": Level.BLUE}, []),
        ({"level": Level.UNKNOWN}, []),
        ({"level": Level.RED}, ["coal-supply-guarantee"]),
        ({"node": "P"}, ["coal-supply-guarantee", "railway-interruption"]),
        ({"node": "P", "path": ["P"]}, ["coal-supply-guarantee"]),
        ({"node": "M", "hazard": Hazard.BLOCKED}, ["full-tank", "railway-interruption"]),
        ({"node": "C"}, ["feedstock-shortage"]),
        ({"node": "C", "product": "water", "path": ["C"]}, ["water-intake-loss"]),
        ({"node": "C", "product": "methanol", "hazard": Hazard.BLOCKED}, ["full-tank"]),
        ({"node": "nowhere", "path": ["nowhere"]}, []),
        ({"state": AlertState.UPDATED, "sequence": 7}, ["coal-supply-guarantee"]),
        (CLOSED | {"level": Level.RED}, []),
        ({"hazard": Hazard.SILENT, "node": "P"}, []),
    ],
)
def test_which_runs_start(play: Play, make_alert: MakeAlert, changes: dict[str, Any], started: list[str]) -> None:
    alert = structs.replace(make_alert(), **changes)
    _, standing = play([alert])
    assert sorted(s.run.playbook for s in standing.values()) == started


def test_a_start_leaves_events_tasks_and_notifications(play: Play, make_alert: MakeAlert) -> None:
    alert = make_alert()
    (change,), _ = play([alert])
    assert change.is_new
    assert [(e.step, e.kind) for e in change.events] == [
        ("", "started"),
        ("tell-duty", "taken"),
        ("verify-stock", "taken"),
        ("replan", "taken"),
    ]
    assert [(t.step, t.due_at) for t in change.tasks] == [
        ("verify-stock", alert.as_of + timedelta(hours=2)),
        ("replan", alert.as_of + timedelta(hours=6)),
    ]
    assert {n.channel for n in change.notifications} == {"log"}
    assert [n.step for n in change.notifications] == ["tell-duty"] * 3 + ["verify-stock", "replan"]
    assert change.tasks[0].assignee.startswith("duty_officer: 值班员 ")


def test_a_role_is_the_office_that_the_node_names(play: Play, make_alert: MakeAlert) -> None:
    changes, _ = play([make_alert(node="P", path=["P"])])
    assert "牵头部门 港口协调办（示意牵头）" in {n.recipient for c in changes for n in c.notifications}


def test_a_rise_takes_the_steps_it_calls_for_and_tells_who_was_told(play: Play, make_alert: MakeAlert) -> None:
    alerts = [make_alert(1), make_alert(2, Level.ORANGE), make_alert(3, Level.RED)]
    changes, standing = play(alerts)
    (run,) = standing.values()
    assert run.run.level == "red"
    assert len(run.taken) == 6
    assert [t.step for t in changes[2].tasks] == ["ask-level-2"]
    assert [t.detail["kind"] for t in changes[2].tasks] == [StepKind.ASK.value]
    told = [n for n in changes[1].notifications if n.step == "@level"]
    assert len(told) == len({n.recipient for n in told}) == 3
    assert ("", "level") in {(e.step, e.kind) for e in changes[1].events}


def test_easing_is_recorded_and_tells_nobody(play: Play, make_alert: MakeAlert) -> None:
    changes, standing = play([make_alert(1, Level.RED), make_alert(2, Level.YELLOW, state=AlertState.EASED)])
    assert changes[1].notifications == ()
    assert [e.kind for e in changes[1].events] == ["level"]
    assert [s.run.level for s in standing.values()] == ["yellow"]


def test_closing_ends_the_run_and_says_so(play: Play, make_alert: MakeAlert) -> None:
    closed = structs.replace(make_alert(2), **CLOSED)
    changes, standing = play([make_alert(1), closed])
    assert [s.run.state for s in standing.values()] == [RunState.DONE]
    assert changes[1].ended_at == closed.as_of
    assert all("解除" in n.text_zh for n in changes[1].notifications)
    assert len(changes[1].notifications) == 3


def test_repeats_and_older_steps_change_nothing(play: Play, make_alert: MakeAlert) -> None:
    story = [make_alert(1), make_alert(2, Level.RED), structs.replace(make_alert(3), **CLOSED)]
    once, _ = play(story)
    twice, standing = play([story[0], story[0], story[1], story[0], story[1], story[2], *story])
    assert twice == once
    assert [s.run.state for s in standing.values()] == [RunState.DONE]


def test_a_run_keeps_its_version_when_the_playbook_changes(
    play: Play, plans: Plans, nodes: dict[str, Node], make_alert: MakeAlert
) -> None:
    _, standing = play([make_alert(1)])
    newer = tuple(structs.replace(p, version="2-0", steps=p.steps[:1]) for p in plans.playbooks)
    changes = decide(make_alert(2, Level.RED), list(standing.values()), Plans(newer, plans.contacts), nodes)
    assert [(c.is_new, c.after.run.version) for c in changes] == [(False, next(iter(standing.values())).run.version)]
    assert "ask-level-2" in changes[0].after.taken


@pytest.mark.parametrize(("lane", "mark"), [("drill:a", "【演练】"), ("replay:a", "【回放】"), ("live", "【系统研判")])
def test_messages_name_their_lane_and_a_replay_goes_to_the_log_only(
    play: Play, plans: Plans, make_alert: MakeAlert, lane: str, mark: str
) -> None:
    loud = {role: structs.replace(c, channels=("log", "person")) for role, c in plans.contacts.items()}
    changes, _ = play([make_alert(1, lane=lane)], Plans(plans.playbooks, loud))
    notes = [n for c in changes for n in c.notifications]
    assert all(n.text_zh.startswith(mark) for n in notes)
    assert {n.channel for n in notes} == ({"log"} if lane == "replay:a" else {"log", "person"})
    assert {(n.role, n.level) for n in notes} >= {("duty_officer", "yellow")}


def test_every_id_is_used_once(play: Play, make_alert: MakeAlert) -> None:
    episodes = [make_alert(s, lv, node=n) for n in ("P", "D", "C") for s, lv in ((1, Level.YELLOW), (2, Level.RED))]
    found: list[Change] = []
    for name in ("P", "D", "C"):
        changes, _ = play([structs.replace(a, episode=f"ep-{name}") for a in episodes if a.node == name])
        found += changes
    ids = [n.notification_id for c in found for n in c.notifications] + [t.task_id for c in found for t in c.tasks]
    assert len(ids) == len(set(ids))
