"""Reports of officers judged on the operating chain, and the whole reader on a memory broker."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from schemas.chain import Chain
from schemas.command import Command
from schemas.feed import FeedMessage
from schemas.lane import Lane
from schemas.rejection import Rejection
from schemas.report import report_series
from schemas.topic import ALL_TOPICS, COMMAND, FEED_TOPICS, REJECTED
from services.intake.catalogue import Catalogue, catalogue_of
from services.intake.desk import Desk
from services.intake.feeds.telephone import TelephoneReader, load_events
from services.intake.limits import Limits
from services.intake.packer import Packer
from services.intake.publisher import Publisher
from services.runtime.chain import load_chain
from services.runtime.clock import ManualClock
from services.runtime.lifecycle import Lifecycle
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.metrics import Meters

NOW = datetime(2026, 1, 20, 8, tzinfo=UTC)
CLOSURE = {
    "action": "add",
    "node": "R_DQ",
    "kind": "closure",
    "left": "0",
    "earliest_h": "6",
    "likely_h": "24",
    "latest_h": "72",
    "source": "大秦线调度",
    "caller": "王调度",
    "verified": "no",
}
STOCK = {
    "action": "add",
    "node": "P_QHD",
    "product": "steam_coal",
    "value": "48.5",
    "unit": "万吨",
    "source": "秦皇岛港",
    "caller": "李值班",
    "verified": "yes",
}


def command(name: str, what: str = "report.event", lane: str = "live", **arguments: str) -> Command:
    """A command of an officer."""
    return Command(
        command_id=name, lane=lane, kind=what, actor="zhao", reason="电话", issued_at=NOW, arguments=arguments
    )


class Office:
    """A telephone reader with its desk. ``enter`` a command, then look at what stands on the topics."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.broker = MemoryBroker({t.name: t.partitions for t in ALL_TOPICS})
        self.clock = ManualClock(NOW)
        self.catalogue = catalogue
        self._producer = MemoryProducer(self.broker)
        self._sent = 0
        publisher = Publisher(self._producer, lambda: self.catalogue.series)
        self.packer = Packer(publisher, self.clock)
        self.packer.start()
        self.desk = Desk(
            packer=self.packer,
            publisher=publisher,
            catalogue=lambda: self.catalogue,
            limits=Limits(),
            clock=self.clock,
            meters=Meters(),
        )
        self.start()

    def start(self) -> None:
        """Start (again) with what the topics tell."""
        self.reader = TelephoneReader(
            MemoryConsumer(self.broker, "intake"), self.desk, self.packer, self.clock, Lifecycle()
        )
        self.reader.open()
        load_events(MemoryConsumer(self.broker), self.reader.book, self.catalogue)

    def enter(self, told: Command, hours: float = 0.0) -> int:
        """Send a command so many hours after the start, and let the reader work."""
        moved = msgspec.structs.replace(told, issued_at=NOW + timedelta(hours=hours))
        self._producer.send(COMMAND.name, msgspec.json.encode(moved), key=told.command_id.encode(), partition=0)
        return self.turn()

    def turn(self) -> int:
        """One round of the reader."""
        return self.reader.turn(0.0)

    def rows(self) -> list[FeedMessage]:
        """All feed messages."""
        found = [m for t in FEED_TOPICS.values() for m in self.broker.messages(t.name)]
        return [msgspec.json.decode(m.value or b"", type=FeedMessage) for m in found]

    def rejections(self) -> list[Rejection]:
        """All rejections."""
        return [msgspec.json.decode(m.value or b"", type=Rejection) for m in self.broker.messages(REJECTED.name)]


@pytest.fixture(scope="session")
def chain() -> Chain:
    """The operating chain."""
    return load_chain(Path(__file__).resolve().parents[3] / "deploy/config/chains/ordos")


@pytest.fixture(scope="session")
def catalogue(chain: Chain) -> Catalogue:
    """Its series, a live lane, a drill ten days behind, a closed drill and a replay."""
    lanes = [
        Lane(name=name, chain="ordos", opened_at=NOW, origin=origin, wall_origin=NOW, closed_at=closed)
        for name, origin, closed in (
            ("live", NOW, None),
            ("drill:w", NOW - timedelta(days=10), None),
            ("drill:over", NOW, NOW),
            ("replay:old", NOW, None),
        )
    ]
    series = {s.id: s for s in (*chain.series, report_series(chain))}
    return catalogue_of(series, {lane.name: lane for lane in lanes}, {}, (), {chain.id: chain})


@pytest.fixture
def office(catalogue: Catalogue) -> Iterator[Office]:
    """An office of its own."""
    office = Office(catalogue)
    yield office
    office.packer.close()


@pytest.fixture
def closure() -> Callable[..., Command]:
    """A closure of the Daqin line, told by telephone; changes of arguments by name, ``None`` leaves one out."""

    def made(name: str = "c1", lane: str = "live", **changes: str | None) -> Command:
        arguments = {k: v for k, v in (CLOSURE | changes).items() if v is not None}
        return command(name, lane=lane, **arguments)

    return made
