"""Many judged scenarios as one report: scores with intervals, reliability, coverage, and each scenario for itself."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from detectors.skill import HORIZONS_H, Share, brier_scores, brier_skill, figures, intervals
from detectors.skill.bootstrap import Draw
from services.cli.backtest.skill.judged import CLASSES, FORECASTERS, Failure, Judged
from services.runtime.errors import InputError

_COUNTS = frozenset(
    ("events", "hits", "misses", "foreseeable", "foreseeable_hits", "false_alarms", "late", "undecided", "early_events", "node_years")
)  # fmt: skip


_WANTED: tuple[tuple[str, float | None, float | None], ...] = (
    ("pod_foreseeable", 0.90, None),
    ("far", None, 0.30),
    ("csi_foreseeable", 0.64, None),
    ("csi", 0.64, None),
    ("early_lead_median_h", 72.0, None),
)


class Target(Struct, frozen=True, kw_only=True):
    """A figure that is wanted: its value, the least and the most it may be, and whether it is met (None: it cannot be said)."""

    name: str
    value: float | None
    least: float | None
    most: float | None
    is_met: bool | None


class Report(Struct, frozen=True, kw_only=True):
    """Everything a reader or a program may want. ``scores`` and ``intervals`` by class, then name; ``brier`` by horizon; ``scenarios`` one row each;
    ``seconds`` of a processor; ``sums`` what a comparison needs to draw scenarios anew (numbers that add up, per scenario)."""

    mismatch: int
    rules_version: str
    chain_version: str
    trained_on: list[str]
    tick_h: int
    played: int
    quiet_node_years: float
    unjudged: int
    unknown_share: float
    scores: dict[str, dict[str, float | None]]
    intervals: dict[str, dict[str, tuple[float | None, float | None]]]
    brier: dict[str, dict[str, float | None]]
    best_baseline: dict[str, str]
    brier_intervals: dict[str, tuple[float | None, float | None]]
    reliability: dict[str, list[tuple[float, float, float]]]
    coverage: dict[str, dict[str, tuple[float, float | None]]]
    leads: list[float]
    targets: list[Target]
    scenarios: list[dict[str, Any]]
    failures: list[Failure]
    sums: list[dict[str, Any]]
    seconds: dict[str, float]
    v: int = 1


def report_of(found: Sequence[Judged], trained_on: list[str], mismatch: int, tick_h: int, rounds: int) -> Report:
    """The report of judged scenarios. Raises InputError when there are none."""
    if not found:
        raise InputError("没有情景 no scenario was played")
    scores = {c: figures([j.tallies[c] for j in found]) for c in CLASSES}
    brier, coverage = _brier(found), _coverage(found)
    drawn = intervals(lambda draw: _statistic(found, draw), len(found), rounds=rounds)
    quiet = [j.tallies["first"] for j in found if not j.tallies["first"].events]
    names = {j.rules_version for j in found}, {j.chain_version for j in found}
    return Report(
        mismatch=mismatch,
        rules_version=", ".join(sorted(names[0])),
        chain_version=", ".join(sorted(names[1])),
        trained_on=trained_on,
        tick_h=tick_h,
        played=len(found),
        quiet_node_years=round(figures(quiet)["node_years"], 2),
        unjudged=max(j.unjudged for j in found),
        unknown_share=round(float(np.mean([j.unknown_share for j in found])), 5),
        scores={c: {n: _plain(v) for n, v in s.items()} for c, s in scores.items()},
        intervals={
            c: {n: _pair(drawn[f"{c}.{n}"]) for n in scores[c] if n not in _COUNTS and f"{c}.{n}" in drawn}
            for c in CLASSES
        },
        brier=brier,
        best_baseline={h: name for h, (name, _) in _skills(found).items()},
        brier_intervals={n.removeprefix("skill."): _pair(p) for n, p in drawn.items() if n.startswith("skill.")},
        reliability=_reliability(found),
        coverage=coverage,
        targets=list(_targets(scores["first"], brier, coverage)),
        leads=[round(x, 2) for j in found for x in j.tallies["first"].leads],
        scenarios=[_row(j) for j in found],
        failures=[f for j in found for f in j.failures],
        sums=[_sums(j) for j in found],
        seconds={n: round(sum(j.seconds.get(n, 0.0) for j in found), 1) for n in ("record", "judge", "truth", "score")},
    )


def _targets(
    first: dict[str, float],
    brier: dict[str, dict[str, Any]],
    coverage: dict[str, dict[str, tuple[float, float | None]]],
) -> Iterator[Target]:
    for name, least, most in _WANTED:
        yield _target(name, _plain(first[name]), least, most)
    for horizon in ("72", "168"):
        yield _target(f"brier_skill_{horizon}h", brier[horizon]["skill"], 0.30, None)
    for quantity in ("stock_24h", "stock_72h", "stock_168h", "time_exact"):
        for scale, (_, share) in coverage[quantity].items():
            least, most = (0.75, 0.85) if scale == "all" else (0.70, 0.90)
            yield _target(f"coverage_{quantity}_{scale}", share, least, most)


def _target(name: str, value: float | None, least: float | None, most: float | None) -> Target:
    is_met = None if value is None else (least is None or value >= least) and (most is None or value <= most)
    return Target(name=name, value=value, least=least, most=most, is_met=is_met)


def _statistic(found: Sequence[Judged], draw: Draw) -> dict[str, float]:
    chosen = [found[i] for i in draw.tolist()]
    named = {
        f"{c}.{n}": v for c in CLASSES for n, v in figures([j.tallies[c] for j in chosen]).items() if n not in _COUNTS
    }
    return named | {f"skill.{h}": skill for h, (_, skill) in _skills(chosen).items()}


def _skills(found: Sequence[Judged]) -> dict[str, tuple[str, float]]:
    """By horizon: the best baseline, and the Brier skill over it."""
    scores = brier_scores([j.brier for j in found])
    skills: dict[str, tuple[str, float]] = {}
    for h, horizon in enumerate(HORIZONS_H):
        others = scores[1:, h]
        if np.isnan(others).any():
            skills[str(horizon)] = ("", math.nan)
            continue
        best = int(np.argmin(others))
        skills[str(horizon)] = (FORECASTERS[1 + best], brier_skill(float(scores[0, h]), float(others[best])))
    return skills


def _brier(found: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    scores, skills = brier_scores([j.brier for j in found]), _skills(found)
    cases, occurred = (np.sum([getattr(j.brier, n) for j in found], axis=0) for n in ("cases", "occurred"))
    return {
        str(horizon): {
            **{name: _plain(float(scores[f, h]), 8) for f, name in enumerate(FORECASTERS)},
            "cases": float(cases[h]),
            "occurred": float(occurred[h]),
            "skill": _plain(skills[str(horizon)][1]),
        }
        for h, horizon in enumerate(HORIZONS_H)
    }


def _reliability(found: Sequence[Judged]) -> dict[str, list[tuple[float, float, float]]]:
    """By horizon: (mean probability, share that occurred, cases) of each bin of the forecast that is not empty."""
    bins = np.sum([j.brier.bins[0] for j in found], axis=0)
    return {
        str(horizon): [
            (round(p / n, 5), round(o / n, 5), n) for n, p, o in bins[h].tolist() if n > 0
        ]
        for h, horizon in enumerate(HORIZONS_H)
    }  # fmt: skip


def _coverage(found: Sequence[Judged]) -> dict[str, dict[str, tuple[float, float | None]]]:
    table: dict[str, dict[str, Share]] = {}
    for judged in found:
        for quantity, by_scale in judged.coverage.items():
            row = table.setdefault(quantity, {})
            for scale, share in by_scale.items():
                row[scale] = row.get(scale, Share()) + share
    return {q: {s: (v.cases, _plain(v.share)) for s, v in row.items()} for q, row in table.items()}


def _row(judged: Judged) -> dict[str, Any]:
    wanted = (
        "events",
        "hits",
        "foreseeable",
        "foreseeable_hits",
        "false_alarms",
        "late",
        "pod",
        "far",
        "csi",
        "lead_median_h",
    )
    first = figures([judged.tallies["first"]])
    cause = judged.tallies["cause"]
    return {
        "scenario": judged.scenario,
        "seed": judged.seed,
        "days": judged.days,
        **{n: _plain(first[n]) for n in wanted},
        "causes": cause.events,
        "causes_foretold": cause.hits,
        "seconds": judged.seconds,
    }


def _sums(judged: Judged) -> dict[str, Any]:
    return {
        "scenario": judged.scenario,
        "seed": judged.seed,
        "tallies": msgspec.to_builtins(judged.tallies),
        "squared": judged.brier.squared.tolist(),
        "cases": judged.brier.cases.tolist(),
    }


def _plain(value: float, digits: int = 4) -> float | None:
    return round(value, digits) if math.isfinite(value) else None


def _pair(pair: tuple[float, float]) -> tuple[float | None, float | None]:
    return _plain(pair[0]), _plain(pair[1])
