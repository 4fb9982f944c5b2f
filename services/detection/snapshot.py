"""Snapshots of state: cut into messages that fit, and put together again. Pure."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from schemas.snapshot import Snapshot, Table
from services.runtime.streams import Partition

Arrays = Mapping[str, NDArray[np.generic]]
MOST_BYTES = 2_000_000
"""Of state in one message: in base64 it stays below the largest message of the topic."""


class Kept(Struct, frozen=True):
    """What is known of a partition at a position. Row i of every array belongs to ``names[i]``, a lane and a series. ``turn``: which of the two
    places it lies in; the next one goes to the other."""

    detector: str
    version: str
    partition: Partition
    next_offset: int
    names: Sequence[tuple[str, str]]
    arrays: Arrays
    turn: int = 1


def cut(kept: Kept, most_bytes: int = MOST_BYTES) -> list[Snapshot]:
    """Messages of at most so many bytes of state each; at least one series in each, and one message where there is none."""
    per_series = sum(a.nbytes for a in kept.arrays.values()) // max(len(kept.names), 1)
    step = max(1, most_bytes // max(per_series, 1))
    starts = range(0, max(len(kept.names), 1), step)
    return [_message(kept, chunk, len(starts), slice(at, at + step)) for chunk, at in enumerate(starts)]


def _message(kept: Kept, chunk: int, chunks: int, rows: slice) -> Snapshot:
    names = kept.names[rows]
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
        state={name: _table(array[rows]) for name, array in kept.arrays.items()},
    )


def _table(rows: NDArray[np.generic]) -> Table:
    return Table(dtype=rows.dtype.str, row=list(rows.shape[1:]), data=np.ascontiguousarray(rows).tobytes())


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
    names = [pair for p in parts for pair in zip(p.lanes, p.series, strict=True)]
    arrays = {name: np.concatenate([_rows(p.state[name]) for p in parts]) for name in first.state}
    where = (first.topic, first.partition)
    return Kept(first.detector, first.version, where, first.next_offset, names, arrays, first.turn)


def _rows(table: Table) -> NDArray[np.generic]:
    return np.frombuffer(table.data, np.dtype(table.dtype)).reshape(-1, *table.row)
