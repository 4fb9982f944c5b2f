"""Arguments of a report, text by text, read into values; what is wrong with one is a fault that names what would be right."""

import math
from collections.abc import Mapping
from datetime import datetime

from schemas.rejection import Reason

_MOST_LETTERS = 500
_TRUE, _FALSE = ("yes", "true", "1", "on", "是"), ("", "no", "false", "0", "off", "否")


class Fault(Exception):  # noqa: N818  # like FileFault: it is no error of ours but a finding
    """One argument is wrong: why, which, what was given, what would be right."""

    def __init__(self, reason: Reason, field: str, given: str, wanted: str) -> None:
        super().__init__(f"{field} {given!r}: {wanted}")
        self.reason, self.field, self.given, self.wanted = reason, field, given, wanted


def known_only(arguments: Mapping[str, str], known: frozenset[str]) -> None:
    """Raises Fault for an argument that does not exist or is too long."""
    for name, value in arguments.items():
        if name not in known:
            right = ", ".join(sorted(known))
            raise Fault(Reason.UNKNOWN_FIELD, name, value, f"可用字段：{right} / one of {right}")
        if len(value) > _MOST_LETTERS:
            raise Fault(Reason.TOO_LARGE, name, value, f"至多 {_MOST_LETTERS} 字 / at most {_MOST_LETTERS} characters")


def needed(arguments: Mapping[str, str], name: str, wanted: str) -> str:
    """An argument that must be there. Raises Fault."""
    value = arguments.get(name, "").strip()
    if not value:
        raise Fault(Reason.MISSING_FIELD, name, value, wanted)
    return value


def number(arguments: Mapping[str, str], name: str, low: float, high: float, unit: str = "") -> float:
    """A number between two ends, both counted. Raises Fault."""
    text = needed(arguments, name, f"{low:g} 至 {high:g}{unit} / {low:g} to {high:g}{unit}")
    wanted = f"{low:g} 至 {high:g}{unit} 的数 / a number from {low:g} to {high:g}{unit}"
    try:
        value = float(text)
    except ValueError:
        raise Fault(Reason.WRONG_TYPE, name, text, wanted) from None
    if not math.isfinite(value):
        raise Fault(Reason.NOT_FINITE, name, text, wanted)
    if not low <= value <= high:
        raise Fault(Reason.IMPLAUSIBLE, name, text, wanted)
    return value


def moment(arguments: Mapping[str, str], name: str, default: datetime) -> datetime:
    """A time with an offset; ``default`` where none is given. Raises Fault."""
    text = arguments.get(name, "").strip()
    if not text:
        return default
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        wanted = "如 2026-11-28T09:30+08:00 / such as 2026-11-28T09:30+08:00"
        raise Fault(Reason.BAD_TIME, name, text, wanted) from None
    if found.tzinfo is None:
        raise Fault(
            Reason.TIME_WITHOUT_OFFSET, name, text, f"带时区，如 {text}+08:00 / with an offset, such as {text}+08:00"
        )
    return found


def truth(arguments: Mapping[str, str], name: str) -> bool:
    """Yes or no; no where nothing is given. Raises Fault."""
    text = arguments.get(name, "").strip().lower()
    if text not in _TRUE + _FALSE:
        raise Fault(Reason.WRONG_TYPE, name, text, "yes 已核实或 no 未核实 / yes or no")
    return text in _TRUE
