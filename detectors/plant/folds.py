"""The forecaster scored on plants, or on days, that it has not learnt from; model and operating point chosen without looking at them.

By plant: the plants are dealt into folds; for each fold the settings and the policy are chosen by a second split of the other plants alone,
the model is then fitted on all of those and warns on the fold. By time: the same with the first days of all plants, and the later days judged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.plant.forecaster import PlantForecaster
from detectors.plant.records import PlantDays
from detectors.plant.rows import Rows, rows_to_learn
from detectors.plant.settings import ForecastSettings, Policy
from detectors.plant.warning import chosen_policy, onset_chance, policies_tried
from detectors.series.onsets import Days, OnsetRule, below, judged, onsets_of, together, trend_reaches

CANDIDATES = (ForecastSettings(line_spread=0.6), ForecastSettings(line_spread=1.2))
Advance = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Scored:
    """What a plant was told while it was not learnt from: chances of shape (days, 30), and the settings and policy chosen without it."""

    daily: Days
    settings: ForecastSettings
    policy: Policy


@dataclass(frozen=True)
class Trial:
    """How to try: number of folds and of the folds inside them, the seed that deals the plants, the settings to choose among."""

    folds: int = 6
    inner_folds: int = 5
    seed: int = 0
    candidates: tuple[ForecastSettings, ...] = CANDIDATES

    def fits(self) -> int:
        """Models fitted by ``by_plant``; ``by_time`` fits as many as one fold."""
        return self.folds * self.fits_per_fold()

    def fits_per_fold(self) -> int:
        """Models fitted for one fold."""
        return self.inner_folds * len(self.candidates) + 1


class Folds:
    """Plants made ready once. Raises ValueError with fewer plants than folds or columns of unequal length."""

    def __init__(self, plants: Sequence[PlantDays], rule: OnsetRule, trial: Trial, advance: Advance) -> None:
        if len(plants) < 2 * max(trial.folds, trial.inner_folds):
            raise ValueError(f"{len(plants)} plants for {trial.folds} folds; there should be at least two per fold")
        if len({len(p) for p in plants}) != 1:
            raise ValueError("the plants have unequal numbers of days; all should share one calendar")
        self._plants = plants
        self._rule = rule
        self._trial = trial
        self._advance = advance
        self._ratios = [p.ratio(rule.carried_days) for p in plants]
        self._rows = [rows_to_learn(plants, settings) for settings in trial.candidates]

    def by_plant(self) -> list[Scored]:
        """One entry per plant, from the fold that held it out."""
        rng = np.random.default_rng(self._trial.seed)
        fold = _dealt(len(self._plants), self._trial.folds, rng)
        scored: dict[int, Scored] = {}
        for k in range(self._trial.folds):
            scored |= self._held_out(np.flatnonzero(fold != k), np.flatnonzero(fold == k), self._rows, None, rng)
        return [scored[k] for k in range(len(self._plants))]

    def by_time(self, split: int) -> list[Scored]:
        """One entry per plant: learnt from the days before ``split`` of all plants. Judge the days from ``split`` on (``later``)."""
        everyone = np.arange(len(self._plants))
        rows = [r.seen_until(split) for r in self._rows]
        scored = self._held_out(everyone, everyone, rows, split, np.random.default_rng(self._trial.seed))
        return [scored[k] for k in range(len(self._plants))]

    def _held_out(
        self,
        learn: NDArray[np.int64],
        test: NDArray[np.int64],
        rows: Sequence[Rows],
        until: int | None,
        rng: np.random.Generator,
    ) -> dict[int, Scored]:
        inner = _dealt(len(learn), self._trial.inner_folds, rng)
        ratios = [self._ratios[k][:until] for k in learn]
        tries = [self._crossed(learn, inner, s, r, until) for s, r in zip(self._trial.candidates, rows, strict=True)]
        losses = [sum(_loss(d, r, self._rule) for d, r in zip(dailies, ratios, strict=True)) for dailies in tries]
        best = int(np.argmin(losses))
        least = best_simple_recall(ratios, self._rule)
        policy = chosen_policy(policies_tried(tries[best], ratios, self._rule), least)
        settings = self._trial.candidates[best]
        model = self._fitted(settings, rows[best], learn)
        return {int(k): Scored(model.daily(self._plants[k]), settings, policy) for k in test}

    def _crossed(
        self,
        learn: NDArray[np.int64],
        inner: NDArray[np.int64],
        settings: ForecastSettings,
        rows: Rows,
        until: int | None,
    ) -> list[Days]:
        """Chances of every learning plant from a model that has not seen it, days before ``until`` only."""
        dailies: dict[int, Days] = {}
        for j in range(self._trial.inner_folds):
            model = self._fitted(settings, rows, learn[inner != j])
            dailies |= {int(k): model.daily(self._plants[k])[:until] for k in learn[inner == j]}
        return [dailies[int(k)] for k in learn]

    def _fitted(self, settings: ForecastSettings, rows: Rows, learn: NDArray[np.int64]) -> PlantForecaster:
        model = PlantForecaster(settings).fit_rows(rows.of(np.isin(rows.plant, learn)))
        self._advance(1)
        return model


def best_simple_recall(ratios: Sequence[Days], rule: OnsetRule) -> float:
    """The highest recall of the three simple rules on these plants; 0 without onsets."""
    recalls = [
        together(judged(r, below(r, 0.3), rule) for r in ratios).recall,
        *(
            together(
                judged(r, trend_reaches(r, rule, trend_days=7, within_days=days, ceiling=ceiling), rule) for r in ratios
            ).recall
            for days, ceiling in ((5, 0.4), (7, 0.5))
        ),
    ]
    return float(max(0.0 if np.isnan(r) else r for r in recalls))


def _dealt(count: int, folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The fold of each of ``count`` plants, as even as can be."""
    return np.asarray(rng.permutation(count) % folds)


def _loss(daily: Days, ratio: Days, rule: OnsetRule) -> float:
    """Log loss of the chance of an onset within ``hit_days``, summed over the days on which it is known how it went."""
    onset_follows = np.zeros(len(ratio), dtype=np.bool_)
    for onset in onsets_of(ratio, rule)[0]:
        onset_follows[max(0, onset - rule.hit_days) : onset] = True
    is_over = np.arange(len(ratio)) < len(ratio) - rule.hit_days
    is_judged = (ratio >= rule.critical) & (onset_follows | is_over)
    chance = np.clip(onset_chance(daily, ratio, rule), 1e-4, 1 - 1e-4)
    return float(-np.where(onset_follows, np.log(chance), np.log(1 - chance))[is_judged].sum())
