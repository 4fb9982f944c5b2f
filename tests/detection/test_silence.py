"""A series that stays away is told of by the clock of its lane, the same as by the row that ends its silence."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.feed import FeedMessage
from schemas.score import Score
from schemas.tick import Tick
from schemas.topic import CLOCK
from services.detection.configured import load_watch
from services.detection.scoring import Scorer, Told
from services.detection.snapshot import cut, newest_whole
from services.detection.ticks import Ticks
from services.runtime.clock import from_us
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.streams import Message
from tests.detection.conftest import HOUR_US, feed_message

Made = Callable[..., FeedMessage]
PLACE = ("lianjing.feed.production", 3)
LANE, OUTPUT, STOCK = "replay:silence", "output.N3.coal", "stock.N3.coal"


class Clocks:
    """A clock topic in memory."""

    def __init__(self) -> None:
        self._broker = MemoryBroker()
        self._producer = MemoryProducer(self._broker)

    def strike(self, hour: float, end: int, lane: str = LANE) -> None:
        """A tick at an hour, when the partition reached to ``end``."""
        at = from_us(0) + timedelta(hours=hour)
        positions = {PLACE[0]: [end if p == PLACE[1] else 0 for p in range(12)]}
        tick = Tick(lane=lane, at=at, positions=positions)
        self._producer.send(CLOCK.name, msgspec.json.encode(tick), partition=0)

    def follow(self) -> Ticks:
        """A reader of its own."""
        ticks = Ticks(MemoryConsumer(self._broker))
        ticks.read()
        return ticks


@pytest.fixture
def clocks() -> Clocks:
    """A clock topic in memory."""
    return Clocks()


@pytest.fixture
def scorer(message: Made) -> Scorer:
    """A scorer that knows 20 hours of a series."""
    scorer = Scorer(load_watch(None), dict)
    scorer.score(_messages([message(LANE, OUTPUT, 0, [100.0 + i % 3 for i in range(20)])]))
    return scorer


def _messages(feeds: list[FeedMessage], start: int = 0) -> list[Message]:
    return [Message(*PLACE, start + i, b"g", msgspec.json.encode(f)) for i, f in enumerate(feeds)]


def _silences(told: list[Told]) -> list[Score]:
    return [s for t in told for s in t.message.scores if s.detector == "quality.silence" and s.is_anomaly]


def test_the_clock_tells_once_that_a_series_stays_away(scorer: Scorer, clocks: Clocks) -> None:
    clocks.strike(21, 1)
    assert scorer.overdue(PLACE, clocks.follow()) == []
    clocks.strike(24, 1)
    (told,) = scorer.overdue(PLACE, clocks.follow())
    (score,) = told.message.scores
    assert (score.series, score.observed_at) == (OUTPUT, from_us(20 * HOUR_US))
    assert from_us(21 * HOUR_US) < score.known_at < from_us(24 * HOUR_US)
    assert "断报" in score.sentence_zh
    assert "silence since" in score.sentence_en
    assert told.message.tick == from_us(24 * HOUR_US)
    clocks.strike(30, 1)
    assert scorer.overdue(PLACE, clocks.follow()) == []


def test_a_clock_that_counts_rows_not_read_yet_is_not_believed(scorer: Scorer, clocks: Clocks) -> None:
    clocks.strike(40, 2)
    assert scorer.overdue(PLACE, clocks.follow()) == []


def test_another_lane_has_another_clock(scorer: Scorer, clocks: Clocks) -> None:
    clocks.strike(40, 1, lane="live")
    assert scorer.overdue(PLACE, clocks.follow()) == []


def test_a_closed_lane_is_not_asked(scorer: Scorer, clocks: Clocks) -> None:
    clocks.strike(40, 1)
    scorer.close_lanes(frozenset({LANE}))
    assert scorer.overdue(PLACE, clocks.follow()) == []


def test_the_row_that_ends_a_silence_tells_the_same_where_no_clock_did(
    scorer: Scorer, clocks: Clocks, message: Made
) -> None:
    clocks.strike(27, 1)
    by_clock = _silences(scorer.overdue(PLACE, clocks.follow()))
    other = Scorer(load_watch(None), dict)
    other.score(_messages([message(LANE, OUTPUT, 0, [100.0 + i % 3 for i in range(20)])]))
    back = _messages([message(LANE, OUTPUT, 28, [101.0])], 1)
    assert _silences(other.score(back)) == by_clock
    assert _silences(scorer.score(back)) == []


def test_a_worker_that_takes_over_tells_what_is_still_to_be_told_and_nothing_twice(
    scorer: Scorer, clocks: Clocks, message: Made
) -> None:
    clocks.strike(27, 1)

    def taker() -> Scorer:
        made = Scorer(load_watch(None), dict)
        kept = newest_whole([s for k in scorer.snapshot([PLACE]) for s in cut(k)], PLACE, *made.detector, 1)
        assert kept is not None
        made.restore(kept)
        return made

    before = taker()
    told = scorer.overdue(PLACE, clocks.follow())
    assert before.overdue(PLACE, clocks.follow()) == told
    assert taker().overdue(PLACE, clocks.follow()) == []


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.sampled_from([1, 1, 1, 1, 2, 5, 9]), min_size=8, max_size=25),
    st.lists(st.sampled_from([1, 1, 1, 3, 12]), min_size=8, max_size=25),
    st.lists(st.integers(0, 80), max_size=8),
)
def test_whenever_the_clock_is_asked_the_same_silences_are_told(
    one: list[int], other: list[int], asked: list[int]
) -> None:
    """Rows of two series with gaps; a worker that asks the clock at any moments, against one that asks it at the end."""
    rows = []
    for name, gaps in ((OUTPUT, one), (STOCK, other)):
        hour = 0
        for gap in gaps:
            hour += gap
            rows.append((hour, name))
    rows.sort()
    messages = _messages([feed_message(LANE, name, hour, [100.0 + hour % 7]) for hour, name in rows])
    clocks = Clocks()
    for n, (hour, _) in enumerate(rows):
        clocks.strike(hour + 0.4, n)
    clocks.strike(rows[-1][0] + 30, len(rows))
    ticks = clocks.follow()
    live, late = Scorer(load_watch(None), dict), Scorer(load_watch(None), dict)
    said = []
    for n, message in enumerate(messages):
        said += live.score([message])
        if n in asked:
            said += live.overdue(PLACE, ticks)
    said += live.overdue(PLACE, ticks)
    expected = late.score(messages) + late.overdue(PLACE, ticks)

    def scores(told: list[Told]) -> list[bytes]:
        return sorted(msgspec.json.encode(s) for t in told for s in t.message.scores)

    assert scores(said) == scores(expected)
