"""A sheet as a grid of cells, and the fault that keeps a file from becoming one."""

from datetime import date, datetime, time

from msgspec import Struct

from schemas.rejection import Reason

Cell = str | float | int | bool | datetime | date | time | None
MAX_ROWS = 200_000
MAX_COLUMNS = 512


class Grid(Struct, frozen=True):
    """Rows of one sheet. ``first_line`` is the number of the first row; ``sheet`` is empty for CSV, whose columns are numbered."""

    sheet: str
    rows: list[tuple[Cell, ...]]
    first_line: int = 1
    is_whole: bool = True

    def place(self, row: int, column: int) -> str:
        """Where a cell is, as people say it: ``!7:C`` of a sheet, ``!7:3`` of a CSV file.

        >>> Grid("港口", []).place(6, 2), Grid("", []).place(6, 2)
        ('#港口!7:C', '!7:3')
        """
        line = self.first_line + row
        return f"#{self.sheet}!{line}:{letters(column)}" if self.sheet else f"!{line}:{column + 1}"


class FileFault(Exception):  # noqa: N818  # it becomes a finding, not an error of ours
    """The file cannot be read as a table: reason, what was given and what would be right."""

    def __init__(self, reason: Reason, given: str, wanted: str, field: str = "") -> None:
        super().__init__(wanted)
        self.reason = reason
        self.given = given
        self.wanted = wanted
        self.field = field


def letters(column: int) -> str:
    """Excel's name of a column counted from 0.

    >>> letters(0), letters(25), letters(26), letters(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def text_of(cell: Cell) -> str:
    """A cell as text, without outer spaces; empty for an empty cell."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()
