"""Scores of detection put single readings in doubt, unless what came and left bears them out; without scores nothing changes."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.feed import FeedMessage
from schemas.level import Level
from schemas.score import Score, ScoreMessage
from schemas.topic import ASSESSMENT, FEED_TOPICS, SCORE, partition_of
from services.risk.scored import LONGEST_S, PATIENCE_S
from tests.risk.conftest import START

if TYPE_CHECKING:
    Line = Any

NODE = "E_TKT"
STOCK, USE, INFLOW = (f"{what}.{NODE}.steam_coal" for what in ("stock", "use", "inflow"))
MakeLine = Callable[[str], "Line"]


def _hours(count: float) -> timedelta:
    return timedelta(hours=count)


def _days_before(line: "Line") -> None:
    """Two quiet midnights, and the hours between."""
    quiet = line.quiet()
    line.send(quiet, START)
    for hour in range(1, 24):
        line.send({INFLOW: quiet[INFLOW], USE: quiet[USE]}, START + _hours(hour))
    line.send(quiet, START + _hours(24))


def _two_days_on(line: "Line", *, missing_days: float, inflow: float) -> None:
    """Two days later the stock has so many days of use less; ``inflow`` is a share of the usual, told every hour."""
    quiet = line.quiet()
    for hour in range(25, 72):
        line.send({INFLOW: inflow * quiet[INFLOW], USE: quiet[USE]}, START + _hours(hour))
    changed = {STOCK: quiet[STOCK] - missing_days * quiet[USE], INFLOW: inflow * quiet[INFLOW]}
    line.send(quiet | changed, START + _hours(72))


def _score(line: "Line", series: str, at: timedelta, *, is_anomaly: bool = True, shadow: bool = False) -> None:
    """What detection says of the reading of a series at a time: a message for its feed message, on the same partition."""
    feed, group = line.series[series].feed, line.series[series].group
    topic, partition = FEED_TOPICS[feed].name, partition_of(group)
    told = [
        (m.offset, f)
        for m in line.broker.messages(topic)
        if m.partition == partition
        and (f := msgspec.json.decode(m.value or b"", type=FeedMessage)).series == [series]
        and f.observed_us[0] == int((START + at).timestamp()) * 1_000_000
    ]
    offset, message = told[-1]
    usual = line.quiet()[series]
    score = Score(
        lane=line.lane,
        series=series,
        observed_at=START + at,
        known_at=START + at,
        detector="robust_level",
        version="1",
        value=message.value[0],
        p_value=1e-6 if is_anomaly else 0.4,
        expected=usual,
        low=0.97 * usual,
        high=1.03 * usual,
        is_anomaly=is_anomaly,
        shadow=shadow,
    )
    told_of = ScoreMessage(lane=line.lane, topic=topic, partition=partition, offset=offset, scores=[score])
    line.producer.send(SCORE.name, msgspec.json.encode(told_of), partition=partition)


def _judged(line: "Line") -> Assessment:
    """The newest assessment of the plant at the tick of the fourth day."""
    line.tick(START + _hours(72.1))
    line.turn()
    found: list[Assessment] = [a for a in line.assessments() if (a.node, a.product) == (NODE, "steam_coal")]
    return max((a for a in found if a.as_of == START + _hours(72.1)), key=lambda a: a.known_at)


def _of_stock(found: Assessment) -> Any:
    return next(i for i in found.inputs if i.series == STOCK)


def _width(found: Assessment) -> float:
    assert found.stock_p10["24"] <= found.stock_p50["24"] <= found.stock_p90["24"]
    return found.stock_p90["24"] - found.stock_p10["24"]


@pytest.fixture
def plain(make_line: MakeLine) -> Assessment:
    """A stock that fell by two days of use though what came and left was as ever, and nobody scored it."""
    line = make_line("replay:plain")
    _days_before(line)
    _two_days_on(line, missing_days=2.0, inflow=1.0)
    return _judged(line)


def test_an_anomalous_stock_that_nothing_bears_out_is_trusted_less_and_named(
    make_line: MakeLine, plain: Assessment
) -> None:
    line = make_line("replay:doubted")
    _days_before(line)
    _two_days_on(line, missing_days=2.0, inflow=1.0)
    _score(line, STOCK, _hours(72))
    found = _judged(line)
    assert _of_stock(plain).anomaly_p is None
    assert _of_stock(found).anomaly_p == 1e-6
    assert _of_stock(found).trust == pytest.approx(0.5 * _of_stock(plain).trust, abs=1e-3), "told to three digits"
    assert found.confidence < plain.confidence
    assert found.stock == plain.stock, "the reading itself stays"
    assert _width(found) > 1.5 * _width(plain)
    assert "异常读数" in found.reason_zh
    assert "anomalous reading" in found.reason_en
    assert "异常读数" not in plain.reason_zh


def test_an_anomalous_stock_that_flows_bear_out_counts_as_real(make_line: MakeLine) -> None:
    scored, unscored = make_line("replay:a"), make_line("replay:a")
    for line in (scored, unscored):
        _days_before(line)
        _two_days_on(line, missing_days=2.0, inflow=0.0)
    _score(scored, STOCK, _hours(72))
    assert _judged(scored) == _judged(unscored)


def test_a_corrected_reading_is_no_longer_in_doubt(make_line: MakeLine) -> None:
    line = make_line("replay:corrected")
    _days_before(line)
    _two_days_on(line, missing_days=2.0, inflow=1.0)
    _score(line, STOCK, _hours(72))
    line.send({STOCK: line.quiet()[STOCK]}, START + _hours(72), issued_at=START + _hours(72.05))
    found = _judged(line)
    assert _of_stock(found).anomaly_p is None
    assert "异常读数" not in found.reason_zh


def test_an_anomalous_rate_is_named_until_the_stock_bears_it_out(make_line: MakeLine) -> None:
    said = []
    for is_surveyed in (False, True):
        line = make_line("replay:rate")
        _days_before(line)
        _two_days_on(line, missing_days=0.0, inflow=1.0)
        line.send({USE: 1.6 * line.quiet()[USE]}, START + _hours(72.05))
        _score(line, USE, _hours(72.05))
        if is_surveyed:
            line.send({STOCK: line.quiet()[STOCK]}, START + _hours(72.08))
        said.append(_judged(line))
    alone, borne_out = said
    assert next(i for i in alone.inputs if i.series == USE).anomaly_p == 1e-6
    assert "尚无其他读数佐证" in alone.reason_zh
    assert all(i.anomaly_p is None for i in borne_out.inputs)
    assert "异常读数" not in borne_out.reason_zh


@pytest.mark.parametrize(
    ("lane", "is_anomaly", "shadow"), [("live", False, False), ("replay:quiet", False, False), ("live", True, True)]
)
def test_scores_that_are_no_anomaly_or_of_a_detector_on_trial_change_nothing_at_all(
    make_line: MakeLine, lane: str, is_anomaly: bool, shadow: bool
) -> None:
    said = []
    for is_scored in (False, True):
        line = make_line(lane)
        _days_before(line)
        _two_days_on(line, missing_days=0.0, inflow=1.0)
        if is_scored:
            _score(line, STOCK, _hours(72), is_anomaly=is_anomaly, shadow=shadow)
        _judged(line)
        said.append([m.value for m in line.broker.messages(ASSESSMENT.name)])
    assert said[0] == said[1]


def test_what_is_judged_at_ticks_is_the_same_live_and_read_again(line: "Line") -> None:
    """Live the score comes after its tick's records and before the next tick; read again everything is there at once."""
    _days_before(line)
    line.tick(START + _hours(24.1))
    line.turn()
    _two_days_on(line, missing_days=2.0, inflow=1.0)
    line.tick(START + _hours(71.9))
    line.turn()
    _score(line, STOCK, _hours(72))
    line.turn()
    line.tick(START + _hours(72.1))
    line.turn()

    def at_ticks() -> Counter[bytes]:
        ticks = {START + _hours(h) for h in (24.1, 71.9, 72.1)}
        mine = [a for a in line.assessments() if (a.node, a.product) == (NODE, "steam_coal") and a.as_of in ticks]
        return Counter(msgspec.json.encode(a) for a in mine)

    live = at_ticks()
    line.broker._committed.clear()
    line.start_risk()
    line.turn()
    assert at_ticks() == live + live
    doubted = [msgspec.json.decode(a, type=Assessment) for a in live if b"anomaly_p" in a]
    assert [a.as_of for a in doubted] == [START + _hours(72.1)]


def test_a_live_reading_is_doubted_as_soon_as_its_score_comes(line: "Line") -> None:
    _days_before(line)
    _two_days_on(line, missing_days=14.0, inflow=1.0)
    line.turn()
    before = line.newest(NODE)
    assert before.level is not Level.NORMAL
    assert "异常读数" not in before.reason_zh
    _score(line, STOCK, _hours(72))
    line.tick(START + _hours(72.1))
    line.turn()
    assert "异常读数" in line.newest(NODE).reason_zh


def test_a_tick_waits_for_scores_on_their_way_but_not_for_a_silent_detection(make_line: MakeLine) -> None:
    line = make_line("replay:waiting")
    _days_before(line)
    _score(line, STOCK, _hours(24))
    line.turn()

    def is_judged(hour: float) -> bool:
        line.turn()
        return any(a.as_of == START + _hours(hour) for a in line.assessments())

    _all_scored(line)
    _two_days_on(line, missing_days=2.0, inflow=1.0)
    line.tick(START + _hours(72.1))
    assert not is_judged(72.1)
    line.clock.advance(timedelta(seconds=0.5 * PATIENCE_S))
    assert not is_judged(72.1)
    _all_scored(line)
    assert is_judged(72.1)
    line.send({STOCK: line.quiet()[STOCK]}, START + _hours(73))
    line.tick(START + _hours(73.1))
    assert not is_judged(73.1)
    line.clock.advance(timedelta(seconds=PATIENCE_S))
    assert is_judged(73.1), "detection is silent"
    line.send({STOCK: line.quiet()[STOCK]}, START + _hours(74))
    line.tick(START + _hours(74.1))
    assert is_judged(74.1), "and is not waited for again until it is heard"
    assert LONGEST_S > PATIENCE_S


def _all_scored(line: "Line") -> None:
    """Detection answers every feed message so far, none of them anomalous."""
    for topic in FEED_TOPICS.values():
        for m in line.broker.messages(topic.name):
            told = ScoreMessage(lane=line.lane, topic=topic.name, partition=m.partition, offset=m.offset, scores=[])
            line.producer.send(SCORE.name, msgspec.json.encode(told), partition=m.partition)
    line.turn()


def test_a_score_of_an_unknown_series_or_lane_disturbs_nobody(line: "Line", ordos: Chain) -> None:
    assert ordos.id == line.chain.id
    line.send(line.quiet(), START)
    told = ScoreMessage(lane="drill:nowhere", topic="lianjing.feed.production", partition=0, offset=0, scores=[])
    line.producer.send(SCORE.name, msgspec.json.encode(told), partition=0)
    line.producer.send(SCORE.name, b"{", partition=0)
    line.tick(START + _hours(0.1))
    line.turn()
    assert line.newest(NODE).level is Level.NORMAL
