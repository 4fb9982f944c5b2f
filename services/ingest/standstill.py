"""Partitions that stand still because of one message: how often it was tried, when it is tried next."""

from msgspec import Struct

from services.runtime.streams import Message, Partition

TRIES = 3
QUICK_RETRY_S = 0.5
SLOW_RETRY_S = 60.0


class Standstill(Struct):
    """One message in the way. After TRIES failures it counts as stopped: an alarm, a slow retry, and a person may skip it."""

    message: Message
    why: str
    tries: int
    next_try_s: float

    @property
    def is_stopped(self) -> bool:
        """True once a person has to look."""
        return self.tries >= TRIES


class Standstills:
    """All of them, by partition. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._found: dict[Partition, Standstill] = {}

    def note(self, message: Message, why: str, now_s: float) -> Standstill:
        """Count one more failure of a message."""
        partition = (message.topic, message.partition)
        old = self._found.get(partition)
        tries = old.tries + 1 if old is not None and old.message.offset == message.offset else 1
        wait_s = SLOW_RETRY_S if tries >= TRIES else QUICK_RETRY_S
        found = Standstill(message, why, tries, now_s + wait_s)
        self._found[partition] = found
        return found

    def forget(self, partition: Partition) -> None:
        """The partition moves again, or is no longer ours."""
        self._found.pop(partition, None)

    def passed(self, partition: Partition, next_offset: int) -> None:
        """Everything before this offset is stored: a standstill before it is over."""
        found = self._found.get(partition)
        if found is not None and found.message.offset < next_offset:
            self.forget(partition)

    def all(self) -> list[tuple[Partition, Standstill]]:
        """All of them."""
        return list(self._found.items())

    def due(self, now_s: float) -> list[tuple[Partition, Standstill]]:
        """Those to be tried again."""
        return [(p, s) for p, s in self._found.items() if s.next_try_s <= now_s]

    def stopped(self) -> list[Standstill]:
        """Those a person has to look at."""
        return [s for s in self._found.values() if s.is_stopped]
