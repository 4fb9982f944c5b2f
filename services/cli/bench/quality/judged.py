"""Cases judged: all of them in one watch, each in slots of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from detectors.series.quality.kinds import Kind
from detectors.series.quality.ledger import Finding, Ledger
from detectors.series.quality.places import Place
from detectors.series.quality.reports import Reports
from detectors.series.quality.watch import Watch
from services.cli.bench.quality.defects import Case
from services.cli.bench.quality.track import Track

_EARLY = 2.0
_LATE = 6.0


@dataclass(frozen=True)
class Outcome:
    """What was said of a case: ``is_found`` under its own name, ``wrong`` other kinds told of it, ``delay_us`` from its start to the first word."""

    case: Case
    is_found: bool
    wrong: tuple[Kind, ...]
    delay_us: int


def judge_cases(cases: Sequence[Case]) -> list[Outcome]:
    """Outcomes in the order of the cases. What the same series say without the defect is not counted against it."""
    worse = findings_of([c.tracks for c in cases], [_place_shape(c) for c in cases])
    plain = findings_of([c.plain for c in cases], [_place_shape(c) for c in cases])
    return [_outcome(c, w, p) for c, w, p in zip(cases, worse, plain, strict=True)]


def findings_of(groups: Sequence[tuple[Track, ...]], comes: Sequence[int]) -> list[list[Finding]]:
    """Findings of each group of tracks, those taken back left out; every group is played from the same moment on, so that silence can be asked for.
    ``comes``: number of receipts of a group that is a place (stock, receipts, uses), -1 of one that is not.
    """
    first = np.concatenate([[0], np.cumsum([len(g) for g in groups])]).tolist()
    origins = [min(int(t.known_us[0]) for t in group) for group in groups]
    tracks = [_moved(t, -origin) for group, origin in zip(groups, origins, strict=True) for t in group]
    places = [_place(first[i], len(groups[i]), n) for i, n in enumerate(comes) if n >= 0]
    ledger = Ledger(places)
    watch = Watch(np.array([int(t.nature) for t in tracks], np.int8), np.array([t.through for t in tracks]), places)
    _play(watch, ledger, tracks)
    found = []
    for i, origin in enumerate(origins):
        its = [f for slot in range(first[i], first[i + 1]) for f in ledger.of(slot)]
        found.append([_later(f, origin) for f in its])
    return found


def _later(f: Finding, by_us: int) -> Finding:
    until = None if f.until_us is None else f.until_us + by_us
    return replace(f, since_us=f.since_us + by_us, found_us=f.found_us + by_us, until_us=until)


def _moved(track: Track, by_us: int) -> Track:
    return track.with_rows(track.observed_us + by_us, track.known_us + by_us, track.values)


def _play(watch: Watch, ledger: Ledger, tracks: Sequence[Track]) -> None:
    """Rows in the order of their arrival; silence is asked for once in every cadence there is."""
    slots = np.repeat(np.arange(len(tracks)), [len(t) for t in tracks])
    observed, known, values = (
        np.concatenate([getattr(t, name) for t in tracks]) for name in ("observed_us", "known_us", "values")
    )
    order = np.argsort(known, kind="stable")
    slots, observed, known, values = slots[order], observed[order], known[order], values[order]
    ticks: set[int] = set()
    for cadence in {t.cadence_us for t in tracks}:
        longest = max(int(t.known_us[-1]) for t in tracks if t.cadence_us == cadence)
        ticks |= set(range(cadence, longest + 1, cadence))
    at = 0
    for tick in [*sorted(ticks), int(known[-1]) + 1]:
        until = int(np.searchsorted(known, tick, side="right"))
        ledger.take(watch.take(Reports(slots[at:until], observed[at:until], known[at:until], values[at:until])))
        if tick <= known[-1]:
            ledger.overdue(*watch.overdue(tick))
        at = until


def _place(first: int, tracks: int, comes: int) -> Place:
    return Place(first, tuple(range(first + 1, first + 1 + comes)), tuple(range(first + 1 + comes, first + tracks)))


def _place_shape(case: Case) -> int:
    return case.comes if case.is_yard else -1


def _outcome(case: Case, worse: list[Finding], plain: list[Finding]) -> Outcome:
    cadence = case.plain[0].cadence_us
    known = {(f.slot, f.kind, f.since_us) for f in plain}
    there = [
        f
        for f in worse
        if f.since_us >= case.start_us - _EARLY * cadence
        and f.since_us <= case.end_us + _LATE * cadence
        and (f.slot, f.kind, f.since_us) not in known
    ]
    right = [f for f in there if f.kind is case.kind]
    wrong = tuple(f.kind for f in there if f.kind is not case.kind)
    delay = min((f.found_us - case.start_us for f in right), default=-1)
    return Outcome(case, bool(right), wrong, delay)
