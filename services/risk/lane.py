"""One lane as risk sees it: what was read so far for prompt warnings, and what had been read at the last tick for the record."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct, structs

from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.feed import FeedMessage
from schemas.lane import LaneKind, kind_of
from schemas.tick import Tick
from services.risk.picture import Picture
from services.risk.publication import Publication
from services.risk.rules import RuleSet
from services.runtime.clock import to_us
from services.runtime.streams import Partition

_KEPT_ROWS = 1_000_000


class _Waiting(Struct):
    """A message that the settled picture has not taken yet, and the span of its ``known_us``."""

    partition: Partition
    offset: int
    message: FeedMessage
    first_us: int
    last_us: int


class LanePicture:
    """Two pictures of a lane. The prompt one judges after every message; the settled one takes what was known at a tick and no more (records up to
    its positions and known by its time), so that what is judged at a tick is the same live and replayed, however far reading had run ahead.

    A replay lane is judged at its ticks alone: nobody waits for it, and it may be fed far ahead of its clock.
    Without ticks at most a million rows wait for the next one; older ones are settled early.
    """

    def __init__(self, lane: str, chain: Chain, rules: RuleSet) -> None:
        self.lane = lane
        self.is_prompt = kind_of(lane) is not LaneKind.REPLAY
        self.prompt = Picture(lane, chain, rules) if self.is_prompt else None
        self.settled = Picture(lane, chain, rules)
        self._waiting: deque[_Waiting] = deque()
        self._waiting_rows = 0
        self._changes = Publication()
        self._at_ticks = Publication()

    def chain_version(self) -> str:
        """Version of the chain it judges by."""
        return self.settled.blueprint.chain.version

    def use_chain(self, chain: Chain) -> None:
        """Go on with another version of the chain."""
        self.settled.use_chain(chain)
        if self.prompt is not None:
            self.prompt.use_chain(chain)

    def take(self, partition: Partition, offset: int, message: FeedMessage) -> None:
        """Take a feed message of this lane in, with where it stood."""
        if self.prompt is not None:
            self.prompt.take(message)
        self._waiting.append(_Waiting(partition, offset, message, min(message.known_us), max(message.known_us)))
        self._waiting_rows += len(message.series)
        while self._waiting_rows > _KEPT_ROWS:
            self._settle(self._waiting.popleft().message)

    def judge_promptly(self) -> list[Assessment]:
        """New assessments of what the messages since the last call reach."""
        if self.prompt is None or not self.prompt.has_news():
            return []
        return self._changes.changes(self.prompt.judge_changed())

    def judge_tick(self, tick: Tick) -> list[Assessment]:
        """Assessments at a tick from the records up to its positions, all of which must have been taken in."""
        at_us = to_us(tick.at)
        still: deque[_Waiting] = deque()
        for waiting in self._waiting:
            if waiting.offset >= end_of(tick, waiting.partition) or waiting.first_us > at_us:
                still.append(waiting)
            elif waiting.last_us <= at_us:
                self._settle(waiting.message)
            else:
                self._settle(_rows(waiting.message, lambda us: us <= at_us))
                rest = _rows(waiting.message, lambda us: us > at_us)
                first, last = min(rest.known_us), max(rest.known_us)
                still.append(_Waiting(waiting.partition, waiting.offset, rest, first, last))
        self._waiting = still
        return self._at_ticks.at_tick(self.settled.judge_all(tick.at), tick.at)

    def _settle(self, message: FeedMessage) -> None:
        self.settled.take(message)
        self._waiting_rows -= len(message.series)


def _rows(message: FeedMessage, is_wanted: Callable[[int], bool]) -> FeedMessage:
    """The rows of a message whose ``known_us`` is wanted."""
    kept = [i for i, us in enumerate(message.known_us) if is_wanted(us)]

    def cut(column: Sequence[Any] | None) -> list[Any] | None:
        return None if column is None else [column[i] for i in kept]

    names = [n for n in message.__struct_fields__ if n not in ("lane", "source", "v")]
    return structs.replace(message, **{name: cut(getattr(message, name)) for name in names})


def end_of(tick: Tick, partition: Partition) -> int:
    """Next offset of a partition when the tick was struck."""
    ends = tick.positions.get(partition[0], [])
    return ends[partition[1]] if partition[1] < len(ends) else 0
