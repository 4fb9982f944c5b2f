"""Messages that are gone from a topic, made again from rows of the database: which rows they held, and in which order. Pure."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Protocol

from msgspec import Struct

from schemas.feed import FeedMessage
from services.runtime.streams import Partition

Key = tuple[str, str]
"""Lane and series."""
_ROWS = 100


class StoredRow(Struct, frozen=True, order=True):
    """An observation as it is kept; sorted as it became known."""

    known_us: int
    lane: str
    series: str
    observed_us: int
    issued_us: int
    value: float
    quality: int


class Stored(Protocol):
    """Observations of the series of a partition. The database, or a list in tests."""

    def rows(self, partition: Partition, since_us: int) -> list[StoredRow]:
        """Those of lanes that are open, known at ``since_us`` or later, in any order. Raises UnreachableError."""
        ...


def missing(rows: Iterable[StoredRow], heard: Mapping[Key, int], coming: Mapping[Key, int]) -> list[FeedMessage]:
    """The rows that lie between what was ``heard`` (newest known_us of a series before the gap) and what is still ``coming`` (its first known_us
    after the gap), as messages in the order they became known. A series may be new; a value that became known in the same microsecond as the last
    one heard counts as heard."""
    wanted = sorted(r for r in rows if _is_missing(r, heard, coming))
    found = []
    for (lane, _), group in groupby(wanted, key=lambda row: (row.lane, row.known_us)):
        these = list(group)
        found += [_message(lane, these[at : at + _ROWS]) for at in range(0, len(these), _ROWS)]
    return found


def _is_missing(row: StoredRow, heard: Mapping[Key, int], coming: Mapping[Key, int]) -> bool:
    key = (row.lane, row.series)
    is_new = key not in heard or row.known_us > heard[key]
    return is_new and (key not in coming or row.known_us < coming[key])


def _message(lane: str, rows: list[StoredRow]) -> FeedMessage:
    return FeedMessage(
        lane=lane,
        source="",
        series=[r.series for r in rows],
        observed_us=[r.observed_us for r in rows],
        issued_us=[r.issued_us for r in rows],
        known_us=[r.known_us for r in rows],
        value=[r.value for r in rows],
        quality=[r.quality for r in rows],
    )
