"""Where the lines of every process go: a rotated file each, and the terminal with a coloured name in front."""

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TextIO

ROTATE_BYTES = 10 * 1024 * 1024
KEPT = 5
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_WORTH = re.compile(r"\b(warn(ing)?|error|critical|fatal|panic|exception|traceback)\b", re.IGNORECASE)
_COLOURS = (
    "cyan",
    "magenta",
    "green",
    "yellow",
    "blue",
    "bright_cyan",
    "bright_magenta",
    "bright_green",
    "bright_blue",
    "white",
)


class Shown(StrEnum):
    """Which lines of the processes reach the terminal."""

    ALL = "all"
    WARNINGS = "warnings"
    NONE = "none"


class RotatedLog:
    """A log file that is renamed ``.1`` … ``.5`` at 10 MB; older ones are removed."""

    def __init__(self, path: Path, rotate_bytes: int = ROTATE_BYTES, kept: int = KEPT) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._rotate_bytes = rotate_bytes
        self._kept = kept
        self._file: TextIO | None = None
        self._size = 0

    def write(self, line: str) -> None:
        """Append one line, without terminal colours."""
        if self._file is None:
            self._file = self.path.open("a", encoding="utf-8")
            self._size = self.path.stat().st_size
        text = _ANSI.sub("", line) + "\n"
        self._file.write(text)
        self._file.flush()
        self._size += len(text.encode())
        if self._size >= self._rotate_bytes:
            self._rotate()

    def close(self) -> None:
        """Close the file; a later write opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _rotate(self) -> None:
        self.close()
        self._numbered(self._kept).unlink(missing_ok=True)
        for number in range(self._kept - 1, 0, -1):
            if self._numbered(number).exists():
                self._numbered(number).rename(self._numbered(number + 1))
        self.path.rename(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


class Logbook:
    """All logs of a stack. ``show`` is called with (colour, name, line) for the lines that belong on the terminal."""

    def __init__(self, folder: Path, shown: Shown, show: Callable[[str, str, str], None]) -> None:
        self._folder = folder
        self._shown = shown
        self._show = show
        self._logs: dict[str, RotatedLog] = {}

    def path(self, name: str) -> Path:
        """The file of one process."""
        return self._folder / f"{name}.log"

    def write(self, name: str, line: str) -> None:
        """One line of one process."""
        log = self._logs.get(name)
        if log is None:
            log = self._logs[name] = RotatedLog(self.path(name))
        log.write(line)
        if self._shown is Shown.ALL or (self._shown is Shown.WARNINGS and is_worth_showing(line)):
            self._show(self._colour(name), name, _ANSI.sub("", line))

    def hush(self) -> None:
        """From now on nothing reaches the terminal: what processes say while they are stopped is no news."""
        self._shown = Shown.NONE

    def close(self) -> None:
        """Close all files."""
        for log in self._logs.values():
            log.close()

    def _colour(self, name: str) -> str:
        return _COLOURS[list(self._logs).index(name) % len(_COLOURS)]


def is_worth_showing(line: str) -> bool:
    """Whether a line speaks of trouble.

    >>> is_worth_showing("2026-01-01 [warning  ] slow"), is_worth_showing("all is well")
    (True, False)
    """
    return _WORTH.search(line) is not None
