"""An office where the telephone rings: the reader of intake with its desk, on a memory broker."""

from datetime import UTC, datetime, timedelta

import msgspec

from schemas.command import Command
from schemas.feed import FeedMessage
from schemas.rejection import Rejection
from schemas.topic import ALL_TOPICS, COMMAND, FEED_TOPICS, REJECTED
from services.intake.catalogue import Catalogue
from services.intake.desk import Desk
from services.intake.feeds.telephone import TelephoneReader, load_events
from services.intake.limits import Limits
from services.intake.packer import Packer
from services.intake.publisher import Publisher
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
    """A telephone reader with its desk, on a broker of its own unless one is given. ``enter`` a command, then look at what stands on the topics."""

    def __init__(self, catalogue: Catalogue, broker: MemoryBroker | None = None, start: datetime = NOW) -> None:
        self._start = start
        self.broker = broker or MemoryBroker({t.name: t.partitions for t in ALL_TOPICS})
        self.clock = ManualClock(NOW)
        self.catalogue = catalogue
        self._producer = MemoryProducer(self.broker)
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
        moved = msgspec.structs.replace(told, issued_at=self._start + timedelta(hours=hours))
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
