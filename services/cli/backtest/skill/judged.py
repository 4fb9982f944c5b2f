"""One scenario scored: counts and sums that add up, and a list of what went wrong."""

import math
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from detectors.skill import (
    HORIZONS_H,
    BrierSums,
    Fate,
    Matching,
    Outcome,
    Share,
    Tally,
    brier_sums,
    by_cause,
    match,
    share_of,
    stock_held,
    tally,
    time_held,
)
from services.cli.backtest.skill.baselines import RULES, Baselines, season_of
from services.cli.backtest.skill.cases import (
    Cases,
    Side,
    actual_stock,
    cases_of,
    first_side,
    graver_side,
    outcome_of,
)
from services.cli.backtest.skill.ground import SCALES
from services.cli.backtest.skill.play import HORIZONS, STOCK_AHEAD, Played
from services.cli.backtest.skill.truth import Facts

FORECASTERS = ("forecast", *RULES, "climatology")
CLASSES = ("first", "cause", "graver")
_BEFORE_H = 72.0

Floats = npt.NDArray[np.float64]


class Failure(Struct, frozen=True, kw_only=True):
    """A miss or a false alarm of the first class, for people. ``cause`` is the true one of a miss, the one named by a false alarm; ``margin`` the
    least true stock over its limit while a false alarm stood (over 1: on the safe side by that much; None without stock)."""

    what: str
    scenario: str
    node: str
    product: str
    hazard: str
    hour: float
    at: str
    cause: str
    is_foreseeable: bool | None = None
    shown_before_h: float | None = None
    probability_before: float | None = None
    lasted_h: float | None = None
    margin: float | None = None
    note: str = ""


class Judged(Struct, frozen=True, kw_only=True):
    """What one scenario adds to the report. ``coverage`` by quantity and scale;
    ``unjudged`` accounts that can break but got no forecast; ``unknown_share`` of the forecasts of the others."""

    scenario: str
    seed: int
    days: float
    tallies: dict[str, Tally]
    brier: BrierSums
    coverage: dict[str, dict[str, Share]]
    unjudged: int
    unknown_share: float
    failures: list[Failure]
    seconds: dict[str, float]
    rules_version: str
    chain_version: str


def judge(played: Played, facts: Facts, baselines: Baselines, seconds: dict[str, float]) -> Judged:
    """Score a play against its truth."""
    first, graver = first_side(played, facts), graver_side(played, facts)
    outcome = outcome_of(played, first)
    cases = cases_of(played, outcome)
    given = _probabilities(played, cases, baselines)
    is_judged = _is_judged(played)
    nodes = len({k[0] for k, judged in zip(played.ground.keys, is_judged.tolist(), strict=True) if judged})
    node_hours = nodes * (played.until_h - played.from_h)
    matching = match(first.events, first.episodes, played.until_h)
    crises = by_cause(first.events, first.episodes, matching)
    graver_matching = match(graver.events, graver.episodes, played.until_h)
    return Judged(
        scenario=Path(played.task.scenario).stem,
        seed=played.task.seed,
        days=(played.until_h - played.from_h) / 24,
        tallies={
            "first": tally(first.events, matching, node_hours),
            "cause": tally(crises[0], crises[2], node_hours),
            "graver": tally(graver.events, graver_matching, node_hours),
        },
        brier=brier_sums(given, cases.hours, cases.left_h),
        coverage=_coverage(played, facts, outcome, cases),
        unjudged=int((~is_judged).sum()),
        unknown_share=float(played.forecasts.is_unknown[:, is_judged].mean()) if is_judged.any() else 1.0,
        failures=[*_misses(played, first, matching, cases, given[0]), *_false_alarms(played, facts, first, matching)],
        seconds=seconds,
        rules_version=played.rules_version,
        chain_version=facts.truth.chain_version,
    )


def _is_judged(played: Played) -> npt.NDArray[np.bool_]:
    """Accounts that got at least one forecast."""
    judged: npt.NDArray[np.bool_] = ~np.all(played.forecasts.is_unknown, axis=0)
    return judged


def _probabilities(played: Played, cases: Cases, baselines: Baselines) -> Floats:
    """FORECASTERS × cases × horizons. A forecast without probabilities gets them from its median hours; an unknown state gets the climatology."""
    season = season_of(played.start, played.forecasts.issued)
    usual = baselines.climatology.of(played.ground.kind[cases.account], season[cases.issue])
    own = played.forecasts.probability[cases.issue, cases.account, : len(HORIZONS_H)]
    by_hours = baselines.rules["hours"].of(cases.risk["hours"])
    is_unknown = played.forecasts.is_unknown[cases.issue, cases.account][:, None]
    forecast = np.where(is_unknown, usual, np.where(np.isnan(own), by_hours, own))
    return np.stack([forecast, *(baselines.rules[n].of(cases.risk[n]) for n in RULES), usual])


def _coverage(played: Played, facts: Facts, outcome: Outcome, cases: Cases) -> dict[str, dict[str, Share]]:
    given, where = played.forecasts, (cases.issue, cases.account)
    scale = played.ground.scale[cases.account]
    actual = actual_stock(played, facts)
    weights: dict[str, Floats] = {}
    for a, ahead in enumerate(STOCK_AHEAD):
        columns = [x[:, :, a][where] for x in (given.low, given.high, actual)]
        weights[f"stock_{ahead}h"] = stock_held(columns[0], columns[1], columns[2])
    low, high = given.time[:, :, 0][where], given.time[:, :, 2][where]
    is_given = ~np.isnan(low)
    plain, exact, telling = (np.full(len(low), np.nan) for _ in range(3))
    if is_given.any():
        held = time_held(
            low[is_given],
            high[is_given],
            cases.hours[is_given],
            cases.left_h[is_given],
            _chance_of_later(given.probability[where][is_given], cases.left_h[is_given]),
        )
        plain[is_given], exact[is_given] = held.plain, held.exact
        telling[is_given] = np.where(held.is_telling, held.plain, np.nan)
    weights |= {"time": plain, "time_telling": telling, "time_exact": exact}
    return {
        name: {"all": share_of(w), **{s: share_of(w[scale == i]) for i, s in enumerate(SCALES)}}
        for name, w in weights.items()
    }


def _chance_of_later(probability: Floats, left_h: Floats) -> Floats:
    """Forecast probability of no break until 30 days or the end of the record, on the line through the horizons; NaN where 30 days are not given."""
    ends = np.array([0.0, *(float(h) for h in HORIZONS)])
    limit = np.minimum(ends[-1], left_h)
    upper = np.clip(np.searchsorted(ends, limit), 1, len(ends) - 1)
    known = np.concatenate([np.zeros((len(probability), 1)), probability], axis=1)
    rows = np.arange(len(probability))
    part = (limit - ends[upper - 1]) / (ends[upper] - ends[upper - 1])
    chance: Floats = 1.0 - (known[rows, upper - 1] * (1 - part) + known[rows, upper] * part)
    return chance


def _misses(played: Played, side: Side, matching: Matching, cases: Cases, given: Floats) -> list[Failure]:
    accounts = len(played.ground.keys)
    grid = np.full((len(played.forecasts.issued), accounts), np.nan)
    grid[cases.issue, cases.account] = given[:, HORIZONS_H.index(72)]
    is_judged = np.append(_is_judged(played), np.zeros(len(side.keys) - accounts, dtype=bool))
    found = []
    for event, number in zip(side.events, matching.episode_of.tolist(), strict=True):
        if number >= 0:
            continue
        row = int(np.searchsorted(played.forecasts.issued, event.hour - _BEFORE_H, side="right")) - 1
        before = grid[row, event.account] if row >= 0 and event.account < accounts else math.nan
        node, product, hazard = side.keys[event.account]
        found.append(
            Failure(
                what="miss",
                scenario=played.task.name,
                node=node,
                product=product,
                hazard=hazard,
                hour=event.hour,
                at=f"D{event.hour / 24:.1f}",
                cause=", ".join(event.causes) or "everyday unrest",
                is_foreseeable=event.is_foreseeable,
                shown_before_h=None if event.shown_h is None else round(event.hour - event.shown_h, 1),
                probability_before=None if math.isnan(before) else round(float(before), 4),
                lasted_h=event.lasted_h,
                note=_why_missed(side, event.account, event.hour, is_judged=bool(is_judged[event.account])),
            )
        )
    return found


def _why_missed(side: Side, account: int, hour: float, *, is_judged: bool) -> str:
    mine = [e for e in side.episodes if e.account == account]
    late = [e for e in mine if e.opened >= hour]
    early = [e for e in mine if e.opened < hour]
    if early and early[-1].closed > hour:
        return f"open since {hour - early[-1].opened:.0f} h: older than 14 d, or spoke for an event before"
    if early:
        return f"a warning closed {hour - early[-1].closed:.0f} h before"
    if late:
        return f"warned {late[0].opened - hour:.0f} h after"
    return "never warned of" if is_judged else "never judged: no forecast of this account"


def _false_alarms(played: Played, facts: Facts, side: Side, matching: Matching) -> list[Failure]:
    found = []
    for episode, fate in zip(side.episodes, matching.fates, strict=True):
        if fate is not Fate.FALSE:
            continue
        node, product, hazard = key = side.keys[episode.account]
        steps = [s for s in played.steps[key] if s.hour <= episode.opened]
        closed = min(episode.closed, played.until_h)
        found.append(
            Failure(
                what="false",
                scenario=played.task.name,
                node=node,
                product=product,
                hazard=hazard,
                hour=episode.opened,
                at=f"D{episode.opened / 24:.1f}",
                cause=episode.cause,
                lasted_h=closed - episode.opened,
                margin=_least_margin(played, facts, episode.account, episode.opened, closed),
                note=steps[-1].headline if steps else "",
            )
        )
    return found


def _least_margin(played: Played, facts: Facts, account: int, first: float, last: float) -> float | None:
    """Least true stock over the minimum (or maximum over the largest true stock) between two hours."""
    node, product, _ = played.ground.keys[account]
    place, limit = facts.places.get((node, product)), played.ground.limit[account]
    during = (facts.hours >= first) & (facts.hours <= last)
    if place is None or not limit > 0 or not during.any():
        return None
    stock = facts.stock[during, place]
    share = stock.min() / limit if played.ground.sign[account] > 0 else limit / max(float(stock.max()), 1e-9)
    return round(float(share), 3)


def encode(judged: Judged) -> dict[str, object]:
    """As plain objects."""
    plain: dict[str, object] = msgspec.to_builtins(judged, enc_hook=lambda a: a.tolist())
    return plain


__all__ = ["CLASSES", "FORECASTERS", "Failure", "Judged", "encode", "judge"]
