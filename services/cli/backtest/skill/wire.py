"""The path from intake to alert in one process: what intake would publish goes straight into risk, what risk judges straight into alerting."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime

from schemas.alert import Alert
from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.lane import Lane
from schemas.tick import Tick
from schemas.topic import CLOCK, FEED_TOPICS
from services.alerting.episode import Policy
from services.alerting.ledger import Ledger
from services.intake.catalogue import catalogue_of
from services.intake.gate import Gate
from services.intake.publisher import Publisher
from services.intake.rows import Rows
from services.risk.rules import RuleSet
from services.risk.stage import Stage
from services.runtime.streams import Message, Partition

_WANTED = frozenset({CLOCK.name, *(t.name for t in FEED_TOPICS.values())})


class _Done:
    """Delivered at once."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def offset(self, timeout_s: float) -> int:
        del timeout_s
        return self._offset


class _Wire:
    """A producer whose messages reach the stage at once, with the offsets a broker would give."""

    def __init__(self, take: Callable[[Message], None]) -> None:
        self._take = take
        self._ends: dict[Partition, int] = defaultdict(int)

    def send(self, topic: str, value: bytes | None, *, key: bytes | None = None, partition: int | None = None) -> _Done:
        """Hand one message over."""
        place = (topic, partition or 0)
        offset = self._ends[place]
        self._ends[place] = offset + 1
        if topic in _WANTED:
            self._take(Message(topic, place[1], offset, key, value))
        return _Done(offset)

    def flush(self, timeout_s: float) -> None:
        """Nothing is ever queued."""
        del timeout_s

    def close(self) -> None:
        """Nothing to close."""


class _WatchedPublisher(Publisher):
    """A publisher that shows the rows it is given, which have passed the gate."""

    def __init__(self, wire: _Wire, chain: Chain, seen: Callable[[Rows], None]) -> None:
        series = {s.id: s for s in chain.series}
        super().__init__(wire, lambda: series)
        self._seen = seen

    def enqueue(self, rows: Rows) -> None:
        """Show rows, then send them."""
        self._seen(rows)
        super().enqueue(rows)


class Path:
    """Intake's gate and publisher, risk's stage and alerting's ledger for the lanes of one chain: a sink of rows for a player.

    The clock is struck at hours for which ``is_due`` says so; ``judge`` gives what the ticks since its last call brought. ``seen`` is told the rows
    that passed the gate.
    """

    def __init__(
        self, chain: Chain, rules: RuleSet, is_due: Callable[[datetime], bool], seen: Callable[[Rows], None]
    ) -> None:
        self._lanes: dict[str, Lane] = {}
        self._is_due = is_due
        self._stage = Stage({chain.id: chain}, self._lanes, rules, chain.id)
        catalogue = catalogue_of({s.id: s for s in chain.series}, {}, {})
        self._gate = Gate(_WatchedPublisher(_Wire(self._stage.take), chain, seen), lambda: catalogue)
        self._ledger = Ledger(Policy())
        self._heard = 0

    def open_lane(self, lane: Lane) -> None:
        """Take a lane over, as the registry would."""
        self._lanes[lane.name] = lane

    def enqueue(self, rows: Rows) -> None:
        """Pass rows through the gate to risk."""
        self._gate.enqueue(rows)

    def tick(self, lane: str, at: datetime) -> Tick:
        """Strike the clock when due; else a tick that nobody gets."""
        return self._gate.tick(lane, at) if self._is_due(at) else Tick(lane=lane, at=at, positions={})

    def judge(self) -> Iterator[tuple[Assessment, Alert | None]]:
        """Assessments of the ticks since the last call, each with the step of its episode, if it brought one."""
        for assessment in self._stage.judge_ticks():
            self._heard += 1
            yield assessment, self._ledger.hear(assessment, 0, self._heard)
