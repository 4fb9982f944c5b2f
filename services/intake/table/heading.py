"""Finding the heading of a sheet: title rows above it, up to three rows merged, a row of units below it."""

import re
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from msgspec import Struct

from services.intake.table.grid import Cell, Grid, text_of
from services.intake.table.mapping import Mapping, Names, WideColumn, plain
from services.intake.table.moment import day_in, moment_of
from services.intake.table.number import Number, number_of
from services.runtime.chain.units import UnitError, parse_unit

_LAST_TOP = 15
_BRACKETS = re.compile(r"(?P<name>.*?)[(\[【(](?P<unit>[^()\[\]【】]*)[)\]】]", re.DOTALL)
_SHEET_UNIT = re.compile(r"(?<!填报)(?<!报送)单位[:：]\s*(?P<unit>[^\s,，;；)）]+)")


class Column(Struct, frozen=True, kw_only=True):
    """A column of the table: a ``field`` of records, or values of a ``wide`` series; neither when its heading says nothing."""

    title: str
    field: str = ""
    wide: WideColumn | None = None
    unit: str | None = None
    is_ignored: bool = False


class Heading(Struct, frozen=True, kw_only=True):
    """The columns, the row index at which data begin, and what the title says of unit and day."""

    columns: list[Column]
    top: int
    data_row: int
    unit: str | None = None
    day: date | None = None

    def of_field(self, field: str) -> int | None:
        """Index of the column of a field, None when there is none."""
        return next((i for i, c in enumerate(self.columns) if c.field == field), None)

    @property
    def is_long(self) -> bool:
        """One record per row, with a column of series and one of values."""
        return self.of_field("series") is not None and self.of_field("value") is not None

    @property
    def has_wide(self) -> bool:
        """Some columns are series."""
        return any(c.wide is not None for c in self.columns)

    def is_usable(self) -> bool:
        """Enough to make records of the rows."""
        return (self.of_field("observed_at") is not None or self.day is not None) and (self.is_long or self.has_wide)


def find_heading(grid: Grid, mapping: Mapping, names: Names, file: str) -> Heading | None:
    """The best heading within the first rows, None when no row makes one."""
    best: tuple[tuple[int, int], Heading] | None = None
    for top in range(min(_LAST_TOP, len(grid.rows))):
        for height in (1, 2, 3):
            rows = grid.rows[top : top + height]
            if len(rows) < height or not all(map(_is_words, rows)):
                break
            columns = [_column(parts, names) for parts in _parts(rows)]
            heading = _with_title(Heading(columns=columns, top=top, data_row=top + height), grid, file)
            score = (sum(1 for c in columns if c.field or c.wide), -height)
            if heading.is_usable() and (best is None or score > best[0]):
                best = (score, heading)
    if best is None:
        return None
    return _with_unit_row(best[1], grid)


def _is_words(row: tuple[Cell, ...]) -> bool:
    cells = [c for c in row if text_of(c)]
    zone = ZoneInfo("Asia/Shanghai")
    return bool(cells) and not any(
        isinstance(number_of(c), Number) or moment_of(c, zone, None) is not None for c in cells
    )


def _parts(rows: Sequence[tuple[Cell, ...]]) -> list[list[str]]:
    width = max(len(row) for row in rows)
    lines = [[text_of(row[i]) if i < len(row) else "" for i in range(width)] for row in rows]
    for line in lines[:-1]:  # the upper rows of merged headings: a word reaches right to the next one
        for index in range(1, width):
            if not line[index] and any(below[index] for below in lines[1:]):
                line[index] = line[index - 1]
    return [_distinct([line[i] for line in lines]) for i in range(width)]


def _distinct(parts: list[str]) -> list[str]:
    kept: list[str] = []
    for part in parts:
        if part and part not in kept:
            kept.append(part)
    return kept


def _column(parts: list[str], names: Names) -> Column:
    title = "/".join(parts)
    if not title:
        return Column(title="", is_ignored=True)
    bare, unit = _without_unit(parts)
    for word in _spellings(bare):
        if word in names.wide:
            return Column(title=title, wide=names.wide[word], unit=unit or names.wide[word].unit)
        if word in names.series:
            series = names.series[word]
            return Column(title=title, wide=WideColumn(headings=[title], series=series), unit=unit)
        if word in names.fields:
            return Column(title=title, field=names.fields[word], unit=unit)
    return Column(title=title, unit=unit, is_ignored=any(w in names.ignored for w in _spellings(bare)))


def _without_unit(parts: list[str]) -> tuple[list[str], str | None]:
    unit: str | None = None
    bare = []
    for part in parts:
        match = _BRACKETS.fullmatch(part.replace("（", "(").replace("）", ")").strip())
        if match and is_unit(match["unit"]):
            unit = match["unit"]
            bare.append(match["name"].strip())
        elif is_unit(part) and len(parts) > 1:
            unit = part
        else:
            bare.append(part)
    return [b for b in bare if b], unit


def _spellings(parts: list[str]) -> list[str]:
    whole = [plain("/".join(parts)), plain("".join(parts)), plain("".join(reversed(parts)))]
    return [*whole, *(plain(p) for p in reversed(parts))]


def is_unit(text: str) -> bool:
    """True for a unit of measure.

    >>> is_unit("万吨"), is_unit("露天")
    (True, False)
    """
    try:
        parse_unit(text)
    except UnitError:
        return False
    return bool(text.strip())


def _with_title(heading: Heading, grid: Grid, file: str) -> Heading:
    above = [text_of(c) for row in grid.rows[: heading.top] for c in row if text_of(c)]
    days = [d for t in [*above, grid.sheet, file] if (d := day_in(t)) is not None]
    units = [m["unit"] for t in above for m in _SHEET_UNIT.finditer(t) if is_unit(m["unit"])]
    return Heading(
        columns=heading.columns,
        top=heading.top,
        data_row=heading.data_row,
        unit=units[0] if units else None,
        day=days[0] if days else None,
    )


def _with_unit_row(heading: Heading, grid: Grid) -> Heading:
    if heading.data_row >= len(grid.rows):
        return heading
    row = grid.rows[heading.data_row]
    given = {i: text_of(c).strip("()（）") for i, c in enumerate(row) if text_of(c) and i < len(heading.columns)}
    units = {i: t for i, t in given.items() if is_unit(t) and heading.columns[i].wide is not None}
    if not units or len(units) < len([i for i in given if heading.columns[i].wide is not None]):
        return heading
    columns = [
        Column(title=c.title, field=c.field, wide=c.wide, unit=units.get(i, c.unit), is_ignored=c.is_ignored)
        for i, c in enumerate(heading.columns)
    ]
    return Heading(columns=columns, top=heading.top, data_row=heading.data_row + 1, unit=heading.unit, day=heading.day)
