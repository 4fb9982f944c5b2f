"""From chances to warnings, and the operating point that best trades recall, precision and lead on plants one may look at."""

from collections.abc import Sequence

import numpy as np

from detectors.plant.features import calm_days
from detectors.plant.settings import Policy
from detectors.series.onsets import Days, Flags, OnsetRule, Outcome, onsets_of, together, warning_days

EARLY_FROM_DAY = 5
SURE_GRID = tuple(np.round(np.arange(0.30, 0.66, 0.02), 2).tolist())
EARLY_GRID = tuple(np.round(np.arange(0.14, 0.45, 0.02), 2).tolist())


def onset_chance(daily: Days, ratio: Days, rule: OnsetRule, first_day: int = 1) -> Days:
    """Chance that an onset follows in ``first_day`` to ``hit_days`` days; ``daily`` of shape (days, 30), the result (days,).

    An onset needs ``calm_days`` calm days before it, so a plant that was critical lately can have none until those are over.
    """
    reached = np.concatenate([np.zeros((len(daily), 1)), np.cumsum(daily[:, : rule.hit_days], axis=1)], axis=1)
    soonest = np.maximum(rule.calm_days + 1 - calm_days(ratio, rule.critical), first_day)
    before = np.minimum(soonest - 1, rule.hit_days).astype(np.int64)
    return np.asarray(np.nan_to_num(reached[:, rule.hit_days] - reached[np.arange(len(daily)), before]))


def signal(daily: Days, ratio: Days, rule: OnsetRule, policy: Policy) -> Flags:
    """Days on which the policy would warn, before the silence after a warning is applied."""
    sure = onset_chance(daily, ratio, rule)
    early = onset_chance(daily, ratio, rule, EARLY_FROM_DAY)
    return np.asarray((sure >= policy.sure) | (early >= policy.early))


class _Place:
    """Chances and onsets of one plant, prepared for trying many policies."""

    def __init__(self, daily: Days, ratio: Days, rule: OnsetRule) -> None:
        self._ratio = ratio
        self._rule = rule
        self._sure = onset_chance(daily, ratio, rule)
        self._early = onset_chance(daily, ratio, rule, EARLY_FROM_DAY)
        self._onsets = onsets_of(ratio, rule)[0]
        self._known_days = int(np.count_nonzero(~np.isnan(ratio)))

    def outcome(self, policy: Policy) -> Outcome:
        """Counts as ``judged`` gives them, from the onsets found before."""
        flags = (self._sure >= policy.sure) | (self._early >= policy.early)
        warnings = warning_days(flags, self._ratio, self._rule)
        leads = [[o - w for w in warnings if 0 < o - w <= self._rule.hit_days] for o in self._onsets]
        return Outcome(
            onsets=len(self._onsets),
            foretold=sum(1 for lead in leads if lead),
            jumps=0,
            warnings=len(warnings),
            hits=sum(len(lead) for lead in leads),
            leads=tuple(max(lead) for lead in leads if lead),
            known_days=self._known_days,
        )


def policies_tried(dailies: Sequence[Days], ratios: Sequence[Days], rule: OnsetRule) -> list[tuple[Policy, Outcome]]:
    """Every policy of the grid with its outcome over all places."""
    places = [_Place(d, r, rule) for d, r in zip(dailies, ratios, strict=True)]
    grid = [Policy(sure, early) for sure in SURE_GRID for early in EARLY_GRID if early <= sure]
    return [(policy, together(place.outcome(policy) for place in places)) for policy in grid]


def chosen_policy(
    tried: Sequence[tuple[Policy, Outcome]], least_recall: float, wanted_precision: float = 0.55
) -> Policy:
    """Recall first: the policy whose recall is at least ``least_recall`` (or the highest there is); among those the one
    that is nearest to ``wanted_precision`` or beyond it; among those the one that warns earliest on average."""

    def merit(outcome: Outcome) -> tuple[float, float, float]:
        lead = float(np.mean(np.minimum(outcome.leads, 7))) if outcome.leads else 0.0
        return _known(min(outcome.recall, least_recall)), _known(min(outcome.precision, wanted_precision)), lead

    return max(tried, key=lambda one: merit(one[1]))[0]


def _known(value: float) -> float:
    return 0.0 if np.isnan(value) else value
