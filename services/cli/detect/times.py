"""The time column of an analyst's table: many ways to write a moment, each read into microseconds."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from msgspec import Struct

from services.intake.table.moment import moment_of
from services.runtime.errors import InputError

WANTED = "2026-11-22 08:00、2026/11/22、2026年11月22日"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTH = re.compile(r"(\d{4})(?:[-/.年]\s*(\d{1,2})月?|(\d{2}))")
_YEAR = re.compile(r"((?:18|19|20|21)\d{2})年?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(.*)", re.DOTALL)
_SINCE_1970 = {10: 1_000_000, 13: 1_000, 16: 1, 19: 0}
"""Microseconds of a unit, by number of digits; nanoseconds are cut."""
_LAST_MONTH = 12


class Times(Struct, frozen=True):
    """How times of a column are read. ``form``: as of strptime, None: found out. ``is_day_first``: of dates that end in the year."""

    zone: ZoneInfo
    form: str | None = None
    is_day_first: bool | None = None

    def read(self, cell: str) -> int | None:
        """Microseconds since 1970, None for what is no time. A date alone is its midnight, a month its first day.

        >>> Times(ZoneInfo("Asia/Shanghai")).read("2026年11月22日 8:00") == Times(ZoneInfo("UTC")).read("2026-11-22T00:00Z")
        True
        """
        text = unicodedata.normalize("NFKC", cell).strip()
        try:
            moment = datetime.strptime(text, self.form) if self.form else self._found(text)  # noqa: DTZ007  # zone below
        except ValueError:
            return None
        if moment is None:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
        return round((moment - _EPOCH).total_seconds() * 1_000_000)

    def _found(self, text: str) -> datetime | None:
        if text.isascii() and text.isdigit() and len(text) in _SINCE_1970:
            factor = _SINCE_1970[len(text)]
            us = int(text) * factor if factor else int(text) // 1000
            return datetime.fromtimestamp(us / 1e6, UTC)
        if len(text) > len("2026-11"):
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                pass
        if month := _MONTH.fullmatch(text):
            return datetime(int(month[1]), int(month[2] or month[3]), 1)  # noqa: DTZ001  # the zone is put on by the caller
        if year := _YEAR.fullmatch(text):
            return datetime(int(year[1]), 1, 1)  # noqa: DTZ001  # the same
        if last := _YEAR_LAST.fullmatch(text):
            day, month_number = (last[1], last[2]) if self.is_day_first else (last[2], last[1])
            text = f"{last[3]}-{month_number}-{day}{last[4]}"
        return moment_of(text, self.zone, time())


def times_of(cells: Iterable[str], zone: ZoneInfo, form: str | None, where: str) -> Times:
    """How the times of a column are to be read. Raises InputError for dates like 3/4/2026 throughout, of which nobody knows which is the month."""
    if form:
        return Times(zone, form)
    pairs = [(int(m[1]), int(m[2]), m[0]) for cell in cells if (m := _YEAR_LAST.fullmatch(cell.strip()))]
    if not pairs:
        return Times(zone)
    is_day_first, is_month_first = any(a > _LAST_MONTH for a, _, _ in pairs), any(b > _LAST_MONTH for _, b, _ in pairs)
    if is_day_first == is_month_first:
        raise InputError(
            f"{where}: 时间 {pairs[0][2]!r} 的日与月分不清，请用 --time-format，例如 '%d/%m/%Y'（日在前）或 '%m/%d/%Y' / "
            f"day and month of {pairs[0][2]!r} cannot be told apart; say --time-format '%d/%m/%Y' (day first) or '%m/%d/%Y'"
        )
    return Times(zone, None, is_day_first)


def has_marks(cell: str) -> bool:
    """True for a text that no plain number looks like: times are found by content among these only."""
    return not re.fullmatch(r"[-+.,\d\s]*", cell.strip()) or cell.count("-") == len("--")
