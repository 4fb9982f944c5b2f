"""From chances to warnings, and the operating point that best trades recall, precision and lead on plants one may look at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.plant.features import calm_days
from detectors.plant.settings import Policy
from detectors.series.onsets import Days, Flags, OnsetRule, Outcome, onsets_of, together, warning_days

LIKELY_GRID = tuple(np.round(np.arange(0.30, 0.70, 0.02), 2).tolist())
SOON_GRID = (0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12, 0.15, 0.2)
WANTED_PRECISION = 0.56
_LONGEST_LEAD = 7


def onset_chance(daily: Days, ratio: Days, rule: OnsetRule, last_day: int) -> Days:
    """Chance that an onset follows within ``last_day`` days (``hit_days`` at most); ``daily`` of shape (days, 30), the result (days,).

    An onset needs ``calm_days`` calm days before it, so a plant that was critical lately can have none until those are over.
    """
    reached = np.concatenate([np.zeros((len(daily), 1)), np.cumsum(daily[:, : rule.hit_days], axis=1)], axis=1)
    soonest = np.maximum(rule.calm_days + 1 - calm_days(ratio, rule.critical), 1)
    before = np.minimum(soonest - 1, last_day).astype(np.int64)
    return np.asarray(np.nan_to_num(reached[:, last_day] - reached[np.arange(len(daily)), before]))


def signal(daily: Days, ratio: Days, rule: OnsetRule, policy: Policy) -> Flags:
    """Days on which the policy would warn, before the silence after a warning is applied."""
    likely = onset_chance(daily, ratio, rule, rule.hit_days)
    soon = onset_chance(daily, ratio, rule, 1)
    return np.asarray((likely >= policy.likely) | (soon >= policy.soon))


class Place:
    """Chances and onsets of one plant above one line (``rule.critical``), prepared for trying many policies."""

    def __init__(self, daily: Days, ratio: Days, rule: OnsetRule) -> None:
        self._ratio = ratio
        self._rule = rule
        self._likely = onset_chance(daily, ratio, rule, rule.hit_days)
        self._soon = onset_chance(daily, ratio, rule, 1)
        self._onsets, self._jumps = onsets_of(ratio, rule)
        self._known_days = int(np.count_nonzero(~np.isnan(ratio)))

    def outcome(self, policy: Policy) -> Outcome:
        """Counts as ``judged`` gives them, from the onsets found before."""
        flags = (self._likely >= policy.likely) | (self._soon >= policy.soon)
        warnings = warning_days(flags, self._ratio, self._rule)
        leads = [[o - w for w in warnings if 0 < o - w <= self._rule.hit_days] for o in self._onsets]
        return Outcome(
            onsets=len(self._onsets),
            foretold=sum(1 for lead in leads if lead),
            jumps=len(self._jumps),
            warnings=len(warnings),
            hits=sum(len(lead) for lead in leads),
            leads=tuple(max(lead) for lead in leads if lead),
            known_days=self._known_days,
        )


@dataclass(frozen=True)
class Tried:
    """How a policy did: shares, and the mean lead in days with leads beyond 7 d counted as 7; 0 without onsets or warnings."""

    policy: Policy
    recall: float
    precision: float
    lead_days: float


def policies_tried(lines: Sequence[tuple[float, Sequence[Place]]]) -> list[Tried]:
    """Every policy of the grid over all places of all lines, each line with its weight."""
    grid = [Policy(likely, soon) for likely in LIKELY_GRID for soon in SOON_GRID]
    return [tried(p, [(w, together(place.outcome(p) for place in places)) for w, places in lines]) for p in grid]


def tried(policy: Policy, outcomes: Sequence[tuple[float, Outcome]]) -> Tried:
    """The weighted shares of one policy."""
    onsets = sum(w * o.onsets for w, o in outcomes)
    hits = sum(w * o.hits for w, o in outcomes)
    warnings = sum(w * o.warnings for w, o in outcomes)
    foretold = sum(w * o.foretold for w, o in outcomes)
    lead = sum(w * sum(min(days, _LONGEST_LEAD) for days in o.leads) for w, o in outcomes)
    return Tried(policy, _share(foretold, onsets), _share(hits, warnings), _share(lead, foretold))


def chosen_policy(trials: Sequence[Tried], least_recall: float, wanted_precision: float = WANTED_PRECISION) -> Policy:
    """Recall first: the policy whose recall is at least ``least_recall`` (or the highest there is); among those the one
    that is nearest to ``wanted_precision`` or beyond it; among those the one that warns earliest on average."""

    def merit(one: Tried) -> tuple[float, float, float]:
        return min(one.recall, least_recall), min(one.precision, wanted_precision), one.lead_days

    return max(trials, key=merit).policy


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
