"""A drill file as a workbook, for people who would rather fill in sheets: the same drill, the same words."""

from pathlib import Path

import openpyxl
import yaml
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from services.drill.book import HEAD
from services.drill.reading import TABLES

_WIDEST = 48


def write_workbook(text: str, file: Path) -> None:
    """Write the drill of a valid YAML text: the sheet 演练 with keys and values, a sheet with headings for each table."""
    document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # the base loader makes texts, lists and mappings only
    book = openpyxl.Workbook()
    head = book.worksheets[0]
    head.title = HEAD
    for key, value in document.items():
        if key not in TABLES:
            head.append([key, _cell(value)])
    for table in TABLES:
        rows = document.get(table, [])
        columns = list(dict.fromkeys(key for row in rows for key in row))
        sheet = book.create_sheet(table)
        sheet.append(columns)
        for row in rows:
            sheet.append([_cell(row.get(column, "")) for column in columns])
        for cell in sheet[1]:
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E9EDF0")
        sheet.freeze_panes = "A2"
    for sheet in book.worksheets:
        _fit(sheet)
    book.save(file)


def _cell(value: object) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _fit(sheet: Worksheet) -> None:
    """Columns as wide as their words, long ones wrapped. A Chinese character is two wide."""
    for number, column in enumerate(sheet.iter_cols(), start=1):
        widest = max(sum(2 if ord(c) > 255 else 1 for c in str(cell.value or "")) for cell in column)
        sheet.column_dimensions[get_column_letter(number)].width = min(widest + 3, _WIDEST)
        for cell in column:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
