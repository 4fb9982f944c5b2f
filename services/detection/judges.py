"""All that judges rows, in order: data quality, the detectors on all rows and on trusted ones, then calibration, vote and budget."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from detectors.series.bank import BankJudged
from detectors.series.calibration.vote import Vote
from detectors.series.detector import Detector, Floats, Integers, Truths
from detectors.series.revisable import Reach, RevisableBank
from schemas.score import Score
from services.detection.columns import Columns
from services.detection.entries import Chance, Learnt, made_of
from services.detection.held import Held
from services.detection.reporting import Looked, Reporting
from services.detection.slot_book import SlotBook
from services.detection.snapshot import Arrays
from services.detection.telling import Said, Teller
from services.detection.watch import Watch, alone, heard


@dataclass(frozen=True)
class _Trusted:
    """Rows that others may learn: their numbers, and slot, times and value as they should be learnt."""

    rows: Integers
    slots: Integers
    times_us: Integers
    issued_us: Integers
    known_us: Integers
    values: Floats


@dataclass(frozen=True)
class _Calibrated:
    """Of the trusted rows: p-values by entries of the catalogue, and those of the vote; NaN where nothing is said."""

    p: Floats
    voted: Vote
    is_alarm: Truths


class Judges:
    """Detectors by entry of the catalogue, over the slots of a worker. What belongs to a lane as a whole (pools, budget) is with ``SlotBook``."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        made = made_of(watch.detectors)
        self._keys = list(made)
        self._versions = [d.version for d in made.values()]
        self._banks = {
            learnt: RevisableBank(partial(_fresh, watch, learnt), Reach(watch.reach_rows)) for learnt in Learnt
        }
        self._reporting = Reporting(watch.quality) if watch.quality is not None else None
        self._heard = heard(watch)
        self._is_calibrated = bool(self._heard) or bool(alone(watch))
        parts = watch.version() + (self._reporting.version if self._reporting is not None else "")
        self.version = "3-" + hashlib.sha256(parts.encode()).hexdigest()[:8]

    @property
    def reporting(self) -> Reporting | None:
        """The part that knows findings; None where data quality is not watched."""
        return self._reporting

    def grow(self, slots: int) -> None:
        """Have at least this many slots."""
        for bank in self._banks.values():
            bank.grow(slots)
        if self._reporting is not None:
            self._reporting.grow(slots)

    def add(self, slot: int, series: str) -> None:
        """A slot that knows nothing is that of this series from now on."""
        if self._reporting is not None:
            self._reporting.add(slot, series)

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing."""
        for bank in self._banks.values():
            bank.forget(slots)
        if self._reporting is not None:
            self._reporting.forget(slots)

    def judge(self, slots: SlotBook, rows: Columns, teller: Teller) -> None:
        """Judge rows, learn them, and have told what is worth it."""
        looked = self._look(rows)
        every = self._banks[Learnt.ALL].judge(rows.slot, rows.observed_us, rows.issued_us, rows.value)
        at = np.flatnonzero(looked.is_trusted)
        good = _Trusted(
            at, rows.slot[at], looked.times_us[at], rows.issued_us[at], rows.known_us[at], looked.values[at]
        )
        trusted = self._banks[Learnt.TRUSTED].judge(good.slots, good.times_us, good.issued_us, good.values)
        sees = slots.sees[rows.slot]
        made = self._calibrate(slots, good, every, trusted, sees) if self._is_calibrated and len(at) else None
        for number, entry in enumerate(self._watch.detectors):
            is_all = entry.rows is Learnt.ALL
            judged, of = (every, np.arange(len(rows.slot))) if is_all else (trusted, at)
            scored, p = judged.scored[self._keys[number]], judged.scored[self._keys[number]].p_value
            if entry.p is Chance.CALIBRATED:
                p = np.ones(len(of))
                if made is not None:
                    p[at if is_all else slice(None)] = np.where(np.isnan(made.p[:, number]), 1.0, made.p[:, number])
            said = Said(of, p, judged.previous_us, judged.is_late, judged.is_taken & sees[of, number])
            teller.detector(number, self._versions[number], said, scored)
        if made is not None and self._watch.vote is not None:
            said = Said(at, made.voted.p, trusted.previous_us, trusted.is_late, ~np.isnan(made.voted.p))
            teller.vote(self._watch.vote, said, made.voted, made.is_alarm)
        if self._reporting is not None and self._watch.quality is not None:
            teller.findings(self._watch.quality, self._reporting.version, looked.findings)

    def overdue(self, slots: SlotBook, held: Held, now_us: int, teller: Teller) -> list[Score]:
        """Scores of the series of a lane in a partition that have fallen silent by now, unless they were told."""
        reporting, settings = self._reporting, self._watch.quality
        if reporting is None or settings is None:
            return []
        found = reporting.overdue(np.array(held.slots, np.int64), now_us)
        names = {f.slot: held.names[int(slots.number[f.slot])] for f in found}
        return [teller.silence(settings, reporting.version, held.lane, names[f.slot], f) for f in found]

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of the state by slot."""
        state = {f"{learnt.value}.{k}": a for learnt, bank in self._banks.items() for k, a in bank.snapshot().items()}
        if self._reporting is not None:
            state |= {f"quality.{k}": a for k, a in self._reporting.snapshot().items()}
        return state

    def restore(self, state: Arrays) -> None:
        """Take over the state by slot. Raises ValueError when it was made with other settings."""
        for learnt, bank in self._banks.items():
            bank.restore(_part(state, learnt.value))
        if self._reporting is not None:
            self._reporting.restore(_part(state, "quality"))

    def _look(self, rows: Columns) -> Looked:
        if self._reporting is None:
            return Looked(np.ones(len(rows.slot), np.bool_), rows.observed_us, rows.value, [])
        return self._reporting.look(rows.slot, rows.observed_us, rows.known_us, rows.value)

    def _calibrate(
        self, slots: SlotBook, good: _Trusted, every: BankJudged, trusted: BankJudged, sees: Truths
    ) -> _Calibrated:
        """Rows that were taken, of series whose pool is known, lane by lane; all of it in log order."""
        entries = self._watch.detectors
        statistic, own = np.full((len(good.rows), len(entries)), np.nan), np.ones((len(good.rows), len(entries)))
        for number, entry in enumerate(entries):
            judged, of = (every, good.rows) if entry.rows is Learnt.ALL else (trusted, slice(None))
            scored = judged.scored[self._keys[number]]
            says = sees[good.rows, number] & judged.is_taken[of]
            statistic[:, number] = np.where(says, scored.statistic[of], np.nan)
            own[:, number] = np.where(says, scored.p_value[of], 1.0)
        taken = np.flatnonzero(trusted.is_taken)
        in_order = np.flatnonzero(trusted.is_taken & ~trusted.is_late)
        slots.settle(good.slots[in_order], good.times_us[in_order])
        pool, number_of = slots.pool[good.slots], slots.number[good.slots]
        ready = taken[pool[taken] >= 0]
        made = _Calibrated(
            np.full(statistic.shape, np.nan),
            Vote(np.full(len(good.rows), np.nan), np.zeros((len(good.rows), len(self._heard)))),
            np.zeros(len(good.rows), np.bool_),
        )
        for held, among in slots.owned(good.slots[ready]):
            rows = ready[among]
            found = held.judge(pool[rows], number_of[rows], good.known_us[rows], statistic[rows], own[rows])
            made.p[rows] = found.p
            if found.verdict is not None:
                made.voted.p[rows], made.voted.share[rows] = found.verdict.p, found.verdict.vote.share
                made.is_alarm[rows] = found.verdict.decisions.is_alarm
        return made


def _fresh(watch: Watch, learnt: Learnt) -> Mapping[str, Detector]:
    """Detectors by key, of those entries of the catalogue that learn these rows."""
    made = made_of(watch.detectors)
    return {key: d for (key, d), e in zip(made.items(), watch.detectors, strict=True) if e.rows is learnt}


def _part(state: Arrays, name: str) -> dict[str, NDArray[np.generic]]:
    return {key.removeprefix(f"{name}."): array for key, array in state.items() if key.startswith(f"{name}.")}
