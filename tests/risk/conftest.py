"""A quiet day of the operating chain, and one lane of warning on memory twins: risk and alerting with a recording Alertmanager."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.alert import Alert
from schemas.assessment import Assessment
from schemas.chain import Chain, Series
from schemas.feed import FeedMessage
from schemas.lane import Lane
from schemas.tick import Tick
from schemas.topic import ALERT, ALL_TOPICS, ASSESSMENT, CHAIN, CLOCK, FEED_PARTITIONS, FEED_TOPICS, LANE, partition_of
from services.alerting.app import App as Alerting
from services.risk.app import App as Risk
from services.runtime.chain import load_chain
from services.runtime.clock import ManualClock, to_us
from services.runtime.errors import UnreachableError
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.metrics import Meters
from services.runtime.registry import Registry
from services.runtime.settings import Settings

START = datetime(2026, 1, 10, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


class RecordingAlertmanager:
    """Takes postings; ``is_away`` refuses them."""

    def __init__(self) -> None:
        self.postings: list[dict[str, Any]] = []
        self.is_away = False

    def post(self, postings: Sequence[dict[str, Any]]) -> None:
        if self.is_away:
            raise UnreachableError("away")
        self.postings += postings


def normal_value(chain: Chain, series: Series) -> float:
    """What a series shows on a quiet day."""
    stocks = {(s.node, s.product): s for s in chain.stocks}
    links = [k for k in chain.links if k.product == series.product]
    stock = stocks.get((series.node, series.product))
    coming = sum(k.normal_flow for k in links if k.target == series.node)
    going = sum(k.normal_flow for k in links if k.source == series.node)
    through = next((n.normal_throughput for n in chain.nodes if n.id == series.node), 0.0)
    link = sum(k.normal_flow for k in links if (k.source, k.target) == (series.node, series.link_target))
    values = {
        "stock": stock.daily_use * stock.days_normal if stock else 0.0,
        "flow": link,
        "inflow": coming,
        "outflow": going,
        "volume": going,
        "output": through,
        "intake": through,
        "use": stock.daily_use if stock else coming,
        "capacity_factor": 1.0,
        "hazard_level": 0.0,
    }
    return float(values.get(series.indicator, 1.0))


class Line:
    """Feeds, risk and alerting of one lane on a memory broker. ``send`` a dict of values, ``tick``, then ``turn`` and look."""

    def __init__(self, chain: Chain, lane: str = "live") -> None:
        self.chain = chain
        self.lane = lane
        self.series = {s.id: s for s in chain.series}
        self._quiet = {s.id: normal_value(chain, s) for s in chain.series}
        self.broker = MemoryBroker({t.name: t.partitions for t in ALL_TOPICS})
        self.producer = MemoryProducer(self.broker)
        self.clock = ManualClock(START)
        self.alertmanager = RecordingAlertmanager()
        self.producer.send(CHAIN.name, msgspec.json.encode(chain), key=chain.id.encode())
        stated = Lane(name=lane, chain=chain.id, opened_at=START, origin=START, wall_origin=START)
        self.producer.send(LANE.name, msgspec.json.encode(stated), key=lane.encode())
        self.start_risk()
        self.start_alerting()

    def _registry(self) -> Registry:
        return Registry(MemoryConsumer(self.broker))

    def start_risk(self) -> None:
        """Start (again) with empty memory."""
        self.feeds = MemoryConsumer(self.broker, "risk")
        self.risk = Risk(
            Settings(config=ROOT / "deploy/config", chain=self.chain.id),
            consumer=self.feeds,
            producer=self.producer,
            registry=self._registry(),
            clock=self.clock,
            meters=Meters(),
        )
        self.risk.open()

    def start_alerting(self) -> None:
        """Start (again) with empty memory."""
        self.judged = MemoryConsumer(self.broker, "alerting")
        self.alerting = Alerting(
            consumer=self.judged,
            reader=MemoryConsumer(self.broker),
            producer=self.producer,
            registry=self._registry(),
            poster=self.alertmanager,
            clock=self.clock,
            meters=Meters(),
        )
        self.alerting.open()

    def quiet(self) -> dict[str, float]:
        """Normal values of every series."""
        return dict(self._quiet)

    def send(self, values: dict[str, float], observed_at: datetime, issued_at: datetime | None = None) -> None:
        """Publish observations, known when issued."""
        issued = to_us(issued_at or observed_at)
        for name, value in values.items():
            series = self.series[name]
            message = FeedMessage(
                lane=self.lane,
                source="test",
                series=[name],
                observed_us=[to_us(observed_at)],
                issued_us=[issued],
                known_us=[issued],
                value=[value],
            )
            topic = FEED_TOPICS[series.feed].name
            self.producer.send(topic, msgspec.json.encode(message), partition=partition_of(series.group))

    def tick(self, at: datetime) -> None:
        """Strike the lane's clock."""
        positions = {
            t.name: [self.broker.end((t.name, p)) for p in range(FEED_PARTITIONS)] for t in FEED_TOPICS.values()
        }
        self.producer.send(CLOCK.name, msgspec.json.encode(Tick(lane=self.lane, at=at, positions=positions)))

    def turn(self) -> None:
        """Let risk and alerting work until nothing is left."""
        while True:
            done = self.risk.turn(0.0) + self.alerting.turn(0.0) + self.alerting.delivery.turn()
            if not done and self._is_read(self.feeds) and self._is_read(self.judged):
                return

    def _is_read(self, consumer: MemoryConsumer) -> bool:
        return all(consumer.position(p) >= self.broker.end(p) for p in consumer.assignment())

    def hours(
        self,
        first: int,
        last: int,
        change: Callable[[int], dict[str, float]] = lambda _: {},
        *,
        every: int = 1,
        tick_every: int = 1,
    ) -> None:
        """Live these hours: every series reports, ``change`` overrides; then a tick. Each hour, or each third with ``every`` 3.

        With ``tick_every`` 3 only each third report is followed by a tick.
        """
        for number, hour in enumerate(range(first, last, every)):
            at = START + timedelta(hours=hour)
            self.send(self.quiet() | change(hour), at)
            self.clock.advance(timedelta(hours=every))
            if number % tick_every == 0:
                self.tick(at + timedelta(minutes=1))
                self.turn()

    def assessments(self) -> list[Assessment]:
        """Everything published."""
        return [msgspec.json.decode(m.value or b"", type=Assessment) for m in self.broker.messages(ASSESSMENT.name)]

    def newest(self, node: str, product: str = "steam_coal", hazard: str = "starved") -> Assessment:
        """Newest assessment of a place."""
        found = [a for a in self.assessments() if (a.node, a.product, a.hazard.value) == (node, product, hazard)]
        return max(found, key=lambda a: (a.as_of, a.known_at))

    def alerts(self) -> list[Alert]:
        """Steps of all episodes."""
        return [msgspec.json.decode(m.value or b"", type=Alert) for m in self.broker.messages(ALERT.name)]


@pytest.fixture(scope="session")
def ordos() -> Chain:
    """The operating chain."""
    return load_chain(ROOT / "deploy/config/chains/ordos")


@pytest.fixture
def line(ordos: Chain) -> Line:
    """The live lane."""
    return Line(ordos)


@pytest.fixture
def make_line(ordos: Chain) -> Callable[[str], Line]:
    """Lanes by name."""
    return lambda lane: Line(ordos, lane)
