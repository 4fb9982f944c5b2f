"""What can go wrong with a part, said in Chinese and English with the command that helps. The command ends with exit code 3.

::

    UnreachableError
    └── StackError
        ├── PartMissingError    a program is not installed: install it
        ├── PortTakenError      another process holds the port: stop it or choose another port
        ├── PartFailedError     a part started and ended, or never became ready: read its log
        └── DataMismatchError   the data folder does not fit the program found: nothing was touched
"""

from services.runtime.errors import UnreachableError


class StackError(UnreachableError):
    """A part cannot run. ``zh`` and ``en`` say what was found, ``fix`` is the command to type or the thing to do (may be empty)."""

    def __init__(self, zh: str, en: str, fix: str = "") -> None:
        self.zh = zh
        self.en = en
        self.fix = fix
        super().__init__(self.text())

    def text(self) -> str:
        """All of it in three lines: Chinese, English, what to do."""
        lines = [self.zh, self.en]
        if self.fix:
            lines.append(f"→ {self.fix}")
        return "\n".join(lines)


class PartMissingError(StackError):
    """A program is not installed, or too old."""


class PortTakenError(StackError):
    """Another process listens on the port."""


class PartFailedError(StackError):
    """A part ended by itself, or did not become ready in time."""


class DataMismatchError(StackError):
    """The data folder belongs to another version than the programs found."""
