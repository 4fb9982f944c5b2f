"""From where to read again after a restart: far enough back to know what is needed, not further."""

from collections import deque

from services.runtime.streams import Message, Partition

KEPT_MS = 40 * 24 * 3_600_000
KEPT_MESSAGES = 60_000
_SPACING = 500


class Rewind:
    """Per feed partition a few marks (appended_ms, offset); ``start`` is the newest mark that is old or far enough back."""

    def __init__(self) -> None:
        self._marks: dict[Partition, deque[tuple[int, int]]] = {}

    def note(self, message: Message) -> None:
        """Remember that a message was read."""
        marks = self._marks.setdefault((message.topic, message.partition), deque())
        if not marks or message.offset >= marks[-1][1] + _SPACING:
            marks.append((message.appended_ms, message.offset))

    def starts(self, now_ms: int) -> dict[Partition, int]:
        """Offset to commit per partition; forgets older marks."""
        found = {}
        for partition, marks in self._marks.items():
            newest = marks[-1][1]
            while len(marks) > 1 and (marks[1][0] < now_ms - KEPT_MS or marks[1][1] < newest - KEPT_MESSAGES):
                marks.popleft()
            found[partition] = marks[0][1]
        return found
