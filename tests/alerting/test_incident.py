"""One incident per root cause, and whom its episodes interrupt; mutes, acknowledgements and the alarm budget."""

from typing import Any

import msgspec
import pytest

from schemas.alert import AlertState, Role
from schemas.level import Level
from services.alerting.budget import Budget
from services.alerting.commands import Commands
from services.alerting.ledger import Ledger
from services.runtime.errors import InputError

from .conftest import HOLD, Desk, People, at, judged, ordered

RED, ORANGE, YELLOW, NORMAL = Level.RED, Level.ORANGE, Level.YELLOW, Level.NORMAL


def test_symptoms_of_one_root_make_one_incident_and_each_team_hears_of_its_place(desk: Desk) -> None:
    (yard,) = desk.hear(YELLOW, 0, roots="R_DQ")
    (coast,) = desk.hear(YELLOW, 30, roots="R_DQ", node="D_CST")
    assert yard.incident == coast.incident
    assert (coast.root, coast.role, coast.path) == ("R_DQ", Role.SYMPTOM, ["R_DQ", "D_CST"])
    assert yard.interrupts == ["duty", "港口专班"]
    assert coast.interrupts == ["duty", "用户专班"], "a symptom that needs another owner reaches that owner"


def test_independent_causes_are_never_merged(desk: Desk) -> None:
    (rail,) = desk.hear(YELLOW, 0, roots="R_DQ")
    (water,) = desk.hear(YELLOW, 0, roots="U_UX", node="C_BFM")
    (own,) = desk.hear(YELLOW, 0, node="C_YD")
    assert len({rail.incident, water.incident, own.incident}) == 3
    assert own.role is Role.ROOT


def test_an_episode_whose_cause_is_learned_later_joins_its_incident(desk: Desk) -> None:
    (rail,) = desk.hear(YELLOW, 0, roots="R_DQ")
    (alone,) = desk.hear(YELLOW, 1, node="P_CFD")
    (joined,) = desk.hear(ORANGE, 2, roots="R_DQ", node="P_CFD")
    assert alone.incident != rail.incident
    assert joined.incident == rail.incident
    (stays,) = desk.hear(RED, 3, node="P_CFD")
    assert stays.incident == rail.incident, "once it has broken no cause is told; it stays where it was"


def test_a_cause_that_is_itself_a_symptom_leads_to_the_first_root(desk: Desk) -> None:
    (yard,) = desk.hear(YELLOW, 0, roots="R_DQ")
    (coast,) = desk.hear(YELLOW, 1, roots="P_QHD", node="D_CST")
    assert (coast.incident, coast.root) == (yard.incident, "R_DQ")


def test_an_incident_ends_with_its_last_episode_and_the_next_one_is_another(desk: Desk) -> None:
    (first,) = desk.hear(YELLOW, 0, roots="R_DQ")
    desk.live(NORMAL, 1, 7)
    (again,) = desk.hear(YELLOW, 100, roots="R_DQ")
    assert again.incident != first.incident


def test_incidents_are_named_the_same_in_whatever_order_places_are_judged() -> None:
    def names(order: list[str]) -> set[tuple[str, str]]:
        desk = Desk()
        return {(a.node, a.incident) for node in order for a in desk.hear(YELLOW, 0, roots="R_DQ", node=node)}

    assert names(["P_QHD", "D_CST", "P_CFD"]) == names(["P_CFD", "P_QHD", "D_CST"])


def test_a_restart_keeps_incidents(desk: Desk) -> None:
    desk.hear(YELLOW, 0, roots="R_DQ")
    again = Ledger(HOLD, People())
    for alert in desk.steps:
        again.recall(alert)
    (coast,) = Desk(ledger=again).hear(YELLOW, 5, roots="R_DQ", node="D_CST")
    assert coast.incident == desk.steps[0].incident


def test_a_height_interrupts_once_and_from_orange_on_the_chief_too(desk: Desk) -> None:
    desk.hear(YELLOW, 0)
    (orange,) = desk.hear(ORANGE, 1)
    assert orange.interrupts == ["duty", "港口专班", "链长"]
    desk.live(YELLOW, 2, 4)
    assert desk.hear(ORANGE, 5) == [], "a dip is no news"
    (eased,) = desk.live(YELLOW, 6, 12)
    assert (eased.state, eased.interrupts) == (AlertState.EASED, [])
    (raised,) = desk.hear(ORANGE, 13)
    assert raised.interrupts, "it had eased for good; this is news"


def test_a_mute_hides_and_says_what_it_hid_and_its_end_is_told(desk: Desk) -> None:
    commands = Commands(desk.ledger)
    window: dict[str, Any] = {"since": at(0).isoformat(), "until": at(10).isoformat(), "node": "P_*", "up_to": "yellow"}
    assert commands.obey(ordered("alert.mute", is_maintenance="true", **window)) == []
    (hidden,) = desk.hear(YELLOW, 1)
    assert (hidden.muted_by, hidden.interrupts) == ("c1", [])
    (other,) = desk.hear(YELLOW, 1, node="D_CST")
    assert other.interrupts
    (grave,) = desk.hear(ORANGE, 2, node="P_JT")
    assert grave.interrupts, "above the level of the mute it comes through"
    assert desk.hear(YELLOW, 9) == []
    (late,) = desk.hear(YELLOW, 10)
    assert late.interrupts == ["duty", "港口专班"]


def test_a_mute_can_be_lifted_and_is_bounded(desk: Desk) -> None:
    commands = Commands(desk.ledger)
    commands.obey(ordered("alert.mute", until=at(100).isoformat()))
    commands.obey(msgspec.structs.replace(ordered("alert.unmute", 2, mute="c1"), issued_at=at(3)))
    desk.hear(YELLOW, 2)
    (told,) = desk.hear(YELLOW, 4)
    assert told.interrupts
    for wrong in (at(14 * 24), at(-1)):
        with pytest.raises(InputError, match="until"):
            commands.obey(ordered("alert.mute", 3, until=wrong.isoformat()))


def test_a_restart_remembers_mutes(desk: Desk) -> None:
    mute = ordered("alert.mute", until=at(10).isoformat())
    Commands(desk.ledger).recall(mute)
    (hidden,) = desk.hear(YELLOW, 1)
    assert hidden.muted_by == "c1"


def test_an_acknowledgement_holds_for_its_hours_and_then_it_is_told_again(desk: Desk) -> None:
    (opened,) = desk.hear(YELLOW, 0)
    acknowledge = ordered("alert.acknowledge", episode=opened.episode, until=at(2).isoformat())
    (taken,) = desk.ledger.order(acknowledge)
    assert (taken.acknowledged_by, taken.acknowledged_until, taken.comment) == ("值班员甲", at(2), "已电话核实")
    assert desk.ledger.order(acknowledge) == [], "obeyed once"
    assert desk.hear(YELLOW, 1) == []
    (again,) = desk.hear(YELLOW, 2)
    assert again.interrupts == ["duty", "港口专班"]
    assert again.acknowledged_by == ""


def test_worse_news_voids_the_acknowledgement(desk: Desk) -> None:
    (opened,) = desk.hear(YELLOW, 0)
    desk.ledger.order(ordered("alert.acknowledge", episode=opened.episode, until=at(8).isoformat()))
    (worse,) = desk.hear(ORANGE, 1)
    assert (worse.acknowledged_by, bool(worse.interrupts)) == ("", True)


@pytest.mark.parametrize(
    ("kind", "arguments", "lane"),
    [
        ("alert.acknowledge", {"episode": "ep-nowhere", "until": at(8).isoformat()}, "live"),
        ("alert.acknowledge", {"until": at(8).isoformat()}, "live"),
        ("alert.acknowledge", {"episode": "OPEN", "until": at(-1).isoformat()}, "live"),
        ("alert.acknowledge", {"episode": "OPEN", "until": at(8).isoformat()}, "drill:a"),
        ("alert.close", {"episode": "OPEN", "because": "I say so"}, "live"),
    ],
)
def test_commands_that_make_no_sense_are_refused(desk: Desk, kind: str, arguments: dict[str, str], lane: str) -> None:
    (opened,) = desk.hear(YELLOW, 0)
    given: dict[str, Any] = {name: opened.episode if text == "OPEN" else text for name, text in arguments.items()}
    with pytest.raises(InputError):
        desk.ledger.order(ordered(kind, lane=lane, **given))


def test_pages_are_counted_once_per_office_incident_and_moment(desk: Desk) -> None:
    budget = Budget()
    for node in ("P_QHD", "P_CFD", "P_JT"):
        for alert in desk.hear(YELLOW, 0, roots="R_DQ", node=node):
            budget.take(alert)
    assert {office: load.window for office, load in budget.loads().items()} == {"duty": 1, "港口专班": 1}


def test_a_flood_is_flagged_and_passes(desk: Desk) -> None:
    budget = Budget()
    for number in range(12):
        for alert in desk.hear(YELLOW, number / 100, node=f"D_{number}"):
            budget.take(alert)
    duty = budget.loads()["duty"]
    assert (duty.window, duty.day, duty.is_flooded) == (12, 12, True)
    for alert in desk.hear(YELLOW, 2, node="D_LATE"):
        budget.take(alert)
    assert not budget.loads()["duty"].is_flooded
    for alert in desk.hear(YELLOW, 30, node="D_LATER"):
        budget.take(alert)
    assert budget.loads()["duty"].day == 1


def test_a_restart_between_command_and_hold_gives_the_same_steps() -> None:
    """An acknowledgement in the middle of a hold must not swallow what the hold had seen."""

    def steps(*, restarts: bool) -> list[AlertState]:
        desk = Desk()
        (opened,) = desk.hear(YELLOW, 0)
        desk.live(NORMAL, 1, 3)
        published = [
            *desk.steps,
            *desk.ledger.order(ordered("alert.acknowledge", episode=opened.episode, until=at(8).isoformat())),
        ]
        begin = desk.ledger.safe_position(0, 5)
        if restarts:
            ledger = Ledger(HOLD, People())
            for alert in published:
                ledger.recall(alert)
            for hour in range(begin - 1, 4):
                ledger.hear(judged(NORMAL, hour), 0, hour + 1)
            desk = Desk(ledger=ledger)
        return [a.state for a in desk.live(NORMAL, 4, 9)]

    assert steps(restarts=True) == steps(restarts=False) == [AlertState.CLOSED]
