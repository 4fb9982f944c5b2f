"""What risk does with each message, in order, apart from the world: messages in, assessments out."""

from collections import deque
from collections.abc import Mapping

import msgspec

from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.feed import FeedMessage
from schemas.lane import LIVE, Lane
from schemas.tick import Tick
from schemas.topic import CLOCK
from services.risk.lane import LanePicture, end_of
from services.risk.rules import RuleSet
from services.runtime.logs import logger
from services.runtime.reading import content
from services.runtime.streams import Message, Partition

_log = logger("risk")
_feed = msgspec.json.Decoder(FeedMessage)
_tick = msgspec.json.Decoder(Tick)


class Stage:
    """Lanes by name, made when their first message comes. ``chains`` and ``lanes`` are the registry's, read at each use.

    Order of work: ``take`` messages, ``judge_ticks`` that are due, ``judge_promptly`` what is new. A lane without a chain is left out and named once.
    """

    def __init__(
        self, chains: Mapping[str, Chain], lanes: Mapping[str, Lane], rules: RuleSet, default_chain: str
    ) -> None:
        self._chains = chains
        self._lanes = lanes
        self._rules = rules
        self._default_chain = default_chain
        self.pictures: dict[str, LanePicture] = {}
        self.ends: dict[Partition, int] = {}
        self._ticks: deque[tuple[int, Tick]] = deque()
        self._unserved: set[str] = set()
        self.clock_position: int | None = None

    def take(self, message: Message) -> None:
        """Take one message in; a message that cannot be read is logged and passed over (ingest rejects it for the record)."""
        if message.topic == CLOCK.name:
            tick = content(_tick, message)
            if tick is not None:
                self._ticks.append((message.offset, tick))
            return
        feed = content(_feed, message)
        if feed is not None:
            self._take_feed(message, feed)
        self.ends[(message.topic, message.partition)] = message.offset + 1

    def note_position(self, partition: Partition, position: int) -> None:
        """Tell how far a feed partition was read, also when it is empty."""
        self.ends[partition] = max(position, self.ends.get(partition, 0))

    def judge_ticks(self) -> list[Assessment]:
        """Assessments of every tick whose records are all here, in the order of the clock topic."""
        found: list[Assessment] = []
        while self._ticks and self._is_due(self._ticks[0][1]):
            offset, tick = self._ticks.popleft()
            picture = self.pictures.get(tick.lane)
            if picture is not None and not self._is_closed(tick.lane):
                found += picture.judge_tick(tick)
            self.clock_position = offset + 1
        return found

    def judge_promptly(self) -> list[Assessment]:
        """New assessments of all lanes with news."""
        return [a for lane in list(self.pictures.values()) for a in lane.judge_promptly()]

    def use_registry(self) -> list[LanePicture]:
        """Take over new versions of chains; drop closed lanes and return them."""
        for name, picture in self.pictures.items():
            chain = self._chain_of(name)
            if chain is not None and chain.version != picture.chain_version():
                picture.use_chain(chain)
        closed = [name for name in self.pictures if self._is_closed(name)]
        return [self.pictures.pop(name) for name in closed]

    def _is_due(self, tick: Tick) -> bool:
        return all(
            self.ends.get((topic, number), 0) >= end_of(tick, (topic, number))
            for topic, ends in tick.positions.items()
            for number in range(len(ends))
        )

    def _take_feed(self, message: Message, feed: FeedMessage) -> None:
        picture = self.pictures.get(feed.lane) or self._open(feed.lane)
        if picture is not None and feed.is_readable():
            picture.take((message.topic, message.partition), message.offset, feed)

    def _open(self, lane: str) -> LanePicture | None:
        chain = self._chain_of(lane)
        if chain is None or self._is_closed(lane):
            if lane not in self._unserved:
                self._unserved.add(lane)
                _log.warning("a lane has no chain or is closed; nothing is judged in it", lane=lane)
            return None
        picture = self.pictures[lane] = LanePicture(lane, chain, self._rules)
        return picture

    def _chain_of(self, lane: str) -> Chain | None:
        stated = self._lanes.get(lane)
        return self._chains.get(stated.chain if stated is not None else self._default_chain if lane == LIVE else "")

    def _is_closed(self, lane: str) -> bool:
        stated = self._lanes.get(lane)
        return stated is not None and stated.closed_at is not None
