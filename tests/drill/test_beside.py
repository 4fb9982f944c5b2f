"""A drill beside the live lane: what live says stays byte for byte the same. Risk, alerting and detection on memory twins, random drills."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.alert import Alert
from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.command import Command
from schemas.drill import DrillEvent, DrillEventKind
from schemas.feed import FeedMessage
from schemas.lane import LIVE, Lane
from schemas.score import Score
from schemas.tick import Tick
from schemas.topic import (
    ALERT,
    ALL_TOPICS,
    ASSESSMENT,
    CHAIN,
    CLOCK,
    COMMAND,
    DRILL_EVENT,
    FEED_PARTITIONS,
    FEED_TOPICS,
    LANE,
    partition_of,
)
from services.alerting.app import App as Alerting
from services.detection.configured import load_watch
from services.detection.scoring import Scorer
from services.risk.app import App as Risk
from services.runtime.chain.generated import generate_chain
from services.runtime.clock import ManualClock, to_us
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.metrics import Meters
from services.runtime.registry import Registry
from services.runtime.settings import Settings

START = datetime(2026, 1, 10, tzinfo=UTC)
DRILL = "drill:d-1"
HOURS = 4


class Recorder:
    """Takes postings to Alertmanager."""

    def __init__(self) -> None:
        self.postings: list[dict[str, Any]] = []

    def post(self, postings: Sequence[dict[str, Any]]) -> None:
        self.postings += postings


class World:
    """The stages on one memory broker, with the live lane of a small chain and, if wanted, a drill beside it."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.broker = MemoryBroker({t.name: t.partitions for t in ALL_TOPICS})
        self.producer = MemoryProducer(self.broker)
        self.clock = ManualClock(START)
        self.alertmanager = Recorder()
        self.producer.send(CHAIN.name, msgspec.json.encode(chain), key=chain.id.encode())
        self.lane(LIVE)
        where = Settings(chain=chain.id)
        self.feeds = MemoryConsumer(self.broker, "risk")
        registry = [Registry(MemoryConsumer(self.broker)) for _ in range(2)]
        common: dict[str, Any] = {"producer": self.producer, "clock": self.clock, "meters": Meters()}
        self.risk = Risk(where, consumer=self.feeds, registry=registry[0], **common)
        self.judged = MemoryConsumer(self.broker, "alerting")
        reader = MemoryConsumer(self.broker)
        self.alerting = Alerting(
            consumer=self.judged, reader=reader, registry=registry[1], poster=self.alertmanager, **common
        )
        self.risk.open()
        self.alerting.open()

    def lane(self, name: str, rate: float = 1.0, revision: int = 1, closed_at: datetime | None = None) -> None:
        lane = Lane(
            name=name,
            chain=self.chain.id,
            opened_at=START,
            origin=START,
            wall_origin=START,
            rate=rate,
            revision=revision,
            closed_at=closed_at,
        )
        self.producer.send(LANE.name, msgspec.json.encode(lane), key=name.encode())

    def send(self, lane: str, values: dict[str, float], at: datetime) -> None:
        for series in self.chain.series:
            if series.id in values:
                us = [to_us(at)]
                message = FeedMessage(
                    lane=lane,
                    source="t",
                    series=[series.id],
                    observed_us=us,
                    issued_us=us,
                    known_us=us,
                    value=[values[series.id]],
                )
                where = partition_of(series.group)
                self.producer.send(FEED_TOPICS[series.feed].name, msgspec.json.encode(message), partition=where)

    def tick(self, lane: str, at: datetime) -> None:
        reach = {t.name: [self.broker.end((t.name, p)) for p in range(FEED_PARTITIONS)] for t in FEED_TOPICS.values()}
        self.producer.send(CLOCK.name, msgspec.json.encode(Tick(lane=lane, at=at, positions=reach)))

    def say(self, lane: str, number: int, at: datetime) -> None:
        said = Command(
            command_id=f"{number}",
            lane=lane,
            kind="drill.roster",
            actor="d",
            reason="",
            issued_at=at,
            arguments={"persons": "duty"},
        )
        self.producer.send(COMMAND.name, msgspec.json.encode(said), partition=0)
        event = DrillEvent(drill="d-1", sequence=number, kind=DrillEventKind.CLOCK, lane=lane, minute=0, wall=at)
        self.producer.send(DRILL_EVENT.name, msgspec.json.encode(event), partition=0)

    def turn(self) -> None:
        while True:
            done = self.risk.turn(0.0) + self.alerting.turn(0.0) + self.alerting.delivery.turn()
            readers = (self.feeds, self.judged)
            if not done and all(c.position(p) >= self.broker.end(p) for c in readers for p in c.assignment()):
                return

    def live_output(self) -> list[bytes]:
        """Everything live says downstream of the feeds, in order within each partition: assessments, alerts, postings."""
        assessed = [m.value or b"" for m in self.broker.messages(ASSESSMENT.name)]
        alerted = [m.value or b"" for m in self.broker.messages(ALERT.name)]
        told = [b for b in assessed if msgspec.json.decode(b, type=Assessment).lane == LIVE]
        told += [b for b in alerted if msgspec.json.decode(b, type=Alert).lane == LIVE]
        posted = [msgspec.json.encode(p) for p in self.alertmanager.postings if p["labels"]["lane"] == LIVE]
        return [*told, *posted]

    def live_scores(self) -> list[Score]:
        """What detection says of the live lane."""
        scorer = Scorer(msgspec.structs.replace(load_watch(None), normal_every_h=0), dict)
        told = [t for topic in FEED_TOPICS.values() for t in scorer.score(self.broker.messages(topic.name))]
        return [s for t in told if t.message.lane == LIVE for s in t.message.scores]


def normal(chain: Chain) -> dict[str, float]:
    """A quiet hour: normal stocks and flows."""
    stocks = {f"stock.{s.node}.{s.product}": s.daily_use * s.days_normal for s in chain.stocks}
    flows = {f"flow.{k.source}.{k.target}.{k.product}": k.normal_flow for k in chain.links}
    return {s.id: (stocks | flows).get(s.id, 1.0) for s in chain.series}


def live(chain: Chain, drill: random.Random | None) -> World:
    """Hours of live in which a stock falls below its minimum; with ``drill`` a rehearsal does whatever it likes in between.

    What arrives is worked off before the next arrives: when a prompt judgement follows depends on what else there is to do.
    """
    world = World(chain)
    low = next(s for s in chain.stocks if s.role != "output" and s.days_min > 0)
    for hour in range(HOURS):
        _disturb(world, drill, hour)
        values = normal(chain)
        if hour >= 2:
            values[f"stock.{low.node}.{low.product}"] = low.daily_use * low.days_min * 0.7
        world.send(LIVE, values, START + timedelta(hours=hour))
        world.turn()
        _disturb(world, drill, hour)
        world.tick(LIVE, START + timedelta(hours=hour, minutes=1))
        world.clock.advance(timedelta(hours=1))
        world.turn()
    return world


def _disturb(world: World, chance: random.Random | None, hour: int) -> None:
    """What a drill may do: open, close or change a lane, tell anything at any time, strike its clock, speak."""
    if chance is None:
        return
    lane = chance.choice([DRILL, DRILL + ".2"])
    at = START + timedelta(hours=chance.uniform(-2000, 2000))
    picked = chance.sample([s.id for s in world.chain.series], k=8)
    deeds: list[Callable[[], None]] = [
        lambda: world.lane(
            lane, rate=chance.choice([1e-6, 1.0, 200.0, 20_000.0]), revision=10 * hour + chance.randrange(10)
        ),
        lambda: world.send(lane, {s: chance.choice([0.0, 1.0, 1e5, 1e9]) for s in picked}, at),
        lambda: world.tick(lane, at),
        lambda: world.lane(lane, revision=1000 + hour, closed_at=START),
        lambda: world.say(lane, hour, at),
    ]
    for deed in chance.sample(deeds, k=chance.randrange(1, len(deeds) + 1)):
        deed()
    world.turn()


@pytest.fixture(scope="module")
def chain() -> Chain:
    """A chain of six nodes."""
    return generate_chain(6, seed=3)


@pytest.fixture(scope="module")
def alone(chain: Chain) -> World:
    """Live without any drill."""
    return live(chain, None)


def test_live_alone_warns(alone: World) -> None:
    alerts = [msgspec.json.decode(m.value or b"", type=Alert) for m in alone.broker.messages(ALERT.name)]
    assert {a.state.value for a in alerts} >= {"opened"}
    assert alone.alertmanager.postings


def _check(chain: Chain, alone: World, seed: int) -> None:
    beside = live(chain, random.Random(seed))  # not a secret
    assert beside.live_output() == alone.live_output()


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_live_is_byte_equal_with_and_without_a_drill(chain: Chain, alone: World, seed: int) -> None:
    _check(chain, alone, seed)


@pytest.mark.full
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1_000_000))
def test_live_is_byte_equal_with_and_without_many_drills(chain: Chain, alone: World, seed: int) -> None:
    _check(chain, alone, seed)


def test_what_detection_learnt_of_live_is_untouched_by_a_drill(chain: Chain, alone: World) -> None:
    """Baselines, pools, calibration, vote and budget are of a lane: live scores are the same to the last bit."""
    beside = live(chain, random.Random(7))
    drill_rows = [
        m for t in FEED_TOPICS.values() for m in beside.broker.messages(t.name) if DRILL.encode() in (m.value or b"")
    ]
    assert drill_rows
    assert beside.live_scores() == alone.live_scores()
