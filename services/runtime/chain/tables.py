"""Tables as operators keep them: CSV in UTF-8 with or without BOM, a header line, lines beginning with # for remarks."""

import csv
import difflib
import io
from pathlib import Path

from msgspec import Struct

from services.runtime.chain.problem import Place, Problem, problem


class Row(Struct, frozen=True):
    """One line of a table: its place and its cells by column name, stripped."""

    place: Place
    cells: dict[str, str]


class Columns(Struct, frozen=True):
    """What a table may hold. A row may leave an optional column out or empty."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def all(self) -> tuple[str, ...]:
        """Required and optional names, in this order."""
        return self.required + self.optional


def read_table(path: Path, columns: Columns, *, is_optional: bool = False) -> tuple[list[Row], list[Problem]]:
    """The rows of a file and what is wrong with its form. A missing file is a problem unless it is optional. Raises nothing on bad content."""
    place = Place(path.name)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return [], [] if is_optional else [
            problem("file_missing", place, "", path.name, columns=",".join(columns.required))
        ]
    except OSError as error:
        return [], [problem("file_unreadable", place, "", error.strerror or error)]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return [], [
            problem("bad_encoding", Place(path.name, line), "", content[error.start : error.start + 4].hex(" "))
        ]
    return parse_table(text, path.name, columns)


def parse_table(text: str, file: str, columns: Columns) -> tuple[list[Row], list[Problem]]:
    """Rows and problems of a table given as text. Line numbers count from 1 and name the first line of a quoted record."""
    records, problems = _records(text, file)
    if not records:
        return [], problems or [problem("table_empty", Place(file), "", "", columns=",".join(columns.required))]
    header_line, header = records[0]
    problems += _header_problems(header, Place(file, header_line), columns)
    rows: list[Row] = []
    for line, cells in records[1:]:
        place = Place(file, line)
        if len(cells) != len(header):
            problems.append(problem("cell_count", place, "", len(cells), wanted=len(header)))
            continue
        rows.append(Row(place, dict(zip(header, cells, strict=True))))
    return rows, problems


def _records(text: str, file: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    last_line = 0
    try:
        for cells in reader:
            line, last_line = last_line + 1, reader.line_num
            stripped = [cell.strip() for cell in cells]
            if any(stripped) and not stripped[0].startswith("#"):
                records.append((line, stripped))
    except csv.Error as error:
        return records, [problem("bad_csv", Place(file, last_line + 1), "", error)]
    return records, []


def _header_problems(header: list[str], place: Place, columns: Columns) -> list[Problem]:
    found = [
        problem("column_missing", place, name, ",".join(header), wanted=name)
        for name in columns.required
        if name not in header
    ]
    for position, name in enumerate(header):
        if name in header[:position]:
            found.append(problem("column_twice", place, name, name))
        elif name not in columns.all():
            near = difflib.get_close_matches(name, columns.all(), n=1)
            found.append(problem("column_unknown", place, name, name, known=",".join(near or columns.all())))
    return found
