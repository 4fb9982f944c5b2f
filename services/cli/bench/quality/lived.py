"""Scenarios as tracks: what providers would report of a life, and which reports differ because of the crisis in it."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from detectors.series.detector import Floats
from detectors.series.quality.kinds import Nature
from schemas.chain import Chain, Series
from services.cli.bench.quality.track import DAY_US, HOUR_US, Track, Yard
from services.intake.scenario.gauge import Gauges
from services.intake.scenario.reporting import Reporter
from services.intake.scenario.reports import Reports
from services.intake.scenario.scenario import Scenario
from services.intake.scenario.simulation import Simulation

_NATURES = {
    "stock": Nature.STOCK,
    "output": Nature.RATE,
    "intake": Nature.RATE,
    "use": Nature.RATE,
    "inflow": Nature.RATE,
    "outflow": Nature.RATE,
    "volume": Nature.RATE,
    "flow": Nature.RATE,
    "trains": Nature.RATE,
    "trucks": Nature.RATE,
    "load": Nature.SHARE,
    "contract": Nature.SHARE,
    "price": Nature.PRICE,
    "ships": Nature.QUEUE,
    "capacity_factor": Nature.CATEGORY,
    "hazard_level": Nature.CATEGORY,
}
_COMES, _LEAVES = ("inflow", "output", "intake"), ("use", "outflow", "volume")
ORIGIN_US = 400 * DAY_US
"""Time of hour 0; which date that is does not matter here."""
_DIFFERS = 0.2
"""Share of the usual by which a crisis moves a series."""


@dataclass(frozen=True)
class Life:
    """One life of a scenario as reported. ``true`` are the values an instrument shows at each row's time, ``moved_us`` by track when the crisis first
    moves it by a fifth of its usual value (None: it does not).
    """

    name: str
    tracks: list[Track]
    yards: list[Yard]
    true: list[Floats]
    moved_us: list[int | None]


def live(chain: Chain, scenario: Scenario, seed: int) -> Life:
    """Live a scenario with and without its disruptions, and report the first."""
    life = Simulation(chain, scenario, seed)
    trace = life.advance(scenario.last_hour)
    reporter, hours = Reporter(life, chain), range(scenario.first_hour, scenario.last_hour)
    told = Reports.joined([reporter.report(trace, hour) for hour in hours])
    shown = _shown(life, chain, scenario)
    calm = Simulation(chain, scenario, seed, without=frozenset(d.id for d in life.disruptions))
    calm.advance(scenario.last_hour)
    moved = _moved(shown, _shown(calm, chain, scenario), scenario)
    through = {(s.node, s.product): s.daily_use for s in chain.stocks}
    tracks = [_track(s, i, told, scenario.id, through) for i, s in enumerate(reporter.series)]
    true = [_true_at(s, shown[:, i], t, scenario) for i, (s, t) in enumerate(zip(reporter.series, tracks, strict=True))]
    return Life(f"{scenario.id} {seed}", tracks, _yards(reporter.series, tracks), true, moved)


def _shown(life: Simulation, chain: Chain, scenario: Scenario) -> Floats:
    """What instruments show, hours × series."""
    gauges, hours = Gauges(life.world, chain, life.prices), range(scenario.first_hour, scenario.last_hour)
    return np.array([gauges.show(life.trace, hour) for hour in hours])


def _moved(shown: Floats, calm: Floats, scenario: Scenario) -> list[int | None]:
    usual = np.maximum(np.median(calm, axis=0), 1e-9)
    differs = np.abs(shown - calm) > _DIFFERS * usual
    return [ORIGIN_US + (scenario.first_hour + int(np.argmax(d)) + 1) * HOUR_US if d.any() else None for d in differs.T]


def _track(series: Series, number: int, told: Reports, source: str, through: dict[tuple[str, str], float]) -> Track:
    mine = told.picked(told.series == number)
    nature = _NATURES.get(series.indicator, Nature.OTHER)
    daily = through.get((series.node, series.product), float("nan")) if nature is Nature.STOCK else float("nan")
    observed, known = (
        np.round(column * HOUR_US).astype(np.int64) + ORIGIN_US for column in (mine.observed, mine.known)
    )
    return Track(series.id, source, nature, observed, known, mine.value, daily)


def _true_at(series: Series, shown: Floats, track: Track, scenario: Scenario) -> Floats:
    """Value of the instrument at the time of each row: as it stood, or the mean of the period."""
    end = np.round((track.observed_us - ORIGIN_US) / HOUR_US).astype(np.int64) - scenario.first_hour
    is_instant = series.indicator in ("stock", "price", "ships", "capacity_factor")
    back = 1 if is_instant else max(1, round(series.cadence_h))
    sums = np.concatenate([[0.0], np.cumsum(shown)])
    first = np.maximum(end - back, 0)
    mean: Floats = (sums[end] - sums[first]) / np.maximum(end - first, 1)
    return mean


def _yards(series: list[Series], tracks: list[Track]) -> list[Yard]:
    """Places whose stock, receipts and uses are all reported: one of each for a place and product."""
    by_place: dict[tuple[str, str], dict[str, Track]] = defaultdict(dict)
    for s, t in zip(series, tracks, strict=True):
        by_place[s.node, s.product][s.indicator] = t
    made = []
    for its in by_place.values():
        comes, leaves = (next((its[i] for i in names if i in its), None) for names in (_COMES, _LEAVES))
        if "stock" in its and comes is not None and leaves is not None:
            made.append(Yard(its["stock"], (comes,), (leaves,)))
    return made
