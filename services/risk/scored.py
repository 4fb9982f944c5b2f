"""How far detection has come behind the feeds, so that a tick can wait for the scores of its records, though never for a detection that is silent."""

from collections import deque

from schemas.tick import Tick
from services.risk.lane import end_of
from services.runtime.logs import logger
from services.runtime.streams import Partition

PATIENCE_S = 10.0
"""Seconds without a score after which detection counts as silent."""
LONGEST_S = 60.0
"""Seconds that a tick waits at most, however many scores come."""
_KEPT = 100_000
_log = logger("risk")


class Scored:
    """Knows the feed messages that have no scores yet. Detection answers every readable one, in order, within a partition.

    It is waited for once it was heard at the head of a partition, until it falls silent; then the warnings go on without it, and what was judged
    meanwhile may differ from a replay with scores. Times are monotonic seconds.
    """

    def __init__(self) -> None:
        self._lacking: dict[Partition, deque[int]] = {}
        self._ends: dict[Partition, int] = {}
        self._is_heard = False
        self._began: float | None = None
        self._moved = 0.0
        self._is_moving = False

    def note_feed(self, partition: Partition, offset: int) -> None:
        """A readable feed message was read."""
        if self._is_heard and offset >= self._ends.get(partition, 0):
            self._lacking.setdefault(partition, deque(maxlen=_KEPT)).append(offset)

    def note_score(self, partition: Partition, offset: int, head: int) -> None:
        """The scores of a feed message were read; ``head`` is the next offset of its partition that was not read yet."""
        self._ends[partition] = max(offset + 1, self._ends.get(partition, 0))
        self._is_heard = self._is_heard or offset + 1 >= head
        lacking = self._lacking.get(partition)
        while lacking and lacking[0] <= offset:
            lacking.popleft()
            self._is_moving = True

    def is_awaited(self, tick: Tick, now_s: float) -> bool:
        """True while a tick whose records are all here should wait for scores of them."""
        if not any(lacking and lacking[0] < end_of(tick, p) for p, lacking in self._lacking.items()):
            self._began = None
            return False
        if self._began is None or self._is_moving:
            self._moved = now_s
        self._began, self._is_moving = now_s if self._began is None else self._began, False
        if now_s - self._moved < PATIENCE_S and now_s - self._began < LONGEST_S:
            return True
        _log.warning("detection is silent; judging goes on without scores", lane=tick.lane, at=tick.at.isoformat())
        self._is_heard, self._began = False, None
        self._lacking.clear()
        return False
