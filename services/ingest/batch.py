"""Rows of some feed messages as numpy columns, cut along message borders."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from services.runtime.streams import Message, Partition

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Reading(Struct, eq=False):
    """One uninterrupted reading of a partition under one claim.

    ``is_over`` once it was revoked, lost, or a message of it failed: no row of it may be written then. ``taken`` is the offset behind the
    last message the reader took, ``done`` the one behind the last message the writer stored.
    """

    partition: Partition
    epoch: int
    is_over: bool = False
    taken: int = 0
    done: int = 0

    @property
    def is_settled(self) -> bool:
        """True when nothing of it is on its way any more."""
        return self.is_over or self.done >= self.taken


class Columns(Struct, frozen=True, eq=False):
    """Rows in columns of equal length. Times are µs since 1970; ids are those of the tables lane, series, source.

    ``span`` is the number of the row's message in the batch, ``row`` its place in that message. ``is_new`` marks rows of which no
    revision can be stored yet, so that they need no look at the table.
    """

    lane_id: Ints
    series_id: Ints
    source_id: Ints
    observed_us: Ints
    issued_us: Ints
    known_us: Ints
    value: NDArray[np.float64]
    quality: Ints
    is_implied: Flags
    span: Ints
    row: Ints
    is_new: Flags

    def __len__(self) -> int:
        return len(self.lane_id)

    def take(self, which: NDArray[Any]) -> "Columns":
        """The rows of a mask or of an array of positions, in its order."""
        return Columns(*(getattr(self, name)[which] for name in self.__struct_fields__))

    @staticmethod
    def joined(parts: Sequence["Columns"]) -> "Columns":
        """The rows of all parts, one after the other; their numbers of messages stay as they are."""
        names = Columns.__struct_fields__
        return Columns(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


class Batch(Struct, frozen=True, eq=False):
    """Messages in order, the rows to store, and the rows already refused (unknown series or lane): (span, row, series name, reason code).

    Message ``i`` belongs to ``readings[reading_of[i]]`` and has ``rows_of[i]`` rows, refused ones included; messages of one reading stand
    together and in order, a reading may stand in ``readings`` more than once. ``lanes`` names the lane ids of the rows. ``detail`` holds
    the JSON text of the few rows that have one, by (span, row).
    """

    readings: Sequence[Reading]
    reading_of: Ints
    messages: Sequence[Message]
    rows_of: Ints
    columns: Columns
    lanes: Mapping[int, str]
    refused: Sequence[tuple[int, int, str, str]]
    detail: dict[tuple[int, int], str]

    @property
    def row_count(self) -> int:
        """Rows of all messages, refused ones included."""
        return int(self.rows_of.sum())

    def last_messages(self) -> Iterator[tuple[Reading, Message]]:
        """The last message of each stretch of a reading, in order."""
        for place in (*np.flatnonzero(np.diff(self.reading_of)).tolist(), len(self.messages) - 1):
            if place >= 0:
                yield self.readings[self.reading_of[place]], self.messages[place]

    def ends(self) -> dict[Partition, tuple[int, int]]:
        """Epoch and next offset of each partition in the batch."""
        return {r.partition: (r.epoch, m.offset + 1) for r, m in self.last_messages()}

    def live(self) -> "Batch":
        """Without the messages whose reading is over; the batch itself when none is."""
        is_over = np.array([r.is_over for r in self.readings], dtype=np.bool_)
        if not is_over.any():
            return self
        return self.part(np.flatnonzero(~is_over[self.reading_of]).tolist())

    def halves(self) -> tuple["Batch", "Batch"]:
        """Cut in two between messages."""
        middle = len(self.messages) // 2
        return self.part(range(middle)), self.part(range(middle, len(self.messages)))

    def part(self, spans: Iterable[int]) -> "Batch":
        """The messages with these numbers, in this order, renumbered."""
        numbers = list(spans)
        place = np.full(max(len(self.messages), 1), -1, dtype=np.int64)
        place[numbers] = np.arange(len(numbers))
        kept = self.columns.take(place[self.columns.span] >= 0)
        renumbered = structs.replace(kept, span=place[kept.span])
        new = {old: i for i, old in enumerate(numbers)}
        return Batch(
            self.readings,
            self.reading_of[numbers],
            [self.messages[i] for i in numbers],
            self.rows_of[numbers],
            renumbered,
            self.lanes,
            [(new[s], row, name, reason) for s, row, name, reason in self.refused if s in new],
            {(new[s], row): text for (s, row), text in self.detail.items() if s in new},
        )

    def sorted(self, order: NDArray[np.intp], is_new: Flags) -> "Batch":
        """The same rows in another order; ``is_new`` is given in that order."""
        return structs.replace(self, columns=structs.replace(self.columns.take(order), is_new=is_new))

    def without_rows(self, bad: set[tuple[int, int]]) -> "Batch":
        """The same messages without some rows, given as (span, row)."""
        keys = zip(self.columns.span.tolist(), self.columns.row.tolist(), strict=True)
        keep = np.fromiter((key not in bad for key in keys), dtype=np.bool_, count=len(self.columns))
        return structs.replace(self, columns=self.columns.take(keep))

    @staticmethod
    def joined(parts: Sequence["Batch"]) -> "Batch":
        """One batch of at least one, in their order."""
        if len(parts) == 1:
            return parts[0]
        firsts = [0, *accumulate(len(p.messages) for p in parts)]
        places = [0, *accumulate(len(p.readings) for p in parts)]
        columns = [structs.replace(p.columns, span=p.columns.span + n) for p, n in zip(parts, firsts, strict=False)]
        lanes: dict[int, str] = {}
        for part in parts:
            lanes |= part.lanes
        numbered = list(zip(parts, firsts, strict=False))
        return Batch(
            [r for p in parts for r in p.readings],
            np.concatenate([p.reading_of + n for p, n in zip(parts, places, strict=False)]),
            [m for p in parts for m in p.messages],
            np.concatenate([p.rows_of for p in parts]),
            Columns.joined(columns),
            lanes,
            [(s + n, row, name, reason) for p, n in numbered for s, row, name, reason in p.refused],
            {(s + n, row): text for p, n in numbered for (s, row), text in p.detail.items()},
        )
