"""Scenarios lived and judged: when each series truly moved, when it alarmed, when places broke."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct

from detectors.series.detector import Floats, Integers, Truths
from detectors.series.quality.kinds import Nature
from schemas.chain import Chain
from services.cli.bench.quality.crisis import share_of
from services.cli.bench.quality.lived import ORIGIN_US, Life, live
from services.cli.bench.quality.track import HOUR_US
from services.cli.detect.bank import detectors_named
from services.cli.detect.judging import Judged, judge_table
from services.cli.detect.table import Table
from services.intake.scenario.scenario import Scenario
from services.intake.scenario.simulation import Simulation
from services.intake.scenario.truth import breaks_of

VOTE = "vote"
WARM_UP_H = 168
_QUIET_ROWS = 12
_MONTH_H = 30 * 24


class Sighting(Struct, frozen=True):
    """A series that a crisis moved: delay in hours from then to the first alarm known, by detector; missing where none came before it was over."""

    series: str
    delay_h: dict[str, float]


class Broken(Struct, frozen=True):
    """A place that broke. ``lead_h``: from the first alarm of a moved series of this place to the break, by detector; ``chain_lead_h``: of any moved
    series of the chain within 30 days before. Missing where none came.
    """

    node: str
    product: str
    hazard: str
    hour: int
    lead_h: dict[str, float]
    chain_lead_h: dict[str, float]


class Lived(Struct, frozen=True):
    """One scenario and seed. ``false``: alarms by detector of series that no crisis had moved, over ``series_months``. ``explained``: of the
    series moved, those whose true values were called defects.
    """

    name: str
    sightings: list[Sighting]
    breaks: list[Broken]
    false: dict[str, int]
    series_months: float
    moved: int
    explained: int
    said: list[str]


def lived(chain: Chain, scenario: Scenario, seed: int, names: Sequence[str], alpha: float) -> Lived:
    """Live a scenario, judge its reports as they arrive, and compare with what truly happened."""
    life = live(chain, scenario, seed)
    share = share_of(life)
    used = [i for i, t in enumerate(life.tracks) if t.nature is not Nature.CATEGORY and len(t)]
    table, known_us = _table(life, used)
    natures = [life.tracks[i].nature for i in used]
    judged = judge_table(table, natures, detectors_named(names), alpha, is_budgeted=True, known_us=known_us)
    moved_us = [life.moved_us[i] for i in used]
    alarms = _alarms(judged, alpha)
    node_of = {s.id: s.node for s in chain.series}
    firsts = _firsts(table, known_us, moved_us, alarms)
    false, months = _false(table, known_us, moved_us, alarms, scenario)
    broken = list(_broken(chain, scenario, seed, table, firsts, node_of))
    sightings = [
        Sighting(table.series[s], {n: (at - moved) / HOUR_US for n, at in firsts[s].items()})
        for s, moved in enumerate(moved_us)
        if moved is not None
    ]
    return Lived(life.name, sightings, broken, false, months, share.series, share.explained, share.said)


def _table(life: Life, used: Sequence[int]) -> tuple[Table, Integers]:
    """All reports in the order they arrive, and when."""
    tracks = [life.tracks[i] for i in used]
    slots = np.repeat(np.arange(len(tracks)), [len(t) for t in tracks])
    observed, known, values = (
        np.concatenate([getattr(t, n) for t in tracks]) for n in ("observed_us", "known_us", "values")
    )
    order = np.argsort(known, kind="stable")
    names = tuple(t.name for t in tracks)
    zone = ZoneInfo("Asia/Shanghai")
    rows = np.arange(len(order))
    return Table(life.name, zone, names, slots[order], observed[order], values[order], rows, (), 0, 0, (), True), known[
        order
    ]


def _alarms(judged: Judged, alpha: float) -> dict[str, Truths]:
    """Rows that alarm, by detector; the vote within its budget."""
    made: dict[str, Truths] = {n: judged.p_value[:, d] <= alpha for d, n in enumerate(judged.names)}
    made[VOTE] = judged.is_alarm | (judged.is_open & (judged.p <= alpha))
    return made


def _firsts(
    table: Table, known_us: Integers, moved_us: Sequence[int | None], alarms: dict[str, Truths]
) -> list[dict[str, int]]:
    """When each series first alarmed, by detector, at a report of the time when it was moved or later."""
    made: list[dict[str, int]] = []
    for slot, moved in enumerate(moved_us):
        rows = table.rows_of(slot)
        since = rows[table.times_us[rows] >= moved] if moved is not None else rows[:0]
        here = {name: since[rung[since]] for name, rung in alarms.items()}
        made.append({name: int(known_us[at[0]]) for name, at in here.items() if len(at)})
    return made


def _false(
    table: Table, known_us: Integers, moved_us: Sequence[int | None], alarms: dict[str, Truths], scenario: Scenario
) -> tuple[dict[str, int], float]:
    """Episodes of series that were not moved yet, after the first week, and over how many series-months."""
    begin = ORIGIN_US + (scenario.first_hour + WARM_UP_H) * HOUR_US
    end = int(known_us[-1])
    false, hours = dict.fromkeys(alarms, 0), 0.0
    for slot, moved in enumerate(moved_us):
        rows = table.rows_of(slot)
        last = end if moved is None else moved
        hours += max(last - begin, 0) / HOUR_US
        calm = (table.times_us[rows] >= begin) & (table.times_us[rows] < last)
        for name, rung in alarms.items():
            at = np.flatnonzero(rung[rows])
            starts = at[np.append(True, np.diff(at) > _QUIET_ROWS)] if len(at) else at
            false[name] += int(np.count_nonzero(calm[starts]))
    return false, hours / _MONTH_H


def _broken(
    chain: Chain,
    scenario: Scenario,
    seed: int,
    table: Table,
    firsts: Sequence[dict[str, int]],
    node_of: dict[str, str],
) -> Iterator[Broken]:
    life = Simulation(chain, scenario, seed)
    life.advance(scenario.last_hour)
    for event in breaks_of(life.world, life.trace):
        if event.hour < scenario.first_hour + WARM_UP_H:
            continue
        at_us = ORIGIN_US + event.hour * HOUR_US
        here = [first for name, first in zip(table.series, firsts, strict=True) if node_of.get(name) == event.node]
        yield Broken(
            event.node, event.product, event.kind.value, event.hour, _leads(here, at_us), _leads(firsts, at_us)
        )


def _leads(firsts: Sequence[dict[str, int]], at_us: int) -> dict[str, float]:
    """Hours from the earliest alarm to a moment, by detector; of the 30 days before it."""
    earliest: dict[str, int] = {}
    for first in firsts:
        for name, known in first.items():
            if at_us - _MONTH_H * HOUR_US <= known < at_us:
                earliest[name] = min(known, earliest.get(name, known))
    return {name: (at_us - known) / HOUR_US for name, known in earliest.items()}


def medians(values: Sequence[float]) -> Floats:
    """10 %, 50 % and 90 % of values; NaN without any."""
    return np.quantile(values, [0.1, 0.5, 0.9]) if len(values) else np.full(3, np.nan)
