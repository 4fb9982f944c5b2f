"""Crises of scenarios: what a disruption truly moves must not be called a defect."""

from dataclasses import dataclass

import numpy as np

from detectors.series.quality.kinds import Kind, Nature
from detectors.series.quality.ledger import Finding, Ledger
from detectors.series.quality.places import Place
from detectors.series.quality.reports import Reports
from detectors.series.quality.watch import Watch
from services.cli.bench.quality.lived import Life, live
from services.cli.bench.quality.track import HOUR_US
from services.intake.scenario.feeds.library import load_scenario
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain

_OF_ARRIVAL = frozenset({Kind.SILENCE, Kind.DUPLICATE, Kind.CLOCK_SKEW})
"""What is said of when rows came explains no value away."""
_TICK_US = 6 * HOUR_US
_BEFORE_US = 48 * HOUR_US
_FAITHFUL = 0.1
"""A report this near to what the instrument showed is right."""


@dataclass(frozen=True)
class Share:
    """Of one life: series a crisis moves, how many of them are explained away as defects, and what was said, a line each."""

    series: int
    explained: int
    said: list[str]


def crisis_share(scenario: str, seed: int) -> Share:
    """Live a scenario and judge its reports. Raises ConfigurationError for an unknown scenario."""
    return share_of(live(load_chain(asset_path("deploy/config/chains/ordos")), load_scenario(scenario), seed))


def share_of(life: Life) -> Share:
    """A series counts as explained away when a defect of values is told of it, in or since the crisis, over reports that are right."""
    moved = {i for i, m in enumerate(life.moved_us) if m is not None and life.tracks[i].nature is not Nature.CATEGORY}
    wrong = [f for f in watch_life(life) if f.counts and f.slot in moved and _explains_away(life, f)]
    explained = {f.slot for f in wrong}
    said = [f"{life.name}: {len(moved)} series moved by the crisis, {len(explained)} explained away as defects"]
    said += [f"  {life.tracks[f.slot].name}: {f.kind.name.lower()}, evidence {f.evidence:.3g}" for f in wrong]
    return Share(len(moved), len(explained), said)


def watch_life(life: Life) -> list[Finding]:
    """All findings over a life, silence asked for every six hours; each as it last stood."""
    tracks, number = life.tracks, {t.name: i for i, t in enumerate(life.tracks)}
    places = [
        Place(number[y.stock.name], tuple(number[t.name] for t in y.comes), tuple(number[t.name] for t in y.leaves))
        for y in life.yards
    ]
    ledger = Ledger(places)
    watch = Watch(np.array([int(t.nature) for t in tracks], np.int8), np.array([t.through for t in tracks]), places)
    slots = np.repeat(np.arange(len(tracks)), [len(t) for t in tracks])
    observed, known, values = (
        np.concatenate([getattr(t, name) for t in tracks]) for name in ("observed_us", "known_us", "values")
    )
    order = np.argsort(known, kind="stable")
    rows = Reports(slots[order], observed[order], known[order], values[order])
    found: dict[tuple[int, int, int], Finding] = {}
    at = 0
    for tick in [*range(int(rows.known_us[0]), int(observed.max()), _TICK_US), int(observed.max())]:
        until = int(np.searchsorted(rows.known_us, tick, side="right"))
        batch = Reports(
            rows.slots[at:until], rows.observed_us[at:until], rows.known_us[at:until], rows.values[at:until]
        )
        for f in [*ledger.take(watch.take(batch)), *ledger.overdue(*watch.overdue(tick))]:
            found[f.slot, f.since_us, f.found_us] = f
        at = until
    return list(found.values())


def _explains_away(life: Life, f: Finding) -> bool:
    moved = life.moved_us[f.slot]
    if f.kind in _OF_ARRIVAL or moved is None or f.since_us < moved - _BEFORE_US:
        return False
    track = life.tracks[f.slot]
    last = np.iinfo(np.int64).max if f.until_us is None else f.until_us
    there = (track.observed_us >= f.since_us) & (track.observed_us < max(last, f.since_us + 1))
    told, true = track.values[there], life.true[f.slot][there]
    return bool(np.all(np.abs(told - true) <= _FAITHFUL * np.maximum(np.abs(true), 1e-9) + 1e-6))
