"""A drill on its clock: injects at their minute, pause, step, rewind, rate, stop word, abort; only the roster is written to, always marked."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.drill import DrillEventKind
from schemas.drill_plan import Plan
from schemas.level import Level
from services.drill.effect import CloseLane, Insert, OpenLane, Order, PlayHour, SetClock
from services.drill.phase import Phase
from services.runtime.debrief.marking import is_marked

if TYPE_CHECKING:
    Drilled = Any

INJECT, ACT, VOID = DrillEventKind.INJECT, DrillEventKind.ACT, DrillEventKind.VOID


def _given(drilled: "Drilled") -> list[str]:
    return [e.subject for e in drilled.events(INJECT)]


def test_the_hours_before_are_lived_first_and_the_clock_starts_at_the_drill_s_minute_0(
    drilled: "Drilled", daqin: Plan
) -> None:
    hours = [e for e in drilled.effects if isinstance(e, PlayHour)]
    assert len(hours) == 24 * daqin.lead_in_days + daqin.start_hour
    assert hours[-1].strikes
    *before, clock = [e for e in drilled.effects if isinstance(e, SetClock)]
    assert (clock.minute, clock.rate) == (0.0, 200.0)
    assert all(c.rate < 1e-3 for c in before), "the lane's clock does not run ahead of the hours lived"
    assert [c.minute for c in before] == sorted(c.minute for c in before)


def test_preparing_is_paced(conducted: "Callable[[Plan], Drilled]", daqin: Plan) -> None:
    drill = conducted(daqin)
    drill.conduct.sent(1_000_000)
    drill.go(1.0)
    assert [e for e in drill.effects if isinstance(e, PlayHour)] == []


def test_injects_come_at_their_minute(drilled: "Drilled") -> None:
    drilled.to_minute(19.0)
    assert _given(drilled) == []
    drilled.to_minute(20.0)
    assert _given(drilled) == ["I1"]
    drilled.to_minute(165.0)
    assert _given(drilled) == ["I1", "I2", "I3"]
    actual = {e.subject: e.minute for e in drilled.events(INJECT)}
    assert actual["I2"] == pytest.approx(130.0, abs=1.0)
    insert = next(e for e in drilled.effects if isinstance(e, Insert))
    assert (insert.reading.series, insert.reading.value) == ("volume.R_DQ.steam_coal", 0.0)


def test_a_telephone_script_opens_and_closes_with_the_word_and_is_rung_by_a_stand_in(drilled: "Drilled") -> None:
    drilled.to_minute(21.0)
    call = next(letter for letter in drilled.letters() if "电话脚本" in letter.text_zh)
    assert call.text_zh.startswith("【演练】")
    assert call.text_zh.rstrip("。").endswith("演练")
    assert [e.subject for e in drilled.events(DrillEventKind.STAND_IN)] == ["I1"]


def test_a_pause_holds_everything_and_a_step_goes_on_by_hand(drilled: "Drilled") -> None:
    drilled.to_minute(10.0)
    drilled.say("organiser", "drill.pause")
    stood = drilled.conduct.minute(drilled.now)
    drilled.go(30.0)
    assert drilled.conduct.minute(drilled.now) == stood
    assert _given(drilled) == []
    drilled.say("organiser", "drill.step", minutes="15")
    drilled.go(0.5)
    assert _given(drilled) == ["I1"]
    assert drilled.conduct.minute(drilled.now) == pytest.approx(stood + 15)
    drilled.say("organiser", "drill.resume")
    drilled.go(3.0)
    assert drilled.conduct.minute(drilled.now) == pytest.approx(stood + 25, abs=0.5)


def test_the_rate_can_be_changed_on_the_way(drilled: "Drilled") -> None:
    drilled.say("organiser", "drill.rate", rate="600")
    before = drilled.conduct.minute(drilled.now)
    drilled.go(6.0)
    assert drilled.conduct.minute(drilled.now) == pytest.approx(before + 60)
    drilled.say("organiser", "drill.rate", rate="0")
    assert drilled.events(DrillEventKind.REFUSED)[-1].detail["why"].startswith("rate")


def test_a_rewind_closes_the_lane_opens_the_next_and_gives_again_what_came_later(drilled: "Drilled") -> None:
    drilled.to_minute(135.0)
    assert _given(drilled) == ["I1", "I2"]
    found = drilled.say("organiser", "drill.rewind", to="60")
    assert [e.lane for e in found if isinstance(e, CloseLane)] == ["drill:t-1"]
    assert [e.lane for e in found if isinstance(e, OpenLane)] == ["drill:t-1.2"]
    while drilled.conduct.phase is Phase.PREPARING:
        drilled.go(0.1)
    assert drilled.conduct.minute(drilled.now) == pytest.approx(60.0, abs=1.0)
    drilled.to_minute(131.0)
    assert _given(drilled) == ["I1", "I2", "I2"], "I1 came before minute 60 and is not given again"


def test_a_scheduled_end_closes_the_lane(drilled: "Drilled") -> None:
    drilled.to_minute(600.0)
    assert drilled.conduct.phase is Phase.OVER
    assert isinstance(drilled.effects[-1], CloseLane)
    assert len(drilled.events(DrillEventKind.ENDED)) == 1


def test_a_real_red_alert_aborts_at_once(drilled: "Drilled", make_alert: Callable[..., Any], daqin: Plan) -> None:
    drilled.to_minute(135.0)
    drilled.hear(make_alert(drilled.conduct.lane, Level.RED))
    assert drilled.conduct.phase is Phase.RUNNING, "a red alert of the drill itself is what it is about"
    drilled.hear(make_alert("live", Level.ORANGE))
    assert drilled.conduct.phase is Phase.RUNNING
    found = drilled.hear(make_alert("live", Level.RED, node="P_CFD"))
    told = drilled.letters(found)
    assert {letter.member for letter in told} == {m.id for m in daqin.roster}
    assert all("演练中止，转入实战" in letter.text_zh and "P_CFD" in letter.text_zh for letter in told)
    assert any(isinstance(e, CloseLane) for e in found)
    assert {e.subject for e in drilled.events(VOID)} == {x.id for x in daqin.expectations}
    before = len(drilled.events(INJECT))
    drilled.go(20.0)
    assert len(drilled.events(INJECT)) == before, "nothing of the drill is given any more"


def test_everybody_acknowledges_the_abort_and_is_reminded_until_he_does(
    drilled: "Drilled", make_alert: Callable[..., Any]
) -> None:
    drilled.hear(make_alert("live"))
    drilled.say("duty", "drill.act", step="acknowledge", on="abort")
    drilled.effects.clear()
    drilled.go(61.0, 1.0)
    assert {letter.member for letter in drilled.letters()} == {"team", "chief"}
    drilled.say("team", "drill.act", step="acknowledge", on="abort")
    drilled.say("link", "message.acknowledge", notification=f"{drilled.conduct.lane}/I1.3/chief")
    assert drilled.conduct.phase is not Phase.OVER, "another letter is not the one about the abort"
    drilled.say("link", "message.acknowledge", notification=drilled.letters()[-1].id, person="chief", name="链长")
    assert drilled.conduct.phase is Phase.OVER
    assert [e.actor for e in drilled.events(DrillEventKind.ACKNOWLEDGED)] == ["duty", "team", "chief"]


def test_who_does_not_acknowledge_is_named(drilled: "Drilled", make_alert: Callable[..., Any]) -> None:
    drilled.hear(make_alert("live"))
    drilled.say("duty", "drill.act", step="acknowledge", on="abort")
    drilled.go(620.0, 5.0)
    assert drilled.conduct.phase is Phase.OVER
    assert [e.actor for e in drilled.events(DrillEventKind.UNACKNOWLEDGED)] == ["team", "chief"]


def test_running_playbooks_are_ended_with_the_drill(drilled: "Drilled", make_alert: Callable[..., Any]) -> None:
    from schemas.run import Run, RunState

    run = Run(
        run_id="run-1", lane=drilled.conduct.lane, episode="e", playbook="railway-interruption", version="1-a", state=RunState.RUNNING,
        started_at=drilled.now, node="P_QHD", product="steam_coal", level="red", name_zh="铁路", name_en="railway",
    )  # fmt: skip
    drilled.conduct.hear_run(run, drilled.now)
    found = drilled.hear(make_alert("live"))
    assert [(e.kind, e.arguments) for e in found if isinstance(e, Order)] == [("playbook.end", {"run": "run-1"})]


@pytest.mark.parametrize(
    ("actor", "word", "stops"), [("duty", "停止演练", True), ("duty", "停", False), ("passer-by", "停止演练", False)]
)
def test_the_stop_word_works_for_participants(drilled: "Drilled", actor: str, word: str, stops: bool) -> None:
    found = drilled.say(actor, "drill.stop", word=word)
    assert (drilled.conduct.phase is Phase.OVER) is stops
    assert bool(drilled.letters(found)) is stops


def test_only_the_roster_acts_and_what_is_refused_is_noted(drilled: "Drilled") -> None:
    drilled.to_minute(21.0)
    drilled.say("passer-by", "drill.act", step="acknowledge", on="I1")
    drilled.say("duty", "drill.act", step="dance", on="I1")
    drilled.say("duty", "drill.act", step="acknowledge", on="I9")
    drilled.say("duty", "drill.act", "已登记", step="签收", on="I1")
    assert len(drilled.events(DrillEventKind.REFUSED)) == 3
    assert [(e.actor, e.subject, e.detail["step"]) for e in drilled.events(ACT)] == [("duty", "I1", "acknowledge")]


def test_a_step_is_recorded_on_behalf_of_who_took_it(drilled: "Drilled") -> None:
    drilled.to_minute(21.0)
    drilled.say("team", "drill.act", step="acknowledge", on="I1", member="duty")
    drilled.say("evaluator-1", "drill.act", step="acknowledge", on="I1", member="duty")
    drilled.say("director", "drill.record", "口头报告", step="decide", on="I1", member="duty")
    drilled.say("director", "drill.record", step="decide", on="I1", member="nobody")
    assert len(drilled.events(DrillEventKind.REFUSED)) == 2
    told = [(e.actor, e.detail["step"], e.detail["recorded_by"]) for e in drilled.events(ACT)]
    assert told == [("duty", "acknowledge", "evaluator-1"), ("duty", "decide", "director")]
    assert "director 代为登记" in drilled.events(ACT)[-1].text_zh


def test_an_awaited_warning_is_the_inject_and_its_acknowledgement_the_live_command(
    drilled: "Drilled", make_alert: Callable[..., Any]
) -> None:
    drilled.to_minute(30.0)
    drilled.hear(make_alert(drilled.conduct.lane, Level.ORANGE, node="P_QHD"))
    assert _given(drilled)[-1] == "I4"
    drilled.say("duty", "alert.acknowledge", episode=f"ep-{drilled.conduct.lane}-P_QHD")
    assert drilled.events(ACT)[-1].subject == "I4"


ACTIONS = st.sampled_from(
    ["pause", "resume", "step", "rewind", "rate", "go", "live_red", "live_yellow", "own_red", "act", "stop", "strange"]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, max_size=12))
def test_whatever_happens_only_the_roster_is_written_to_and_everything_is_marked(
    daqin: Plan, conducted: "Callable[[Plan], Drilled]", make_alert: Callable[..., Any], actions: list[str]
) -> None:
    drill = conducted(msgspec.structs.replace(daqin, lead_in_days=1, start_hour=0)).begin()
    roster = {m.id for m in daqin.roster}
    do: dict[str, Callable[[], object]] = {
        "pause": lambda: drill.say("o", "drill.pause"),
        "resume": lambda: drill.say("o", "drill.resume"),
        "step": lambda: drill.say("o", "drill.step", minutes="40"),
        "rewind": lambda: drill.say("o", "drill.rewind", to="5"),
        "rate": lambda: drill.say("o", "drill.rate", rate="1000"),
        "go": lambda: drill.go(20.0, 1.0),
        "live_red": lambda: drill.hear(make_alert("live", Level.RED)),
        "live_yellow": lambda: drill.hear(make_alert("live", Level.YELLOW)),
        "own_red": lambda: drill.hear(make_alert(drill.conduct.lane, Level.RED)),
        "act": lambda: drill.say("duty", "drill.act", step="finish", on=""),
        "stop": lambda: drill.say("chief", "drill.stop", word="停止演练"),
        "strange": lambda: drill.say("x", "drill.stop", word="停止演练"),
    }
    for name in actions:
        do[name]()
    letters = drill.letters()
    assert {letter.member for letter in letters} <= roster
    assert all(is_marked(letter.text_zh, letter.text_en) for letter in letters)
    assert all(is_marked(e.text_zh, e.text_en) for e in drill.conduct.events)
    assert [e.sequence for e in drill.conduct.events] == list(range(1, len(drill.conduct.events) + 1))
    lanes = {
        e.lane for e in drill.effects if isinstance(e, OpenLane | CloseLane | PlayHour | SetClock | Insert | Order)
    }
    assert all(lane == "drill:t-1" or lane.startswith("drill:t-1.") for lane in lanes)
