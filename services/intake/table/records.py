"""Rows of a table become candidates and findings, each with its line and column."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from schemas.rejection import Reason
from services.intake.candidate import Candidate, Finding, finding
from services.intake.json_records import Items
from services.intake.table.grid import Cell, Grid, text_of
from services.intake.table.heading import Column, Heading, find_heading
from services.intake.table.mapping import TOTALS, Mapping, Names, plain
from services.intake.table.moment import moment_of
from services.intake.table.number import Number, is_blank, number_of

_TIME_WANTED = "如 2026-11-22、2026/11/22、2026年11月22日 18:00 / such as 2026-11-22 or 2026-11-22 18:00"
_NUMBER_WANTED = "数字；无数据留空 / a number; leave it empty when there is none"


class Sheet(Struct, frozen=True):
    """A grid with its heading and everything needed to read it."""

    grid: Grid
    heading: Heading
    mapping: Mapping
    names: Names
    origin: str

    def origin_of(self, row: int, column: int) -> str:
        """Origin of a cell: file, sheet, line and column."""
        return self.origin + self.grid.place(row, column)

    def raw_of(self, row: int) -> bytes:
        """A row as text."""
        return ",".join(text_of(c) for c in self.grid.rows[row]).encode("utf-8", "replace")

    def moment(self, cell: Cell) -> datetime | None:
        """The moment a cell means by this mapping."""
        mapping = self.mapping
        return moment_of(cell, ZoneInfo(mapping.timezone), mapping.end_of_day(), mapping.day_end_shift_d)


def read_grid(grid: Grid, mapping: Mapping, names: Names, file: str) -> Items | None:
    """Candidates and findings of a sheet, None when it has no heading that says what its columns are."""
    heading = find_heading(grid, mapping, names, file)
    if heading is None:
        return None
    sheet = Sheet(grid, heading, mapping, names, f"file:{file}")
    items: Items = list(_unknown_columns(sheet))
    above: dict[int, Cell] = {}
    for row in range(heading.data_row, len(grid.rows)):
        items += _row(sheet, row, _filled(sheet, grid.rows[row], above))
    return items


def _unknown_columns(sheet: Sheet) -> Iterator[Finding]:
    """A heading nobody knows over a column that is not empty: said once, not for each row."""
    if sheet.heading.is_long:
        return
    for index, column in enumerate(sheet.heading.columns):
        if column.field or column.wide or column.is_ignored or not _has_numbers(sheet, index):
            continue
        wanted = "目录中的序列编号或名称，或在映射中给出 / id or name of a series, or a heading of the mapping"
        yield finding(
            Reason.UNKNOWN_SERIES,
            column.title,
            column.title,
            wanted,
            origin=sheet.origin_of(sheet.heading.top, index),
            raw=sheet.raw_of(sheet.heading.top),
            lane=sheet.mapping.lane,
        )


def _has_numbers(sheet: Sheet, index: int) -> bool:
    rows = sheet.grid.rows[sheet.heading.data_row :]
    return any(index < len(r) and not is_blank(r[index]) and isinstance(number_of(r[index]), Number) for r in rows)


def _filled(sheet: Sheet, row: tuple[Cell, ...], above: dict[int, Cell]) -> tuple[Cell, ...]:
    if not sheet.mapping.fill_down:
        return row
    cells = list(row)
    for index, column in enumerate(sheet.heading.columns):
        if column.field in ("observed_at", "entity", "series") and index < len(cells):
            if is_blank(cells[index]):
                cells[index] = above.get(index)
            above[index] = cells[index]
    return tuple(cells)


def _row(sheet: Sheet, row: int, cells: tuple[Cell, ...]) -> Items:
    filled = [text_of(c) for c in cells if not is_blank(c)]
    if not filled or plain(filled[0]).startswith(TOTALS):
        return []
    columns = sheet.heading.columns
    extra = next((i for i in range(len(columns), len(cells)) if not is_blank(cells[i])), None)
    if extra is not None:
        wanted = f"{len(columns)} 列；千分位请加引号 / {len(columns)} columns; quote numbers with commas"
        return [_wrong(sheet, row, extra, Reason.BAD_COLUMNS, "", text_of(cells[extra]), wanted)]
    is_last = row == len(sheet.grid.rows) - 1
    if is_last and not sheet.grid.is_whole and not sheet.grid.sheet and len(cells) < len(columns):
        wanted = f"{len(columns)} 列 / {len(columns)} columns"
        return [_wrong(sheet, row, len(cells), Reason.TRUNCATED, "", ",".join(filled), wanted)]
    cells += (None,) * (len(columns) - len(cells))
    observed = _observed(sheet, row, cells)
    if isinstance(observed, Finding):
        return [observed]
    if sheet.heading.is_long:
        return [_long(sheet, row, cells, observed)]
    return list(_wide(sheet, row, cells, observed))


def _observed(sheet: Sheet, row: int, cells: tuple[Cell, ...]) -> datetime | Finding:
    index = sheet.heading.of_field("observed_at")
    if index is None:
        found = sheet.moment(sheet.heading.day)
        return found if found else _wrong(sheet, row, 0, Reason.MISSING_FIELD, "observed_at", "", _TIME_WANTED)
    title = sheet.heading.columns[index].title
    if is_blank(cells[index]):
        return _wrong(sheet, row, index, Reason.MISSING_FIELD, title, "", _TIME_WANTED)
    found = sheet.moment(cells[index])
    return found if found else _wrong(sheet, row, index, Reason.BAD_TIME, title, text_of(cells[index]), _TIME_WANTED)


def _long(sheet: Sheet, row: int, cells: tuple[Cell, ...], observed: datetime) -> Candidate | Finding:
    heading = sheet.heading
    texts = {
        f: text_of(cells[i]) for f in ("series", "unit", "quality", "key") if (i := heading.of_field(f)) is not None
    }
    value_at, series_at = heading.of_field("value") or 0, heading.of_field("series") or 0
    if not texts["series"]:
        title = heading.columns[series_at].title
        return _wrong(sheet, row, series_at, Reason.MISSING_FIELD, title, "", "序列编号或名称 / id or name of a series")
    issued_at = _issued(sheet, row, cells)
    if isinstance(issued_at, Finding):
        return issued_at
    series = sheet.names.series.get(plain(texts["series"]), texts["series"])
    if is_blank(cells[value_at]):
        title = heading.columns[value_at].title
        return _wrong(sheet, row, value_at, Reason.MISSING_FIELD, title, text_of(cells[value_at]), _NUMBER_WANTED)
    return _value(
        sheet,
        row,
        value_at,
        cells[value_at],
        series=series,
        observed=observed,
        unit=texts.get("unit") or None,
        issued=issued_at,
        quality=texts.get("quality", ""),
        key=texts.get("key") or None,
    )


def _wide(sheet: Sheet, row: int, cells: tuple[Cell, ...], observed: datetime) -> Iterator[Candidate | Finding]:
    node: str | Finding = _entity(sheet, row, cells)
    issued_at = _issued(sheet, row, cells)
    if isinstance(issued_at, Finding):
        yield issued_at
        return
    quality_at = sheet.heading.of_field("quality")
    quality = text_of(cells[quality_at]) if quality_at is not None else ""
    for index, column in enumerate(sheet.heading.columns):
        if column.wide is None or is_blank(cells[index]):
            continue
        series = column.wide.series
        if "{node}" in series:
            if isinstance(node, Finding):
                yield node
                return
            series = series.replace("{node}", node)
        yield _value(
            sheet, row, index, cells[index], series=series, observed=observed, issued=issued_at, quality=quality
        )


def _entity(sheet: Sheet, row: int, cells: tuple[Cell, ...]) -> str | Finding:
    index = sheet.heading.of_field("entity")
    given = text_of(cells[index]) if index is not None else ""
    node = sheet.names.entities.get(plain(given))
    if node is not None:
        return node
    wanted = "映射 entities 中的名称或节点编号 / a name of the mapping's entities, or a node id"
    title = sheet.heading.columns[index].title if index is not None else "node"
    return _wrong(sheet, row, index or 0, Reason.UNKNOWN_SERIES, title, given, wanted)


def _issued(sheet: Sheet, row: int, cells: tuple[Cell, ...]) -> datetime | Finding | None:
    index = sheet.heading.of_field("issued_at")
    if index is None or is_blank(cells[index]):
        return None
    found = sheet.moment(cells[index])
    if found is not None:
        return found
    title = sheet.heading.columns[index].title
    return _wrong(sheet, row, index, Reason.BAD_TIME, title, text_of(cells[index]), _TIME_WANTED)


def _value(
    sheet: Sheet,
    row: int,
    index: int,
    cell: Cell,
    *,
    series: str,
    observed: datetime,
    issued: datetime | None = None,
    unit: str | None = None,
    quality: str = "",
    key: str | None = None,
) -> Candidate | Finding:
    column: Column = sheet.heading.columns[index]
    number = number_of(cell)
    if isinstance(number, Reason):
        return _wrong(sheet, row, index, number, column.title, text_of(cell), _NUMBER_WANTED)
    return Candidate(
        series=series,
        observed_at=observed,
        value=number.value,
        unit=number.unit or unit or column.unit or sheet.heading.unit,
        issued_at=issued,
        quality=quality,
        key=key,
        lane=sheet.mapping.lane,
        period_h=sheet.mapping.period_h,
        origin=sheet.origin_of(row, index),
    )


def _wrong(sheet: Sheet, row: int, column: int, reason: Reason, field: str, given: str, wanted: str) -> Finding:
    origin = sheet.origin_of(row, column)
    return finding(reason, field, given, wanted, origin=origin, raw=sheet.raw_of(row), lane=sheet.mapping.lane)
