"""What risk does with each message, in order, apart from the world: messages in, assessments out."""

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

import msgspec

from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.feed import FeedMessage
from schemas.lane import LIVE, Lane
from schemas.score import ScoreMessage
from schemas.tick import Tick
from schemas.topic import CLOCK, SCORE
from services.risk.lane import LanePicture, end_of
from services.risk.rules import RuleSet
from services.risk.scored import Scored
from services.runtime.logs import logger
from services.runtime.reading import content
from services.runtime.streams import Message, Partition

_log = logger("risk")
_feed = msgspec.json.Decoder(FeedMessage)
_scores = msgspec.json.Decoder(ScoreMessage)
_tick = msgspec.json.Decoder(Tick)
T = TypeVar("T")


class Stage:
    """Lanes by name, made when their first message comes. ``chains`` and ``lanes`` are the registry's, read at each use.

    Order of work: ``take`` messages, ``judge_tick`` that is due, ``judge_promptly`` what is new. A lane without a chain is left out and named once.

    A drill or replay that cannot be judged is shut out and stands in ``failed``, since it must not take the live warnings with it. A fault in the
    live lane is raised: the process ends, is started again, and is noticed.
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
        self.scored = Scored()
        self._ticks: deque[tuple[int, Tick]] = deque()
        self._unserved: set[str] = set()
        self.failed: set[str] = set()
        self._shut_out: list[LanePicture] = []
        self.clock_position: int | None = None

    def take(self, message: Message) -> None:
        """Take one message in; a message that cannot be read is logged and passed over (ingest rejects it for the record)."""
        if message.topic == CLOCK.name:
            tick = content(_tick, message)
            if tick is not None:
                self._ticks.append((message.offset, tick))
            return
        if message.topic == SCORE.name:
            told = content(_scores, message)
            if told is not None:
                self._take_scores(told)
            return
        feed = content(_feed, message)
        if feed is not None:
            if feed.is_readable():
                self.scored.note_feed((message.topic, message.partition), message.offset)
            self._take_feed(message, feed)
        self.ends[(message.topic, message.partition)] = message.offset + 1

    def note_position(self, partition: Partition, position: int) -> None:
        """Tell how far a feed partition was read, also when it is empty."""
        self.ends[partition] = max(position, self.ends.get(partition, 0))

    def judge_ticks(self, now_s: float | None = None) -> list[Assessment]:
        """Assessments of every tick that is due, as ``judge_tick`` gives them one by one."""
        found: list[Assessment] = []
        while (told := self.judge_tick(now_s)) is not None:
            found += told
        return found

    def judge_tick(self, now_s: float | None = None) -> list[Assessment] | None:
        """Assessments of the next tick in the order of the clock topic, None while its records are not all here. At ``now_s`` (monotonic) it also
        waits for scores on their way; without, it does not, for where nobody scores."""
        if not self._ticks or not self._is_due(self._ticks[0][1]):
            return None
        if now_s is not None and self.scored.is_awaited(self._ticks[0][1], now_s):
            return None
        offset, tick = self._ticks.popleft()
        self.clock_position = offset + 1
        picture = self.pictures.get(tick.lane)
        if picture is None or self._is_closed(tick.lane):
            return []
        return self._apart(tick.lane, partial(picture.judge_tick, tick)) or []

    def judge_promptly(self) -> list[Assessment]:
        """New assessments of all lanes with news."""
        return [a for name, lane in list(self.pictures.items()) for a in self._apart(name, lane.judge_promptly) or []]

    def shut_out(self) -> list[LanePicture]:
        """Pictures shut out since the last call: what was shown of them no longer holds."""
        shut_out, self._shut_out = self._shut_out, []
        return shut_out

    def use_registry(self) -> list[LanePicture]:
        """Take over new versions of chains; drop closed lanes and return them."""
        for name, picture in list(self.pictures.items()):
            chain = self._chain_of(name)
            if chain is not None and chain.version != picture.chain_version():
                self._apart(name, partial(picture.use_chain, chain))
        self.failed = {name for name in self.failed if not self._is_closed(name)}
        closed = [name for name in self.pictures if self._is_closed(name)]
        return [self.pictures.pop(name) for name in closed]

    def _is_due(self, tick: Tick) -> bool:
        return all(
            self.ends.get((topic, number), 0) >= end_of(tick, (topic, number))
            for topic, ends in tick.positions.items()
            for number in range(len(ends))
        )

    def _take_feed(self, message: Message, feed: FeedMessage) -> None:
        if feed.lane in self.failed:
            return
        picture = self.pictures.get(feed.lane) or self._open(feed.lane)
        if picture is not None and feed.is_readable():
            self._apart(feed.lane, partial(picture.take, (message.topic, message.partition), message.offset, feed))

    def _take_scores(self, told: ScoreMessage) -> None:
        partition = (told.topic, told.partition)
        if told.tick is None:
            self.scored.note_score(partition, told.offset, self.ends.get(partition, 0))
        if not told.scores or told.lane in self.failed:
            return
        picture = self.pictures.get(told.lane) or self._open(told.lane)
        if picture is not None:
            self._apart(told.lane, partial(picture.take_scores, partition, told.offset, told.scores))

    def _open(self, lane: str) -> LanePicture | None:
        chain = self._chain_of(lane)
        if chain is None or self._is_closed(lane):
            if lane not in self._unserved:
                self._unserved.add(lane)
                _log.warning("a lane has no chain or is closed; nothing is judged in it", lane=lane)
            return None
        picture = self._apart(lane, partial(LanePicture, lane, chain, self._rules))
        if picture is not None:
            self.pictures[lane] = picture
        return picture

    def _apart(self, lane: str, work: Callable[[], T]) -> T | None:
        """What the work brings; None when a lane other than live failed at it and is shut out."""
        if lane == LIVE:
            return work()
        try:
            return work()
        except Exception:  # noqa: BLE001  # whatever it is, one rehearsal must not end the warnings of the others
            _log.exception("a lane cannot be judged and is shut out", lane=lane)
            self.failed.add(lane)
            if lane in self.pictures:
                self._shut_out.append(self.pictures.pop(lane))
            return None

    def _chain_of(self, lane: str) -> Chain | None:
        stated = self._lanes.get(lane)
        return self._chains.get(stated.chain if stated is not None else self._default_chain if lane == LIVE else "")

    def _is_closed(self, lane: str) -> bool:
        stated = self._lanes.get(lane)
        return stated is not None and stated.closed_at is not None
