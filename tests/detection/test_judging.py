"""All detectors of the catalogue on one stream: what each says, what is marked as tried out, and that nothing depends on cuts or restarts."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pytest

from schemas.feed import FeedMessage
from schemas.score import Score
from schemas.snapshot import Snapshot
from services.detection.configured import load_watch
from services.detection.scoring import Scorer, Told
from services.detection.snapshot import cut, newest_whole
from services.detection.watch import Watch, parse_watch
from services.runtime.streams import Message

Made = Callable[..., FeedMessage]
LANE, TOPIC = "replay:unit", "lianjing.feed.production"
KINDS = ("stock", "output", "flow", "price")
TWO_LEVELS = """
id: two
detectors:
- {detector: robust_level, mode: live, watch: ['*'], p: own, rows: all}
- {detector: robust_level, mode: shadow, watch: ['*'], alarm_level: 0.01, settings: {window: 24}}
- {detector: ewma, mode: shadow, watch: ['flow.*']}
notice: {watch: []}
"""


def _message(feed: FeedMessage, offset: int, partition: int = 0) -> Message:
    return Message(TOPIC, partition, offset, b"g", msgspec.json.encode(feed))


@pytest.fixture(scope="module")
def traffic() -> list[Message]:
    """Eight days of twelve hourly series in two partitions and two lanes: noise, crises, defects, doubtful rows."""
    rng, found, offsets = np.random.default_rng(5), [], [0, 0]
    usual = rng.uniform(100, 1e5, (2, 12))
    for hour in range(200):
        for partition in range(2):
            values = usual[partition] * (1 + 0.02 * rng.standard_normal(12))
            if rng.random() < 0.1:
                values[rng.integers(12)] *= rng.choice([1.4, 0.1, 100, 0.5])
            if 100 < hour < 120:
                values[3] = 777.0
            at = [hour * 3_600_000_000] * 12
            columns = {
                "series": [f"{KINDS[k % 4]}.N{partition}-{k}.coal" for k in range(12)],
                "observed_us": at,
                "issued_us": at,
                "known_us": [t + 1_800_000_000 for t in at],
                "value": values.tolist(),
                "quality": rng.integers(0, 4, 12).tolist() if rng.random() < 0.1 else None,
            }
            feed = msgspec.convert({"lane": f"{LANE}-{hour % 2}", "source": "test", **columns}, FeedMessage)
            found.append(_message(feed, offsets[partition], partition))
            offsets[partition] += 1
    return found


@pytest.fixture(scope="module")
def whole(traffic: list[Message]) -> list[Told]:
    """What the shipped catalogue says of it."""
    return Scorer(load_watch(None), dict).score(traffic)


def _all(told: Sequence[Told]) -> list[Score]:
    return [s for t in told for s in t.message.scores]


def _stream(made: Made, scorer: Scorer, series: str, values: Sequence[float]) -> list[Score]:
    return _all(scorer.score([_message(made(LANE, series, 0, values), 0)]))


def _usual(n: int, level: float = 1000.0, seed: int = 7) -> list[float]:
    return [level * (1 + 0.01 * float(x)) for x in np.random.default_rng(seed).standard_normal(n)]


def _together(made: Made, scorer: Scorer, last: float) -> list[Score]:
    """Eight flows side by side for five days; in the end one of them has another value."""
    told: list[Score] = []
    values = np.array([_usual(120, seed=k) for k in range(8)])
    for hour in range(121):
        row = values[:, hour].tolist() if hour < 120 else [last]
        at = [hour * 3_600_000_000] * len(row)
        names = [f"flow.A.B{k}.coal" for k in range(len(row))]
        feed = msgspec.structs.replace(
            made(LANE, "any", hour, row), series=names, observed_us=at, issued_us=at, known_us=at
        )
        told += _all(scorer.score([_message(feed, hour)]))
    return told


def test_any_cut_into_batches_and_any_restart_give_the_same(traffic: list[Message], whole: list[Told]) -> None:
    first, second = Scorer(load_watch(None), dict), Scorer(load_watch(None), dict)
    rng, at, told = np.random.default_rng(1), 0, []
    while at < 250:
        step = min(int(rng.integers(1, 60)), 250 - at)
        told += first.score(traffic[at : at + step])
        at += step
    snapshots = [msgspec.json.encode(s) for k in first.snapshot(list(first.positions)) for s in cut(k, 50_000)]
    kept = [msgspec.json.decode(s, type=Snapshot) for s in snapshots]
    assert {s.rows for s in kept} == {"series", "pool", "lane", "finding"}
    for partition in first.positions:
        found = newest_whole(kept, partition, *second.detector, 10**9)
        assert found is not None
        second.restore(found)
    assert second.positions == first.positions
    told += second.score(traffic[250:])
    assert told == whole
    assert {"vote", "quality.decimal_slip", "seasonal"} <= {s.detector for s in _all(whole) if s.is_anomaly}


def test_who_takes_one_partition_says_the_same_of_it(traffic: list[Message], whole: list[Told]) -> None:
    one = Scorer(load_watch(None), dict).score([m for m in traffic if m.partition == 1])
    assert one == [t for t in whole if t.message.partition == 1]


def test_what_counts_is_the_same_without_what_is_tried_out(traffic: list[Message], whole: list[Told]) -> None:
    live = _all(Scorer(load_watch(None).live(), dict).score(traffic))
    assert [s for s in _all(whole) if not s.shadow] == live
    assert {s.detector for s in live if not s.detector.startswith("quality.")} == {"robust_level"}


def test_of_what_is_tried_out_only_anomalies_are_told_but_for_the_vote(whole: list[Told]) -> None:
    told = _all(whole)
    normal = {s.detector for s in told if s.shadow and not s.is_anomaly and not s.detector.startswith("quality.")}
    assert normal == {"vote"}
    assert all(s.sentence_zh and s.sentence_en for s in told if s.is_anomaly)


def test_no_two_scores_have_one_identity(whole: list[Told]) -> None:
    told = _all(whole)
    names = {(s.lane, s.series, s.observed_at, s.known_at, s.detector, s.version) for s in told}
    assert len(names) == len(told)


def test_the_vote_says_who_contributed(message: Made) -> None:
    told = _together(message, Scorer(load_watch(None), dict), 1500.0)
    (alarm,) = [s for s in told if s.detector == "vote" and s.is_anomaly]
    assert alarm.shadow
    assert alarm.value == 1500.0
    assert "多检测器表决为异常" in alarm.sentence_zh
    assert "稳健水平" in alarm.sentence_zh
    assert "unusual by vote" in alarm.sentence_en


def test_a_slipped_point_is_a_finding_and_teaches_nobody(message: Made) -> None:
    values = [*_usual(60), 10.2, *_usual(6, seed=8)]
    told = _stream(message, Scorer(load_watch(None), dict), "output.N1.coal", values)
    found = [s for s in told if s.detector.startswith("quality.") and s.is_anomaly]
    assert [(s.detector, s.value, s.shadow) for s in found] == [("quality.decimal_slip", 10.2, False)]
    assert "小数点错位" in found[0].sentence_zh
    assert "乘以 100" in found[0].sentence_zh
    assert not [s for s in told if s.detector in ("vote", "ewma", "seasonal") and s.is_anomaly]
    assert [s.value for s in told if s.detector == "robust_level" and s.is_anomaly] == [10.2]


def test_a_new_version_stands_beside_the_old_one(message: Made) -> None:
    watch = msgspec.structs.replace(parse_watch(TWO_LEVELS, "two"), normal_every_h=1000)
    told = _stream(message, Scorer(watch, dict), "output.N1.coal", [*_usual(60), 1400.0])
    anomalies = [s for s in told if s.is_anomaly and s.value == 1400.0]
    assert [(s.detector, s.shadow) for s in anomalies] == [("robust_level", False), ("robust_level", True)]
    assert anomalies[0].version != anomalies[1].version


def test_a_detector_sees_only_what_it_watches(message: Made) -> None:
    watch = parse_watch(TWO_LEVELS, "two")
    values = [*_usual(60), *[1100.0] * 6]
    for series, sees in (("flow.A.B.coal", True), ("output.N1.coal", False)):
        told = _stream(message, Scorer(watch, dict), series, values)
        assert any(s.detector == "ewma" for s in told) is sees


def _live_vote(watch: Watch) -> Watch:
    assert watch.vote is not None
    return msgspec.structs.replace(watch, vote=msgspec.structs.replace(watch.vote, mode="live"))


def test_a_vote_that_is_live_counts(message: Made) -> None:
    told = _together(message, Scorer(_live_vote(load_watch(None)), dict), 1500.0)
    found = [s.detector for s in told if s.is_anomaly and not s.shadow]
    assert [name for name in found if not name.startswith("quality.")] == ["robust_level", "vote"]


def test_a_lane_that_is_closed_takes_its_pools_with_it(traffic: list[Message], message: Made) -> None:
    scorer = Scorer(load_watch(None), dict)
    scorer.score(traffic)
    scorer.close_lanes(frozenset({f"{LANE}-0", f"{LANE}-1"}))
    assert scorer.series_count() == 0
    fresh = Scorer(load_watch(None), dict)
    values = [*_usual(60), 1400.0]
    assert _stream(message, scorer, "flow.A.B.coal", values) == _stream(message, fresh, "flow.A.B.coal", values)
