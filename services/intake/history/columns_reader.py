"""The ``series:`` part of a mapping: one entry per column of values."""

import re
from datetime import date
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from schemas.feed import Feed
from services.intake.history.document import Entry
from services.intake.history.mapping import Column, Conversion
from services.runtime.chain.units import UnitError, factor_between, known_units, normalised, parse_unit

_INDICATOR = re.compile(r"[a-z][a-z0-9_]{0,31}")
_SERIES_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,119}")
_GROUP = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,63}")
_OPTIONAL = (
    *("node", "product", "given_unit", "scale", "feed", "group", "id", "name_zh", "name_en"),
    *("plausible", "conversions", "essential"),
)


class ColumnDefaults(Struct, frozen=True, kw_only=True):
    """What a column inherits from the rest of the mapping; ``units`` are units of the operator's own, which only equal themselves."""

    node_ids: tuple[str, ...]
    is_entity: bool
    product: str
    units: frozenset[str]
    feed: Feed


def read_column(entry: Entry, defaults: ColumnDefaults) -> Column:
    """One column; faults become problems of the document."""
    entry.fields(("column", "indicator", "unit"), _OPTIONAL)
    node = _node(entry, defaults)
    unit = entry.get("unit", lambda e: _unit(e, defaults.units), "t")
    low, high = entry.get("plausible", _bounds, (-1e12, 1e12))
    column = entry.get("column", Entry.text, "")
    return Column(
        column=column,
        node=node,
        indicator=entry.get("indicator", lambda e: _word(e, _INDICATOR, "a-z 0-9 _"), "value"),
        product=entry.get("product", Entry.text, defaults.product),
        unit=unit,
        factor=entry.get("scale", _scale, Decimal(1)) * _factor(entry, unit, defaults.units),
        feed=Feed(entry.get("feed", lambda e: e.one_of([f.value for f in Feed]), defaults.feed.value)),
        group=entry.get("group", lambda e: _word(e, _GROUP, "A-Z a-z 0-9 _ ."), ""),
        id=entry.get("id", lambda e: _word(e, _SERIES_ID, "A-Z a-z 0-9 _ ."), ""),
        name_zh=entry.get("name_zh", Entry.text, column),
        name_en=entry.get("name_en", Entry.text, column),
        plausible_low=low,
        plausible_high=high,
        conversions=entry.get("conversions", _conversions, ()),
        is_essential=entry.get("essential", lambda e: e.one_of(("true", "false")), "false") == "true",
        line=entry.line,
    )


def _node(entry: Entry, defaults: ColumnDefaults) -> str:
    if defaults.is_entity:
        if entry.has("node"):
            entry.complain("有 entity 时不应给 node", "with entity a column names no node")
        return ""
    if not entry.has("node") and defaults.node_ids:
        entry.complain("缺少 node", f"'node' is missing; known: {', '.join(defaults.node_ids)}")
    return entry.get("node", lambda e: e.one_of(defaults.node_ids or ("",)), "")


def _word(entry: Entry, pattern: re.Pattern[str], allowed: str) -> str:
    given = entry.text()
    if not pattern.fullmatch(given):
        entry.complain(
            f"给出 {given!r}，只能用 {allowed}", f"given {given!r}, may only hold {allowed} and begins with a letter"
        )
        return "x"
    return given


def _unit(entry: Entry, own: frozenset[str]) -> str:
    given = entry.text()
    if given in own:
        return given
    try:
        parse_unit(given)
    except UnitError:
        words = f"{', '.join(known_units())}; {', '.join(sorted(own))}".rstrip("; ")
        entry.complain(
            f"未知单位 {given!r}，可用：{words}；或写入 units:",
            f"the unit {given!r} is unknown; known: {words}; or declare it under units:",
        )
    return given


def _factor(entry: Entry, unit: str, own: frozenset[str]) -> Decimal:
    def read(given: Entry) -> Decimal:
        text = _unit(given, own)
        if text in own or unit in own:
            if normalised(text) != normalised(unit):
                given.complain(
                    f"{text!r} 无法换算为 {unit!r}，请用 scale", f"{text!r} does not convert to {unit!r}; use scale"
                )
            return Decimal(1)
        try:
            return Decimal(repr(factor_between(text, unit)))
        except UnitError:
            given.complain(f"{text!r} 无法换算为 {unit!r}", f"{text!r} does not convert to {unit!r}")
            return Decimal(1)

    return entry.get("given_unit", read, Decimal(1))


def _scale(entry: Entry) -> Decimal:
    value = entry.decimal()
    if value == 0:
        entry.complain("倍数不能为零", "a scale of 0 would wipe out every value")
        return Decimal(1)
    return value


def _bounds(entry: Entry) -> tuple[float, float]:
    numbers = [item.number() for item in entry.items()]
    if len(numbers) != 2 or not numbers[0] < numbers[1]:
        entry.complain("应为 [下限, 上限]", "should be [low, high] with low < high")
        return -1e12, 1e12
    return numbers[0], numbers[1]


def _conversions(entry: Entry) -> tuple[Conversion, ...]:
    rules = sorted((_conversion(item) for item in entry.items()), key=lambda c: c.first)
    for before, after in pairwise(rules):
        if after.first <= before.last:
            entry.problems.add(
                after.line,
                f"conversions: 日期与第 {before.line} 行重叠",
                f"the days overlap those of line {before.line}; each day may have one rule",
            )
    return tuple(rules)


def _conversion(entry: Entry) -> Conversion:
    entry.fields(("scale",), ("from", "until", "note"))
    first, last = entry.get("from", Entry.day, date.min), entry.get("until", Entry.day, date.max)
    if not (entry.has("from") or entry.has("until")):
        entry.complain("需要 from 或 until", "a dated rule needs from or until (days, both included)")
    if last < first:
        entry.complain("until 早于 from", "until is before from")
    return Conversion(first=first, last=last, scale=entry.get("scale", _scale, Decimal(1)), line=entry.line)
