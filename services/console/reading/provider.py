"""What a data provider has delivered, and what of it was sent back. Every question names the provider; shaping is pure."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from schemas.rejection import REASON_TEXT, Reason
from services.console.shelf import Shelf

_OWN = """s.is_active AND (s.provider = %(provider)s OR EXISTS (
    SELECT 1 FROM provider p CROSS JOIN LATERAL unnest(p.series) pattern
    WHERE p.provider = %(provider)s
        AND (s.series = pattern OR (right(pattern, 1) = '*' AND starts_with(s.series, left(pattern, -1))))))"""
_SERIES = f"""SELECT s.series, s.name_zh, s.name_en, s.unit, s.cadence_h, s.lateness_h, s.silence_h, o.observed_at, o.known_at, o.value, o.quality
FROM series s LEFT JOIN LATERAL (
    SELECT b.observed_at, b.known_at, b.value, b.quality FROM observation b
    WHERE b.lane_id = (SELECT l.lane_id FROM lane l WHERE l.lane = %(lane)s) AND b.series_id = s.series_id
    ORDER BY b.observed_at DESC, b.issued_at DESC LIMIT 1) o ON true
WHERE {_OWN} ORDER BY s.series"""  # noqa: S608  # a constant of ours
_NAME = "SELECT provider, name_zh, name_en FROM provider WHERE provider = %(provider)s"
_REFUSED = "SELECT rejection_id, lane, reason, field, given, wanted, origin, known_at, record_id, resent_as, raw FROM rejection"
_REJECTIONS = (
    _REFUSED + " WHERE source = %(provider)s AND (%(all)s OR resent_as IS NULL) ORDER BY known_at DESC LIMIT 100"
)
_REJECTION = _REFUSED + " WHERE source = %(provider)s AND rejection_id = %(rejection)s"
_PLACE = re.compile(r"^file:(?P<file>.*?)(?:#(?P<sheet>[^!#]*))?(?:!(?P<line>\d+)(?::(?P<column>\w+))?)?$")
_QUALITY = {0: ("正常", "good"), 1: ("估计", "estimated"), 2: ("可疑", "suspect"), 3: ("无效", "bad")}
_MOST_RAW = 4000


class Pace(StrEnum):
    """How a series keeps its time."""

    NEVER = "never"
    SILENT = "silent"
    LATE = "late"
    ON_TIME = "on_time"


class OwnSeries(Struct, frozen=True, kw_only=True):
    """A series of the provider and the last that came of it; ``value`` None: nothing ever came."""

    series: str
    name_zh: str
    name_en: str
    unit: str
    cadence_h: float
    lateness_h: float
    silence_h: float
    observed_at: datetime | None
    known_at: datetime | None
    value: float | None
    quality: int | None

    def pace(self, now: datetime) -> Pace:
        """How it stands at a lane time."""
        if self.observed_at is None:
            return Pace.NEVER
        age = now - self.observed_at
        if age > timedelta(hours=self.silence_h):
            return Pace.SILENT
        return Pace.LATE if age > timedelta(hours=self.cadence_h + self.lateness_h) else Pace.ON_TIME


class Refused(Struct, frozen=True, kw_only=True):
    """A record sent back: why, where it stood, what was given, what would be right, and the record as it came."""

    rejection_id: str
    lane: str
    reason: str
    field: str
    given: str
    wanted: str
    origin: str
    known_at: datetime
    record_id: str | None
    resent_as: str | None
    raw: bytes

    @property
    def words(self) -> tuple[str, str]:
        """The reason in both languages."""
        return REASON_TEXT[Reason(self.reason)] if self.reason in set(Reason) else (self.reason, self.reason)

    @property
    def place(self) -> tuple[str, str]:
        """Where it stood, in both languages."""
        return place_of(self.origin)

    @property
    def right(self) -> tuple[str, str]:
        """What would be right, in both languages."""
        return both_of(self.wanted)

    @property
    def name(self) -> str:
        """By what intake knows it."""
        return self.record_id or f"rej-{self.rejection_id}"

    @property
    def text(self) -> str:
        """The record as it came, its beginning."""
        return self.raw[:_MOST_RAW].decode("utf-8", "replace")

    @property
    def record(self) -> dict[str, Any]:
        """Its fields, where it came as a record; empty where it did not, such as a line of a file."""
        try:
            found = msgspec.json.decode(self.raw)
        except msgspec.DecodeError:
            return {}
        return found if isinstance(found, dict) else {}


def name_of(shelf: Shelf, provider: str) -> tuple[str, str]:
    """The provider's names; its id where it is not registered. Raises UnreachableError."""
    row = shelf.row(_NAME, {"provider": provider})
    return (provider, provider) if row is None else (row["name_zh"], row["name_en"])


def own_series(shelf: Shelf, provider: str, lane: str, now: datetime) -> list[OwnSeries]:
    """Series of a provider, those that need care first. Raises UnreachableError."""
    found = [OwnSeries(**row) for row in shelf.rows(_SERIES, {"provider": provider, "lane": lane})]
    return sorted(found, key=lambda s: (list(Pace).index(s.pace(now)), s.series))


def rejections(shelf: Shelf, provider: str, *, all_of_them: bool) -> list[Refused]:
    """The newest hundred of a provider that were not mended, or all. Raises UnreachableError."""
    return [Refused(**row) for row in shelf.rows(_REJECTIONS, {"provider": provider, "all": all_of_them})]


def rejection(shelf: Shelf, provider: str, rejection_id: str) -> Refused | None:
    """One of the provider's own; None for another's. Raises UnreachableError."""
    row = shelf.row(_REJECTION, {"provider": provider, "rejection": rejection_id})
    return None if row is None else Refused(**row)


def place_of(origin: str) -> tuple[str, str]:
    """Where a record stood, for people.

    >>> place_of("file:stock.csv#库存!7:C")
    ('stock.csv 库存 第 7 行 C 列', 'stock.csv 库存, line 7, column C')
    >>> place_of("http#3"), place_of("mqtt:lianjing/port")
    (('接口报送 第 4 条', 'by HTTP, record 4'), ('mqtt:lianjing/port', 'mqtt:lianjing/port'))
    """
    if origin.partition("#")[0] == "http":
        number = origin.partition("#")[2]
        nth = int(number) + 1 if number.isdigit() else 1
        return f"接口报送 第 {nth} 条", f"by HTTP, record {nth}"
    found = _PLACE.match(origin)
    if found is None:
        return origin, origin
    named = " ".join(filter(None, (found["file"], found["sheet"])))
    zh = f"{named} 第 {found['line']} 行" if found["line"] else named
    en = f"{named}, line {found['line']}" if found["line"] else named
    return (f"{zh} {found['column']} 列", f"{en}, column {found['column']}") if found["column"] else (zh, en)


def both_of(text: str) -> tuple[str, str]:
    """The two languages of what intake says in one line.

    >>> both_of("有限数 / a finite number"), both_of("t")
    (('有限数', 'a finite number'), ('t', 't'))
    """
    zh, _, en = text.partition(" / ")
    return zh, en or zh


def plain(value: object) -> str:
    """A value of a record as a person would type it.

    >>> plain(5200000.0), plain("五百"), plain(None)
    ('5200000', '五百', '')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def quality_words(quality: int | None) -> tuple[str, str]:
    """What a quality code means; without one nothing is known."""
    return ("情况不明", "unknown") if quality is None else _QUALITY.get(quality, (str(quality), str(quality)))


def corrected(refused: Refused, entered: Mapping[str, str]) -> bytes:
    """The record to send instead: what came, with what was entered in its place. Nothing is judged here: intake does.

    A number is sent as a number and everything else as it was typed, so that intake says what is wrong with it.
    """
    record = {**refused.record, **{name: text for name, text in entered.items() if text}}
    for name, text in entered.items():
        if not text:
            record.pop(name, None)
    if "value" in record:
        record["value"] = _number(str(record["value"]))
    return msgspec.json.encode(record)


def _number(text: str) -> float | str:
    try:
        found = float(text)
    except ValueError:
        return text
    return found if found - found == 0 else text
