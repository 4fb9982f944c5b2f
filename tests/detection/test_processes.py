"""Detection on the real broker: round trip, killed workers, broker restart."""

import re
import time
from collections.abc import Callable
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


def _scores(heard: dict[Any, Any]) -> dict[Any, Any]:
    """What readers keep: the first score message of each place, without the name of the lane."""
    return {
        place: [
            (s.series, s.observed_at, s.known_at, s.detector, s.version, s.p_value, s.expected) for s in first.scores
        ]
        for place, (first, *_) in heard.items()
    }


def test_round_trip_with_words_for_an_anomaly(detection: Any, message: Made) -> None:
    detection.start()
    places = detection.send(_traffic(message, detection.lane, range(30)))
    places += detection.send([(3, message(detection.lane, "output.N3.coal", 40, [12.0]))])
    detection.await_scores_of(places)
    (score,) = [s for s in detection.heard[places[-1]][0].scores if not s.shadow]
    assert score.is_anomaly
    assert score.p_value < 1e-4
    assert score.sentence_zh.startswith("output.N3.coal 12，常态 ")
    assert detection.terminate(0) == 0, detection.log(0)


def test_sigkill_of_one_of_two_workers_changes_no_score(detection: Any, message: Made) -> None:
    detection.start(0)
    detection.start(1)
    places = detection.send(_traffic(message, detection.lane, range(15)))
    detection.await_scores_of(places)
    for turn in range(2):
        places += detection.send(_traffic(message, detection.lane, range(15 + 20 * turn, 25 + 20 * turn)))
        detection.kill(turn)
        places += detection.send(_traffic(message, detection.lane, range(25 + 20 * turn, 35 + 20 * turn)))
        detection.start(turn)
        detection.await_scores_of(places)
    disturbed = [_scores(detection.heard)[p] for p in places]
    assert all(detection.terminate(slot) == 0 for slot in (0, 1)), detection.log(0) + detection.log(1)

    detection.heard.clear()
    detection.lane += "-again"
    detection.start(0)
    again = detection.send(_traffic(message, detection.lane, range(55)))
    detection.await_scores_of(again)
    assert sum(map(len, disturbed)) > 12 * 8
    assert [_scores(detection.heard)[p] for p in again] == disturbed


def test_what_lies_beyond_the_window_is_known_from_the_snapshot(detection: Any, message: Made, tmp_path: Path) -> None:
    shipped = asset_path("deploy/config/detectors/default.yaml").read_text(encoding="utf-8")
    for name, value in (("snapshot_every_s", 0.2), ("rebuild_messages", 1), ("republish_messages", 1)):
        shipped = re.sub(rf"^{name}: .*$", f"{name}: {value}", shipped, flags=re.MULTILINE)
    (tmp_path / "detectors").mkdir()
    (tmp_path / "detectors" / "default.yaml").write_text(shipped, encoding="utf-8")
    traffic = _traffic(message, detection.lane, range(45))
    detection.start(0, LIANJING_CONFIG=str(tmp_path))
    places = detection.send(traffic[: 12 * 40])
    detection.await_scores_of(places)
    detection.await_snapshots_of(places[-12:])
    detection.kill(0)
    detection.start(0, LIANJING_CONFIG=str(tmp_path))
    places += detection.send(traffic[12 * 40 :])
    detection.await_scores_of(places)
    undisturbed = Scorer(parse_watch(shipped, "shipped"), dict)
    messages = [
        Message(topic, partition, offset, b"g", msgspec.json.encode(m))
        for (topic, partition, offset), (_, m) in zip(places, traffic, strict=True)
    ]
    told = undisturbed.score(messages)
    assert [_scores(detection.heard)[p] for p in places] == [
        _scores({p: [t.message]})[p] for p, t in zip(places, told, strict=True)
    ]


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

    def row_count() -> int:
        with psycopg.connect(migrated_database.url) as connection:
            (count,) = connection.execute("SELECT count(*) FROM score WHERE lane = %s", (detection.lane,)).fetchone()  # type: ignore[misc]
            return int(count)

    def told() -> int:
        return sum(len(first.scores) for first, *_ in detection.heard.values())

    detection.start(0, LIANJING_DATABASE_URL=url)
    detection.await_scores_of(detection.send(_traffic(message, detection.lane, range(15))))
    detection.wait_until(lambda: row_count() == told())
    migrated_database.kill()
    detection.await_scores_of(detection.send(_traffic(message, detection.lane, range(15, 30))))
    migrated_database.start()
    detection.wait_until(lambda: row_count() == told())
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
