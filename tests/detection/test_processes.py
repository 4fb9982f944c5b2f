"""Detection on the real broker: round trip, killed workers, broker restart."""

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psycopg
import pytest

from schemas.feed import FeedMessage
from services.cli.stack.kafka import Kafka
from services.detection.scoring import Scorer
from services.detection.watch import parse_watch
from services.runtime.assets import asset_path
from services.runtime.streams import Message
from tests.asking import Asking

Made = Callable[..., FeedMessage]
SEED = 20221101


def _traffic(made: Made, lane: str, hours: range) -> list[tuple[int, FeedMessage]]:
    """One message an hour for a series in each partition, now and then with a jump."""
    found = []
    for hour in hours:
        for partition in range(12):
            noise = np.random.default_rng([SEED, hour, partition])
            value = 1000 + 10 * noise.standard_normal() + (300 if noise.random() < 0.05 else 0)
            found.append((partition, made(lane, f"output.N{partition}.coal", hour, [value])))
    return found


def test_round_trip_with_words_for_an_anomaly(detection: Any, message: Made) -> None:
    detection.start()
    places = detection.send(_traffic(message, detection.lane, range(30)))
    places += detection.send([(3, message(detection.lane, "output.N3.coal", 40, [12.0]))])
    detection.await_scores_of(places)
    (score,) = [s for s in detection.heard[places[-1]][0].scores if s.detector == "robust_level"]
    assert score.is_anomaly
    assert score.p_value < 1e-4
    assert score.sentence_zh.startswith("output.N3.coal 12，常态 ")
    assert detection.terminate(0) == 0, detection.log(0)


def _configured(folder: Path, **settings: float) -> str:
    """The shipped catalogue with other numbers, put where ``LIANJING_CONFIG`` finds it; its text."""
    shipped = asset_path("deploy/config/detectors/default.yaml").read_text(encoding="utf-8")
    for name, value in settings.items():
        shipped = re.sub(rf"^{name}: .*$", f"{name}: {value}", shipped, flags=re.MULTILINE)
    (folder / "detectors").mkdir()
    (folder / "detectors" / "default.yaml").write_text(shipped, encoding="utf-8")
    return shipped


def _undisturbed(catalogue: str, places: Sequence[Any], traffic: Sequence[tuple[int, FeedMessage]]) -> list[Any]:
    """What one scorer that is never disturbed says of the same messages."""
    messages = [
        Message(topic, partition, offset, b"g", msgspec.json.encode(m))
        for (topic, partition, offset), (_, m) in zip(places, traffic, strict=True)
    ]
    return [told.message for told in Scorer(parse_watch(catalogue, "shipped"), dict).score(messages)]


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.full)])
def test_sigkill_of_one_of_three_workers_at_random_moments_changes_no_score(
    detection: Any, message: Made, tmp_path: Path, kills: int
) -> None:
    """Also not those of detectors on trial, of the vote and of data quality. Prints how soon each worker had caught up."""
    catalogue = _configured(tmp_path, snapshot_every_s=1.0)
    rng, took = np.random.default_rng(kills), []
    traffic = _traffic(message, detection.lane, range(12))
    for slot in range(3):
        detection.start(slot, LIANJING_CONFIG=str(tmp_path))
    places = detection.send(traffic)
    detection.await_scores_of(places, within_s=120)
    for turn in range(kills):
        slot, more = int(rng.integers(3)), _traffic(message, detection.lane, range(12 + 6 * turn, 18 + 6 * turn))
        moment = int(rng.integers(1, len(more)))
        places += detection.send(more[:moment])
        detection.kill(slot)
        killed = time.monotonic()
        detection.start(slot, LIANJING_CONFIG=str(tmp_path))
        places += detection.send(more[moment:])
        detection.await_scores_of(places, within_s=120)
        took.append(time.monotonic() - killed)
        traffic += more
    print("caught up after", ", ".join(f"{t:.1f} s" for t in took))
    expected = _undisturbed(catalogue, places, traffic)
    assert [detection.heard[p][0] for p in places] == expected
    assert all(repeat == said[0] for said in detection.heard.values() for repeat in said)
    assert {"robust_level", "vote"} <= {s.detector for told in expected for s in told.scores}


def test_what_lies_beyond_the_window_is_known_from_the_snapshot(detection: Any, message: Made, tmp_path: Path) -> None:
    shipped = _configured(tmp_path, snapshot_every_s=0.2, rebuild_messages=1, republish_messages=1)
    traffic = _traffic(message, detection.lane, range(45))
    detection.start(0, LIANJING_CONFIG=str(tmp_path))
    places = detection.send(traffic[: 12 * 40])
    detection.await_scores_of(places)
    detection.await_snapshots_of(places[-12:])
    detection.kill(0)
    detection.start(0, LIANJING_CONFIG=str(tmp_path))
    places += detection.send(traffic[12 * 40 :])
    detection.await_scores_of(places)
    assert [detection.heard[p][0] for p in places] == _undisturbed(shipped, places, traffic)


def test_series_that_stay_away_are_told_by_the_clock_of_their_lane(detection: Any, message: Made) -> None:
    def silent() -> list[str]:
        detection.listen()
        told = [m for said in detection.heard.values() for m in said if m.tick is not None]
        return sorted(s.series for m in told for s in m.scores)

    detection.start(0)
    detection.await_scores_of(detection.send(_traffic(message, detection.lane, range(20))))
    detection.strike(19.6)
    detection.strike(26)
    everybody = sorted(f"output.N{p}.coal" for p in range(12))
    detection.wait_until(lambda: silent() == everybody)
    detection.strike(40)
    detection.await_scores_of(detection.send([(0, message(detection.lane, "output.N0.coal", 41, [1000.0]))]))
    assert silent() == everybody, "each is told once"


def test_repeats_carry_equal_scores(detection: Any, message: Made) -> None:
    detection.start(0)
    places = detection.send(_traffic(message, detection.lane, range(40)))
    detection.await_scores_of(places)
    detection.kill(0)
    detection.start(0)
    places += detection.send(_traffic(message, detection.lane, range(40, 45)))
    detection.await_scores_of(places)
    repeated = [said for said in detection.heard.values() if len(said) > 1]
    assert repeated, "a taken-over partition publishes its last scores again"
    assert all(m == said[0] for said in repeated for m in said)


def test_with_the_database_away_detection_goes_on_and_the_table_catches_up(
    detection: Any, migrated_database: Any, message: Made
) -> None:
    with psycopg.connect(migrated_database.url, autocommit=True) as admin:
        admin.execute("ALTER ROLE lianjing_detection LOGIN PASSWORD 'word'")
    url = migrated_database.url_as("lianjing_detection", "word")

    asking = Asking(migrated_database.url)

    def row_count() -> int:
        return int(asking.rows("SELECT count(*) FROM score WHERE lane = %s", detection.lane)[0][0])

    def told() -> int:
        return sum(len(first.scores) for first, *_ in detection.heard.values())

    detection.start(0, LIANJING_DATABASE_URL=url)
    detection.await_scores_of(detection.send(_traffic(message, detection.lane, range(15))))
    detection.wait_until(lambda: row_count() == told())
    migrated_database.kill()
    detection.await_scores_of(detection.send(_traffic(message, detection.lane, range(15, 30))))
    migrated_database.start()
    detection.wait_until(lambda: row_count() == told())
    asking.close()
    assert detection.terminate(0) == 0, detection.log(0)


@pytest.mark.full
def test_a_day_of_traffic_costs_little(detection: Any, message: Made) -> None:
    """20,000 messages of 10 rows; prints what they cost."""
    messages = []
    for i in range(20_000):
        feed = message(detection.lane, "any", i // 12, [100.0 + (i * 7 + k) % 13 for k in range(10)])
        same_hour = [i // 12 * 3_600_000_000] * 10
        names = [f"output.N{i % 12}-{k}.coal" for k in range(10)]
        messages.append((i % 12, msgspec.structs.replace(feed, series=names, observed_us=same_hour)))
    detection.start(0)
    detection.await_scores_of(detection.send(messages[:1200]))
    cpu, wall = detection.cpu_s(0), time.monotonic()
    places = detection.send(messages[1200:])
    detection.await_scores_of(places, within_s=120)
    cpu, wall = detection.cpu_s(0) - cpu, time.monotonic() - wall
    print(f"{len(places)} messages, {len(places) * 10} rows: {cpu:.1f} s of processor, {wall:.1f} s of time")
    assert cpu / len(places) < 0.002


@pytest.mark.full
def test_broker_restart_loses_nothing(detection: Any, broker: Kafka, message: Made) -> None:
    detection.start(0)
    places = detection.send(_traffic(message, detection.lane, range(20)))
    detection.await_scores_of(places)
    broker.restart()
    places += detection.send(_traffic(message, detection.lane, range(20, 40)))
    detection.await_scores_of(places)
    broker.kill()
    broker.start()
    places += detection.send(_traffic(message, detection.lane, range(40, 60)))
    detection.await_scores_of(places)
    assert detection.is_running(0)
