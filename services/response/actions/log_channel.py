"""The log channel: every message as a block in ``<home>/logs/notifications.log`` and one line on standard output."""

import os
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from services.response.notice import Notice
from services.response.wording import short_line, stamp
from services.runtime.errors import UnreachableError

_TAIL_BYTES = 1_000_000
_MARK = "── "
_KEPT_FILES = 5


class LogChannel:
    """Writes notices, each once: the ids at the end of the file are read back when it opens, so that a kill between writing and
    recording repeats nothing. A block ends with its id; a torn one is written again. At ``max_bytes`` the file moves to ``.1``.
    """

    def __init__(self, file: Path, max_bytes: int = 10_000_000) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self._seen: deque[str] = deque(maxlen=5_000)

    def open(self) -> None:
        """Make the folder and read back what stands there already. Raises UnreachableError."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            if self._file.exists():
                with self._file.open("rb") as there:
                    there.seek(max(0, self._file.stat().st_size - _TAIL_BYTES))
                    lines = there.read().decode("utf-8", "replace").split("\n")
                self._seen.extend(line.removeprefix(_MARK) for line in lines[:-1] if line.startswith(_MARK))
        except OSError as error:
            raise UnreachableError(f"{self._file} cannot be opened: {error.strerror}") from error

    def send(self, notices: Sequence[Notice]) -> None:
        """Append and sync; then one line each on standard output. Raises UnreachableError; then any of them may stand there already."""
        new = [notice for notice in notices if notice.notification_id not in self._seen]
        if not new:
            return
        try:
            self._rotate()
            with self._file.open("a", encoding="utf-8") as out:
                out.write("".join(("\n" if self._is_torn() else "", *map(_block, new))))
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise UnreachableError(f"{self._file} cannot be written: {error.strerror}") from error
        self._seen.extend(notice.notification_id for notice in new)
        for notice in new:
            sys.stdout.write(short_line(notice.text_zh, notice.text_en, notice.recipient) + "\n")
        sys.stdout.flush()

    def _is_torn(self) -> bool:
        with self._file.open("rb") as there:
            size = there.seek(0, os.SEEK_END)
            there.seek(max(0, size - 1))
            return there.read(1) not in (b"", b"\n")

    def _rotate(self) -> None:
        if not self._file.exists() or self._file.stat().st_size < self._max_bytes:
            return
        for number in reversed(range(1, _KEPT_FILES)):
            older = self._file.with_name(f"{self._file.name}.{number}")
            if older.exists():
                older.replace(self._file.with_name(f"{self._file.name}.{number + 1}"))
        self._file.replace(self._file.with_name(f"{self._file.name}.1"))


def _block(notice: Notice) -> str:
    head = f"{stamp(notice.created_at)} 北京时间(通道时间 lane time) [{notice.lane}] → {notice.recipient}"
    return "\n".join((head, notice.text_zh, notice.text_en, f"{_MARK}{notice.notification_id}", ""))
