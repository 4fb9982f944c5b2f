"""The whole watch over data quality: every detector on every row, each on what the ones before it left standing.

Order: clock and repetition of rows first (a row that is there twice says nothing), then scale (its correction is applied before anybody else looks),
then the balance of places, then repeated values. Later ones see corrected times and values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.series.detector import Floats, Integers, State, Truths
from detectors.series.quality.balance import Balance
from detectors.series.quality.kinds import Kind, Nature
from detectors.series.quality.places import Place, Places
from detectors.series.quality.repeat import Repeat
from detectors.series.quality.reports import Reports, Verdicts
from detectors.series.quality.scale import Scale
from detectors.series.quality.timing import Silences, Timing

_NOT_WRONG = (3, 4, 5)
"""Events after which the row that made them stands right: closed, withdrawn, adopted."""


@dataclass(frozen=True)
class Watched:
    """What the watch says of a batch, one entry per row.

    ``timing``, ``scale``, ``balance``, ``repeat``: verdict of each detector; that of the balance speaks of slot ``balanced``.
    ``values`` and ``times_us`` are corrected where a correction is known.
    ``is_trusted``: the row tells something new and nothing is wrong with its value, or it could be corrected; only such rows should be learnt by
    others. ``is_late``: it is of an earlier time than others of its series, late or a correction; its value was judged as if it came next.
    ``silences``: those that the row ends and nobody was told of.
    """

    reports: Reports
    timing: Verdicts
    scale: Verdicts
    balance: Verdicts
    balanced: Integers
    repeat: Verdicts
    times_us: Integers
    values: Floats
    is_trusted: Truths
    is_late: Truths
    silences: Silences

    def events(self) -> Iterator[tuple[int, int, Verdicts]]:
        """Rows that open, revise or end a finding, in order, with the slot it speaks of and the table that says so."""
        tables = (self.timing, self.scale, self.repeat, self.balance)
        rows = [np.flatnonzero(t.event) for t in tables]
        order = np.argsort(np.concatenate(rows), kind="stable")
        owner = np.repeat(np.arange(len(tables)), [len(r) for r in rows])
        every = np.concatenate(rows)
        for at in order.tolist():
            row, table = int(every[at]), tables[owner[at]]
            yield row, int(self.balanced[row] if table is self.balance else self.reports.slots[row]), table


class Watch:
    """All quality detectors over the same slots. ``natures`` (Nature) and ``through`` (what usually goes through a stock per day, NaN: not known) are
    by slot, ``places`` say which series belong together.

    Raises ValueError for natures that do not exist, columns of different length, or places beyond the slots.
    """

    def __init__(self, natures: NDArray[np.int8], through: Floats, places: Sequence[Place] = ()) -> None:
        if len(natures) != len(through):
            raise ValueError(
                f"{len(natures)} natures and {len(through)} flows were given; one of each per slot is right"
            )
        known = {int(n) for n in Nature}
        if not set(np.unique(natures).tolist()) <= known:
            raise ValueError(
                f"natures {sorted(set(np.unique(natures).tolist()) - known)} were given; {sorted(known)} are right"
            )
        self._natures, self._through = natures.astype(np.int8), through.astype(np.float64)
        self._given = tuple(places)
        self.places = Places.of(places, len(natures))
        self.timing, self.scale, self.repeat, self.balance = Timing(), Scale(), Repeat(), Balance()
        for detector in (self.timing, self.scale, self.repeat):
            detector.grow(len(natures))
        self.balance.grow(len(places))

    @property
    def version(self) -> str:
        """Changes with method and settings of any detector."""
        return "+".join(d.version for d in self._detectors())

    def __len__(self) -> int:
        """Number of slots."""
        return len(self._natures)

    def grow(self, slots: int) -> None:
        """Have at least this many slots; new ones know nothing and may hold any number."""
        more = slots - len(self)
        if more > 0:
            self._natures = np.append(self._natures, np.full(more, int(Nature.OTHER), np.int8))
            self._through = np.append(self._through, np.full(more, np.nan))
            self.places = Places.of(self._given, slots)
            for detector in (self.timing, self.scale, self.repeat):
                detector.grow(slots)

    def describe(self, slots: Integers, natures: NDArray[np.int8], through: Floats) -> None:
        """From now on these slots hold series of these natures, through which so much goes per day."""
        self._natures[slots], self._through[slots] = natures, through

    def take(self, reports: Reports) -> Watched:
        """Judge and learn rows in the order they arrived. Any cut into batches gives the same verdicts. Raises IndexError for an unknown slot."""
        if len(reports) and not 0 <= reports.slots.min() <= reports.slots.max() < len(self._natures):
            raise IndexError(
                f"slots {reports.slots.min()} to {reports.slots.max()} were given; 0 to {len(self._natures) - 1} are right"
            )
        timed = self.timing.judge(reports)
        timing, is_new, is_late = timed.verdicts, timed.is_new, timed.is_late
        seen = replace(reports, observed_us=reports.observed_us + timing.shift_us)
        scale = self.scale.judge(seen, is_new, is_late, self._natures, self._through)
        is_off = is_wrong(scale)
        is_mended = is_off & np.isfinite(scale.factor)
        values = np.where(is_mended, reports.values * np.where(is_mended, scale.factor, 1.0), reports.values)
        seen = replace(seen, values=values)
        balance, moved, stock = self.balance.judge(seen, is_new & (~is_off | is_mended), self.places)
        repeat = self.repeat.judge(seen, is_new, self._natures, moved)
        is_trusted = (is_new | is_late) & (~is_off | is_mended) & ~is_wrong(repeat)
        return Watched(
            reports,
            timing,
            scale,
            balance,
            stock,
            repeat,
            seen.observed_us,
            values,
            is_trusted,
            is_late,
            timed.silences,
        )

    def overdue(self, now_us: int, slots: Integers | None = None) -> tuple[Integers, Silences]:
        """Series (all, or these) that have fallen silent by now and had not been told so."""
        return self.timing.overdue(now_us, slots)

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing."""
        for detector in (self.timing, self.scale, self.repeat):
            detector.forget(slots)

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of all state."""
        return {name: table for d in self._detectors() for name, table in d.snapshot().items()}

    def restore(self, state: State) -> None:
        """Take over a snapshot. Raises ValueError when it was made with other settings."""
        for detector in self._detectors():
            detector.restore(state)

    def _detectors(self) -> tuple[Timing, Scale, Balance, Repeat]:
        return self.timing, self.scale, self.balance, self.repeat


def is_wrong(verdicts: Verdicts) -> Truths:
    """Rows whose value a verdict calls wrong: not the row that ends a finding, nor those of silence, which have come."""
    told = (verdicts.kind != int(Kind.NONE)) & (verdicts.kind != int(Kind.SILENCE))
    return np.asarray(told & ~np.isin(verdicts.event, _NOT_WRONG), np.bool_)
