"""A mapping: how the tables of a provider are to be read, as the operator wrote it in ``intake/mappings/*.yaml``."""

import fnmatch
import re
import unicodedata
from collections.abc import Mapping as Table
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct, field

from schemas.chain import Series
from services.runtime.errors import ConfigurationError

FIELDS: dict[str, tuple[str, ...]] = {
    "series": ("series", "series_id", "序列", "序列编号", "指标编号", "指标", "指标名称"),
    "observed_at": (
        "observed_at",
        "date",
        "time",
        "datetime",
        "观测时间",
        "时间",
        "日期",
        "报告日期",
        "统计日期",
        "数据日期",
    ),
    "value": ("value", "数值", "值", "数量"),
    "unit": ("unit", "单位", "计量单位"),
    "issued_at": ("issued_at", "发布时间", "填报时间", "上报时间"),
    "quality": ("quality", "质量", "质量码", "数据质量"),
    "key": ("key", "主键", "记录编号"),
    "entity": (
        "node",
        "node_id",
        "节点",
        "单位名称",
        "企业名称",
        "企业",
        "港口",
        "港口名称",
        "煤矿",
        "煤矿名称",
        "电厂",
        "名称",
    ),
    "note": ("note", "remark", "备注", "说明", "序号", "no", "no.", "#", "联系人", "填报人", "审核人"),
}
TOTALS = ("合计", "总计", "小计", "填报", "审核", "制表", "备注", "注:", "说明:", "total", "sum", "单位负责人")


class WideColumn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column of values: headings it goes by (merged headings joined by ``/``), its series (``{node}`` is the row's entity), its unit."""

    headings: list[str]
    series: str
    unit: str | None = None


class Mapping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read the tables of ``providers`` whose file names match ``files``.

    ``timezone`` is of times without an offset. A date without a time means ``day_end`` (HH:MM, 24:00 = midnight after) of the day
    ``day_end_shift_d`` days later. ``columns`` adds headings to the known ones of a field, ``entities`` gives node ids by name,
    ``names`` series ids by name, ``wide`` the value columns, ``ignore`` headings to pass over. ``period_h``: what amounts were counted over.
    """

    name: str
    providers: list[str] = field(default_factory=lambda: ["*"])
    files: list[str] = field(default_factory=lambda: ["*"])
    timezone: str = "Asia/Shanghai"
    day_end: str = "18:00"
    day_end_shift_d: int = 0
    period_h: float | None = None
    columns: dict[str, list[str]] = {}
    entities: dict[str, str] = {}
    names: dict[str, str] = {}
    wide: list[WideColumn] = []
    ignore: list[str] = []
    fill_down: bool = False
    lane: str = "live"

    def problems(self) -> list[str]:
        """What is wrong with the mapping, one line each."""
        found = [f"columns: 未知字段 unknown field {name!r}" for name in self.columns if name not in FIELDS]
        if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d|24:00", self.day_end):
            found.append(f"day_end: {self.day_end!r} 应为 HH:MM / must be HH:MM")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            found.append(f"timezone: 未知时区 unknown zone {self.timezone!r}")
        return found

    def end_of_day(self) -> time | None:
        """Time of day at which a report day ends; None for midnight after it."""
        hour, minute = map(int, self.day_end.split(":"))
        return None if hour == 24 else time(hour, minute)

    def fits(self, provider: str, file: str) -> bool:
        """True when it is meant for this provider and file name."""
        is_provider = any(fnmatch.fnmatchcase(provider, p) for p in self.providers)
        return is_provider and any(fnmatch.fnmatchcase(file.lower(), f.lower()) for f in self.files)


DEFAULT = Mapping(name="default")


def chosen(mappings: list[Mapping], provider: str, file: str, name: str = "") -> Mapping:
    """The mapping called ``name``, or the first that fits, or the default. Raises ConfigurationError for an unknown name."""
    if name:
        found = next((m for m in [*mappings, DEFAULT] if m.name == name), None)
        if found is None:
            known = ", ".join(m.name for m in mappings) or "–"
            raise ConfigurationError(f"没有映射 {name!r}，已有 / no mapping {name!r}; known: {known}")
        return found
    return next((m for m in mappings if m.fits(provider, file)), DEFAULT)


def plain(text: str) -> str:
    """A heading or name for comparing: half-width, lower case, without spaces.

    >>> plain(" 产量（万吨） ")
    '产量(万吨)'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


class Names(Struct, frozen=True):
    """What headings and names mean: fields, series (by id or name), value columns, entities, and headings to pass over."""

    fields: dict[str, str]
    series: dict[str, str]
    wide: dict[str, WideColumn]
    entities: dict[str, str]
    ignored: frozenset[str]


def names_of(mapping: Mapping, series: Table[str, Series]) -> Names:
    """All names of a mapping and a catalogue; the mapping's own come first."""
    fields = {plain(word): name for name, words in FIELDS.items() for word in words}
    fields |= {plain(word): name for name, words in mapping.columns.items() for word in words}
    by_name: dict[str, str] = {}
    for each in series.values():
        for word in (each.id, each.name_zh, each.name_en):
            by_name.setdefault(plain(word), each.id)
    by_name |= {plain(word): name for word, name in mapping.names.items()}
    wide = {plain(word): column for column in mapping.wide for word in column.headings}
    entities = {plain(each.node): each.node for each in series.values() if each.node}
    entities |= {plain(word): node for word, node in mapping.entities.items()}
    return Names(fields, by_name, wide, entities, frozenset(plain(word) for word in mapping.ignore))
