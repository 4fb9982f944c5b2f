"""A hall for drills in memory: the twin of the one on the running stack, with players that play nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.drill import DrillEvent
from schemas.drill_plan import Plan
from schemas.topic import DRILL_EVENT
from services.cli.drill.building import read_log
from services.cli.drill.director import Stage
from services.cli.drill.hall import offer_of
from services.intake.publisher import Publisher
from services.intake.scenario.player import Progress
from services.response.notice import SENT, Letter, Outcome, Verdict
from services.response.pace import Limit
from services.runtime.chain import load_chain
from services.runtime.chain.folder import chain_folder
from services.runtime.clock import Clock
from services.runtime.errors import ConfigurationError
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer

ZERO = datetime(2022, 1, 3, 14, 0, tzinfo=UTC)


class Silent:
    """Plays hours without rows."""

    def play_hour(self, *, strikes: bool) -> Progress:
        del strikes
        return Progress(lane_time=ZERO, hour=0, last_hour=0, rows=0, is_live=False)


class Box:
    """Takes letters; ``is_away`` refuses them."""

    at_once = 200
    limits: tuple[Limit, ...] = ()
    is_recorded = False

    def __init__(self) -> None:
        self.notices: list[Letter] = []
        self.is_away = False

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        if self.is_away:
            return [Outcome(verdict=Verdict.UNREACHABLE, detail="away") for _ in letters]
        self.notices += letters
        return [SENT for _ in letters]


class MemoryHall:
    """As ``master.Hall`` asks, on a memory broker. ``plans`` are the files; ``reported`` names the drills whose report was asked for."""

    def __init__(self, broker: MemoryBroker, clock: Clock, plans: dict[str, Plan]) -> None:
        self.broker, self.clock, self.plans = broker, clock, plans
        self.producer = MemoryProducer(broker)
        self.box = Box()
        self.reported: list[str] = []
        self.open_stages = 0
        self._series = {s.id: s for s in load_chain(chain_folder(None, "ordos")).series}

    def offers(self) -> list[dict[str, Any]]:
        return [offer_of(name, plan) for name, plan in self.plans.items()]

    def plan(self, name: str) -> Plan:
        if name not in self.plans:
            raise ConfigurationError(f"演练 {name!r} 不存在 no such drill")
        return self.plans[name]

    def log(self) -> list[DrillEvent]:
        return read_log(MemoryConsumer(self.broker))

    def publish(self, event: DrillEvent) -> None:
        self.producer.send(DRILL_EVENT.name, msgspec.json.encode(event), partition=0)

    @contextmanager
    def stage(self, plan: Plan, drill: str) -> Iterator[Stage]:
        del plan, drill
        self.open_stages += 1
        yield Stage(
            chain="ordos",
            zero=ZERO,
            play=lambda lane: Silent(),
            sink=Publisher(self.producer, lambda: self._series, ends=MemoryConsumer(self.broker)),
            producer=self.producer,
            listener=MemoryConsumer(self.broker),
            channel=self.box,
            clock=self.clock,
        )
        self.open_stages -= 1

    def abandon(self, drill: str, actor: str) -> list[str]:
        raise ConfigurationError(f"演练 {drill} 已结束 is over ({actor})")

    def report(self, log: Sequence[DrillEvent], events: Sequence[DrillEvent]) -> None:
        del events
        self.reported.append(log[0].drill)
