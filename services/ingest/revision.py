"""Which rows are new revisions, which repeat what is stored, and which contradict it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from services.ingest.batch import Columns, Ints


class Verdict(StrEnum):
    """What becomes of a row."""

    STORED = "stored"
    REPEATED = "repeated"
    CONFLICT = "conflict"


class Revision(Struct, frozen=True):
    """A stored revision of an observation: two times in µs, value, quality."""

    issued_us: int
    known_us: int
    value: float
    quality: int


def judge(row: Revision, is_implied: bool, stored: Iterable[Revision]) -> Verdict:
    """Judge one row against the revisions of the same lane, series and observed_at.

    A row without an issued_at of its own (``is_implied``) is a repeat when it equals the latest revision among those known no later and
    issued before it: so a second reading of the topic, when later revisions are stored already, comes to the same verdict. Any row with
    the issued_at of a stored one is a repeat when value and quality are the same, else a conflict.

    >>> old = Revision(10, 10, 5.0, 0)
    >>> judge(Revision(20, 20, 5.0, 0), True, [old]).value, judge(Revision(20, 20, 6.0, 0), True, [old]).value
    ('repeated', 'stored')
    """
    latest: Revision | None = None
    twin: Revision | None = None
    for other in stored:
        if other.issued_us == row.issued_us:
            twin = other
        elif other.known_us <= row.known_us and other.issued_us < row.issued_us:
            latest = other if latest is None or other.issued_us > latest.issued_us else latest
    if is_implied and latest is not None and _equal(row, latest):
        return Verdict.REPEATED
    if twin is not None:
        return Verdict.REPEATED if _equal(row, twin) else Verdict.CONFLICT
    return Verdict.STORED


class Keys(Struct, frozen=True, eq=False):
    """The observations some rows speak of, each once, and for each row the number of its observation."""

    lane_id: Ints
    series_id: Ints
    observed_us: Ints
    of_row: Ints


def keys_of(rows: Columns) -> Keys:
    """The distinct (lane, series, observed_at) of these rows."""
    order = np.lexsort((rows.observed_us, rows.series_id, rows.lane_id))
    sorted_rows = (rows.lane_id[order], rows.series_id[order], rows.observed_us[order])
    is_first = np.ones(len(order), dtype=np.bool_)
    is_first[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in sorted_rows])
    of_row = np.empty(len(order), dtype=np.int64)
    of_row[order] = np.cumsum(is_first) - 1
    lane_id, series_id, observed_us = (column[is_first] for column in sorted_rows)
    return Keys(lane_id, series_id, observed_us, of_row)


def judge_all(rows: Columns, keys: Keys, stored: Mapping[int, Iterable[Revision]]) -> NDArray[np.bool_]:
    """Judge rows in the order of their messages; each accepted row counts for those after it. ``stored`` is by the number of the key.

    Returns an array of two columns: is stored, is a conflict.
    """
    verdicts = np.zeros((len(rows), 2), dtype=np.bool_)
    is_easy = np.bincount(keys.of_row, minlength=len(keys.lane_id)) == 1
    is_easy[list(stored)] = False
    verdicts[:, 0] = is_easy[keys.of_row]
    hard = np.flatnonzero(~verdicts[:, 0])
    hard = hard[np.lexsort((rows.row[hard], rows.span[hard]))]
    found = {key: list(revisions) for key, revisions in stored.items()}
    names = ("issued_us", "known_us", "value", "quality", "is_implied")
    values = zip(*(getattr(rows, name)[hard].tolist() for name in names), strict=True)
    for place, key, (*columns, is_implied) in zip(hard.tolist(), keys.of_row[hard].tolist(), values, strict=True):
        row, others = Revision(*columns), found.setdefault(key, [])
        verdict = judge(row, is_implied, others)
        if verdict is Verdict.STORED:
            others.append(row)
        verdicts[place] = (verdict is Verdict.STORED, verdict is Verdict.CONFLICT)
    return verdicts


def _equal(a: Revision, b: Revision) -> bool:
    return a.value == b.value and a.quality == b.quality
