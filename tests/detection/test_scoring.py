"""The pure heart: which rows are scored, what is told, whose state is dropped when; rebuilding from the log."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from schemas.chain import Series
from schemas.feed import Feed, FeedMessage
from schemas.score import Score
from services.detection.configured import load_watch
from services.detection.rebuilding import Rebuilder
from services.detection.scoring import Scorer
from services.detection.wording import quantity
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.streams import Message

Made = Callable[..., FeedMessage]
TOPIC = "lianjing.feed.logistics"
LANE = "replay:unit"
FLOW = "flow.R_DQ.P_QHD.steam_coal"
NAMED = Series(
    id=FLOW,
    feed=Feed.LOGISTICS,
    group="R_DQ",
    name_zh="大秦铁路→秦皇岛港动力煤流量",
    name_en="Daqin railway to Qinhuangdao port: steam coal flow",
    indicator="flow",
    unit="t/d",
    cadence_h=1,
    lateness_h=72,
    silence_h=50,
    plausible_low=0,
    plausible_high=780000,
    provider="rail",
)
USUAL = [520_000.0 + 5_000 * ((i * 7) % 5 - 2) for i in range(40)]


@pytest.fixture
def scorer() -> Scorer:
    """A scorer with the shipped settings, all normal scores told."""
    watch = msgspec.structs.replace(load_watch(None), normal_every_h=0)
    return Scorer(watch, lambda: {FLOW: NAMED})


def _message(feed: FeedMessage | bytes, offset: int, partition: int = 0) -> Message:
    value = feed if isinstance(feed, bytes) else msgspec.json.encode(feed)
    return Message(TOPIC, partition, offset, b"R_DQ", value)


def _scores(scorer: Scorer, *feeds: FeedMessage | bytes, start: int = 0) -> list[Score]:
    """Those of the robust level, and of notices."""
    told = scorer.score([_message(f, start + i) for i, f in enumerate(feeds)])
    return [s for t in told for s in t.message.scores if s.detector in ("robust_level", "notice")]


def test_a_cut_flow_is_told_with_its_name(scorer: Scorer, message: Made) -> None:
    scores = _scores(scorer, message(LANE, FLOW, 0, USUAL), message(LANE, FLOW, 40, [12_000.0]))
    assert len(scores) == 41
    assert not any(s.is_anomaly for s in scores[:-1])
    assert scores[-1].sentence_zh == "大秦铁路→秦皇岛港动力煤流量 12,000 t/d，常态 520,000（p<10⁻⁶）"
    assert (
        scores[-1].sentence_en
        == "Daqin railway to Qinhuangdao port: steam coal flow: 12,000 t/d, usually 520,000 (p<10⁻⁶)"
    )
    assert scores[-1].known_at == datetime(1970, 1, 2, 16, 30, tzinfo=UTC)


def test_every_feed_message_has_a_score_message_that_names_it(scorer: Scorer, message: Made) -> None:
    told = scorer.score([_message(message(LANE, "norm.X.coal", 0, [1.0]), 7, partition=5)])
    (only,) = told
    assert (only.message.topic, only.message.partition, only.message.offset) == (TOPIC, 5, 7)
    assert only.message.scores == []
    assert only.key == b"R_DQ"


@pytest.mark.parametrize("broken", [b"", b"{}", b"\xff\xfe", b'{"lane":"live"}', b"[1,2"])
def test_what_cannot_be_read_is_passed_over(scorer: Scorer, message: Made, broken: bytes) -> None:
    told = scorer.score([_message(broken, 0), _message(message(LANE, FLOW, 0, [1.0]), 1)])
    assert [t.message.offset for t in told] == [1]


def test_columns_of_different_lengths_are_passed_over(scorer: Scorer, message: Made) -> None:
    assert _scores(scorer, message(LANE, FLOW, 0, [1.0], value=[1.0, 2.0])) == []


@pytest.mark.parametrize("column", ["observed_us", "issued_us", "known_us"])
@pytest.mark.parametrize("time_us", [1 << 60, -(1 << 60)])
def test_times_beyond_the_calendar_are_passed_over(scorer: Scorer, message: Made, column: str, time_us: int) -> None:
    mad = msgspec.structs.replace(message(LANE, FLOW, 40, [1.0]), **{column: [time_us]})
    assert len(_scores(scorer, message(LANE, FLOW, 0, USUAL), mad, message(LANE, FLOW, 41, USUAL[:1]))) == 41


@pytest.mark.parametrize(("level", "is_told"), [(0.0, False), (1.0, False), (2.0, True), (4.0, True)])
def test_a_notice_of_level_two_is_an_anomaly_by_itself(
    scorer: Scorer, message: Made, level: float, is_told: bool
) -> None:
    scores = _scores(scorer, message(LANE, "hazard.snow.150627", 0, [level]))
    assert [s.is_anomaly for s in scores] == [True] * is_told


def test_doubtful_values_are_neither_scored_nor_learnt(scorer: Scorer, message: Made) -> None:
    scores = _scores(
        scorer, message(LANE, FLOW, 0, USUAL), message(LANE, FLOW, 40, [12_000.0, 520_000.0], quality=[3, 0])
    )
    assert len(scores) == 41
    assert not scores[-1].is_anomaly


def test_lanes_do_not_know_each_other(scorer: Scorer, message: Made) -> None:
    scores = _scores(scorer, message(LANE, FLOW, 0, USUAL), message("live", FLOW, 40, [12_000.0]))
    assert scores[-1].p_value == 1


def test_a_closed_lane_has_no_state_and_no_scores(scorer: Scorer, message: Made) -> None:
    _scores(scorer, message(LANE, FLOW, 0, USUAL), message("live", FLOW, 0, USUAL))
    scorer.close_lanes(frozenset({LANE}))
    assert scorer.series_count() == 1
    assert _scores(scorer, message(LANE, FLOW, 40, [12_000.0]), start=2) == []
    (score,) = _scores(scorer, message("live", FLOW, 40, [12_000.0]), start=3)
    assert score.is_anomaly


def test_freed_places_are_used_again_and_know_nothing(scorer: Scorer, message: Made) -> None:
    _scores(scorer, message(LANE, FLOW, 0, USUAL))
    scorer.forget((TOPIC, 0))
    scores = _scores(scorer, message(LANE, "other", 100, [1.0]))
    assert scorer.series_count() == 1
    assert scores[0].p_value == 1


def test_normal_scores_are_thinned_to_one_in_six_hours_and_anomalies_never(message: Made) -> None:
    scorer = Scorer(load_watch(None), dict)
    scores = _scores(scorer, message(LANE, FLOW, 0, [*USUAL[:30], 12_000.0, 11_000.0]))
    assert [int(s.observed_at.timestamp()) // 3600 for s in scores] == [0, 6, 12, 18, 24, 30, 31]


def test_any_cut_into_batches_gives_the_same_scores(message: Made) -> None:
    feeds = [message(LANE, f"output.N{i % 3}.coal", i, [100.0 + (i * 7) % 11]) for i in range(90)]
    messages = [_message(f, i // 3, partition=i % 3) for i, f in enumerate(feeds)]
    one, many = (Scorer(load_watch(None), dict) for _ in range(2))
    assert one.score(messages) == [t for m in messages for t in many.score([m])]


def test_a_partition_taken_over_is_rebuilt_and_its_last_scores_are_equal(message: Made) -> None:
    broker = MemoryBroker()
    producer = MemoryProducer(broker)
    feeds = [message(LANE, FLOW, i, [v]) for i, v in enumerate([*USUAL, 12_000.0, *USUAL])]
    for feed in feeds:
        producer.send(TOPIC, msgspec.json.encode(feed), key=b"R_DQ", partition=3)
    watch = load_watch(None)
    first, second = Scorer(watch, dict), Scorer(watch, dict)
    expected = first.score([_message(f, i, partition=3) for i, f in enumerate(feeds)])
    rebuilder = Rebuilder(second, MemoryConsumer(broker), window=1000, republish=25, now=lambda: 0.0)
    again = rebuilder.rebuild((TOPIC, 3), 60)
    assert again == expected[35:60]
    assert second.positions == {(TOPIC, 3): 60}
    assert second.score([_message(f, 60 + i, partition=3) for i, f in enumerate(feeds[60:])]) == expected[60:]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (1e-9, "0"), (0.05, "0.05"), (123_456.7, "123,457"), (-1.0, "-1")]
)
def test_quantities(value: float, text: str) -> None:
    assert quantity(value) == text


def test_the_table_takes_repeats_once(migrated_database: Any, scorer: Scorer, message: Made) -> None:
    import psycopg

    from services.detection.store import project

    told = scorer.score([_message(message(LANE, FLOW, 0, [*USUAL, 12_000.0]), 0)])
    stored = [Message("lianjing.score", 0, 0, None, msgspec.json.encode(told[0].message))] * 2
    with psycopg.connect(migrated_database.url) as connection:
        project(connection, stored)
        project(connection, stored)
        counted = connection.execute(
            "SELECT count(*), sum(is_anomaly::int) FROM score WHERE lane = %s AND detector = 'robust_level'", (LANE,)
        ).fetchone()
        boards = connection.execute(
            "SELECT (SELECT count(*) FROM v_score_anomaly WHERE lane = %s), (SELECT count(*) FROM v_score_shadow WHERE lane = %s)",
            (LANE, LANE),
        ).fetchone()
    assert counted == (41, 1)
    anomalies = [s for s in told[0].message.scores if s.is_anomaly]
    assert boards == (sum(not s.shadow for s in anomalies), sum(s.shadow for s in anomalies))
