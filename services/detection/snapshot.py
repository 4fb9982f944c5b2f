"""Snapshots of state: cut into messages that fit, and put together again. Pure."""

import zlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from schemas.snapshot import Snapshot, Table
from services.runtime.streams import Partition

Arrays = Mapping[str, NDArray[np.generic]]
MOST_BYTES = 2_000_000
"""Of state in one message: in base64 it stays below the largest message of the topic."""
SERIES, POOLS, LANES, FINDINGS = "series", "pool", "lane", "finding"
_PACKED = frozenset({POOLS})
"""Mostly zeros; the rest is not worth the time."""


class Rows(Struct, frozen=True):
    """Row i of every array belongs to ``names[i]``: a lane, and a series or what else a row is."""

    names: Sequence[tuple[str, str]]
    arrays: Arrays


class Kept(Struct, frozen=True):
    """What is known of a partition at a position: of its series, pools, lanes and findings. ``turn``: which of the two places it lies in; the next
    one goes to the other."""

    detector: str
    version: str
    partition: Partition
    next_offset: int
    tables: Mapping[str, Rows]
    turn: int = 1


def cut(kept: Kept, most_bytes: int = MOST_BYTES) -> list[Snapshot]:
    """Messages of at most so many bytes of state each; at least one row in each, and one message where there is none."""
    parts = [(kind, rows) for kind, table in kept.tables.items() for rows in _steps(table, most_bytes)]
    parts = parts or [(SERIES, slice(0, 0))]
    return [_message(kept, kind, rows, chunk, len(parts)) for chunk, (kind, rows) in enumerate(parts)]


def _steps(table: Rows, most_bytes: int) -> list[slice]:
    per_row = sum(a.nbytes for a in table.arrays.values()) // max(len(table.names), 1)
    step = max(1, most_bytes // max(per_row, 1))
    return [slice(at, at + step) for at in range(0, len(table.names), step)]


def _message(kept: Kept, kind: str, rows: slice, chunk: int, chunks: int) -> Snapshot:
    table = kept.tables.get(kind, Rows([], {}))
    names = table.names[rows]
    return Snapshot(
        detector=kept.detector,
        version=kept.version,
        topic=kept.partition[0],
        partition=kept.partition[1],
        next_offset=kept.next_offset,
        turn=kept.turn,
        chunk=chunk,
        chunks=chunks,
        lanes=[lane for lane, _ in names],
        series=[series for _, series in names],
        state={name: _table(array[rows], kind in _PACKED) for name, array in table.arrays.items()},
        rows=kind,
    )


def _table(rows: NDArray[np.generic], is_packed: bool) -> Table:
    data = np.ascontiguousarray(rows).tobytes()
    data = zlib.compress(data, 1) if is_packed else data
    return Table(dtype=rows.dtype.str, row=list(rows.shape[1:]), data=data, packed=is_packed)


def key_of(snapshot: Snapshot) -> bytes:
    """Key of a message: a later one of the same turn takes its place."""
    s = snapshot
    return f"{s.detector}\n{s.topic}\n{s.partition}\n{s.turn}\n{s.chunk}".encode()


def newest_whole(
    messages: Iterable[Snapshot], partition: Partition, detector: str, version: str, end: int
) -> Kept | None:
    """The whole snapshot of a partition that reaches furthest, not beyond ``end``; None where there is none of this detector and version.

    ``messages`` in the order of their topic.
    """
    parts: dict[tuple[int, int], Snapshot] = {}
    for told in messages:
        if (told.topic, told.partition, told.detector) == (*partition, detector):
            parts[told.turn, told.chunk] = told
    found: list[list[Snapshot]] = []
    for first in (p for p in parts.values() if p.chunk == 0 and p.version == version and p.next_offset <= end):
        these = [parts.get((first.turn, chunk)) for chunk in range(first.chunks)]
        mine = [p for p in these if p is not None and (p.version, p.next_offset) == (version, first.next_offset)]
        if len(mine) == first.chunks:
            found.append(mine)
    return _joined(max(found, key=lambda whole: whole[0].next_offset)) if found else None


def _joined(parts: Sequence[Snapshot]) -> Kept:
    first = parts[0]
    of_kind: dict[str, list[Snapshot]] = {}
    for part in parts:
        of_kind.setdefault(part.rows, []).append(part)
    tables = {kind: _rows_of(these) for kind, these in of_kind.items()}
    return Kept(first.detector, first.version, (first.topic, first.partition), first.next_offset, tables, first.turn)


def _rows_of(parts: Sequence[Snapshot]) -> Rows:
    names = [pair for p in parts for pair in zip(p.lanes, p.series, strict=True)]
    return Rows(names, {name: np.concatenate([_array(p.state[name]) for p in parts]) for name in parts[0].state})


def _array(table: Table) -> NDArray[np.generic]:
    data = zlib.decompress(table.data) if table.packed else table.data
    return np.frombuffer(data, np.dtype(table.dtype)).reshape(-1, *table.row)
