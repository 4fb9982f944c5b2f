"""The two tables: the forecast by plant and by time, beside the simple rules on the same days."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from msgspec import Struct

from detectors.plant.folds import Folds, Scored, Trial
from detectors.plant.reliability import Reliability, reliability
from detectors.plant.settings import ForecastSettings
from detectors.plant.warning import signal
from detectors.series.onsets import Days, Flags, Outcome, below, judged, together, trend_reaches
from services.cli.backtest.plant_table import PlantTable
from services.cli.skill import Result
from services.runtime.errors import InputError

LEARNING_MONTHS = 8


class PlantScore(Struct, frozen=True, kw_only=True):
    """One table: the rules' and the forecast's results, how true the chances are, and what was chosen without the plants judged."""

    name_zh: str
    name_en: str
    results: list[Result]
    reliability: list[Reliability]
    chosen: list[str]


class PlantBacktest:
    """Scores by plant and by time. ``run`` raises InputError when the table has too few plants or no shortage to learn from."""

    def __init__(self, table: PlantTable, seed: int) -> None:
        self._table = table
        self._trial = Trial(seed=seed, settings=ForecastSettings(critical=table.rule.critical))
        self._ratios = [p.ratio(table.rule.carried_days) for p in table.plants]

    def fits(self) -> int:
        """Models to fit, for the progress bar."""
        return self._trial.fits() + self._trial.fits_per_fold()

    def run(self, advance: Callable[[int], None]) -> list[PlantScore]:
        """Both tables; the second only where the table is longer than eight months."""
        try:
            return self._run(advance)
        except ValueError as error:
            raise InputError(f"此表不足以训练 / the table does not do to learn from: {error}") from error

    def _run(self, advance: Callable[[int], None]) -> list[PlantScore]:
        folds = Folds(self._table.plants, self._table.rule, self._trial, advance)
        scores = [self._score("六折按电厂", "six folds by plant", folds.by_plant(), 0)]
        split = self._split()
        if split < len(self._ratios[0]) - self._table.rule.hit_days:
            zh, en = f"前 {LEARNING_MONTHS} 个月训练", f"learnt from the first {LEARNING_MONTHS} months"
            scores.append(self._score(zh, en, folds.by_time(split), split))
        return scores

    def _split(self) -> int:
        first = self._table.first
        months = first.month - 1 + LEARNING_MONTHS
        return (date(first.year + months // 12, months % 12 + 1, 1) - first).days

    def _score(self, zh: str, en: str, scored: Sequence[Scored], start: int) -> PlantScore:
        rule = self._table.rule

        def trend(ratio: Days, within: float, ceiling: float) -> Flags:
            return trend_reaches(ratio, rule, trend_days=7, within_days=within, ceiling=ceiling)

        flags: list[tuple[str, str, list[Flags]]] = [
            ("库存 < 30 % 定额", "stock < 30 % of norm", [below(r, 0.3) for r in self._ratios]),
            (
                "7 日趋势 5 日内到 25 %，且 < 40 %",
                "7-day trend reaches 25 % in 5 d, < 40 %",
                [trend(r, 5, 0.4) for r in self._ratios],
            ),
            (
                "7 日趋势 7 日内到 25 %，且 < 50 %",
                "7-day trend reaches 25 % in 7 d, < 50 %",
                [trend(r, 7, 0.5) for r in self._ratios],
            ),
            (
                "本系统预测",
                "this forecast",
                [signal(s.daily, r, rule, s.policy) for s, r in zip(scored, self._ratios, strict=True)],
            ),
        ]
        results = [
            Result(name_zh=a, name_en=b, outcome=self._outcome(f, start), is_target=b == "this forecast")
            for a, b, f in flags
        ]
        truth = reliability([s.daily[start:] for s in scored], [r[start:] for r in self._ratios], rule.critical)
        return PlantScore(name_zh=zh, name_en=en, results=results, reliability=truth, chosen=_chosen(scored))

    def _outcome(self, flags: Sequence[Flags], start: int) -> Outcome:
        return together(self._judged(r, f, start) for r, f in zip(self._ratios, flags, strict=True))

    def _judged(self, ratio: Days, flags: Flags, start: int) -> Outcome:
        """Onsets and warnings from ``start`` on; the calm days before an onset may lie before it."""
        rule = self._table.rule
        before = max(0, start - rule.calm_days)
        later = flags[before:] & (np.arange(before, len(flags)) >= start)
        outcome = judged(ratio[before:], later, rule)
        return replace(outcome, known_days=int(np.count_nonzero(~np.isnan(ratio[start:]))))


def _chosen(scored: Sequence[Scored]) -> list[str]:
    counts = Counter(f"likely {s.policy.likely:.2f}, soon {s.policy.soon:.2f}" for s in scored)
    return [f"{text} ({count} plants)" for text, count in sorted(counts.items())]


def reliability_figures(one: Reliability) -> dict[str, Any]:
    """As one JSON object; chances and shares from 0 to 1."""
    return {
        "horizon_days": one.horizon_days,
        "brier": round(one.brier, 5),
        "brier_skill": round(one.skill, 4) if np.isfinite(one.skill) else None,
        "bands": [
            {
                "low": b.low,
                "high": b.high,
                "count": b.count,
                "mean_chance": round(b.mean_chance, 4),
                "observed": round(b.observed, 4),
            }
            for b in one.bands
        ],
    }
