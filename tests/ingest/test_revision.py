"""Which rows are revisions: a table of cases, and the law that a second reading changes nothing."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.batch import Columns
from services.ingest.revision import Revision, Verdict, judge, judge_all, keys_of

OLD = Revision(issued_us=10, known_us=10, value=5.0, quality=0)


@pytest.mark.parametrize(
    ("row", "is_implied", "verdict"),
    [
        (Revision(10, 10, 5.0, 0), False, Verdict.REPEATED),
        (Revision(10, 99, 5.0, 0), False, Verdict.REPEATED),
        (Revision(10, 10, 6.0, 0), False, Verdict.CONFLICT),
        (Revision(10, 10, 5.0, 1), False, Verdict.CONFLICT),
        (Revision(20, 20, 5.0, 0), False, Verdict.STORED),
        (Revision(20, 20, 5.0, 0), True, Verdict.REPEATED),
        (Revision(20, 20, 5.0, 2), True, Verdict.STORED),
        (Revision(20, 20, 6.0, 0), True, Verdict.STORED),
        (Revision(5, 5, 5.0, 0), True, Verdict.STORED),
    ],
)
def test_cases(row: Revision, is_implied: bool, verdict: Verdict) -> None:
    assert judge(row, is_implied, [OLD]) is verdict


def columns(rows: list[tuple[int, int, float, bool]]) -> Columns:
    """Rows (observed, issued or None by 0, value, implied) in the order in which they become known, one a second."""
    count = len(rows)
    zero, known = np.zeros(count, dtype=np.int64), np.arange(count, dtype=np.int64) * 10 + 10
    implied = np.array([r[3] for r in rows])
    issued = np.where(implied, known, np.minimum(known, [r[1] for r in rows]))
    observed = np.array([r[0] for r in rows], dtype=np.int64)
    value = np.array([r[2] for r in rows])
    return Columns(zero, zero, zero, observed, issued, known, value, zero, implied, np.arange(count), zero, implied)


def store(rows: Columns, table: dict[tuple[int, int, int], list[Revision]]) -> tuple[int, int]:
    """Judge rows against a table and put the accepted ones in; returns how many were stored and in conflict."""
    keys = keys_of(rows)
    names = list(zip(keys.lane_id.tolist(), keys.series_id.tolist(), keys.observed_us.tolist(), strict=True))
    verdicts = judge_all(rows, keys, {i: table[name] for i, name in enumerate(names) if name in table})
    for i in np.flatnonzero(verdicts[:, 0]).tolist():
        revision = Revision(int(rows.issued_us[i]), int(rows.known_us[i]), float(rows.value[i]), int(rows.quality[i]))
        table.setdefault(names[keys.of_row[i]], []).append(revision)
    return int(verdicts[:, 0].sum()), int(verdicts[:, 1].sum())


ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 60), st.sampled_from([1.0, 2.0]), st.booleans()),
    min_size=1,
    max_size=12,
)


@given(rows=ROWS, cuts=st.lists(st.integers(1, 12), max_size=4))
def test_a_second_reading_changes_nothing_and_batches_do_not_matter(
    rows: list[tuple[int, int, float, bool]], cuts: list[int]
) -> None:
    every = columns(rows)
    whole: dict[tuple[int, int, int], list[Revision]] = {}
    _, conflicts = store(every, whole)
    pieces: dict[tuple[int, int, int], list[Revision]] = {}
    edges = [0, *sorted({c for c in cuts if c < len(rows)}), len(rows)]
    for first, last in pairwise(edges):
        store(every.take(np.arange(first, last)), pieces)
    assert {k: sorted(v, key=repr) for k, v in pieces.items()} == {k: sorted(v, key=repr) for k, v in whole.items()}
    before = {k: list(v) for k, v in whole.items()}
    assert store(every, whole) == (0, conflicts)
    assert whole == before
