"""Times as people write them in tables: ISO, slashes, dots, 年月日, Excel serial numbers, dates without a time."""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from services.intake.table.grid import Cell

_DATE = r"(?P<y>\d{4})\s*(?:[-/.年])\s*(?P<m>\d{1,2})\s*(?:[-/.月])\s*(?P<d>\d{1,2})\s*(?:日|号)?"
_COMPACT = r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"
_TIME = r"(?:[T\s]*(?P<H>\d{1,2})\s*[:时点]\s*(?:(?P<M>\d{1,2})\s*(?:[:分]\s*(?:(?P<S>\d{1,2})(?:\.\d+)?\s*秒?)?)?)?)?"
_OFFSET = r"\s*(?P<z>Z|[+-]\d{2}:?\d{2})?"
_WHOLE = tuple(re.compile(date + _TIME + _OFFSET, re.IGNORECASE) for date in (_DATE, _COMPACT))
_ANYWHERE = re.compile(r"(?<!\d)(?:" + _DATE + r")(?!\d)|(?<!\d)(?:(?P<c>20\d{6}))(?!\d)")
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # Excel's serial numbers carry no zone; the mapping's is put on below
_SERIALS = (20_000.0, 80_000.0)


def moment_of(cell: Cell, zone: ZoneInfo, day_end: time | None, shift_d: int = 0) -> datetime | None:
    """The moment a cell means, None when it means none. A date without a time means the end of that day (``day_end``; None: midnight after it).

    >>> moment_of("2026年11月22日", ZoneInfo("Asia/Shanghai"), time(18)).isoformat()
    '2026-11-22T18:00:00+08:00'
    """
    try:
        return _moment_of(cell, zone, day_end, shift_d)
    except (ValueError, OverflowError):
        return None


def _moment_of(cell: Cell, zone: ZoneInfo, day_end: time | None, shift_d: int) -> datetime | None:
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=zone)
    if isinstance(cell, date):
        return _end_of(cell, zone, day_end, shift_d)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _of_serial(float(cell), zone, day_end, shift_d)
    if not isinstance(cell, str):
        return None
    text = unicodedata.normalize("NFKC", cell).strip()
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return _of_serial(float(text), zone, day_end, shift_d)
    match = next((m for pattern in _WHOLE if (m := pattern.fullmatch(text))), None)
    return _of_match(match, zone, day_end, shift_d) if match else None


def _of_serial(serial: float, zone: ZoneInfo, day_end: time | None, shift_d: int) -> datetime | None:
    if not _SERIALS[0] <= serial <= _SERIALS[1]:
        return None
    if serial == int(serial):
        return _end_of((_EXCEL_EPOCH + timedelta(days=serial)).date(), zone, day_end, shift_d)
    return (_EXCEL_EPOCH + timedelta(seconds=round(serial * 86_400))).replace(tzinfo=zone)


def _of_match(match: re.Match[str], zone: ZoneInfo, day_end: time | None, shift_d: int) -> datetime:
    day = date(int(match["y"]), int(match["m"]), int(match["d"]))
    offset = _zone(match["z"])
    if match["H"] is None:
        return _end_of(day, offset or zone, day_end, shift_d)
    hour, minute, second = (int(match[name] or 0) for name in "HMS")
    if hour == 24 and not minute and not second:
        day, hour = day + timedelta(days=1), 0
    return datetime.combine(day, time(hour, minute, second), offset or zone)


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in "Zz":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _end_of(day: date, zone: ZoneInfo | timezone, day_end: time | None, shift_d: int) -> datetime:
    if day_end is None:
        return datetime.combine(day + timedelta(days=1 + shift_d), time(), zone)
    return datetime.combine(day + timedelta(days=shift_d), day_end, zone)


def day_in(text: str) -> date | None:
    """The first date inside a text, such as a title or a file name.

    >>> day_in("港口日报（2026年11月22日）").isoformat(), day_in("report_20261122.csv").isoformat()
    ('2026-11-22', '2026-11-22')
    """
    match = _ANYWHERE.search(unicodedata.normalize("NFKC", text))
    if match is None:
        return None
    compact = match["c"]
    parts = (compact[:4], compact[4:6], compact[6:]) if compact else (match["y"], match["m"], match["d"])
    try:
        return date(*map(int, parts))
    except ValueError:
        return None
