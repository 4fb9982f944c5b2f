"""The log channel, also a drill's stand-in: every message as a block in a file of ``<home>/logs`` and one line on standard output."""

import os
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from services.response.notice import SENT, Letter, Outcome, Verdict
from services.response.pace import Limit
from services.response.wording import short_line, stamp
from services.runtime.errors import UnreachableError

_TAIL_BYTES = 1_000_000
_MARK = "── "
_KEPT_FILES = 5
_REMEMBERED = 5_000


class LogChannel:
    """Writes letters, each once: the ids at the end of the file and of the one before are read back when it opens, so that a kill between
    writing and recording repeats nothing. A block ends with its id; a torn one is written again. At ``max_bytes`` the file moves to ``.1``.
    """

    at_once = 200
    limits: tuple[Limit, ...] = ()
    is_recorded = False

    def __init__(self, file: Path, max_bytes: int = 10_000_000) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self._seen: dict[str, None] = {}

    def open(self) -> None:
        """Make the folder and read back what stands there already. Raises UnreachableError."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            for file in (self._file.with_name(f"{self._file.name}.1"), self._file):
                if file.exists():
                    self._remember(_ids_at_the_end(file))
        except OSError as error:
            raise UnreachableError(f"{self._file} cannot be opened: {error.strerror}") from error

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Append and sync; then one line each on standard output. When that fails any of them may stand there already."""
        new = [letter for letter in letters if letter.notification_id not in self._seen]
        try:
            self._append(new)
        except OSError as error:
            lost = Outcome(verdict=Verdict.UNREACHABLE, code=type(error).__name__, detail=str(error.strerror))
            return [lost for _ in letters]
        self._remember(letter.notification_id for letter in new)
        for letter in new:
            sys.stdout.write(short_line(letter.text_zh, letter.text_en, letter.recipient) + "\n")
        sys.stdout.flush()
        return [SENT for _ in letters]

    def _remember(self, names: Iterable[str]) -> None:
        """The newest ids, in order; the oldest are forgotten."""
        self._seen |= dict.fromkeys(names)
        for name in list(islice(self._seen, max(0, len(self._seen) - _REMEMBERED))):
            del self._seen[name]

    def _append(self, new: Sequence[Letter]) -> None:
        if not new:
            return
        self._rotate()
        with self._file.open("a", encoding="utf-8") as out:
            out.write("".join(("\n" if self._is_torn() else "", *map(_block, new))))
            out.flush()
            os.fsync(out.fileno())

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


def _ids_at_the_end(file: Path) -> list[str]:
    with file.open("rb") as there:
        there.seek(max(0, file.stat().st_size - _TAIL_BYTES))
        lines = there.read().decode("utf-8", "replace").split("\n")
    return [line.removeprefix(_MARK) for line in lines[:-1] if line.startswith(_MARK)]


def _block(letter: Letter) -> str:
    head = f"{stamp(letter.created_at)} 北京时间(通道时间 lane time) [{letter.lane}] → {letter.recipient}"
    return "\n".join((head, letter.text_zh, letter.text_en, f"{_MARK}{letter.notification_id}", ""))
