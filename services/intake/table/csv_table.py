"""CSV: encoding and delimiter are found out, quotes are respected, damage is named."""

import csv
import io
import re

from schemas.rejection import Reason
from services.intake.table.grid import MAX_COLUMNS, MAX_ROWS, Cell, FileFault, Grid

_DELIMITERS = ",;\t|，；"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FIELD_LIMIT = 64 * 1024


def decoded(body: bytes) -> str:
    """The text of a file in UTF-8 (with or without BOM), UTF-16 with BOM, GBK or GB18030. Raises FileFault.

    >>> decoded("产量,万吨".encode("gbk")) == decoded("产量,万吨".encode("utf-8-sig")) == "产量,万吨"
    True
    """
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return _decoded_as(body, encoding)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = _decoded_as(body, "gb18030")
    return _without_control(text)


def _decoded_as(body: bytes, encoding: str) -> str:
    try:
        return _without_control(body.decode(encoding))
    except UnicodeDecodeError as error:
        given = f"字节 {error.start} / byte {error.start}: {body[error.start : error.start + 8]!r}"
        raise FileFault(Reason.BAD_ENCODING, given, "UTF-8 或 GB18030 编码 / UTF-8 or GB18030") from error


def _without_control(text: str) -> str:
    found = _CONTROL.search(text)
    if found:
        given = f"U+{ord(found[0]):04X} @ {found.start()}"
        raise FileFault(Reason.BAD_ENCODING, given, "纯文本 CSV / plain text CSV, without control characters")
    return text


def read_csv(body: bytes) -> Grid:
    """The grid of a CSV file. Raises FileFault."""
    text = decoded(body)
    if not text.strip():
        raise FileFault(Reason.TRUNCATED, "空文件 empty file", "至少有表头和一行数据 / a heading and at least one row")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    previous_limit = csv.field_size_limit(_FIELD_LIMIT)
    rows: list[tuple[Cell, ...]] = []
    try:
        for line in reader:
            if len(rows) >= MAX_ROWS or len(line) > MAX_COLUMNS:
                wanted = f"至多 {MAX_ROWS} 行、{MAX_COLUMNS} 列 / at most {MAX_ROWS} rows and {MAX_COLUMNS} columns"
                raise FileFault(Reason.TOO_LARGE, f"第 {len(rows) + 1} 行 row {len(rows) + 1}", wanted)
            rows.append(tuple(line))
            rows.extend([()] * (min(reader.line_num, MAX_ROWS) - len(rows)))
    except csv.Error as error:
        raise _damaged(error, reader.line_num) from error
    finally:
        csv.field_size_limit(previous_limit)
    return Grid("", rows, is_whole=text.endswith(("\n", "\r")))


def _damaged(error: csv.Error, line: int) -> FileFault:
    if "field larger" in str(error):
        return FileFault(Reason.TOO_LARGE, f"第 {line} 行 line {line}", "单元格至多 64 KiB / a cell has at most 64 KiB")
    if "unexpected end" in str(error):
        return FileFault(Reason.TRUNCATED, f"第 {line} 行 line {line}", "引号须成对 / quotes must be closed")
    return FileFault(Reason.MALFORMED, f"第 {line} 行 line {line}: {error}", "合法的 CSV / valid CSV")


def _delimiter(text: str) -> str:
    """The delimiter that the first filled lines agree on most; a comma when there is none."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    counts = {d: sorted(line.count(d) for line in lines) for d in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda d: (counts[d][len(lines) // 2] if lines else 0, sum(counts[d])))
    return best if sum(counts[best]) else ","
