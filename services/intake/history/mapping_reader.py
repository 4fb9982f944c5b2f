"""From the text of a mapping file to a Mapping, every fault named by line."""

import re
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.feed import Feed
from schemas.lane import LaneKind, kind_of
from services.intake.history.columns_reader import ColumnDefaults, read_column
from services.intake.history.day import is_day_format
from services.intake.history.document import Entry, Problems, parse_document
from services.intake.history.mapping import (
    YEAR_WEEK,
    Column,
    DateRule,
    EntityRule,
    FixedNode,
    Mapping,
    Override,
    Scoring,
    StockRule,
)
from services.intake.history.slug import is_node_id
from services.runtime.chain.vocabulary import KINDS, ROLES

_SPAN = re.compile(r"(\d+(?:\.\d+)?)(min|h|d)")
_HOURS = {"min": 1 / 60, "h": 1.0, "d": 24.0}
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_REQUIRED = ("id", "title_zh", "title_en", "lane", "provider", "file", "date", "publication_lag", "cadence", "series")
_OPTIONAL = ("chain", "note", "tick", "blanks", "units", "entity", "nodes", "stock", "scoring")


def read_mapping(text: str, file: str) -> Mapping:
    """Read and check a mapping. Raises ConfigurationError with every finding as ``file:line: …``."""
    root = parse_document(text, file).fields(_REQUIRED, _OPTIONAL)
    problems = root.problems
    cadence = root.get("cadence", span, timedelta(days=1))
    blanks: frozenset[str] = root.get("blanks", lambda e: frozenset(t.strip() for t in e.texts()), frozenset())
    entity = root.get("entity", _entity, None)
    nodes: tuple[FixedNode, ...] = root.get("nodes", lambda e: tuple(_fixed_node(i) for i in e.items()), ())
    units: frozenset[str] = root.get("units", lambda e: frozenset(e.texts()), frozenset())
    defaults = ColumnDefaults(
        node_ids=tuple(n.id for n in nodes),
        is_entity=entity is not None,
        product=entity.product if entity else "",
        units=units,
        feed=Feed.PRODUCTION,
    )
    columns: tuple[Column, ...] = root.get("series", lambda e: tuple(read_column(i, defaults) for i in e.items()), ())
    name = root.get("id", _identifier, "table")
    mapping = Mapping(
        file=file,
        id=name,
        title_zh=root.get("title_zh", Entry.text, ""),
        title_en=root.get("title_en", Entry.text, ""),
        chain=root.get("chain", _identifier, name),
        lane=root.get("lane", _lane, "replay:x"),
        provider=root.get("provider", Entry.text, ""),
        pattern=root.get("file", Entry.text, "*"),
        note=root.get("note", Entry.text, ""),
        date=root.get("date", _date, _NO_DATE),
        publication_lag=root.get("publication_lag", span, timedelta(0)),
        cadence=cadence,
        tick=root.get("tick", span, cadence),
        blanks=blanks | {""},
        entity=entity,
        nodes=nodes,
        columns=columns,
        stock=root.get("stock", lambda e: _stock(e, {c.indicator for c in columns}), None),
        scoring=root.get("scoring", lambda e: _scoring(e, {c.indicator for c in columns}), None),
    )
    _check_whole(root, mapping)
    problems.stop_if_any()
    return mapping


def span(entry: Entry) -> timedelta:
    """A length of time such as 30min, 11h, 1d, 7d; more than nothing except for 0h."""
    found = _SPAN.fullmatch(entry.text())
    if found is None:
        entry.complain(
            f"给出 {entry.text()!r}，应如 30min、11h、7d", f"given {entry.text()!r}, should be like 30min, 11h, 7d"
        )
        return timedelta(days=1)
    return timedelta(hours=float(found[1]) * _HOURS[found[2]])


def _identifier(entry: Entry) -> str:
    given = entry.text()
    if not _ID.fullmatch(given):
        entry.complain(
            f"给出 {given!r}，应为小写字母、数字、下划线", f"given {given!r}, should be a-z, 0-9 and _, at most 40"
        )
        return "table"
    return given


def _lane(entry: Entry) -> str:
    given = entry.text()
    try:
        is_replay = kind_of(given) is LaneKind.REPLAY
    except ValueError:
        is_replay = False
    if not is_replay:
        entry.complain(f"给出 {given!r}，应为 replay:<名称>", f"given {given!r}, should be replay:<id>")
        return "replay:x"
    return given


_NO_DATE = DateRule(columns=(), format="%Y-%m-%d", zone="UTC", hour=0.0, period="day", line=1)


def _date(entry: Entry) -> DateRule:
    entry.fields(("columns", "format", "zone", "hour"), ("period",))
    columns: tuple[str, ...] = entry.get("columns", lambda e: tuple(e.texts()), ())
    layout = entry.get("format", _format, "%Y-%m-%d")
    if layout == YEAR_WEEK and len(columns) != 2:
        entry.complain("year-week 需要两列：年、周", "year-week needs two columns: year and week")
    return DateRule(
        columns=columns,
        format=layout,
        zone=entry.get("zone", _zone, "UTC"),
        hour=entry.get("hour", lambda e: e.number(0, 24), 0.0),
        period=entry.get("period", lambda e: e.one_of(("day", "month")), "day"),
        line=entry.line,
    )


def _format(entry: Entry) -> str:
    given = entry.text()
    if not is_day_format(given):
        entry.complain(
            f"日期格式 {given!r} 不可用，应如 %Y-%m-%d 或 {YEAR_WEEK}",
            f"the date format {given!r} does not fix a day; should be like %Y-%m-%d, or {YEAR_WEEK}",
        )
        return "%Y-%m-%d"
    return given


def _zone(entry: Entry) -> str:
    given = entry.text()
    try:
        ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        entry.complain(
            f"未知时区 {given!r}，应如 Asia/Shanghai",
            f"the time zone {given!r} is unknown; should be like Asia/Shanghai",
        )
        return "UTC"
    return given


def _node_id(entry: Entry) -> str:
    given = entry.text()
    if not is_node_id(given):
        entry.complain(
            f"给出 {given!r}，应为大写字母、数字、下划线", f"given {given!r}, should be A-Z, 0-9 and _, at most 48"
        )
        return "X"
    return given


def _place(entry: Entry) -> tuple[float, float]:
    numbers = [item.number(-180, 180) for item in entry.items()]
    if len(numbers) != 2 or abs(numbers[0]) > 90:
        entry.complain("应为 [纬度, 经度]", "should be [latitude, longitude]")
        return 0.0, 0.0
    return numbers[0], numbers[1]


def _entity(entry: Entry) -> EntityRule:
    entry.fields(("prefix", "columns", "kind", "product"), ("name_zh", "place", "admin_code", "names"))
    lat, lon = entry.get("place", _place, (0.0, 0.0))
    return EntityRule(
        prefix=entry.get("prefix", _node_id, "X"),
        columns=entry.get("columns", lambda e: tuple(e.texts()), ()),
        kind=entry.get("kind", lambda e: e.one_of(KINDS), "demand"),
        product=entry.get("product", Entry.text, ""),
        name_zh=entry.get("name_zh", Entry.text, "{name}"),
        lat=lat,
        lon=lon,
        admin_code=entry.get("admin_code", Entry.text, ""),
        names=entry.get("names", lambda e: {name: _override(i) for name, i in e.open_fields().items()}, {}),
        line=entry.line,
    )


def _override(entry: Entry) -> Override:
    entry.fields((), ("id", "name_zh", "name_en"))
    return Override(
        id=entry.get("id", _node_id, ""),
        name_zh=entry.get("name_zh", Entry.text, ""),
        name_en=entry.get("name_en", Entry.text, ""),
        line=entry.line,
    )


def _fixed_node(entry: Entry) -> FixedNode:
    entry.fields(("id", "name_zh", "name_en", "kind", "product"), ("place", "admin_code"))
    lat, lon = entry.get("place", _place, (0.0, 0.0))
    return FixedNode(
        id=entry.get("id", _node_id, "X"),
        name_zh=entry.get("name_zh", Entry.text, ""),
        name_en=entry.get("name_en", Entry.text, ""),
        kind=entry.get("kind", lambda e: e.one_of(KINDS), "demand"),
        product=entry.get("product", Entry.text, ""),
        lat=lat,
        lon=lon,
        admin_code=entry.get("admin_code", Entry.text, ""),
        line=entry.line,
    )


def _number_or_indicator(entry: Entry, indicators: set[str]) -> str:
    given = entry.text()
    if given in indicators:
        return given
    try:
        is_positive = Decimal(given) > 0
    except ArithmeticError:
        is_positive = False
    if not is_positive:
        words = "、".join(sorted(indicators))
        entry.complain(
            f"给出 {given!r}，应为正数或指标：{words}",
            f"given {given!r}, should be a number above 0 or an indicator: {words}",
        )
        return "1"
    return given


def _stock(entry: Entry, indicators: set[str]) -> StockRule:
    entry.fields(("product", "role", "unit", "daily_use", "days_normal", "minimum_share"), ("maximum_share",))
    return StockRule(
        product=entry.get("product", Entry.text, ""),
        role=entry.get("role", lambda e: e.one_of(ROLES), "input"),
        unit=entry.get("unit", Entry.text, "t"),
        daily_use=entry.get("daily_use", lambda e: _number_or_indicator(e, indicators), "1"),
        days_normal=entry.get("days_normal", lambda e: _number_or_indicator(e, indicators), "1"),
        minimum_share=entry.get("minimum_share", lambda e: e.number(0.0, 0.99), 0.25),
        maximum_share=entry.get("maximum_share", lambda e: e.number(1.01, 100.0), 10.0),
        line=entry.line,
    )


def _scoring(entry: Entry, indicators: set[str]) -> Scoring:
    entry.fields(("stock", "norm"), ("critical_share", "jump_share"))
    known = sorted(indicators) or ["stock"]
    return Scoring(
        stock=entry.get("stock", lambda e: e.one_of(known), "stock"),
        norm=entry.get("norm", lambda e: e.one_of(known), "norm"),
        critical_share=entry.get("critical_share", lambda e: e.number(0.01, 1.0), 0.25),
        jump_share=entry.get("jump_share", lambda e: e.number(0.01, 10.0), 0.5),
    )


def _check_whole(root: Entry, mapping: Mapping) -> None:
    if (mapping.entity is None) == (not mapping.nodes):
        root.complain(
            "entity 与 nodes 必须且只能给一个", "give either entity (one node per name) or nodes (a wide table)"
        )
    if mapping.tick <= timedelta(0) or mapping.cadence <= timedelta(0):
        root.complain("cadence 与 tick 必须大于零", "cadence and tick must be more than nothing")
    _check_twice(root.problems, [(n.id, n.line) for n in mapping.nodes], "节点 id", "node id")
    _check_twice(root.problems, [(_target(c), c.line) for c in mapping.columns], "序列", "series")


def _target(column: Column) -> str:
    return column.id or f"{column.indicator}.{column.node}.{column.product}"


def _check_twice(problems: Problems, named: list[tuple[str, int]], zh: str, en: str) -> None:
    seen: dict[str, int] = {}
    for name, line in named:
        if name in seen:
            problems.add(
                line, f"{zh} {name!r} 与第 {seen[name]} 行重复", f"{en} {name!r} is the same as in line {seen[name]}"
            )
        seen.setdefault(name, line)


def check_columns(mapping: Mapping, header: list[str]) -> None:
    """Every column named by the mapping must stand in the table's header. Raises ConfigurationError with the mapping's lines."""
    problems = Problems(mapping.file)
    for name, line in mapping.table_columns():
        if name not in header:
            problems.add(
                line,
                f"表中没有列 {name!r}，有：{'、'.join(header)}",
                f"the table has no column {name!r}; it has: {', '.join(header)}",
            )
    problems.stop_if_any()
