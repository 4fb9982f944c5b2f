"""One lane as risk sees it: what was read so far for prompt warnings, and what had been read at the last tick for the record."""

import heapq
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct, structs

from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.feed import FeedMessage
from schemas.lane import LaneKind, kind_of
from schemas.score import Score
from schemas.tick import Tick
from services.risk.picture import Picture
from services.risk.provenance import QUALITY
from services.risk.publication import Publication
from services.risk.rules import RuleSet
from services.runtime.clock import to_us
from services.runtime.streams import Partition

_KEPT_ROWS = 1_000_000
_KEPT_SCORES = 100_000
_HASTY_CAUSES = 2


class _Waiting(Struct):
    """A message that the settled picture has not taken yet, and where it stood."""

    partition: Partition
    offset: int
    message: FeedMessage


class _Scored(Struct, frozen=True):
    """The score of an anomalous reading that the settled picture has not taken yet, and where its feed message stood."""

    partition: Partition
    offset: int
    known_us: int
    score: Score


class LanePicture:
    """Two pictures of a lane. The prompt one judges after every message; the settled one takes what was known at a tick and no more (records up to
    its positions and known by its time), so that what is judged at a tick is the same live and replayed, however far reading had run ahead. A score
    belongs to the feed message that it is about: it counts from the tick on at which that message does.

    A replay lane is judged at its ticks alone: nobody waits for it, and it may be fed far ahead of its clock.
    Without ticks at most a million rows wait for the next one; older ones are settled early.
    """

    def __init__(self, lane: str, chain: Chain, rules: RuleSet) -> None:
        self.lane = lane
        self.is_prompt = kind_of(lane) is not LaneKind.REPLAY
        self.prompt = Picture(lane, chain, hastened(rules)) if self.is_prompt else None
        self.settled = Picture(lane, chain, rules)
        self._waiting: list[tuple[int, int, _Waiting]] = []
        self._scored: list[_Scored] = []
        self._arrived = 0
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
        self._wait(_Waiting(partition, offset, message))
        self._waiting_rows += len(message.series)
        while self._waiting_rows > _KEPT_ROWS:
            self._settle(heapq.heappop(self._waiting)[2].message)

    def take_scores(self, partition: Partition, offset: int, scores: Sequence[Score]) -> None:
        """Take scores of the feed message that stood there in; only anomalies count, and what data quality says, and none of a detector on trial."""
        for score in (s for s in scores if not s.shadow and (s.is_anomaly or s.detector.startswith(QUALITY))):
            if self.prompt is not None:
                self.prompt.mark(score)
            self._scored.append(_Scored(partition, offset, to_us(score.known_at), score))
        if len(self._scored) > _KEPT_SCORES:
            self._settle_scores(lambda s: False)

    def judge_promptly(self) -> list[Assessment]:
        """New assessments of what the messages since the last call reach."""
        if self.prompt is None or not self.prompt.has_news():
            return []
        return self.prompt.judge_changed(self._changes.is_new)

    def judge_tick(self, tick: Tick) -> list[Assessment]:
        """Assessments at a tick from the records up to its positions, all of which must have been taken in."""
        at_us = to_us(tick.at)
        ahead: list[_Waiting] = []
        while self._waiting and self._waiting[0][0] <= at_us:
            waiting = heapq.heappop(self._waiting)[2]
            if waiting.offset >= end_of(tick, waiting.partition):
                ahead.append(waiting)
            elif max(waiting.message.known_us) <= at_us:
                self._settle(waiting.message)
            else:
                self._settle(_rows(waiting.message, lambda us: us <= at_us))
                ahead.append(structs.replace(waiting, message=_rows(waiting.message, lambda us: us > at_us)))
        for waiting in ahead:
            self._wait(waiting)
        self._settle_scores(lambda s: s.offset >= end_of(tick, s.partition) or s.known_us > at_us)
        looks = self.settled.judge_all_looks(tick.at)
        due = self._at_ticks.at_tick(looks, tick.at, self.settled.blueprint.places)
        return [self.settled.tell(look, tick.at) for look in due]

    def _wait(self, waiting: _Waiting) -> None:
        """Keep a message in the order of what was known first, then of arrival."""
        self._arrived += 1
        heapq.heappush(self._waiting, (min(waiting.message.known_us), self._arrived, waiting))

    def _settle_scores(self, is_ahead: Callable[[_Scored], bool]) -> None:
        """Mark the readings of all scores but those that are still ahead."""
        ahead = [s for s in self._scored if is_ahead(s)]
        for scored in self._scored:
            if not is_ahead(scored):
                self.settled.mark(scored.score)
        self._scored = ahead

    def _settle(self, message: FeedMessage) -> None:
        self.settled.take(message)
        self._waiting_rows -= len(message.series)


def hastened(rules: RuleSet) -> RuleSet:
    """The same rules, levels and chances, with few causes weighed and changes estimated: for words that must come at once."""
    few = min(_HASTY_CAUSES, rules.priors.most_causes)
    return structs.replace(rules, priors=structs.replace(rules.priors, most_causes=few, tries_changes=False))


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
