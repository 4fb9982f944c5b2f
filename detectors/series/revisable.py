"""Rows that come late or correct earlier ones: judged against what lay before their time, and learnt as if they had come in their place.

Of each series the newest rows are kept, at least ``reach`` and at most twice as many, and two marks: what the detectors knew before the first of
them, and before the middle. A row that is late, or tells another value for a time that is kept (the newer issue counts), goes where it belongs; the
detectors go back to the mark before it and learn from there again. So what they know is always what they would know had all rows within reach come
in order of observation, each in its newest issue (in the words of stream processing: bounded disorder with retractions, as T. Akidau et al., *The
dataflow model*, VLDB 8 (2015) 1792-1803). Every row is judged once, when it arrives; rows that were judged before are learnt again, not told again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.bank import Bank, BankJudged
from detectors.series.detector import NEVER_US, Detector, Floats, Integers, Scored, State, Truths
from detectors.series.revisable_kernel import LATE, NEW, append, drop_half, insert, lay_out, next_step, room
from detectors.series.rounds import blank
from detectors.series.slots import Field, Slots

Make = Callable[[], Mapping[str, Detector]]


@dataclass(frozen=True)
class Reach:
    """``rows``: how many of the newest rows of a series can be corrected, or have another put between them. Raises ValueError for a senseless one."""

    rows: int = 24

    def __post_init__(self) -> None:
        if not 1 <= self.rows <= 1000:
            raise ValueError(f"rows {self.rows} is not between 1 and 1000")


class RecentRows(Slots):
    """The newest rows of each series in order of observation, and the time up to which older ones are gone."""

    name = "recent_rows"

    def __init__(self, reach: Reach) -> None:
        self.reach = reach.rows
        wide = (2 * reach.rows,)
        super().__init__(
            reach,
            times_us=Field(np.int64, wide),
            issued_us=Field(np.int64, wide),
            values=Field(np.float64, wide),
            held=Field(np.int64),
            floor_us=Field(np.int64, (), NEVER_US),
        )

    def held(self, slots: Integers) -> Integers:
        """How many rows are kept of each slot."""
        return self._kept["held"][slots]

    def plan(self, newest_us: Integers, slots: Integers, times: Integers, values: Floats, step: Integers) -> int:
        """Give pending rows their part in the next step; how many are left after it. See the kernel."""
        n = len(self)
        *_, left = next_step(
            newest_us, self._kept["held"], self.reach, slots, times, values, np.zeros(n, np.int64), np.empty(n, np.int64), step
        )  # fmt: skip
        return int(left)

    def append(self, slots: Integers, times: Integers, issued: Integers, values: Floats) -> None:
        """Put new rows behind the others."""
        append(*self._columns(), self._kept["held"], slots, times, issued, values)

    def drop_half(self, slots: Integers) -> None:
        """Forget the older half of full slots."""
        drop_half(*self._columns(), self._kept["held"], self._kept["floor_us"], self.reach, slots)

    def insert(self, slots: Integers, times: Integers, issued: Integers, values: Floats) -> Integers:
        """Put one late row of each slot in its place; where that is, -1 where there is none."""
        place = np.empty(len(slots), np.int64)
        insert(*self._columns(), self._kept["held"], self._kept["floor_us"], slots, times, issued, values, place)
        return place

    def between(self, slots: Integers, first: Integers, last: Integers) -> tuple[Integers, Integers, Floats]:
        """Slot, time and value of the rows [first, last) of each slot."""
        made: tuple[Integers, Integers, Floats] = room(int((last - first).sum()))
        lay_out(slots, first, last, self._kept["times_us"], self._kept["values"], *made)
        return made

    def _columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        return self._kept["times_us"], self._kept["issued_us"], self._kept["values"]


class RevisableBank:
    """A bank that takes rows in any order. ``make`` gives its detectors, fresh; it is called three times, for the bank and its two marks."""

    def __init__(self, make: Make, reach: Reach | None = None) -> None:
        self._head, self._first, self._middle = Bank(make()), Bank(make()), Bank(make())
        self._rows = RecentRows(reach or Reach())

    @property
    def bytes_per_series(self) -> int:
        """Bytes kept per series; never grows. Three times what the detectors keep, and the rows."""
        return 3 * self._head.bytes_per_series + self._rows.bytes_per_series

    def __len__(self) -> int:
        """Number of slots."""
        return len(self._head)

    def grow(self, slots: int) -> None:
        """Have at least this many slots; new ones know nothing."""
        for part in self._parts().values():
            part.grow(slots)

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing."""
        for part in self._parts().values():
            part.forget(slots)

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of all state, for ``restore``."""
        return {f"{name}.{key}": a for name, part in self._parts().items() for key, a in part.snapshot().items()}

    def restore(self, state: State) -> None:
        """Take over a snapshot. Raises ValueError when it was made with other settings; the bank is of no use then."""
        for name, part in self._parts().items():
            part.restore({k.removeprefix(f"{name}."): a for k, a in state.items() if k.startswith(f"{name}.")})

    def judge(self, slots: Integers, times_us: Integers, issued_us: Integers, values: Floats) -> BankJudged:
        """Judge every row against what is known of the time before it, then learn it. Not taken: NaN, infinity, rows beyond reach, and repeats and
        older issues of what is kept. ``previous_us`` is the time of the row before it in order of observation. Any cut into batches gives the same.

        Raises IndexError for an unknown slot and ValueError for arrays of different lengths.
        """
        if not len(slots) == len(times_us) == len(issued_us) == len(values):
            raise ValueError("columns of different lengths were given; equal lengths are right")
        if len(slots) and not 0 <= slots.min() <= slots.max() < len(self):
            raise IndexError(f"slots {slots.min()} to {slots.max()} were given; 0 to {len(self) - 1} are known")
        step = np.zeros(len(slots), np.int64)
        made: BankJudged | None = None
        while True:
            before = step.copy()
            left = self._rows.plan(self._head.newest_us, slots, times_us, values, step)
            fresh, late = (np.flatnonzero((step == part) & (before != part)) for part in (NEW, LATE))
            if made is None and len(fresh) == len(slots):
                return self._take(slots, times_us, issued_us, values)
            made = made or _nothing(len(slots), self._head)
            if len(fresh):
                _fill(made, fresh, self._take(slots[fresh], times_us[fresh], issued_us[fresh], values[fresh]))
            if len(late):
                self._revise(made, late, slots[late], times_us[late], issued_us[late], values[late])
            if not left:
                return made

    def _take(self, slots: Integers, times: Integers, issued: Integers, values: Floats) -> BankJudged:
        """New rows, of each series no more than there is room for."""
        held = self._rows.held(slots)
        self._mark(np.unique(slots[(held > 0) & (held % self._rows.reach == 0)]))
        judged = self._head.judge(slots, times, values)
        self._rows.append(slots, times, issued, values)
        return judged

    def _mark(self, slots: Integers) -> None:
        """Half of the room of these is full, or all of it: what is known now is the mark in the middle; of a full one the older half is dropped."""
        if len(slots):
            full = slots[self._rows.held(slots) == 2 * self._rows.reach]
            self._first.put(full, self._middle.of(full))
            self._rows.drop_half(full)
            self._middle.put(slots, self._head.of(slots))

    def _revise(
        self, made: BankJudged, rows: Integers, slots: Integers, times: Integers, issued: Integers, values: Floats
    ) -> None:
        """One late row of each of these slots: back to the mark before it, and on from there."""
        reach = self._rows.reach
        self._mark(slots[self._rows.held(slots) == 2 * reach])
        place = self._rows.insert(slots, times, issued, values)
        there = np.flatnonzero(place >= 0)
        if not len(there):
            return
        rows, slots, place, held = rows[there], slots[there], place[there], self._rows.held(slots[there])
        is_early = (place < reach) | (held <= reach)
        early = np.flatnonzero(is_early)
        self._head.put(slots[early], self._first.of(slots[early]))
        self._again(made, rows[early], slots[early], place[early], np.zeros_like(early), np.minimum(held[early], reach))
        beyond = np.flatnonzero(held > reach)
        self._middle.put(slots[early], self._head.of(slots[early]))
        later = np.flatnonzero(~is_early)
        self._head.put(slots[later], self._middle.of(slots[later]))
        start = np.full(len(beyond), reach, np.int64)
        self._again(made, rows[beyond], slots[beyond], place[beyond], start, held[beyond])

    def _again(
        self, made: BankJudged, rows: Integers, slots: Integers, place: Integers, first: Integers, last: Integers
    ) -> None:
        """Learn the rows [first, last) of these slots; what is said of those at ``place`` is told."""
        judged = self._head.judge(*self._rows.between(slots, first, last))
        begins = np.cumsum(last - first) - (last - first)
        told = np.flatnonzero((first <= place) & (place < last))
        _fill(made, rows[told], _picked(judged, begins[told] + place[told] - first[told]))

    def _parts(self) -> dict[str, Bank | RecentRows]:
        return {"head": self._head, "first": self._first, "middle": self._middle, "rows": self._rows}


def _nothing(rows: int, bank: Bank) -> BankJudged:
    is_taken: Truths = np.zeros(rows, np.bool_)
    scored = {name: blank(rows) for name in bank.names}
    return BankJudged(is_taken, np.full(rows, NEVER_US, np.int64), scored, is_taken.copy())


def _fill(made: BankJudged, rows: Integers, judged: BankJudged) -> None:
    made.is_taken[rows], made.previous_us[rows], made.is_late[rows] = (
        judged.is_taken,
        judged.previous_us,
        judged.is_late,
    )
    for name, scored in judged.scored.items():
        for key, column in vars(scored).items():
            getattr(made.scored[name], key)[rows] = column


def _picked(judged: BankJudged, rows: Integers) -> BankJudged:
    scored = {n: Scored(*(c[rows] for c in vars(s).values())) for n, s in judged.scored.items()}
    return BankJudged(judged.is_taken[rows], judged.previous_us[rows], scored, np.ones(len(rows), np.bool_))
