"""Data quality over all series of a worker: what is wrong with reports, which rows others may learn, and the findings that are remembered."""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.detector import Floats, Integers, Truths
from detectors.series.quality.kinds import Kind, Nature
from detectors.series.quality.ledger import Finding, Ledger, Standing
from detectors.series.quality.reports import Reports
from detectors.series.quality.watch import Watch as Quality
from services.detection.snapshot import Arrays
from services.detection.watch import QualityWatch

_STANDINGS = tuple(Standing)
_NO_END = np.iinfo(np.int64).min
_COLUMNS: tuple[tuple[str, type], ...] = (
    ("kind", np.int64),
    ("first_kind", np.int64),
    ("standing", np.int64),
    ("since_us", np.int64),
    ("found_us", np.int64),
    ("until_us", np.int64),
    ("evidence", np.float64),
    ("factor", np.float64),
    ("shift_us", np.int64),
)


@dataclass(frozen=True)
class Looked:
    """One entry per row: whether others may learn it, with the time and value they should learn. ``findings``: new or changed, with their row."""

    is_trusted: Truths
    times_us: Integers
    values: Floats
    findings: list[tuple[int, Finding]]


class Reporting:
    """The watch and its ledger. A silence is told by the row that ends it, unless the clock has told it before."""

    def __init__(self, settings: QualityWatch) -> None:
        self._settings = settings
        self._quality = Quality(np.zeros(0, np.int8), np.zeros(0))
        self._ledger = Ledger()
        self._is_watched = np.zeros(0, np.bool_)
        self.version = "1-" + hashlib.sha256(self._quality.version.encode()).hexdigest()[:6]

    def grow(self, slots: int) -> None:
        """Have at least this many slots."""
        self._quality.grow(slots)
        more = slots - len(self._is_watched)
        if more > 0:
            self._is_watched = np.append(self._is_watched, np.zeros(more, np.bool_))

    def add(self, slot: int, series: str) -> None:
        """The series of a slot that knows nothing."""
        nature = np.array([self._settings.nature(series)], np.int8)
        self._quality.describe(np.array([slot], np.int64), nature, np.array([np.nan]))
        self._is_watched[slot] = self._settings.watches(series)

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing."""
        self._quality.forget(slots)
        self._ledger.forget(slots.tolist())
        self._quality.describe(slots, np.full(len(slots), int(Nature.OTHER), np.int8), np.full(len(slots), np.nan))
        self._is_watched[slots] = False

    def look(self, slots: Integers, observed_us: Integers, known_us: Integers, values: Floats) -> Looked:
        """Judge and learn rows in log order; rows of series that are not watched are trusted as they are."""
        is_watched = self._is_watched[slots]
        rows = np.flatnonzero(is_watched)
        if len(rows) == len(slots):
            reports = Reports(slots, observed_us, known_us, values)
        else:
            reports = Reports(slots[rows], observed_us[rows], known_us[rows], values[rows])
        watched = self._quality.take(reports)
        findings = [(int(rows[row]), found) for row, found in self._ledger.told(watched)]
        if len(rows) == len(slots):
            return Looked(watched.is_trusted, watched.times_us, watched.values, findings)
        is_trusted, times, corrected = np.ones(len(slots), np.bool_), observed_us.copy(), values.copy()
        is_trusted[rows], times[rows], corrected[rows] = watched.is_trusted, watched.times_us, watched.values
        return Looked(is_trusted, times, corrected, findings)

    def overdue(self, slots: Integers, now_us: int) -> list[Finding]:
        """Silences of these slots that have begun by now and were not told yet."""
        watched = slots[self._is_watched[slots]]
        return self._ledger.overdue(*self._quality.overdue(now_us, watched))

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of the state by slot."""
        of_places = self._quality.balance.snapshot()
        return {name: a for name, a in self._quality.snapshot().items() if name not in of_places}

    def restore(self, state: Arrays) -> None:
        """Take over the state by slot. Raises ValueError when it was made with other settings."""
        self._quality.restore({**self._quality.balance.snapshot(), **state})

    def findings(self, slots: Sequence[int]) -> tuple[list[int], dict[str, NDArray[np.generic]]]:
        """What is remembered of these series, in columns, and to which of them each row belongs."""
        kept = [(number, found) for number, slot in enumerate(slots) for found in self._ledger.kept(slot)]
        rows = [_row(found) for _, found in kept]
        columns: list[tuple[float, ...]] = list(zip(*rows, strict=True)) if rows else [()] * len(_COLUMNS)
        arrays: dict[str, NDArray[np.generic]] = {
            name: np.array(column, dtype) for (name, dtype), column in zip(_COLUMNS, columns, strict=True)
        }
        return [number for number, _ in kept], arrays

    def remember(self, slots: Sequence[int], arrays: Arrays) -> None:
        """Take over findings, oldest first; row i is of ``slots[i]``."""
        of: dict[int, list[Finding]] = {}
        for slot, row in zip(slots, zip(*(arrays[name].tolist() for name, _ in _COLUMNS), strict=True), strict=True):
            of.setdefault(slot, []).append(_finding(slot, row))
        for slot, findings in of.items():
            self._ledger.put(slot, findings)


def _row(found: Finding) -> tuple[float, ...]:
    _, kind, first, standing, since, at, until, evidence, factor, shift = astuple(found)
    number = _STANDINGS.index(standing)
    return int(kind), int(first), number, since, at, _NO_END if until is None else until, evidence, factor, shift


def _finding(slot: int, row: Sequence[float]) -> Finding:
    kind, first, standing, since, at, until, evidence, factor, shift = row
    return Finding(
        slot,
        Kind(int(kind)),
        Kind(int(first)),
        _STANDINGS[int(standing)],
        int(since),
        int(at),
        None if until == _NO_END else int(until),
        evidence,
        factor,
        int(shift),
    )
