"""The forecaster scored on plants, or on days, that it has not learnt from; model and operating point chosen without looking at them.

By plant: the plants are dealt into folds; for each fold the policy is chosen by a second split of the other plants alone, on their onsets below
the critical line and the lines like it; the model is then fitted on all of those and warns on the fold. By time: the same with the first days of
all plants, and the later days judged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from detectors.plant.forecaster import PlantForecaster
from detectors.plant.records import PlantDays
from detectors.plant.rows import Rows, rows_to_learn
from detectors.plant.settings import ForecastSettings, Policy
from detectors.plant.warning import Place, chosen_policy, policies_tried
from detectors.series.onsets import Days, Flags, OnsetRule, below, judged, together, trend_reaches

Advance = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Scored:
    """What a plant was told while it was not learnt from: chances of shape (days, 30), and the policy chosen without it."""

    daily: Days
    policy: Policy


@dataclass(frozen=True)
class Trial:
    """How to try: number of folds and of the folds inside them, the seed that deals the plants, the model's settings."""

    folds: int = 6
    inner_folds: int = 5
    seed: int = 0
    settings: ForecastSettings = field(default_factory=ForecastSettings)

    def fits(self) -> int:
        """Models fitted by ``by_plant``; ``by_time`` fits as many as one fold."""
        return self.folds * self.fits_per_fold()

    def fits_per_fold(self) -> int:
        """Models fitted for one fold."""
        return self.inner_folds + 1


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
        self._rows = rows_to_learn(plants, trial.settings)

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
        scored = self._held_out(
            everyone, everyone, self._rows.seen_until(split), split, np.random.default_rng(self._trial.seed)
        )
        return [scored[k] for k in range(len(self._plants))]

    def _held_out(
        self,
        learn: NDArray[np.int64],
        test: NDArray[np.int64],
        rows: Rows,
        until: int | None,
        rng: np.random.Generator,
    ) -> dict[int, Scored]:
        inner = _dealt(len(learn), self._trial.inner_folds, rng)
        settings = self._trial.settings
        weights = {line: settings.weight(line) for line in settings.like_lines()}
        least = best_simple_recall([self._ratios[k][:until] for k in learn], self._rule, weights)
        policy = chosen_policy(policies_tried(self._crossed(learn, inner, rows, until)), least)
        model = self._fitted(rows, learn)
        dailies = model.dailies([self._plants[k] for k in test], self._trial.settings.critical)
        return {int(k): Scored(daily, policy) for k, daily in zip(test, dailies, strict=True)}

    def _crossed(
        self, learn: NDArray[np.int64], inner: NDArray[np.int64], rows: Rows, until: int | None
    ) -> list[tuple[float, list[Place]]]:
        """Every learning plant above every line like the critical one, told of by a model that has not seen it, days before ``until`` only."""
        settings = self._trial.settings
        lines: dict[float, list[Place]] = {line: [] for line in settings.like_lines()}
        for j in range(self._trial.inner_folds):
            model = self._fitted(rows, learn[inner != j])
            held = learn[inner == j]
            for line, places in lines.items():
                dailies = model.dailies([self._plants[k] for k in held], line)
                rule = _rule_of(self._rule, line)
                places += [Place(d[:until], self._ratios[k][:until], rule) for d, k in zip(dailies, held, strict=True)]
        return [(settings.weight(line), places) for line, places in lines.items()]

    def _fitted(self, rows: Rows, learn: NDArray[np.int64]) -> PlantForecaster:
        model = PlantForecaster(self._trial.settings).fit_rows(rows.of(np.isin(rows.plant, learn)))
        self._advance(1)
        return model


def best_simple_recall(ratios: Sequence[Days], rule: OnsetRule, weights: Mapping[float, float]) -> float:
    """The highest recall of the three simple rules on these plants, over the onsets below all lines by their weight; 0 without onsets.

    For another line than the critical one the limits of the rules lie as many times above it.
    """
    foretold, onsets = np.zeros(3), 0.0
    for line, weight in weights.items():
        of_line = _rule_of(rule, line)
        outcomes = [together(judged(r, f(r, of_line), of_line) for r in ratios) for f in _SIMPLE]
        foretold += weight * np.array([o.foretold for o in outcomes])
        onsets += weight * outcomes[0].onsets
    return float(foretold.max() / onsets) if onsets else 0.0


def _low(ratio: Days, rule: OnsetRule) -> Flags:
    return below(ratio, 1.2 * rule.critical)


def _falls_in_five(ratio: Days, rule: OnsetRule) -> Flags:
    return trend_reaches(ratio, rule, trend_days=7, within_days=5, ceiling=1.6 * rule.critical)


def _falls_in_seven(ratio: Days, rule: OnsetRule) -> Flags:
    return trend_reaches(ratio, rule, trend_days=7, within_days=7, ceiling=2 * rule.critical)


_SIMPLE = (_low, _falls_in_five, _falls_in_seven)


def _dealt(count: int, folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The fold of each of ``count`` plants, as even as can be."""
    return np.asarray(rng.permutation(count) % folds)


def _rule_of(rule: OnsetRule, line: float) -> OnsetRule:
    """The same rule for another line; a jump is as far above it."""
    return replace(rule, critical=line, jump=rule.jump - rule.critical + line)
