"""Late and corrected rows: judged by what lay before their time, learnt there, once, whoever reads the log and however it is cut."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.feed import FeedMessage
from schemas.score import Score
from services.detection.configured import load_watch
from services.detection.scoring import Scorer
from services.detection.snapshot import cut, newest_whole
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from services.runtime.streams import Message
from tests.detection.conftest import feed_message

Made = Callable[..., FeedMessage]
PLACE = ("lianjing.feed.logistics", 3)
LANE, FLOW = "replay:late", "flow.R_DQ.P_QHD.steam_coal"
USUAL = [520_000.0 + 5_000 * ((i * 7) % 5 - 2) for i in range(60)]


@pytest.fixture
def scorer() -> Scorer:
    """A scorer with the shipped settings, all normal scores told."""
    return Scorer(msgspec.structs.replace(load_watch(None), normal_every_h=0), dict)


def _scores(scorer: Scorer, *feeds: FeedMessage) -> list[Score]:
    """Those of the robust level, of messages that follow what was scored before."""
    at = scorer.positions.get(PLACE, 0)
    told = scorer.score([Message(*PLACE, at + i, b"g", msgspec.json.encode(f)) for i, f in enumerate(feeds)])
    return [s for t in told for s in t.message.scores if s.detector == "robust_level"]


def _issued(feed: FeedMessage, later_h: float) -> FeedMessage:
    """The same, issued and known so many hours later."""
    later = [us + int(later_h * 3_600_000_000) for us in feed.known_us]
    return msgspec.structs.replace(feed, issued_us=later, known_us=later)


def test_a_late_row_is_judged_by_what_lay_before_its_time(scorer: Scorer, message: Made) -> None:
    _scores(scorer, message(LANE, FLOW, 0, USUAL[:40]), message(LANE, FLOW, 41, USUAL[41:50]))
    (late,) = _scores(scorer, _issued(message(LANE, FLOW, 40, [12_000.0]), 9))
    assert late.is_anomaly
    assert late.observed_at.timestamp() == 40 * 3600
    assert late.expected == 520_000.0


def test_a_correction_is_judged_anew_under_its_own_identity(scorer: Scorer, message: Made) -> None:
    told = _scores(scorer, message(LANE, FLOW, 0, [*USUAL[:45], 52_000.0, *USUAL[46:50]]))
    (mended,) = _scores(scorer, _issued(message(LANE, FLOW, 45, USUAL[45:46]), 6))
    assert told[45].is_anomaly
    assert not mended.is_anomaly
    assert (mended.observed_at, mended.value) == (told[45].observed_at, USUAL[45])
    assert mended.known_at > told[45].known_at


def test_after_it_was_mended_a_mistake_is_forgotten(message: Made) -> None:
    watch = msgspec.structs.replace(load_watch(None), normal_every_h=0)
    mended, never = Scorer(watch, dict), Scorer(watch, dict)
    wrong = [*USUAL[:25], 5.2e6, 5.1e6, 5.3e6, *USUAL[28:40]]
    _scores(mended, message(LANE, FLOW, 0, wrong), _issued(message(LANE, FLOW, 25, USUAL[25:28]), 20))
    _scores(never, message(LANE, FLOW, 0, USUAL[:40]))
    after = [_scores(s, message(LANE, FLOW, 40, [*USUAL[40:50], 470_000.0])) for s in (mended, never)]
    assert [(s.p_value, s.expected) for s in after[0]] == [(s.p_value, s.expected) for s in after[1]]


def test_an_older_issue_that_comes_later_says_nothing(scorer: Scorer, message: Made) -> None:
    _scores(scorer, message(LANE, FLOW, 0, USUAL[:50]), _issued(message(LANE, FLOW, 45, [519_000.0]), 6))
    assert _scores(scorer, message(LANE, FLOW, 45, [12_000.0], issued_us=[0])) == []


def test_a_late_row_with_a_slipped_point_is_mended_before_the_others_learn_it(scorer: Scorer, message: Made) -> None:
    rng = np.random.default_rng(3)
    usual = (520_000.0 * np.exp(0.01 * rng.standard_normal(60))).tolist()
    feeds = [message(LANE, FLOW, 0, usual[:40]), message(LANE, FLOW, 41, usual[41:50])]
    feeds.append(_issued(message(LANE, FLOW, 40, [usual[40] * 10]), 9))
    told = scorer.score([Message(*PLACE, i, b"g", msgspec.json.encode(f)) for i, f in enumerate(feeds)])
    late = {s.detector: s for s in told[-1].message.scores}
    assert late["robust_level"].is_anomaly, "it learns every row as it was told"
    assert "ewma" not in late, "it learnt the row mended, and that is normal"


def test_the_allowed_lateness_of_every_shipped_series_is_within_reach() -> None:
    reach = load_watch(None).reach_rows
    for chain in ("ordos", "reference"):
        for series in load_chain(asset_path(f"deploy/config/chains/{chain}")).series:
            assert series.lateness_h / series.cadence_h <= reach, series.id


@st.composite
def _traffic(draw: Any) -> list[FeedMessage]:
    """Messages of two series with late rows, corrections, older issues and repeats, in the order they become known."""
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    feeds = []
    for name in (FLOW, "stock.P_QHD.steam_coal"):
        late = rng.random(40) < draw(st.sampled_from([0.0, 0.1, 0.4]))
        order = np.argsort(np.arange(40) + late * rng.integers(1, 15, 40), kind="stable").tolist()
        for turn, hour in enumerate(order):
            value = 1000.0 + 10 * rng.standard_normal() + 400 * (rng.random() < 0.05)
            feeds.append((turn, _issued(feed_message(LANE, name, hour, [float(value)]), turn - hour)))
            if rng.random() < 0.15:
                again = _issued(
                    feed_message(LANE, name, hour, [float(value + 7 * rng.integers(0, 2))]), turn - hour + 1
                )
                feeds.append((turn + 1 + int(rng.integers(0, 6)), again))
    return [feed for _, feed in sorted(feeds, key=lambda pair: pair[0])]


@settings(max_examples=8, deadline=None)
@given(_traffic(), st.lists(st.integers(1, 90), max_size=3))
def test_replay_equals_live_however_it_is_cut_and_whoever_takes_over(feeds: list[FeedMessage], cuts: list[int]) -> None:
    watch = msgspec.structs.replace(load_watch(None), normal_every_h=0)
    messages = [Message(*PLACE, i, b"g", msgspec.json.encode(f)) for i, f in enumerate(feeds)]
    expected = Scorer(watch, dict).score(messages)
    live, found = Scorer(watch, dict), []
    edges = [0, *sorted(c for c in cuts if c < len(messages)), len(messages)]
    for begin, end in pairwise(edges):
        found += live.score(messages[begin:end])
        taker = Scorer(watch, dict)
        told = newest_whole([s for k in live.snapshot([PLACE]) for s in cut(k)], PLACE, *taker.detector, end)
        if told is not None:
            taker.restore(told)
            live = taker
    assert found == expected
    identities = [(s.series, s.observed_at, s.known_at, s.detector, s.version) for t in found for s in t.message.scores]
    assert len(identities) == len(set(identities)), "no identity carries two scores"
