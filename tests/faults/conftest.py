"""Faults: a broker and a database of one's own, a plan of observations with all their troubles, and someone who kills things meanwhile.

``storm`` gives them together. To test another stage under faults: use ``storm.ground`` (``.kafka``, ``.postgres``: stop, start, kill, restart),
publish with ``storm.publish``, start processes with ``storm.ground.start_ingest``, and compare with ``storm.ground.rows``.
"""

import random
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from msgspec import Struct

from schemas.chain import Chain, Series
from schemas.feed import Feed, FeedMessage
from schemas.lane import Lane
from schemas.topic import CHAIN, FEED_PARTITIONS, FEED_TOPICS, LANE, partition_of
from services.cli.bench.ingestion.ground import Ground, wait_for
from services.cli.stack.part import Part
from services.runtime.clock import from_us
from services.runtime.database import Mode
from services.runtime.errors import UnreachableError
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings
from tests.asking import Asking

CLONE = Path(__file__).resolve().parents[2]
LANE_NAME = "replay:storm"
START_US = 1_704_067_200_000_000
HOUR_US = 3_600_000_000
GROUPS = 40
ROWS = 25
RESUME_S = 10.0
Key = tuple[str, int]
Row = tuple[str, int, int, float, int]
"""Series, observed_us, issued_us, value, quality."""


class Planned(Struct):
    """One message of the plan: its topic, partition, group and content."""

    topic: str
    partition: int
    group: str
    message: FeedMessage


class Plan:
    """``count`` distinct observations, packed in blocks of messages of distinct partitions, with what must be stored in the end.

    One row in ten comes late, one in twenty is repeated (some in the same message), one in fifty is corrected, some come without an
    issued_at of their own and repeat or change the latest, one in five hundred contradicts what was sent before.
    """

    def __init__(self, count: int, seed: int) -> None:
        self._random = random.Random(seed)
        self.feeds = list(Feed)
        self.stored: dict[Key, list[Row]] = {}
        self.conflicts = 0
        self._known_us = START_US
        self._past: dict[str, list[Row]] = {}
        self.blocks: list[list[Planned]] = []
        self._hours = dict.fromkeys(self.groups(), 0)
        self._late: dict[str, list[int]] = {group: [] for group in self.groups()}
        while len(self.stored) < count:
            self.blocks.append(self._block())

    def groups(self) -> list[str]:
        """All groups."""
        return [f"G{n}" for n in range(GROUPS)]

    def feed_of(self, group: str) -> Feed:
        """The feed of a group."""
        return self.feeds[int(group[1:]) % len(self.feeds)]

    def series_of(self, group: str) -> list[str]:
        """The two series of a group."""
        return [f"stock.{group}.a", f"stock.{group}.b"]

    def expected(self) -> set[Row]:
        """Every row that must be in the table, and no other."""
        return {row for rows in self.stored.values() for row in rows}

    def chain(self) -> Chain:
        """The chain that has the series."""
        made = [
            Series(id=s, feed=self.feed_of(g), group=g, name_zh=s, name_en=s, indicator="stock", unit="t", cadence_h=1,
                   lateness_h=24, silence_h=48, plausible_low=0, plausible_high=1e9, provider="storm")
            for g in self.groups() for s in self.series_of(g)
        ]  # fmt: skip
        return Chain(id="storm", name_zh="暴", name_en="storm", version="1", valid_from=from_us(START_US),
                     nodes=[], links=[], recipes=[], stocks=[], qualities=[], series=made)  # fmt: skip

    def _block(self) -> list[Planned]:
        taken: dict[tuple[str, int], Planned] = {}
        for group in self._random.sample(self.groups(), GROUPS):
            topic, partition = FEED_TOPICS[self.feed_of(group)].name, partition_of(group)
            if (topic, partition) not in taken:
                taken[topic, partition] = Planned(topic, partition, group, self._message(group))
        return list(taken.values())

    def _message(self, group: str) -> FeedMessage:
        rows: list[tuple[Row, bool, int]] = []
        for _ in range(ROWS):
            self._known_us += 1000
            row, is_implied = self._row(group)
            rows.append((row, is_implied, self._known_us))
            self._expect(row, is_implied)
            self._past.setdefault(group, []).append(row)
            if self._random.random() < 0.02:
                rows.append((row, is_implied, self._known_us))
        columns = list(zip(*(row for row, _, _ in rows), strict=True))
        return FeedMessage(
            lane=LANE_NAME,
            source="storm",
            series=list(columns[0]),
            observed_us=list(columns[1]),
            issued_us=list(columns[2]),
            known_us=[known for _, _, known in rows],
            value=list(columns[3]),
            quality=list(columns[4]),
            implied=[implied for _, implied, _ in rows],
        )

    def _row(self, group: str) -> tuple[Row, bool]:
        dice, past = self._random.random(), self._past.get(group)
        if past and dice < 0.03:
            return self._random.choice(past[-400:]), False
        if past and dice < 0.05:
            series, observed, _, value, quality = self._random.choice(past[-400:])
            return (series, observed, self._known_us, round(value + 1, 3), quality), False
        if past and dice < 0.09:
            series, observed, _, value, quality = self._random.choice(past[-100:])
            changed = value if dice < 0.07 else round(value + 2, 3)
            return (series, observed, self._known_us, changed, quality), True
        if past and dice < 0.092:
            series, observed, issued, value, quality = self._random.choice(past[-400:])
            return (series, observed, issued, value + 5, quality), False
        return self._fresh(group), False

    def _fresh(self, group: str) -> Row:
        series, late = self._random.choice(self.series_of(group)), self._late[group]
        self._hours[group] += 1
        hour = self._hours[group]
        if self._random.random() < 0.1:
            late.append(hour)
            self._hours[group] = hour = hour + 1
        if late and self._random.random() < 0.1:
            hour = late.pop(0)
        return (series, START_US + hour * HOUR_US, self._known_us, round(self._random.uniform(1, 1000), 3), 0)

    def _expect(self, row: Row, is_implied: bool) -> None:
        others = self.stored.setdefault((row[0], row[1]), [])
        if is_implied and others and max(others, key=lambda o: o[2])[3:] == row[3:]:
            return
        same = [o for o in others if o[2] == row[2]]
        if same:
            self.conflicts += same[0] != row
            return
        others.append(row)


class Storm:
    """The ground, the plan, and the publishing of it in steps that a test allows."""

    def __init__(self, ground: Ground, plan: Plan) -> None:
        self.ground = ground
        self.asking = Asking(ground.settings.database_url)
        self.plan = plan
        self.ends: dict[tuple[str, int], int] = {}
        self.allowed = 0.0
        self.published = 0
        self._stop = threading.Event()
        self.failure: BaseException | None = None

    def open(self) -> None:
        """Publish chain and lane."""
        chain, start = self.plan.chain(), from_us(START_US)
        lane = Lane(name=LANE_NAME, chain=chain.id, opened_at=start, origin=start, wall_origin=start)
        producer = KafkaStreamProducer(self.ground.settings, client_id="storm")
        producer.send(CHAIN.name, msgspec.json.encode(chain), key=b"storm", partition=0)
        producer.send(LANE.name, msgspec.json.encode(lane), key=lane.name.encode(), partition=0)
        producer.flush(20.0)
        producer.close()

    def publish(self, first: int = 0, last: int | None = None) -> None:
        """Publish blocks of the plan, none beyond the share ``allowed``; a message is sent again until it is acknowledged."""
        blocks = self.plan.blocks[first:last]
        producer = KafkaStreamProducer(self.ground.settings, client_id="storm", delivery_timeout_ms=20_000)
        for number, block in enumerate(blocks):
            while number > self.allowed * len(blocks) and not self._stop.is_set():
                time.sleep(0.005)
            waiting = list(block)
            while waiting and not self._stop.is_set():
                waiting = [p for p, was_sent in [(p, self._send(producer, p)) for p in waiting] if not was_sent()]
            self.published += sum(p.message.row_count() for p in block)
        producer.close()

    def publish_meanwhile(self) -> threading.Thread:
        """``publish`` in a thread."""

        def run() -> None:
            try:
                self.publish()
            except BaseException as error:
                self.failure = error
                raise

        thread = threading.Thread(target=run, name="storm", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End publishing early."""
        self._stop.set()

    def _send(self, producer: KafkaStreamProducer, planned: Planned) -> Callable[[], bool]:
        value = msgspec.json.encode(planned.message)
        try:
            delivery = producer.send(planned.topic, value, key=planned.group.encode(), partition=planned.partition)
        except UnreachableError:
            return lambda: False

        def was_sent() -> bool:
            try:
                offset = delivery.offset(25.0)
            except UnreachableError:
                return False
            key = (planned.topic, planned.partition)
            self.ends[key] = max(self.ends.get(key, 0), offset + 1)
            return True

        return was_sent

    def progress(self) -> int:
        """How many messages are behind the stored offsets; -1 while the database is away."""
        try:
            return int(
                self.asking.rows(
                    "SELECT coalesce(sum(next_offset), 0) FROM kafka_offset WHERE consumer_group = 'ingest'"
                )[0][0]
            )
        except psycopg.OperationalError:
            return -1

    def resumed_after(self, what: str) -> float:
        """Wait for the next commit; returns the seconds it took from now."""
        begun, before = time.monotonic(), self.progress()
        try:
            wait_for(f"work to resume after {what}", lambda: self.failure or self.progress() > before, 120.0)
        except UnreachableError as error:
            raise UnreachableError(f"{error}\n{self.publisher_words()}\n{self.ground.ingest_words()}") from None
        assert self.failure is None, f"publishing ended with {self.failure!r}"
        return time.monotonic() - begun

    def publisher_words(self) -> str:
        """Where the publishing thread stands, for the message of a failing test."""
        frames = sys._current_frames()  # the documented way to see where another thread stands
        stacks = [
            "".join(traceback.format_stack(frames[t.ident]))
            for t in threading.enumerate()
            if t.ident in frames and t.name.startswith(("storm", "kafka"))
        ]
        return f"{self.published} rows published, {self.allowed:.2f} of the plan allowed\n" + "\n".join(stacks)

    def finish(self) -> None:
        """Wait until every published message is behind its offset."""

        def is_done() -> bool:
            statement = "SELECT topic, partition, next_offset FROM kafka_offset WHERE consumer_group = 'ingest'"
            stored = {(t, p): o for t, p, o in self.asking.rows(statement)}
            return all(stored.get(key, 0) >= end for key, end in self.ends.items())

        wait_for(f"everything to be stored\n{self.ground.ingest_words()}", is_done, 240.0, 0.1)

    def table(self) -> list[Row]:
        """The rows of the table, in order."""
        statement = """SELECT series, (extract(epoch FROM observed_at) * 1000000)::bigint, (extract(epoch FROM issued_at) * 1000000)::bigint,
            value, quality::int FROM observation JOIN series USING (series_id) JOIN lane USING (lane_id) WHERE lane = %s ORDER BY 1, 2, 3"""
        return [(s, o, i, v, q) for s, o, i, v, q in self.ground.rows(statement, LANE_NAME)]

    def whereabouts(self, lost: set[Row]) -> list[str]:
        """Where rows that are not in the table stand in the log, with what the stages said; for the message of a failing test."""
        reader = KafkaStreamConsumer(self.ground.settings)
        places = [(topic.name, p) for topic in FEED_TOPICS.values() for p in range(FEED_PARTITIONS)]
        reader.assign(places)
        ends = reader.end_offsets(places)
        found: list[str] = []
        while any(reader.position(p) < ends[p] for p in places):
            for message in reader.poll(0.2):
                feed = msgspec.json.decode(message.value or b"", type=FeedMessage)
                rows = zip(feed.series, feed.observed_us, feed.issued_us, feed.value, feed.quality or [], strict=True)
                count = len(lost.intersection(rows))
                if count:
                    found.append(f"{message.topic}/{message.partition} offset {message.offset}: {count} rows")
        reader.close()
        offsets = self.ground.rows("SELECT * FROM kafka_offset WHERE consumer_group = 'ingest' ORDER BY 2, 3")
        return [
            f"{len(lost)} rows are lost; in the log they stand at:",
            *found,
            *map(str, offsets),
            *map(str, self.ground.rows("SELECT reason, field, min(given), count(*) FROM rejection GROUP BY 1, 2")),
            *map(
                str,
                self.ground.rows(
                    "SELECT tableoid::regclass::text, lane_id, source_id, count(*) FROM observation GROUP BY 1, 2, 3"
                ),
            ),
            self.ground.ingest_words(),
        ]

    def checksum(self) -> list[tuple[Any, ...]]:
        """A digest of every observation and rejection, without what the database assigns."""
        return self.ground.rows(
            "SELECT count(*), md5(string_agg(t, ',' ORDER BY t)) FROM (SELECT (series, lane, observed_at, issued_at, known_at, value, "
            "quality, source, detail)::text AS t FROM v_observation) x UNION ALL "
            "SELECT count(*), md5(string_agg(rejection_id, ',' ORDER BY rejection_id)) FROM rejection"
        )

    def forget_offsets(self) -> None:
        """Let ingest read everything again."""
        self.ground.rows("DELETE FROM kafka_offset WHERE consumer_group = 'ingest'")


@pytest.fixture
def storm_settings() -> Settings:
    """Settings of the storm: members are missed after six seconds."""
    return Settings(home=CLONE / ".lianjing", session_timeout_ms=6000)


@pytest.fixture
def make_storm(storm_settings: Settings, remember: Callable[[Part], None]) -> Iterator[Callable[..., Storm]]:
    """``make_storm(count, seed, mode)``: a running ground with an opened lane and a plan; closed after the test."""
    opened: list[Ground] = []
    storms: list[Storm] = []

    def make(count: int, seed: int, mode: str | None = None) -> Storm:
        ground = Ground(storm_settings, Mode(mode) if mode else None)
        opened.append(ground)
        ground.__enter__()
        remember(ground.kafka)
        remember(ground.postgres)
        storm = Storm(ground, Plan(count, seed))
        storms.append(storm)
        storm.open()
        return storm

    yield make
    for storm in storms:
        storm.asking.close()
    for ground in opened:
        ground.close()


def partitions() -> int:
    """Partitions of all feed topics."""
    return FEED_PARTITIONS * len(FEED_TOPICS)
