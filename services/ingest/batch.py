"""Rows of some feed messages as numpy columns, cut along message borders."""

from collections.abc import Iterable, Sequence
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


class Span(Struct, frozen=True, eq=False):
    """A message and where its rows lie: ``first`` ≤ row < ``last``."""

    reading: Reading
    message: Message
    lane: str
    source: str
    first: int
    last: int


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


class Batch(Struct, frozen=True, eq=False):
    """Messages in order, the rows to store, and the rows already refused (unknown series or lane): (span, row, series name, reason code).

    ``detail`` holds the JSON text of the few rows that have one, by (span, row).
    """

    spans: Sequence[Span]
    columns: Columns
    refused: Sequence[tuple[int, int, str, str]]
    detail: dict[tuple[int, int], str]

    @property
    def row_count(self) -> int:
        """Rows of all messages, refused ones included."""
        return sum(s.last - s.first for s in self.spans)

    def ends(self) -> dict[Partition, tuple[int, int]]:
        """Epoch and next offset of each partition in the batch."""
        return {s.reading.partition: (s.reading.epoch, s.message.offset + 1) for s in self.spans}

    def live(self) -> "Batch":
        """Without the messages whose reading is over; the batch itself when none is."""
        if not any(s.reading.is_over for s in self.spans):
            return self
        return self.part([i for i, s in enumerate(self.spans) if not s.reading.is_over])

    def halves(self) -> tuple["Batch", "Batch"]:
        """Cut in two between messages."""
        middle = len(self.spans) // 2
        return self.part(range(middle)), self.part(range(middle, len(self.spans)))

    def part(self, spans: Iterable[int]) -> "Batch":
        """The messages with these numbers, in this order, renumbered."""
        numbers = list(spans)
        place = np.full(max(len(self.spans), 1), -1, dtype=np.int64)
        place[numbers] = np.arange(len(numbers))
        kept = self.columns.take(place[self.columns.span] >= 0)
        renumbered = structs.replace(kept, span=place[kept.span])
        new = {old: i for i, old in enumerate(numbers)}
        return Batch(
            [self.spans[i] for i in numbers],
            renumbered,
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
        return Batch(self.spans, self.columns.take(keep), self.refused, self.detail)
