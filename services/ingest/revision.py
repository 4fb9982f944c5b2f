"""Which rows are new revisions, which repeat what is stored, and which contradict it."""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from services.ingest.batch import Columns

Key = tuple[int, int, int]
"""Lane id, series id, observed_at in µs."""


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

    The same issued_at with the same value and quality is a repeat, with others a conflict. A row without an issued_at of its own
    (``is_implied``) is a repeat too when it equals the latest revision among those known and issued no later than itself: so a second
    reading of the topic, when later revisions are stored already, comes to the same verdict.

    >>> old = Revision(10, 10, 5.0, 0)
    >>> judge(Revision(20, 20, 5.0, 0), True, [old]).value, judge(Revision(20, 20, 6.0, 0), True, [old]).value
    ('repeated', 'stored')
    """
    latest: Revision | None = None
    for other in stored:
        if other.issued_us == row.issued_us:
            return Verdict.REPEATED if _equal(row, other) else Verdict.CONFLICT
        is_earlier = other.known_us <= row.known_us and other.issued_us < row.issued_us
        if is_earlier and (latest is None or other.issued_us > latest.issued_us):
            latest = other
    if is_implied and latest is not None and _equal(row, latest):
        return Verdict.REPEATED
    return Verdict.STORED


def judge_all(rows: Columns, stored: dict[Key, list[Revision]]) -> NDArray[np.bool_]:
    """Judge rows in the order of their messages; each accepted row counts for those after it.

    Returns an array of two columns: is stored, is a conflict.
    """
    found: dict[Key, list[Revision]] = defaultdict(list, {k: list(v) for k, v in stored.items()})
    verdicts = np.zeros((len(rows), 2), dtype=np.bool_)
    names = ("lane_id", "series_id", "observed_us", "issued_us", "known_us", "value", "quality", "is_implied")
    lists = {name: getattr(rows, name).tolist() for name in names}
    for i in np.lexsort((rows.row, rows.span)).tolist():
        key = (lists["lane_id"][i], lists["series_id"][i], lists["observed_us"][i])
        row = Revision(lists["issued_us"][i], lists["known_us"][i], lists["value"][i], lists["quality"][i])
        others = found.get(key)
        verdict = Verdict.STORED if others is None else judge(row, lists["is_implied"][i], others)
        if verdict is Verdict.STORED:
            found[key].append(row)
            verdicts[i, 0] = True
        elif verdict is Verdict.CONFLICT:
            verdicts[i, 1] = True
    return verdicts


def _equal(a: Revision, b: Revision) -> bool:
    return a.value == b.value and a.quality == b.quality
