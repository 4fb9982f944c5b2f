"""The highest observed_at stored per (lane, series): rows beyond it are new, and need no look at the table.

It may be too high (then rows are looked up in vain), never too low: it is loaded after the partition was taken, when nobody else writes
its series, and forgotten when partitions change hands.
"""

import numpy as np
from numpy.typing import NDArray

from services.ingest.batch import Flags, Ints

NEVER = np.iinfo(np.int64).min
_START = 1024


class Watermarks:
    """Marks in µs since 1970, by lane id and series id."""

    def __init__(self) -> None:
        self._stride = _START
        self.clear()

    def clear(self) -> None:
        """Forget everything, because partitions changed hands."""
        self._first_cell: Ints = np.full(_START, -1, dtype=np.int64)
        self._marks: Ints = np.empty(0, dtype=np.int64)
        self._known: Flags = np.empty(0, dtype=np.bool_)

    def cells(self, lane_id: Ints, series_id: Ints) -> Ints:
        """A number per row, the same for the same (lane, series). Valid until the next ``clear`` or larger series id."""
        if len(series_id) == 0:
            return np.empty(0, dtype=np.int64)
        if (highest := int(series_id.max())) >= self._stride:
            self._widen(highest)
        if (highest := int(lane_id.max())) >= len(self._first_cell):
            more = np.full(highest + 1 - len(self._first_cell), -1, dtype=np.int64)
            self._first_cell = np.concatenate([self._first_cell, more])
        first: Ints = self._first_cell[lane_id]
        if first.min() < 0:
            for lane in np.unique(lane_id[first < 0]).tolist():
                self._first_cell[lane] = len(self._marks)
                self._marks = np.concatenate([self._marks, np.full(self._stride, NEVER, dtype=np.int64)])
                self._known = np.concatenate([self._known, np.zeros(self._stride, dtype=np.bool_)])
            first = self._first_cell[lane_id]
        return first + series_id

    def unknown(self, lane_id: Ints, series_id: Ints) -> list[tuple[int, int]]:
        """The pairs (lane, series) among these rows whose mark has to be loaded."""
        cells = self.cells(lane_id, series_id)
        missing = ~self._known[cells]
        if not missing.any():
            return []
        return sorted(set(zip(lane_id[missing].tolist(), series_id[missing].tolist(), strict=True)))

    def load(self, marks: dict[tuple[int, int], int | None]) -> None:
        """Set marks as the table has them; None for a series without a row."""
        for (lane, series), mark in marks.items():
            cell = self.cells(np.array([lane]), np.array([series]))[0]
            self._marks[cell] = NEVER if mark is None else mark
            self._known[cell] = True

    def mark_new(self, lane_id: Ints, series_id: Ints, observed_us: Ints) -> tuple[NDArray[np.intp], Flags]:
        """Order of the rows by (lane, series, observed_at), and which of them, in that order, are new and alone in the batch. Moves the marks on.

        All pairs must be loaded.
        """
        cells = self.cells(lane_id, series_id)
        order = np.lexsort((observed_us, cells))
        cell, observed = cells[order], observed_us[order]
        same = np.zeros(len(order) + 1, dtype=np.bool_)
        same[1:-1] = (cell[1:] == cell[:-1]) & (observed[1:] == observed[:-1])
        is_new: Flags = (observed > self._marks[cell]) & ~same[1:] & ~same[:-1]
        last = np.ones(len(order), dtype=np.bool_)
        last[:-1] = cell[1:] != cell[:-1]
        self._marks[cell[last]] = np.maximum(self._marks[cell[last]], observed[last])
        return order, is_new

    def _widen(self, highest: int) -> None:
        stride, lanes = max(self._stride * 2, highest + 1), len(self._marks) // self._stride
        marks = np.full((lanes, stride), NEVER, dtype=np.int64)
        known = np.zeros((lanes, stride), dtype=np.bool_)
        marks[:, : self._stride] = self._marks.reshape(lanes, self._stride)
        known[:, : self._stride] = self._known.reshape(lanes, self._stride)
        self._first_cell = np.where(self._first_cell < 0, -1, self._first_cell // self._stride * stride)
        self._marks, self._known, self._stride = marks.reshape(-1), known.reshape(-1), stride
