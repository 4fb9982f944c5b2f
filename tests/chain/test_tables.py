"""Reading tables: BOM, remarks, quotes, line numbers, any bytes."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from services.runtime.chain.tables import Columns, parse_table, read_table

COLUMNS = Columns(("id", "name"), ("note",))


def test_lines_are_counted_over_remarks_blanks_and_quoted_breaks() -> None:
    text = '# a remark\nid,name\n\na,"first\nsecond"\n# more\n  ,\nb, two \n'
    rows, problems = parse_table(text, "x.csv", COLUMNS)
    assert problems == []
    assert [(row.place.line, row.cells) for row in rows] == [
        (4, {"id": "a", "name": "first\nsecond"}),
        (8, {"id": "b", "name": "two"}),
    ]


def test_bom_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("\ufeffid,name\r\na,甲\r\n".encode())
    rows, problems = read_table(path, COLUMNS)
    assert problems == []
    assert rows[0].cells == {"id": "a", "name": "甲"}
    assert rows[0].place.line == 2


def test_an_optional_file_may_be_missing(tmp_path: Path) -> None:
    assert read_table(tmp_path / "x.csv", COLUMNS, is_optional=True) == ([], [])


@given(st.text(max_size=300))
def test_any_text_gives_rows_or_problems(text: str) -> None:
    rows, problems = parse_table(text, "x.csv", COLUMNS)
    assert rows or problems or "id" in text
    assert all(problem.sentence() for problem in problems)
    assert all(row.place.line >= 2 for row in rows)


@given(st.binary(max_size=300))
def test_any_bytes_give_rows_or_problems(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(content)
        _, problems = read_table(path, COLUMNS)
        assert all(problem.file == "x.csv" for problem in problems)
