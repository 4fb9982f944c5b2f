"""Whatever stands in one cell, or whichever line is gone, reading a chain ends in a chain or in findings, never in a crash."""

import csv
import io
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime.chain import inspect_chain

FILES = ["chain.csv", "nodes.csv", "links.csv", "recipes.csv", "stocks.csv", "quality.csv", "offers.csv", "series.csv"]
CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "0", "-1", "1e308", "nan", "inf", "1e-320", "M_A", "R_1", "D_C", "steam_coal", "t/d", "MWh", "yes"]
    ),
    st.floats().map(repr),
)
GENTLE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _check(small: Any, file: str, rows: list[list[str]], original: str) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    try:
        small.path(file).write_text(text.getvalue(), encoding="utf-8", errors="replace")
        chain, problems = inspect_chain(small.folder)
    finally:
        small.path(file).write_text(original, encoding="utf-8")
    assert (chain is None) == any(problem.severity == "error" for problem in problems)
    assert all(problem.sentence() for problem in problems)


@GENTLE
@given(file=st.sampled_from(FILES), data=st.data(), cell=CELLS)
def test_any_cell(small: Any, file: str, data: st.DataObject, cell: str) -> None:
    original = small.path(file).read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(original)))
    row = data.draw(st.integers(0, len(rows) - 1))
    rows[row][data.draw(st.integers(0, len(rows[row]) - 1))] = cell
    _check(small, file, rows, original)


@GENTLE
@given(file=st.sampled_from(FILES), data=st.data())
def test_any_line_gone_or_twice(small: Any, file: str, data: st.DataObject) -> None:
    original = small.path(file).read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(original)))
    row = data.draw(st.integers(0, len(rows) - 1))
    copies = data.draw(st.sampled_from([0, 2]))
    _check(small, file, [*rows[:row], *([rows[row]] * copies), *rows[row + 1 :]], original)
