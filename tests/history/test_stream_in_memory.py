"""Real plants through player, risk and alerting on memory twins: do the warnings of the stream foretell the onsets?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.alert import Alert, AlertState
from schemas.assessment import Hazard
from schemas.topic import ALERT, ALL_TOPICS
from services.alerting.app import App as Alerting
from services.cli.skill import Result, Skill, Step
from services.intake.history.loading import History, load_history
from services.intake.history.player import Player
from services.intake.publisher import Publisher
from services.risk.app import App as Risk
from services.runtime.assets import asset_path
from services.runtime.chain.publication import publish_chain
from services.runtime.clock import WallClock
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.metrics import Meters
from services.runtime.registry import Registry
from services.runtime.settings import Settings

LANE = "replay:plants"


class Silent:
    """An Alertmanager that takes everything."""

    def post(self, postings: Sequence[dict[str, Any]]) -> None:
        """Take it."""

    def close(self) -> None:
        """Nothing to close."""


class Reader(MemoryConsumer):
    """A consumer that can tell when nothing is left to read."""

    def __init__(self, broker: MemoryBroker, group: str) -> None:
        super().__init__(broker, group)
        self._source = broker

    def is_done(self) -> bool:
        """True at the end of everything assigned."""
        return all(self.position(p) >= self._source.end(p) for p in self.assignment())


def _one_plant_in(number: int, table: bytes) -> bytes:
    """The same table with one in so many plants."""
    head, *rows = table.decode("utf-8").splitlines()
    at = head.split(",").index("Power Station Name")
    plants = sorted({row.split(",")[at] for row in rows})[::number]
    return "\n".join([head, *(row for row in rows if row.split(",")[at] in set(plants))]).encode()


def _work_through(app: Risk | Alerting, reader: Reader) -> None:
    app.open()
    idle = 0
    while idle < 3:
        idle = 0 if app.turn() or not reader.is_done() else idle + 1


def _plain(folder: Path) -> Settings:
    """The shipped rules with few causes weighed and changes estimated: levels are the same, words come sooner."""
    shipped = (asset_path("deploy/config/rules") / "default.yaml").read_text(encoding="utf-8")
    for given, ours in (("tries_changes: true", "tries_changes: false"), ("most_causes: 4", "most_causes: 1")):
        assert shipped.count(given) == 1
        shipped = shipped.replace(given, ours)
    (folder / "rules").mkdir()
    (folder / "rules" / "default.yaml").write_text(shipped, encoding="utf-8")
    return Settings(config=folder)


def _alerts(history: History, settings: Settings) -> list[Alert]:
    broker = MemoryBroker({t.name: t.partitions for t in ALL_TOPICS})
    producer, clock = MemoryProducer(broker), WallClock()
    publish_chain(producer, history.chain)
    series = {s.id: s for s in history.chain.series}
    Player(Publisher(producer, lambda: series), clock, lambda _: None, speed=None).play(history, LANE, lambda _: None)
    shared: dict[str, Any] = {"producer": producer, "clock": clock, "meters": Meters()}
    reader = Reader(broker, "risk")
    _work_through(Risk(settings, consumer=reader, registry=Registry(MemoryConsumer(broker)), **shared), reader)
    reader = Reader(broker, "alerting")
    registry = Registry(MemoryConsumer(broker))
    alerting = Alerting(consumer=reader, reader=MemoryConsumer(broker), registry=registry, poster=Silent(), **shared)
    _work_through(alerting, reader)
    return [msgspec.json.decode(m.value or b"", type=Alert) for m in broker.messages(ALERT.name)]


@pytest.fixture(scope="module", params=[4, pytest.param(1, marks=pytest.mark.full)])
def results(
    real_tables: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[Result]:
    """The stream's lines of the score. Feeds run far ahead of the ticks here, as with --speed max."""
    mapping = asset_path("deploy/config/history") / "india_plant_stock.yaml"
    (table,) = real_tables.glob("india_daily_plant_coal_stock*.csv")
    rows = _one_plant_in(request.param, table.read_bytes())
    history = load_history(mapping.read_text(encoding="utf-8"), mapping.name, rows, table.name)
    alerts = sorted(
        _alerts(history, _plain(tmp_path_factory.mktemp("plain"))), key=lambda a: (a.node, a.episode, a.sequence)
    )
    starved = [a for a in alerts if a.hazard is Hazard.STARVED]
    steps = [Step(a.node, a.episode, a.level, a.state is AlertState.CLOSED, a.as_of) for a in starved]
    return Skill(history).of_stream(steps)


def test_episodes_reach_the_targets(results: list[Result]) -> None:
    (target,) = [r for r in results if r.is_target]
    assert target.outcome.recall >= 0.85, target.figures()
    assert target.outcome.precision >= 0.30, target.figures()
    assert target.outcome.median_lead_days >= 3, target.figures()


def test_they_still_do_counted_from_publication(results: list[Result]) -> None:
    published = results[-1]
    assert published.outcome.recall >= 0.85, published.figures()
    assert published.outcome.precision >= 0.30, published.figures()
