"""A table as text: header and rows with their lines. Pure: bytes in, rows out."""

import csv
import io

from msgspec import Struct

from services.runtime.errors import InputError

_ENCODINGS = ("utf-8-sig", "gb18030")


class TableRow(Struct, frozen=True):
    """One row: its line in the file (from 1), its cells by column, and whether it has as many cells as the header."""

    line: int
    cells: dict[str, str]
    is_whole: bool


class Table(Struct, frozen=True):
    """A table read whole: file name, header, rows."""

    name: str
    header: list[str]
    rows: list[TableRow]


def parse_table(content: bytes, name: str) -> Table:
    """Read CSV in UTF-8 or GB18030. Raises InputError when it is neither, is empty or names a column twice."""
    reader = csv.reader(io.StringIO(_decoded(content, name), newline=""))
    rows: list[TableRow] = []
    try:
        header = [cell.strip() for cell in next(reader)]
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            if cells:
                rows.append(TableRow(line, dict(zip(header, cells, strict=False)), len(cells) == len(header)))
    except StopIteration as error:
        raise InputError(f"{name}: 空文件 / the file is empty; a header line is needed") from error
    except csv.Error as error:
        raise InputError(f"{name}:{reader.line_num}: 不是 CSV / this is not CSV: {error}") from error
    twice = sorted({h for h in header if header.count(h) > 1})
    if twice:
        raise InputError(f"{name}:1: 列名重复 {'、'.join(twice)} / columns are named twice: {', '.join(twice)}")
    return Table(name, header, rows)


def _decoded(content: bytes, name: str) -> str:
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(f"{name}: 编码既非 UTF-8 也非 GB18030 / the encoding is neither UTF-8 nor GB18030")
