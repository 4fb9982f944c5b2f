"""Numbers as people write them in tables: thousands separators, full-width digits, a unit behind, blanks that are not zero."""

import math
import re
import unicodedata

from msgspec import Struct

from schemas.rejection import Reason
from services.intake.table.grid import Cell

BLANKS = frozenset(
    {"", "-", "--", "—", "——", "–", "/", "\\", "无", "无数据", "未报", "暂无", "n/a", "na", "null", "none"}
)
_NUMBER = re.compile(
    r"(?P<number>[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+]?\.\d+)\s*(?P<unit>[^\d\s.,+-].*)?"
)
_NOT_FINITE = re.compile(r"[-+]?(?:nan|inf|infinity|1\.#inf|#num!)", re.IGNORECASE)


class Number(Struct, frozen=True):
    """A number, with the unit written behind it."""

    value: float
    unit: str | None = None


def is_blank(cell: Cell) -> bool:
    """True for a cell that says nothing: no record, and never zero."""
    return cell is None or (isinstance(cell, str) and unicodedata.normalize("NFKC", cell).strip().lower() in BLANKS)


def number_of(cell: Cell) -> Number | Reason:
    """The number of a cell, or why there is none.

    >>> number_of("１,234.5 万吨"), number_of("12,5").value, number_of("1.5e3")
    (Number(value=1234.5, unit='万吨'), 'wrong_type', Number(value=1500.0, unit=None))
    """
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        return Reason.WRONG_TYPE
    if isinstance(cell, str):
        return _number_of_text(unicodedata.normalize("NFKC", cell).strip())
    try:
        value = float(cell)
    except OverflowError:
        return Reason.NOT_FINITE
    return Number(value) if math.isfinite(value) else Reason.NOT_FINITE


def _number_of_text(text: str) -> Number | Reason:
    if _NOT_FINITE.fullmatch(text):
        return Reason.NOT_FINITE
    match = _NUMBER.fullmatch(text)
    if match is None:
        return Reason.WRONG_TYPE
    value = float(match["number"].replace(",", ""))
    unit = (match["unit"] or "").strip() or None
    return Number(value, unit) if math.isfinite(value) else Reason.NOT_FINITE
