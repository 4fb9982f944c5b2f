"""The findings of all series: what is wrong, since when, until when, and what explains what."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from detectors.series.detector import Integers
from detectors.series.quality.kinds import Event, Kind
from detectors.series.quality.places import Place
from detectors.series.quality.reports import Verdicts
from detectors.series.quality.timing import Silences
from detectors.series.quality.watch import Watched

_KEPT = 6
"""Findings remembered per series."""
_EXPLAINS = {
    Kind.STALE_COPY: frozenset({Kind.IMPOSSIBLE_JUMP, Kind.DECIMAL_SLIP, Kind.UNIT_SWITCH, Kind.MASS_IMBALANCE}),
    Kind.STUCK: frozenset({Kind.IMPOSSIBLE_JUMP, Kind.MASS_IMBALANCE}),
    Kind.FROZEN_QUOTE: frozenset({Kind.IMPOSSIBLE_JUMP}),
    Kind.UNIT_SWITCH: frozenset({Kind.MASS_IMBALANCE, Kind.DECIMAL_SLIP}),
    Kind.DECIMAL_SLIP: frozenset({Kind.MASS_IMBALANCE}),
    Kind.IMPOSSIBLE_JUMP: frozenset({Kind.MASS_IMBALANCE}),
    Kind.CLOCK_SKEW: frozenset({Kind.MASS_IMBALANCE, Kind.SILENCE, Kind.DUPLICATE}),
    Kind.SILENCE: frozenset({Kind.MASS_IMBALANCE}),
}
"""What follows from each kind and is then no finding of its own."""


class Standing(StrEnum):
    """OPEN: it goes on. OVER: reports are right again. STANDS: the new unit or level counts as right from here on. WITHDRAWN: reports were right.
    EXPLAINED: it follows from another finding."""

    OPEN = "open"
    OVER = "over"
    STANDS = "stands"
    WITHDRAWN = "withdrawn"
    EXPLAINED = "explained"


_STANDING = {Event.CLOSED: Standing.OVER, Event.ADOPTED: Standing.STANDS, Event.WITHDRAWN: Standing.WITHDRAWN}


@dataclass(frozen=True)
class Finding:
    """One defect of one series. Times in µs: ``since_us`` the first report concerned, ``found_us`` when it was first told, ``until_us`` the report
    that ended it. ``evidence`` as told by the detector; ``factor`` multiplies values to have them right (NaN: none), ``shift_us`` is added to times.
    """

    slot: int
    kind: Kind
    first_kind: Kind
    standing: Standing
    since_us: int
    found_us: int
    until_us: int | None
    evidence: float
    factor: float
    shift_us: int

    @property
    def counts(self) -> bool:
        """True unless later reports or another finding took it back."""
        return self.standing not in (Standing.WITHDRAWN, Standing.EXPLAINED)


@dataclass
class Ledger:
    """Keeps the last findings of each series; bounded per series. Feed it every batch of a Watch, and what was overdue."""

    places: Iterable[Place] = ()
    _of: dict[int, deque[Finding]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=_KEPT)))
    _family: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for place in self.places:
            family = {place.stock, *place.comes, *place.leaves}
            for slot in family:
                self._family[slot] |= family

    def take(self, watched: Watched) -> list[Finding]:
        """Findings that are new or changed by a batch, in order."""
        return [found for _, found in self.told(watched)]

    def told(self, watched: Watched) -> Iterator[tuple[int, Finding]]:
        """The same, each with the row of the batch that made it; to be gone through to the end."""
        times, known, silences = watched.times_us, watched.reports.known_us, watched.silences
        ended = np.flatnonzero(silences.from_us).tolist()
        for row, slot, table in watched.events():
            while ended and ended[0] <= row:
                yield from self._fell_silent(watched, ended.pop(0))
            now = max(int(known[row]), int(times[row]))
            for found in self._heard(slot, int(times[row]), now, table, row):
                yield row, found
        for row in ended:
            yield from self._fell_silent(watched, row)

    def overdue(self, slots: Integers, silences: Silences) -> list[Finding]:
        """Findings of series that fell silent, found when they had stayed away long enough."""
        table, told = _opened(silences), list[Finding]()
        for row, slot in enumerate(slots.tolist()):
            at_us = int(silences.from_us[row])
            told += self._heard(slot, at_us, at_us, table, row)
        return told

    def hear(self, slot: int, at_us: int, now_us: int, table: Verdicts, row: int) -> list[Finding]:
        """Take one row of one detector's verdicts in, of this slot, observed and known then."""
        return list(self._heard(slot, at_us, now_us, table, row))

    def _fell_silent(self, watched: Watched, row: int) -> Iterator[tuple[int, Finding]]:
        """The silence that a row ends and nobody was told of."""
        slots, rows = watched.reports.slots[row : row + 1], np.array([row])
        for found in self.overdue(slots, watched.silences.of(rows)):
            yield row, found

    def of(self, slot: int) -> list[Finding]:
        """The last findings of a series that were not taken back, oldest first."""
        return [f for f in self._of.get(slot, ()) if f.counts]

    def kept(self, slot: int) -> Sequence[Finding]:
        """All that is remembered of a series, for ``put`` elsewhere."""
        return tuple(self._of.get(slot, ()))

    def put(self, slot: int, findings: Iterable[Finding]) -> None:
        """Remember these of a series, and nothing else."""
        self._of[slot] = deque((replace(f, slot=slot) for f in findings), maxlen=_KEPT)

    def forget(self, slots: Iterable[int]) -> None:
        """Remember nothing of these series."""
        for slot in slots:
            self._of.pop(slot, None)

    def _heard(self, slot: int, at_us: int, now_us: int, table: Verdicts, row: int) -> Iterator[Finding]:
        event, kind = Event(int(table.event[row])), Kind(int(table.kind[row]))
        mine = self._of[slot]
        old = None if event is Event.OPENED else self._open(mine, kind, int(table.since_us[row]))
        if old is not None:
            found = replace(
                mine[old],
                kind=kind,
                standing=_STANDING.get(event, mine[old].standing) if mine[old].counts else mine[old].standing,
                until_us=at_us if event in _STANDING else None,
                evidence=mine[old].evidence if event in _STANDING else float(table.evidence[row]),
            )
            mine[old] = found
        else:
            found = _finding(slot, event, kind, at_us, now_us, table, row)
            found = self._explained(found)
            mine.append(found)
        yield found
        yield from self._explain(found)

    def _open(self, mine: "deque[Finding]", kind: Kind, since_us: int) -> int | None:
        """Number of the finding that an event speaks of."""
        for at in range(len(mine) - 1, -1, -1):
            old = mine[at]
            if old.until_us is None and (old.kind is kind or (_is_scale(old.kind) and _is_scale(kind))):
                return at
            if old.since_us == since_us and old.kind is kind and old.until_us is None:
                return at
        return None

    def _explained(self, found: Finding) -> Finding:
        """A finding that follows from another is none of its own: also what is told in the very report that ended the other."""
        for slot in self._kin(found):
            for other in self._of.get(slot, ()):
                is_there = other.counts and found.kind in _follows(other, found.slot)
                if (
                    is_there
                    and other.since_us <= found.found_us
                    and (other.until_us is None or found.since_us <= other.until_us)
                ):
                    return replace(found, standing=Standing.EXPLAINED)
        return found

    def _explain(self, found: Finding) -> Iterator[Finding]:
        """What began while this was already so, and follows from it."""
        if not found.counts:
            return
        for slot in self._kin(found):
            mine, follows = self._of.get(slot, deque()), _follows(found, slot)
            for at, other in enumerate(mine):
                if other.counts and other is not found and other.kind in follows and _overlaps(found, other):
                    mine[at] = replace(other, standing=Standing.EXPLAINED)
                    yield mine[at]

    def _kin(self, found: Finding) -> set[int]:
        return self._family.get(found.slot, set()) | {found.slot}


def _follows(cause: Finding, slot: int) -> frozenset[Kind]:
    """What follows from a finding in a series: of others at its place only that they do not balance."""
    follows = _EXPLAINS.get(cause.kind, frozenset())
    return follows if slot == cause.slot else follows & {Kind.MASS_IMBALANCE}


def _opened(silences: Silences) -> Verdicts:
    made = Verdicts.none(len(silences))
    made.kind[:], made.event[:] = int(Kind.SILENCE), int(Event.OPENED)
    made.since_us[:], made.evidence[:] = silences.due_us, silences.missed
    return made


def _finding(slot: int, event: Event, kind: Kind, at_us: int, now_us: int, table: Verdicts, row: int) -> Finding:
    return Finding(
        slot=slot,
        kind=kind,
        first_kind=kind,
        standing=_STANDING.get(event, Standing.OVER if kind is Kind.DUPLICATE else Standing.OPEN),
        since_us=int(table.since_us[row]),
        found_us=now_us,
        until_us=at_us if event in _STANDING or kind is Kind.DUPLICATE else None,
        evidence=float(table.evidence[row]),
        factor=float(table.factor[row]),
        shift_us=int(table.shift_us[row]),
    )


def _is_scale(kind: Kind) -> bool:
    return kind in (Kind.UNIT_SWITCH, Kind.DECIMAL_SLIP, Kind.IMPOSSIBLE_JUMP)


def _overlaps(cause: Finding, other: Finding) -> bool:
    until = np.iinfo(np.int64).max if cause.until_us is None else cause.until_us
    return cause.since_us <= other.since_us <= until or (
        other.kind is Kind.MASS_IMBALANCE and other.since_us <= cause.since_us <= (other.until_us or until)
    )
