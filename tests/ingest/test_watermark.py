"""Watermarks: never too low, so that a row called new is new."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.watermark import Watermarks


def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def test_rows_beyond_the_mark_are_new_and_move_it() -> None:
    marks = Watermarks()
    assert marks.unknown(ints(1, 1, 2), ints(5, 6, 5)) == [(1, 5), (1, 6), (2, 5)]
    marks.load({(1, 5): 100, (1, 6): None, (2, 5): 7})
    assert marks.unknown(ints(1), ints(5)) == []
    order, is_new = marks.mark_new(ints(1, 1, 1, 2), ints(5, 5, 6, 5), ints(101, 100, -5, 7))
    assert order.tolist() == [1, 0, 2, 3]
    assert is_new.tolist() == [False, True, True, False]
    _, again = marks.mark_new(ints(1, 1), ints(5, 6), ints(101, -5))
    assert again.tolist() == [False, False]


def test_rows_of_the_same_moment_in_one_batch_are_not_new() -> None:
    marks = Watermarks()
    marks.load({(1, 1): None})
    _, is_new = marks.mark_new(ints(1, 1, 1), ints(1, 1, 1), ints(10, 20, 20))
    assert is_new.tolist() == [True, False, False]


def test_large_ids_and_forgetting() -> None:
    marks = Watermarks()
    marks.load({(1, 3): 50, (5000, 3): 60})
    marks.load({(1, 70_000): 10})
    _, is_new = marks.mark_new(ints(1, 5000, 1), ints(3, 3, 70_000), ints(50, 61, 11))
    assert is_new.tolist() == [False, True, True]
    marks.clear()
    assert marks.unknown(ints(1), ints(3)) == [(1, 3)]


ROWS = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(0, 20)), min_size=1, max_size=30)


@given(batches=st.lists(ROWS, min_size=1, max_size=4))
def test_what_is_called_new_was_never_seen(batches: list[list[tuple[int, int, int]]]) -> None:
    marks, seen = Watermarks(), set[tuple[int, int, int]]()
    for rows in batches:
        lane, series, observed = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        marks.load(dict.fromkeys(marks.unknown(lane, series)))
        order, is_new = marks.mark_new(lane, series, observed)
        for place, new in zip(order.tolist(), is_new.tolist(), strict=True):
            assert not new or (rows[place] not in seen and rows.count(rows[place]) == 1)
        seen.update(rows)
