"""Excel workbooks (.xlsx). Formulas are not evaluated: the result stored in the file counts, and a formula without one is a fault."""

import datetime as dt
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries

from schemas.rejection import Reason
from services.intake.table.archive import checked_archive
from services.intake.table.grid import MAX_COLUMNS, MAX_ROWS, Cell, FileFault, Grid, letters

FORMULA = "=无结果公式"
"""Stands for a formula without a stored result."""
_MERGE = re.compile(rb'<mergeCell\s[^>]*ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_MOST_MERGES = 20_000
_MOST_MERGED_CELLS = 200_000


def read_excel(body: bytes) -> list[Grid]:
    """The visible sheets of a workbook. Raises FileFault."""
    checked_archive(body)
    try:
        values = openpyxl.load_workbook(BytesIO(body), read_only=True, data_only=True, keep_links=False)
        formulas = openpyxl.load_workbook(BytesIO(body), read_only=True, data_only=False, keep_links=False)
        return [
            Grid(sheet.title, _merged(list(_rows(sheet, formulas[sheet.title])), sheet))
            for sheet in values.worksheets
            if sheet.sheet_state == "visible"
        ]
    except FileFault:
        raise
    except (
        Exception
    ) as error:  # openpyxl raises KeyError, ValueError, ParseError, … on damaged files; all mean the same here
        raise FileFault(
            Reason.MALFORMED, f"{type(error).__name__}: {error}", "完好的 .xlsx / an undamaged .xlsx"
        ) from error


def _rows(sheet: Any, formulas: Any) -> Iterator[tuple[Cell, ...]]:
    for each in (sheet, formulas):
        each.reset_dimensions()
    for number, (row, behind) in enumerate(zip(sheet.iter_rows(), formulas.iter_rows(), strict=False), start=1):
        if number > MAX_ROWS or len(row) > MAX_COLUMNS:
            wanted = f"至多 {MAX_ROWS} 行、{MAX_COLUMNS} 列 / at most {MAX_ROWS} rows and {MAX_COLUMNS} columns"
            raise FileFault(Reason.TOO_LARGE, f"{sheet.title}!{number}:{letters(len(row) - 1)}", wanted)
        yield tuple(_cell(c, behind[i] if i < len(behind) else None) for i, c in enumerate(row))


def _cell(cell: Any, behind: Any) -> Cell:
    value = cell.value
    if value is None and behind is not None and behind.data_type == "f":
        return FORMULA
    if isinstance(value, dt.datetime) and value.time() == dt.time() and not _has_hours(cell):
        return value.date()
    if isinstance(value, dt.timedelta):
        return str(value)
    if isinstance(value, str | float | int | bool | dt.datetime | dt.date | dt.time) or value is None:
        return value
    return str(value)


def _has_hours(cell: Any) -> bool:
    return "h" in str(cell.number_format or "").lower().replace("[$-", "")


def _merged(rows: list[tuple[Cell, ...]], sheet: Any) -> list[tuple[Cell, ...]]:
    """Words and dates of merged cells are written into every cell they cover; numbers are not: they were stated once."""
    filled = [list(row) for row in rows]
    with sheet.parent._archive.open(sheet._worksheet_path) as stream:  # read-only sheets do not tell their merged cells
        ranges = _MERGE.findall(stream.read())[:_MOST_MERGES]
    left = _MOST_MERGED_CELLS
    for reference in ranges:
        first_column, first_row, last_column, last_row = _bounds(reference.decode())
        left -= (last_column - first_column + 1) * (last_row - first_row + 1)
        if left < 0 or first_row > len(filled):
            continue
        source = filled[first_row - 1]
        value = source[first_column - 1] if first_column <= len(source) else None
        if isinstance(value, str | dt.date):
            _fill(filled[first_row - 1 : last_row], first_column - 1, last_column, value)
    return [tuple(row) for row in filled]


def _bounds(reference: str) -> tuple[int, int, int, int]:
    left, top, right, bottom = (bound or 1 for bound in range_boundaries(reference))
    return left, top, right, bottom


def _fill(rows: list[list[Cell]], start: int, end: int, value: Cell) -> None:
    for row in rows:
        row.extend([None] * (min(end, MAX_COLUMNS) - len(row)))
        row[start:end] = [value] * (min(end, MAX_COLUMNS) - start)
