"""Ingest on the real broker and database: what is sent is stored, once; what is wrong is told."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.command import Command
from schemas.feed import FeedMessage
from schemas.topic import COMMAND

HOUR = 3_600_000_000
T0 = 1_704_067_200_000_000
Until = Callable[..., None]
Make = Callable[..., FeedMessage]


def hours(count: int, start: int = 0) -> list[int]:
    return [T0 + h * HOUR for h in range(start, start + count)]


def test_rows_are_stored_once_with_offsets_and_stale_days(ingest: Any, until: Until, message: Make) -> None:
    ingest.open_lane(["stock.A", "stock.B"])
    ingest.start()
    feed = message(ingest.lane, ["stock.A"] * 48 + ["stock.B"] * 48, hours(48) * 2, [float(v) for v in range(96)])
    ingest.send(feed, "A")
    place = ingest.send(feed, "A")
    until(lambda: ingest.is_past(*place))
    assert ingest.stored() == 96
    assert ingest.rejections() == []
    until(lambda: ingest.number("SELECT count(*) FROM dirty_bucket") == 0)
    assert ingest.number("SELECT count(*) FROM v_observation_hour WHERE lane = %s", ingest.lane) == 96
    assert ingest.rows("SELECT sum(value_count), max(maximum) FROM v_observation_day WHERE lane = %s", ingest.lane) == [
        (96, 95.0)
    ]


def test_a_correction_is_a_new_revision_and_a_contradiction_a_rejection(
    ingest: Any, until: Until, message: Make
) -> None:
    ingest.open_lane(["stock.A"])
    ingest.start()
    at = [T0]
    ingest.send(message(ingest.lane, ["stock.A"], at, [5.0]), "A")
    ingest.send(message(ingest.lane, ["stock.A"], at, [6.0], issued_us=[T0 + HOUR], known_us=[T0 + HOUR]), "A")
    _, offset = ingest.send(message(ingest.lane, ["stock.A"], at, [7.0]), "A")
    until(lambda: len(ingest.rejections()) == 1)
    assert ingest.rows("SELECT value FROM v_observation WHERE lane = %s ORDER BY issued_at", ingest.lane) == [
        (5.0,),
        (6.0,),
    ]
    [(reason, record)] = ingest.rejections()
    assert reason == "conflicting_duplicate"
    assert record.startswith("production-")
    assert record.endswith(f"-{offset}-0")
    known = "SELECT value FROM observation_as_known(%s, %s)"
    assert ingest.rows(known, ingest.lane, datetime.fromtimestamp(T0 / 1e6 + 60, UTC)) == [(5.0,)]
    assert ingest.rows(known, ingest.lane, datetime.fromtimestamp(T0 / 1e6 + 3600, UTC)) == [(6.0,)]


def test_an_implied_row_is_a_revision_only_when_it_says_something_new(ingest: Any, until: Until, message: Make) -> None:
    ingest.open_lane(["stock.A"])
    ingest.start()
    for minute, value in ((1, 5.0), (2, 5.0), (3, 6.0), (4, 6.0), (5, 5.0)):
        known = [T0 + minute * 60_000_000]
        row = message(ingest.lane, ["stock.A"], [T0], [value], issued_us=known, known_us=known, implied=[True])
        place = ingest.send(row, "A")
    until(lambda: ingest.is_past(*place))
    assert ingest.stored() == 3
    assert ingest.rows("SELECT value FROM v_observation WHERE lane = %s ORDER BY issued_at", ingest.lane) == [
        (5.0,),
        (6.0,),
        (5.0,),
    ]


def test_unknown_series_and_lanes_are_rejected_and_their_neighbours_stored(
    ingest: Any, until: Until, message: Make
) -> None:
    ingest.open_lane(["stock.A"])
    ingest.start()
    ingest.send(message(ingest.lane, ["stock.A", "stock.NOWHERE"], hours(2), [1.0, 2.0]), "A")
    ingest.send(message(f"{ingest.lane}-x", ["stock.A"], hours(1), [1.0]), "A")
    until(lambda: len(ingest.rejections()) == 1)
    assert ingest.stored() == 1
    assert [reason for reason, _ in ingest.rejections()] == ["unknown_series"]
    other = "SELECT reason FROM rejection WHERE lane = %s"
    until(lambda: ingest.rows(other, f"{ingest.lane}-x") == [("bad_lane",)])


def test_rows_the_table_refuses_are_isolated(ingest: Any, until: Until, message: Make) -> None:
    ingest.open_lane(["stock.A", "stock.B"])
    good = message(ingest.lane, ["stock.A"] * 50, hours(50), [1.0] * 50)
    details: list[str | None] = [None] * 20
    details[7], details[13] = "{no json", '"\\u0000"'
    bad = message(ingest.lane, ["stock.A"] * 20, hours(20, 100), [1.0] * 20, detail=details)
    far = message(ingest.lane, ["stock.B"], [1 << 61], [1.0], detail=["{}"])
    fine = message(ingest.lane, ["stock.B"], hours(1, 1), [1.0], detail=['{"headline": "雪"}'])
    for each in (good, bad, far, fine):
        ingest.send(each, "A")
    ingest.start()
    until(lambda: ingest.stored() == 50 + 18 + 1)
    assert [reason for reason, _ in ingest.rejections()] == ["storage_refused"] * 3
    detail = "SELECT detail ->> 'headline' FROM v_observation WHERE lane = %s AND series = 'stock.B'"
    assert ingest.rows(detail, ingest.lane) == [("雪",)]


def test_a_message_nobody_can_read_stops_its_partition_only_and_can_be_skipped(
    spoilt_ingest: Any, until: Until, message: Make
) -> None:
    spoilt_ingest.open_lane(["stock.A", "stock.B"])
    spoilt_ingest.start()
    spoilt_ingest.send(message(spoilt_ingest.lane, ["stock.A"], hours(1), [1.0]), "A")
    partition, offset = spoilt_ingest.send(b"{", "A")
    spoilt_ingest.send(message(spoilt_ingest.lane, ["stock.A"], hours(1, 1), [2.0]), "A")
    spoilt_ingest.send(message(spoilt_ingest.lane, ["stock.B"], hours(1), [3.0]), "B")
    gauge = spoilt_ingest.meters.gauge("lianjing_ingest_stopped_partitions", "production")
    until(lambda: gauge._value.get() == 1 and spoilt_ingest.stored() == 2)
    command = Command(
        command_id=f"skip-{spoilt_ingest.lane}",
        lane="live",
        kind="ingest.skip",
        actor="张三",
        reason="垃圾数据",
        issued_at=datetime.now(UTC),
        arguments={"topic": "lianjing.feed.production", "partition": str(partition), "offset": str(offset)},
    )
    spoilt_ingest.producer.send(COMMAND.name, msgspec.json.encode(command), partition=0)
    spoilt_ingest.producer.flush(10)
    until(lambda: spoilt_ingest.stored() == 3)
    until(lambda: gauge._value.get() == 0)
    assert spoilt_ingest.rows(
        "SELECT reason, raw FROM rejection WHERE record_id = %s", f"production-{partition}-{offset}-0"
    ) == [("skipped", b"{")]
    assert spoilt_ingest.rows("SELECT actor, reason FROM command WHERE command_id = %s", command.command_id) == [
        ("张三", "垃圾数据")
    ]


def test_the_database_going_away_delays_and_loses_nothing(
    ingest: Any, until: Until, message: Make, migrated_database: Any
) -> None:
    ingest.open_lane(["stock.A"])
    ingest.start()
    ingest.send(message(ingest.lane, ["stock.A"] * 10, hours(10), [1.0] * 10), "A")
    until(lambda: ingest.stored() == 10)
    migrated_database.kill()
    ingest.send(message(ingest.lane, ["stock.A"] * 10, hours(10, 5), [1.0] * 10), "A")
    migrated_database.start()
    until(lambda: ingest.stored() == 15)
