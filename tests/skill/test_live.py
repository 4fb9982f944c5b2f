"""The backtest judges as the running services do: the same steps of the same episodes, from the same records."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from schemas.alert import Alert, AlertState
from schemas.chain import Chain
from schemas.lane import Lane
from schemas.level import rank
from schemas.tick import Tick
from schemas.topic import ALERT, ALL_TOPICS, CHAIN
from services.alerting.app import App as Alerting
from services.cli.backtest.skill.play import ISSUE_H, WARM_UP_H, Played
from services.cli.backtest.skill.task import Task, scenario_of
from services.intake.catalogue import catalogue_of
from services.intake.gate import Gate
from services.intake.publisher import Publisher
from services.intake.rows import Rows
from services.intake.scenario.player import Player
from services.intake.scenario.scenario import Scenario
from services.risk.app import App as Risk
from services.risk.rules import RuleSet
from services.runtime.assets import asset_path
from services.runtime.clock import ManualClock
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.metrics import Meters
from services.runtime.registry import Registry
from services.runtime.settings import Settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class _Poster:
    """An Alertmanager that takes everything."""

    def post(self, postings: object) -> None:
        """Take them."""


class _Sink:
    """Intake on the memory broker; the clock strikes every sixth hour after the first week, as in the backtest."""

    def __init__(self, gate: Gate, scenario: Scenario) -> None:
        self._gate = gate
        self._start = scenario.start
        self._first = scenario.first_hour + WARM_UP_H

    def open_lane(self, lane: Lane) -> None:
        self._gate.open_lane(lane)

    def enqueue(self, rows: Rows) -> None:
        self._gate.enqueue(rows)

    def tick(self, lane: str, at: datetime) -> Tick:
        hour = round((at - self._start) / timedelta(hours=1))
        is_due = hour >= self._first and hour % ISSUE_H == 0
        return self._gate.tick(lane, at) if is_due else Tick(lane=lane, at=at, positions={})


def _live(chain: Chain, task: Task) -> list[Alert]:
    broker = MemoryBroker({t.name: t.partitions for t in ALL_TOPICS})
    producer = MemoryProducer(broker)
    producer.send(CHAIN.name, msgspec.json.encode(chain), key=chain.id.encode())
    scenario = scenario_of(task, chain, None)
    series = {s.id: s for s in chain.series}
    catalogue = catalogue_of(series, {}, {})
    gate = Gate(Publisher(producer, lambda: series), lambda: catalogue)
    clock = ManualClock(NOW)
    risk = Risk(
        Settings(config=asset_path("deploy/config"), chain=chain.id),
        consumer=MemoryConsumer(broker, "risk"),
        registry=Registry(MemoryConsumer(broker)),
        clock=clock,
        producer=producer,
        meters=Meters(),
    )
    alerting = Alerting(
        consumer=MemoryConsumer(broker, "alerting"),
        reader=MemoryConsumer(broker),
        registry=Registry(MemoryConsumer(broker)),
        poster=_Poster(),
        clock=clock,
        producer=producer,
        meters=Meters(),
    )
    sink = _Sink(gate, scenario)
    name = f"replay:{scenario.id}-{task.seed}"
    player = Player(sink, clock, chain, scenario, lane=name, seed=task.seed, mismatch=task.mismatch)
    risk.open()
    alerting.open()

    def work(_: object) -> None:
        for _round in range(4):
            risk.turn(0.0)
            alerting.turn(0.0)

    player.play(wait=lambda _: False, on_hour=work)
    for _ in range(100):
        work(None)
    return [msgspec.json.decode(m.value or b"", type=Alert) for m in broker.messages(ALERT.name)]


@pytest.mark.full
@pytest.mark.timeout(900)
def test_the_backtest_opens_the_episodes_that_the_services_open(
    loaded: tuple[Chain, RuleSet], task: Task, played: Played
) -> None:
    there = {(key, s.hour, s.height, s.headline) for key, steps in played.steps.items() for s in steps}
    here = {
        (
            (a.node, a.product, a.hazard.value),
            (a.as_of - played.start) / timedelta(hours=1),
            0 if a.state is AlertState.CLOSED else rank(a.level),
            a.headline_zh,
        )
        for a in _live(loaded[0], task)
        if not a.hazard.is_of_data()
    }
    assert here
    assert here == there
