"""From records to warnings on memory twins: through the front door of the topics."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from schemas.feed import FeedMessage
from schemas.level import Level
from schemas.topic import ASSESSMENT, CHAIN, CLOCK, FEED_TOPICS, LANE

if TYPE_CHECKING:
    Line = Any

from datetime import UTC, datetime

START = datetime(2026, 1, 10, tzinfo=UTC)
CUT = {"capacity_factor.R_DQ": 0.1, "volume.R_DQ.steam_coal": 120_000.0}
CUT |= {f"flow.R_DQ.{p}.steam_coal": 20_000.0 for p in ("P_QHD", "P_CFD", "P_JT", "D_NCH")}
PORTS_THIN = {"stock.P_QHD.steam_coal": 519_790 * 7.5, "stock.P_CFD.steam_coal": 460_079 * 6.5}
COAST = {"stock.D_CST.steam_coal": 2_130_000 * 8.4, "use.D_CST.steam_coal": 2_700_000.0}


def test_a_quiet_day_is_normal_and_warns_nobody(line: "Line") -> None:
    line.hours(0, 26, every=2, tick_every=2)
    levels = {a.level for a in line.assessments() if a.as_of > START + timedelta(hours=1)}
    assert levels == {Level.NORMAL}
    assert line.alerts() == []
    assert line.alertmanager.postings == []


def test_a_railway_cut_warns_the_coast_days_before(line: "Line") -> None:
    line.hours(0, 72, lambda h: COAST | PORTS_THIN | (CUT if h >= 24 else {}), every=3, tick_every=2)
    coast = line.newest("D_CST")
    assert coast.level in (Level.YELLOW, Level.ORANGE)
    assert coast.hours_to_minimum_p50 is not None
    assert coast.hours_to_minimum_p50 > 24
    causes = {c.node: c for c in coast.causes}
    assert set(causes) == {"R_DQ", "D_CST"}, "the coast also uses a quarter more than usual"
    assert (causes["R_DQ"].path[0], causes["R_DQ"].path[-1]) == ("R_DQ", "D_CST")
    assert sum(c.share or 0.0 for c in coast.causes) == pytest.approx(1.0, abs=0.1)
    assert "大秦铁路" in coast.reason_zh
    assert "建议" in coast.smallest_change_zh
    opened = {(a.node, a.state.value) for a in line.alerts()}
    assert ("D_CST", "opened") in opened
    posted = {p["labels"]["node"] for p in line.alertmanager.postings}
    assert "D_CST" in posted


def test_a_prompt_warning_needs_no_tick(line: "Line") -> None:
    line.hours(0, 2)
    line.send({"stock.C_BFM.steam_coal": 41_361 * 3.0}, START + timedelta(hours=1, minutes=5))
    line.turn()
    assert line.newest("C_BFM").level is Level.RED
    assert [a.level for a in line.alerts() if a.node == "C_BFM"] == [Level.RED]


def test_a_mine_that_would_catch_up_lacks_no_power_for_it(line: "Line") -> None:
    line.hours(0, 3)
    line.send({"stock.M_QPJ.coking_coal": 13_400.0, "output.M_QPJ.coking_coal": 12_500.0}, START + timedelta(hours=3))
    line.tick(START + timedelta(hours=3, minutes=1))
    line.turn()
    assert line.newest("M_QPJ", "electricity").level in (Level.NORMAL, Level.BLUE)


def test_a_late_correction_judges_again(line: "Line") -> None:
    line.hours(0, 2)
    at = START + timedelta(hours=1, minutes=5)
    line.send({"stock.C_BFM.steam_coal": 124_083.0}, at)
    line.turn()
    assert line.newest("C_BFM").level is Level.RED
    line.send({"stock.C_BFM.steam_coal": 413_600.0}, at, issued_at=at + timedelta(minutes=20))
    line.turn()
    assert line.newest("C_BFM").level is Level.NORMAL
    assert line.newest("C_BFM").known_at == at + timedelta(minutes=20)
    line.hours(2, 32, every=3, tick_every=3)
    opened, withdrawn, *later = [a for a in line.alerts() if a.node == "C_BFM"]
    assert (opened.state.value, withdrawn.is_awaiting) == ("opened", True)
    assert "124,083 已更正为 413,600" in withdrawn.retraction_zh
    assert all(a.is_awaiting and a.state.value != "closed" for a in later), "what was red is closed by a person"


def test_silence_is_unknown_and_closes_nothing(line: "Line") -> None:
    line.hours(0, 2)
    line.send({"stock.C_BFM.water": 144_764 * 0.4}, START + timedelta(hours=1, minutes=5))
    line.turn()
    assert line.newest("C_BFM", "water").level is Level.RED
    for hour in range(2, 30, 2):
        others = {s: v for s, v in line.quiet().items() if "C_BFM.water" not in s}
        at = START + timedelta(hours=hour)
        line.send(others, at)
        if hour % 4 == 0:
            line.tick(at + timedelta(minutes=1))
            line.turn()
    assert line.newest("C_BFM", "water").level is Level.UNKNOWN
    steps = [(a.hazard.value, a.state.value) for a in line.alerts() if (a.node, a.product) == ("C_BFM", "water")]
    assert [state for hazard, state in steps if hazard == "starved"] == ["opened", "updated"]
    assert ("silent", "opened") in steps, "silence is an alarm of its own"
    names = {p["labels"]["alertname"] for p in line.alertmanager.postings}
    assert names == {"LianjingStarved", "LianjingUnknown", "LianjingDataSilent"}


def test_nothing_known_is_unknown_everywhere(line: "Line") -> None:
    line.send({"stock.P_QHD.steam_coal": 5_000_000.0}, START)
    line.turn()
    assert {a.level for a in line.assessments()} == {Level.UNKNOWN}


def _at_ticks(line: "Line") -> set[tuple[object, ...]]:
    return {
        (a.node, a.product, a.hazard, a.as_of, a.known_at, a.level, a.hours_to_minimum_p50, a.reason_zh)
        for a in line.assessments()
        if a.as_of.minute == 1
    }


@pytest.mark.parametrize("lane", ["live", pytest.param("drill:d1", marks=pytest.mark.full), "replay:r1"])
def test_ticks_judge_the_same_however_far_reading_ran_ahead(make_line: Callable[[str], "Line"], lane: str) -> None:
    def change(hour: int) -> dict[str, float]:
        return CUT | PORTS_THIN if hour >= 2 else {}

    slow, ahead = make_line(lane), make_line(lane)
    slow.hours(0, 5, change)
    for hour in range(5):
        at = START + timedelta(hours=hour)
        ahead.send(ahead.quiet() | change(hour), at)
        ahead.tick(at + timedelta(minutes=1))
    ahead.turn()
    assert _at_ticks(slow) == _at_ticks(ahead)
    assert any(a.level in (Level.ORANGE, Level.RED) for a in ahead.assessments() if a.as_of.minute == 1)


def test_feeds_sent_before_all_ticks_are_judged_by_what_was_known(make_line: Callable[[str], "Line"]) -> None:
    slow, ahead = make_line("replay:r1"), make_line("replay:r1")
    slow.hours(0, 5)
    for hour in range(5):
        ahead.send(ahead.quiet(), START + timedelta(hours=hour))
    for hour in range(5):
        ahead.tick(START + timedelta(hours=hour, minutes=1))
    ahead.turn()
    assert _at_ticks(slow) == _at_ticks(ahead)


def test_after_an_outage_every_tick_is_told_at_once_and_not_when_all_are_judged(
    make_line: Callable[[str], "Line"],
) -> None:
    line = make_line("replay:r1")
    for hour in range(4):
        line.send(line.quiet(), START + timedelta(hours=hour))
        line.tick(START + timedelta(hours=hour, minutes=1))
    told: list[int] = []
    while len(told) < 4 or told[-1] < 4:
        line.risk.turn(0.0)
        told.append(len({a.as_of for a in line.assessments()}))
    assert set(told) >= {1, 2, 3, 4}


def test_a_restart_in_the_middle_changes_no_judgement_and_no_alert(make_line: Callable[[str], "Line"]) -> None:
    def change(hour: int) -> dict[str, float]:
        return CUT | PORTS_THIN if 3 <= hour < 9 else {}

    whole, broken = make_line("replay:r1"), make_line("replay:r1")
    for first, last, tick_every in ((0, 4, 1), (4, 11, 2), (11, 13, 1), (13, 62, 6)):
        whole.hours(first, last, change, tick_every=tick_every)
        broken.hours(first, last, change, tick_every=tick_every)
        broken.start_risk()
        broken.start_alerting()
    assert _at_ticks(whole) <= _at_ticks(broken)

    def steps(line: "Line") -> set[tuple[object, ...]]:
        return {(a.episode, a.sequence, a.state, a.level, a.as_of, a.headline_zh) for a in line.alerts()}

    assert steps(whole) == steps(broken)
    assert any(a.state.value == "closed" for a in whole.alerts())


def test_alerts_reach_alertmanager_after_it_was_away(line: "Line") -> None:
    line.hours(0, 2)
    line.alertmanager.is_away = True
    line.send({"stock.C_BFM.steam_coal": 41_361 * 3.0}, START + timedelta(hours=1, minutes=5))
    line.risk.turn(0.0)
    line.alerting.turn(0.0)
    with pytest.raises(Exception, match="away"):
        line.alerting.delivery.turn()
    line.alertmanager.is_away = False
    line.alerting.delivery.turn()
    assert [p["labels"]["node"] for p in line.alertmanager.postings] == ["C_BFM"]


def test_a_drill_says_so_in_its_headline(make_line: Callable[[str], "Line"]) -> None:
    line = make_line("drill:d1")
    line.hours(0, 2)
    line.send({"stock.C_BFM.steam_coal": 41_361 * 3.0}, START + timedelta(hours=1, minutes=5))
    line.turn()
    alert = next(a for a in line.alerts() if a.node == "C_BFM")
    assert alert.headline_zh.startswith("【演练】")
    assert alert.headline_en.startswith("EXERCISE")
    assert {p["labels"]["lane_kind"] for p in line.alertmanager.postings} == {"drill"}


POISONS = {
    "empty": b"",
    "no fields": b"{}",
    "no text": b"\xff\xfe",
    "bad text": b'{"lane":"\xff"}',
    "cut off": b"[1,2",
}


def test_what_cannot_be_read_stops_no_judgement(line: "Line") -> None:
    line.hours(0, 2)
    series = next(iter(line.series.values()))
    mad = [1 << 60]
    message = FeedMessage(
        lane=line.lane, source="test", series=[series.id], observed_us=mad, issued_us=mad, known_us=mad, value=[1.0]
    )
    poisons = POISONS | {"mad time": msgspec.json.encode(message)}
    for hour, (name, poison) in enumerate(poisons.items(), 2):
        for topic in (FEED_TOPICS[series.feed].name, CHAIN.name, LANE.name, CLOCK.name, ASSESSMENT.name):
            line.producer.send(topic, poison, partition=0)
        before = len(line.broker.messages(ASSESSMENT.name))
        line.hours(hour, hour + 1)
        assert len(line.broker.messages(ASSESSMENT.name)) > before, name
