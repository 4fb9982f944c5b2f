"""When an episode eases and closes: learned holds, fresh and trusted observations, a person's word, the unknown, wrong data."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.alert import Alert, AlertState, Ending
from schemas.assessment import Hazard
from schemas.level import Level
from services.alerting.episode import recalled
from services.alerting.ledger import Ledger
from services.alerting.policy import Policy
from services.alerting.posting import UNKNOWN_NAME, postings

from .conftest import Desk, at, judged, ordered, reading

RED, ORANGE, YELLOW, BLUE, NORMAL, UNKNOWN = (
    Level.RED,
    Level.ORANGE,
    Level.YELLOW,
    Level.BLUE,
    Level.NORMAL,
    Level.UNKNOWN,
)


def told(steps: list[Alert]) -> list[tuple[str, Level]]:
    return [(a.state.value, a.level) for a in steps]


def test_a_yellow_warning_closes_by_itself_after_six_normal_hours_with_fresh_data(desk: Desk) -> None:
    desk.hear(YELLOW, 0)
    assert desk.live(NORMAL, 1, 6) == []
    (closed,) = desk.hear(NORMAL, 7)
    assert (closed.state, closed.ending) == (AlertState.CLOSED, Ending.EASED)


def test_without_a_new_observation_of_every_input_nothing_closes(desk: Desk) -> None:
    desk.hear(YELLOW, 0)
    old = [reading(0.5), reading(0.5, series="inflow.P_QHD.steam_coal")]
    (eased,) = desk.live(NORMAL, 1, 20, inputs=old)
    assert (eased.state, eased.level) == (AlertState.EASED, NORMAL)
    assert desk.hear(NORMAL, 21, inputs=[reading(21), old[1]]) == []
    (closed,) = desk.hear(NORMAL, 22, inputs=[reading(21), reading(21, series="inflow.P_QHD.steam_coal")])
    assert closed.ending is Ending.EASED


@pytest.mark.parametrize("spoilt", [{"trust": 0.3}, {"is_contradicted": True}])
def test_an_input_that_is_not_trusted_begins_the_hold_anew(desk: Desk, spoilt: dict[str, Any]) -> None:
    desk.hear(YELLOW, 0)
    desk.live(NORMAL, 1, 5)
    desk.hear(NORMAL, 6, inputs=[reading(6, **spoilt)])
    assert all(a.hazard.is_of_data() or a.state is not AlertState.CLOSED for a in desk.live(NORMAL, 7, 12))
    assert AlertState.CLOSED in [a.state for a in desk.hear(NORMAL, 13) if a.hazard is Hazard.STARVED]


def test_what_was_orange_waits_for_a_person_and_says_so(desk: Desk) -> None:
    (opened,) = desk.hear(ORANGE, 0)
    (eased,) = desk.live(NORMAL, 1, 7)
    assert (eased.state, eased.level, eased.is_awaiting) == (AlertState.EASED, NORMAL, True)
    assert [a for a in desk.live(NORMAL, 8, 30) if a.state is AlertState.CLOSED] == []
    (closed,) = desk.ledger.order(ordered("alert.close", episode=opened.episode))
    assert (closed.state, closed.ending, closed.closing_by) == (AlertState.CLOSED, Ending.PERSON, "值班员甲")
    assert closed.headline_zh.startswith("【解除】")
    assert desk.live(NORMAL, 31, 40) == []


def test_the_word_of_a_person_alone_closes_nothing_and_lapses_when_it_worsens(desk: Desk) -> None:
    (opened,) = desk.hear(ORANGE, 0)
    (agreed,) = desk.ledger.order(ordered("alert.close", episode=opened.episode))
    assert (agreed.state, agreed.level) == (AlertState.UPDATED, ORANGE)
    (worse,) = desk.hear(RED, 1)
    assert worse.closing_by == ""
    desk.ledger.order(ordered("alert.close", 2, episode=opened.episode))
    (closed,) = desk.live(NORMAL, 2, 8)
    assert (closed.state, closed.ending) == (AlertState.CLOSED, Ending.PERSON)


def test_in_a_replay_nobody_is_asked(desk: Desk) -> None:
    desk.hear(RED, 0, lane="replay:a")
    assert told(desk.live(NORMAL, 1, 7, lane="replay:a")) == [("closed", NORMAL)]


def test_the_unknown_is_an_alarm_of_its_own_above_blue_and_closes_nothing(desk: Desk) -> None:
    desk.hear(YELLOW, 0)
    (lost,) = desk.hear(UNKNOWN, 1)
    assert lost.is_unknown
    assert lost.interrupts == ["duty", "港口专班"]
    names = [p["labels"]["alertname"] for p in postings(recalled(lost), at(1))]
    assert names == ["LianjingStarved", UNKNOWN_NAME]
    assert desk.live(UNKNOWN, 2, 90) == []
    assert told(desk.live(NORMAL, 91, 97)) == [("closed", NORMAL)]


def test_at_blue_the_unknown_alarms_nobody(desk: Desk) -> None:
    desk.hear(YELLOW, 0)
    assert told(desk.live(BLUE, 1, 7)) == [("eased", BLUE)]
    (lost,) = desk.hear(UNKNOWN, 8)
    assert lost.interrupts == []
    ends = {p["labels"]["alertname"]: p["endsAt"] for p in postings(recalled(lost), at(8))}
    assert ends[UNKNOWN_NAME] == at(8).isoformat(), "posted as ended"


def test_dips_that_pass_lengthen_the_hold_and_many_short_ones_shorten_it() -> None:
    restless, lively = Desk(Policy()), Desk(Policy())
    for n in range(4):
        restless.hear(YELLOW, 40 * n)
        restless.hear(NORMAL, 40 * n + 4)
        lively.hear(YELLOW, 4 * n)
        lively.hear(NORMAL, 4 * n + 2)
    (slow,) = [a for a in restless.live(YELLOW, 160, 170) if a.hold_hours > 24]
    assert slow.hold_hours == pytest.approx(48)
    (quick,) = [a for a in lively.live(YELLOW, 16, 26) if a.hold_hours < 24]
    assert quick.hold_hours == 6.0


def test_easing_is_never_quicker_than_six_hours_whatever_was_learned() -> None:
    desk = Desk(Policy())
    for n in range(20):
        desk.hear(YELLOW, 2 * n)
        desk.hear(NORMAL, 2 * n + 1)
    desk.hear(YELLOW, 40)
    eased = next(a for a in desk.live(NORMAL, 41, 60) if a.state in (AlertState.EASED, AlertState.CLOSED))
    assert eased.as_of - at(41) == timedelta(hours=6)


def test_a_warning_that_rested_on_a_corrected_reading_is_withdrawn_at_once(desk: Desk) -> None:
    desk.hear(YELLOW, 0, inputs=[reading(0, 40.0)])
    (closed,) = desk.hear(NORMAL, 1, inputs=[reading(0, 400.0)])
    assert (closed.state, closed.ending) == (AlertState.CLOSED, Ending.RETRACTED)
    assert closed.headline_zh.startswith("【撤回】")
    assert "40 已更正为 400" in closed.retraction_zh


def test_a_red_one_is_withdrawn_by_a_person_who_is_told_why(desk: Desk) -> None:
    (opened,) = desk.hear(RED, 0, inputs=[reading(0, 40.0)])
    (told_why,) = desk.hear(NORMAL, 1, inputs=[reading(0, 400.0)])
    assert (told_why.state, told_why.is_awaiting) == (AlertState.UPDATED, True)
    assert "corrected" in told_why.retraction_en
    (closed,) = desk.ledger.order(ordered("alert.close", episode=opened.episode))
    assert closed.ending is Ending.RETRACTED


def test_a_correction_that_changes_nothing_withdraws_nothing(desk: Desk) -> None:
    desk.hear(YELLOW, 0, inputs=[reading(0, 40.0)])
    assert desk.hear(YELLOW, 1, inputs=[reading(0, 38.0)]) == []


def test_silence_and_doubt_are_alarms_of_their_own(desk: Desk) -> None:
    silent = reading(-60, age_hours=60.0, trust=0.0)
    doubted = reading(0, series="inflow.P_QHD.steam_coal", is_contradicted=True)
    found = {a.hazard: a for a in desk.hear(UNKNOWN, 0, inputs=[silent, doubted])}
    assert set(found) == {Hazard.SILENT, Hazard.DISTRUSTED}, "no break was warned of"
    assert found[Hazard.SILENT].series == [silent.series]
    assert "静默 60 小时" in found[Hazard.SILENT].headline_zh
    assert found[Hazard.DISTRUSTED].series == [doubted.series]
    assert found[Hazard.SILENT].incident != found[Hazard.DISTRUSTED].incident


def test_an_alarm_of_silence_closes_when_the_series_is_there_again(desk: Desk) -> None:
    desk.hear(UNKNOWN, 0, inputs=[reading(-60, age_hours=60.0, trust=0.0)])
    (closed,) = desk.live(NORMAL, 1, 7)
    assert (closed.hazard, closed.state) == (Hazard.SILENT, AlertState.CLOSED)


def test_a_series_that_never_reported_is_no_silence(desk: Desk) -> None:
    never = reading(0, observed_at=None, value=None, age_hours=None, trust=0.0)
    assert desk.live(UNKNOWN, 0, 50, inputs=[never]) == []


def test_a_restart_half_way_through_a_learned_hold_changes_nothing() -> None:
    def steps(stop: int | None) -> list[Alert]:
        ledger, begin = Ledger(Policy()), 0
        published: list[Alert] = []
        life = [YELLOW, NORMAL, NORMAL, YELLOW] * 5 + [NORMAL] * 30
        stream = [judged(level, hour) for hour, level in enumerate(life)]
        for offset, assessment in enumerate(stream):
            if offset == stop:
                begin = ledger.safe_position(0, offset)
                ledger = Ledger(Policy())
                for alert in published:
                    ledger.recall(alert)
                for earlier in range(begin, offset):
                    published += ledger.hear(stream[earlier], 0, earlier)
            published += ledger.hear(assessment, 0, offset)
        return published

    whole = steps(None)
    assert whole[-1].state is AlertState.CLOSED
    assert all(steps(stop) == whole for stop in range(0, 50, 3))
