"""Scores, improvement items and the report, from the event log alone."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
import msgspec
import pytest

from schemas.alert import Alert
from schemas.drill import DrillEvent, DrillEventKind
from schemas.drill_plan import Plan
from schemas.level import Level
from services.cli.drill.reporting import closing_event, item_events, write_report
from services.drill.cast import Cast
from services.drill.phase import Phase
from services.runtime.debrief.items import ItemAction, item_id, items_of
from services.runtime.debrief.report import report_of
from services.runtime.debrief.scoring import Outcome, score

if TYPE_CHECKING:
    Drilled = Any

Hold = Callable[..., list[DrillEvent]]


@pytest.fixture
def hold(conducted: "Callable[[Plan], Drilled]", make_alert: Callable[..., Alert]) -> Hold:
    """Holds a drill with its scripted participants and returns its log."""

    def held(
        plan: Plan, name: str = "t-1", days_later: int = 0, steer: Callable[["Drilled"], None] = lambda _: None
    ) -> list[DrillEvent]:
        drill = conducted(msgspec.structs.replace(plan, lead_in_days=1, start_hour=0, rate=1000.0))
        drill.now += timedelta(days=days_later)
        cast, heard, is_warned = Cast(plan), 0, False
        drill.begin()
        steer(drill)
        while drill.conduct.phase is not Phase.OVER:
            drill.go(0.1)
            if drill.conduct.minute(drill.now) > 310 and not is_warned:
                is_warned = True
                drill.hear(make_alert(drill.conduct.lane, Level.ORANGE))
            for event in drill.conduct.events[heard:]:
                cast.hear(event)
            heard = len(drill.conduct.events)
            for said in cast.due(drill.conduct.minute(drill.now)):
                drill.say(said.actor, said.kind, said.reason, **said.arguments)
        document = {"plan": msgspec.json.encode(plan).decode()}
        first = msgspec.structs.replace(drill.conduct.events[0], detail=document)
        return [msgspec.structs.replace(e, drill=name) for e in (first, *drill.conduct.events[1:])]

    return held


def outcomes(plan: Plan, events: Sequence[DrillEvent]) -> dict[str, str]:
    """How each expectation ended."""
    return {j.expected.id: j.outcome.value for j in score(plan, events).judged}


def test_people_are_scored_by_what_they_did_and_when(daqin: Plan, hold: Hold) -> None:
    events = hold(daqin)
    assert outcomes(daqin, events) == {
        "E1": "on_time", "E2": "on_time", "E3": "on_time", "E4": "late", "E5": "on_time", "E6": "on_time", "E7": "missed",
    }  # fmt: skip
    found = score(daqin, events)
    assert found.points == pytest.approx((5 + 0.5) / 7)
    assert {r.objective: r.rating for r in found.rated} == {"O1": "P", "O2": "S", "O3": "U"}
    took = {j.expected.id: j.took for j in found.judged}
    assert took["E4"] == pytest.approx(150.0, abs=5.0)


def test_the_score_needs_nothing_but_the_log(daqin: Plan, hold: Hold) -> None:
    events = hold(daqin)
    again = [msgspec.json.decode(msgspec.json.encode(e), type=DrillEvent) for e in reversed(events)]
    assert score(daqin, again) == score(daqin, events)
    assert report_of(sorted(again, key=lambda e: e.sequence), {}) == report_of(events, {})


def test_a_deed_before_its_inject_of_another_person_or_another_step_does_not_count(daqin: Plan, hold: Hold) -> None:
    bare = msgspec.structs.replace(daqin, acts=())

    def wrong(drill: "Drilled") -> None:
        drill.say("duty", "drill.act", step="acknowledge", on="I1")
        drill.to_minute(25.0)
        drill.say("team", "drill.act", step="acknowledge", on="I1")
        drill.say("duty", "drill.act", step="finish", on="I1")

    assert set(outcomes(bare, hold(bare, steer=wrong)).values()) == {"missed"}


def test_commands_of_the_live_system_count_once_each(daqin: Plan, hold: Hold) -> None:
    bare = msgspec.structs.replace(daqin, acts=())

    def live(drill: "Drilled") -> None:
        drill.to_minute(320.0)
        drill.say("team", "task.done", task="task-1")
        drill.say("chief", "playbook.approve", task="task-2")

    found = outcomes(bare, hold(bare, steer=live))
    assert (found["E7"], found["E4"], found["E6"]) == ("on_time", "late", "missed")


def test_what_a_rewind_took_back_is_not_scored(daqin: Plan, hold: Hold) -> None:
    def rewound(drill: "Drilled") -> None:
        drill.to_minute(25.0)
        drill.say("duty", "drill.act", step="acknowledge", on="I1")
        drill.say("o", "drill.rewind", to="10")

    bare = msgspec.structs.replace(daqin, acts=())
    assert outcomes(bare, hold(bare, steer=rewound))["E1"] == "missed"


def test_an_abort_voids_what_is_open_and_costs_nobody_points(
    daqin: Plan, hold: Hold, make_alert: Callable[..., Alert]
) -> None:
    def real(drill: "Drilled") -> None:
        drill.to_minute(140.0)
        drill.hear(make_alert("live", Level.RED))

    events = hold(daqin, steer=real)
    found = outcomes(daqin, events)
    assert found["E4"] == found["E7"] == Outcome.VOID.value
    assert score(daqin, events).points is None
    assert item_events(events, events, events[-1].wall) == []
    assert "转入实战" in report_of(events, {}).headline


def test_evaluators_go_before_the_points(daqin: Plan, hold: Hold) -> None:
    def marked(drill: "Drilled") -> None:
        drill.say("evaluator-1", "drill.mark", "首报要素不全", objective="O1", rating="m")
        drill.say("duty", "drill.mark", "我很好", objective="O1", rating="P")

    found = {r.objective: r for r in score(daqin, hold(daqin, steer=marked)).rated}
    assert (found["O1"].by_points, found["O1"].rating) == ("P", "M")
    assert found["O1"].marks == (("evaluator-1", "M", "首报要素不全"),)


def test_items_stay_open_and_open_again_when_the_next_drill_fails_again(daqin: Plan, hold: Hold) -> None:
    history: list[DrillEvent] = []
    missed = next(x for x in daqin.expectations if x.id == "E7")
    name = item_id(daqin, missed)

    def drill(number: int, plan: Plan) -> ItemAction:
        events = hold(plan, f"t-{number}", days_later=number)
        history.extend(events)
        history.extend(item_events(events, history, events[-1].wall))
        return items_of(history)[name].history[-1][1]

    assert drill(1, daqin) is ItemAction.OPENED
    assert drill(2, daqin) is ItemAction.FAILED_AGAIN
    last = [e for e in history if e.drill == "t-2"]
    history.append(closing_event(items_of(history)[name], last, "emergency-office", "第 2 版已写明", last[-1].wall))
    assert not items_of(history)[name].is_open
    assert drill(3, daqin) is ItemAction.REOPENED
    better = next(a for a in daqin.acts if a.expectation == "E6")
    done = msgspec.structs.replace(
        daqin, acts=(*daqin.acts, msgspec.structs.replace(better, expectation="E7", after_minutes=20.0))
    )
    assert drill(4, done) is ItemAction.PASSED
    assert items_of(history)[name].is_open, "only a person closes it"
    assert items_of(history)[name].playbook == "coal-supply-guarantee"


def test_items_are_noted_once(daqin: Plan, hold: Hold) -> None:
    events = hold(daqin)
    noted = item_events(events, events, events[-1].wall)
    assert {e.kind for e in noted} == {DrillEventKind.ITEM}
    assert item_events([*events, *noted], [*events, *noted], events[-1].wall) == []


def test_the_report_is_written_as_pdf_and_as_a_word_file_that_people_can_edit(
    daqin: Plan, hold: Hold, tmp_path: Path
) -> None:
    events = hold(daqin)
    noted = item_events(events, events, events[-1].wall)
    pdf, word = write_report([*events, *noted], [*events, *noted], tmp_path)
    assert pdf.read_bytes().startswith(b"%PDF")
    file = docx.Document(str(word))
    texts = [p.text for p in file.paragraphs] + [c.text for t in file.tables for r in t.rows for c in r.cells]
    assert any("大秦线中断保供演练 评估报告" in t for t in texts)
    assert any("链长丙（示意）：决定是否召开会商，未做" in t for t in texts)
    assert any("5/7" in t for t in texts)
    assert "【演练】" in file.sections[0].header.paragraphs[0].text


def test_scripted_participants_acknowledge_an_abort_although_the_clock_stands(daqin: Plan) -> None:
    cast = Cast(daqin)
    aborted = DrillEvent(
        drill="t-1",
        sequence=9,
        kind=DrillEventKind.ABORTED,
        lane="drill:t-1",
        minute=10.001,
        wall=datetime(2026, 1, 10, tzinfo=UTC),
    )
    cast.hear(aborted)
    assert {s.actor for s in cast.due(10.0006)} == {"duty", "team", "chief"}
