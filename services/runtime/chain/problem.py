"""What is wrong in a configuration, said so that an operator can mend it: place, what was given, what would be right, the fix."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from services.runtime.chain.wording import WORDING
from services.runtime.errors import ConfigurationError


class Severity(StrEnum):
    """An error stops the import, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Place(Struct, frozen=True):
    """File and line (from 1; 0 means the file as a whole)."""

    file: str
    line: int = 0


class Problem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One finding. ``code`` is stable and listed in WORDING."""

    code: str
    severity: Severity
    file: str
    line: int
    column: str
    given: str
    wanted_zh: str
    wanted_en: str
    fix_zh: str
    fix_en: str

    def sentence(self) -> str:
        """The finding in two lines, Chinese first."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        where = f"{where} [{self.column}]" if self.column else where
        return (
            f"{where} 给出 {self.given!r}，应为：{self.wanted_zh}。改法：{self.fix_zh}。\n"
            f"    given {self.given!r}, right would be: {self.wanted_en}. Fix: {self.fix_en}. ({self.code})"
        )


class ChainFilesError(ConfigurationError):
    """The chain cannot be used; ``findings`` holds everything found, errors first. To do: mend the files, import again."""

    def __init__(self, findings: Iterable[Problem]) -> None:
        self.findings = in_order(findings)
        super().__init__(*(finding.sentence() for finding in self.findings))


def in_order(findings: Iterable[Problem]) -> tuple[Problem, ...]:
    """Errors first, then by file, line and column."""
    return tuple(sorted(findings, key=lambda p: (p.severity, p.file, p.line, p.column)))


def problem(code: str, place: Place, column: str, given: object, **facts: object) -> Problem:
    """A finding in the words of its code; ``facts`` fill the text. Raises KeyError for a code without words."""
    words = WORDING[code]
    text = {key: value.format(**facts) for key, value in words.texts().items()}
    return Problem(
        code=code,
        severity=Severity(words.severity),
        file=place.file,
        line=place.line,
        column=column,
        given=str(given),
        **text,
    )


def errors_of(problems: Iterable[Problem]) -> list[Problem]:
    """Those that stop the import."""
    return [p for p in problems if p.severity is Severity.ERROR]
