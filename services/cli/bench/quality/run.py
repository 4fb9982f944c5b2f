"""The measurements of ``lianjing bench quality``."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from detectors.series.quality.kinds import Kind, Nature
from detectors.series.quality.reports import Reports
from detectors.series.quality.watch import Watch
from services.cli.bench.figures import Figures
from services.cli.bench.quality.crisis import Share, crisis_share
from services.cli.bench.quality.defects import cases_of
from services.cli.bench.quality.generated import generated
from services.cli.bench.quality.judged import findings_of, judge_cases
from services.cli.bench.quality.tables import SHARE_OF_NORM, UNIT_CHANGES_US, read_tables
from services.cli.bench.quality.track import DAY_US, Track, Yard

KINDS = tuple(k for k in Kind if k is not Kind.NONE)
_SPEED_SERIES, _SPEED_ROUNDS = 100_000, 6


def measure(
    data: Path | None, count: int, seed: int, scenarios: list[str], *, with_speed: bool = True
) -> tuple[Figures, list[str]]:
    """Figures and notes: recall and wrong kinds of injected defects, crises explained away, first day of the real unit change, speed and memory.

    ``data`` is a folder of real tables, generated series are used without. ``count`` cases of each kind. Raises ConfigurationError for an unknown
    scenario.
    """
    tracks, yards = (generated(seed)) if data is None else read_tables(data, seed)
    notes = [f"{len(tracks)} series, {len(yards)} places, seed {seed}, settings {_watch([]).version}"]
    figures: Figures = {}
    for name, value, said in _kinds(tracks, yards, count, seed):
        figures[name] = value
        notes += said
    recalls, wrongs = ([v for k, v in figures.items() if k.startswith(p)] for p in ("recall_", "wrong_kind_"))
    figures |= {
        "recall_least": min(recalls),
        "recall_mean": float(np.mean(recalls)),
        "wrong_kind_most": max(wrongs),
        "wrong_kind_mean": float(np.mean(wrongs)),
    }
    figures |= _untouched(tracks, yards, notes)
    if data is not None and any(SHARE_OF_NORM in t.name for t in tracks):
        figures["unit_change_first_day"] = unit_change(tracks, notes)
    if scenarios:
        shares: list[Share] = [crisis_share(name, seed) for name in scenarios]
        figures["crisis_share"] = sum(s.explained for s in shares) / max(sum(s.series for s in shares), 1)
        figures["crisis_series"] = float(sum(s.series for s in shares))
        notes += [line for s in shares for line in s.said]
    return figures | (_speed() if with_speed else {}), notes


def _kinds(tracks: list[Track], yards: list[Yard], count: int, seed: int) -> Iterator[tuple[str, float, list[str]]]:
    good = [_after_change(t) for t in tracks]
    for kind in KINDS:
        name = kind.name.lower()
        cases, skipped = cases_of(kind, good, yards, count, np.random.default_rng([seed, int(kind)]))
        outcomes = judge_cases(cases)
        found = [o for o in outcomes if o.is_found]
        delay = float(np.median([o.delay_us / o.case.plain[0].cadence_us for o in found])) if found else float("nan")
        others = sorted({w.name.lower() for o in outcomes for w in o.wrong})
        line = f"{name}: {len(cases)} cases ({skipped} places passed over), found after {delay:.1f} reports (median)"
        yield (
            f"recall_{name}",
            len(found) / max(len(cases), 1),
            [line + (f", also called {', '.join(others)}" if others else "")],
        )
        yield f"wrong_kind_{name}", sum(bool(o.wrong) for o in outcomes) / max(len(cases), 1), []


def _after_change(track: Track) -> Track:
    """Shares of the Indian table from where their unit no longer changes, so that only the injected defect is there."""
    if track.nature is not Nature.SHARE or track.observed_us[0] >= UNIT_CHANGES_US or "india" not in track.source:
        return track
    later = track.observed_us >= UNIT_CHANGES_US
    return track.with_rows(track.observed_us[later], track.known_us[later], track.values[later])


def _untouched(tracks: list[Track], yards: list[Yard], notes: list[str]) -> Figures:
    """What is found in the series as they are, per series and year."""
    placed = {id(t) for y in yards for t in y.tracks}
    groups = [y.tracks for y in yards] + [(t,) for t in tracks if id(t) not in placed and len(t) > 60]
    found = findings_of(groups, [len(y.comes) for y in yards] + [-1] * (len(groups) - len(yards)))
    years = sum(float(t.observed_us.max() - t.observed_us.min()) / (365.25 * DAY_US) for g in groups for t in g)
    kinds = [f.kind.name.lower() for each in found for f in each]
    several = ", ".join(f"{name} {kinds.count(name)}" for name in sorted(set(kinds)))
    notes.append(f"untouched series, {years:.0f} series-years (at most six findings kept each): {several or 'nothing'}")
    return {"untouched_findings_per_series_year": len(kinds) / max(years, 1e-9)}


def unit_change(tracks: list[Track], notes: list[str]) -> float:
    """Part of the plants whose per cent of norm is called a unit switch on the first day it is no fraction any more."""
    its = [t for t in tracks if SHARE_OF_NORM in t.name]
    changed = []
    for t in its:
        at = _first_changed(t)
        if at is not None:
            changed.append((t, at))
    cases = [(t.cut(0, at + 1),) for t, at in changed]
    found = findings_of(cases, [-1] * len(cases))
    hits = [
        any(f.kind is Kind.UNIT_SWITCH and f.since_us == t.observed_us[at] for f in each)
        for (t, at), each in zip(changed, found, strict=True)
    ]
    first = np.datetime64(int(min(t.observed_us[at] for t, at in changed)), "us").astype("datetime64[D]")
    notes.append(f"unit change of {SHARE_OF_NORM!r}: {sum(hits)} of {len(changed)} plants on their first day, {first}")
    return sum(hits) / max(len(changed), 1)


def _first_changed(track: Track) -> int | None:
    """Row at which a fraction was first told as per cent, by the calendar: 7 June 2024 or the first report after."""
    at = int(np.searchsorted(track.observed_us, UNIT_CHANGES_US - 25 * DAY_US))
    fits = 12 <= at < len(track) and track.values[at] > 0 and track.values[at - 1] > 0
    return at if fits else None


def _watch(natures: list[int], slots: int = 0) -> Watch:
    return Watch(np.array(natures or [0] * slots, np.int8), np.full(len(natures) or slots, np.nan))


def _speed() -> Figures:
    """Reports per second through all quality detectors on 100,000 series, on one core, and bytes per series of each."""
    dice = np.random.default_rng(1)
    n = _SPEED_SERIES
    watch = _watch([int(k) for k in dice.choice([0, 1, 2, 3, 4], n)])
    slots = np.arange(n, dtype=np.int64)
    base = np.exp(dice.uniform(0.0, 10.0, n))
    for step in range(14):
        watch.take(_round(slots, step, base, dice))
    batches = [_round(slots, 14 + step, base, dice) for step in range(_SPEED_ROUNDS)]
    begun, cpu = time.perf_counter(), time.process_time()
    for batch in batches:
        watch.take(batch)
    rows = n * _SPEED_ROUNDS
    figures: Figures = {
        "array_obs_per_s": rows / (time.perf_counter() - begun),
        "array_obs_per_cpu_s": rows / (time.process_time() - cpu),
    }
    for detector in (watch.timing, watch.scale, watch.repeat, watch.balance):
        figures[f"bytes_per_series_{detector.name}"] = float(detector.bytes_per_series)
    return figures


def _round(
    slots: "np.typing.NDArray[np.int64]", step: int, base: "np.typing.NDArray[np.float64]", dice: np.random.Generator
) -> Reports:
    observed = np.full(len(slots), (1000 + step) * DAY_US, np.int64)
    known = observed + dice.integers(3_600_000_000, 7_200_000_000, len(slots))
    return Reports(slots, observed, known, base * np.exp(0.03 * dice.standard_normal(len(slots))))
