"""From chances to warnings, and the choice of the operating point."""

import numpy as np
import pytest

from detectors.plant import ForecastSettings, PlantDays, Policy
from detectors.plant.folds import Folds, Trial, best_simple_recall
from detectors.plant.warning import chosen_policy, onset_chance, policies_tried, signal
from detectors.series.onsets import OnsetRule, Outcome, judged, together

RULE = OnsetRule()
SMALL = Trial(
    folds=3, inner_folds=2, candidates=(ForecastSettings(row_step=4), ForecastSettings(row_step=4, line_spread=1.2))
)


def test_no_onset_before_the_calm_days_are_over() -> None:
    ratio = np.concatenate([[0.2], np.full(20, 0.4)])
    daily = np.full((21, 30), 0.02)
    chance = onset_chance(daily, ratio, RULE)
    assert chance[0] == 0.0  # critical itself
    assert chance[1] == pytest.approx(0.02)  # calm for 1 day: the 14th day ahead is the first that can count
    assert chance[8] == pytest.approx(0.02 * 8)
    assert chance[14:] == pytest.approx(0.02 * 14)
    assert onset_chance(daily, ratio, RULE, first_day=5)[20] == pytest.approx(0.02 * 10)


def test_either_limit_raises_a_warning() -> None:
    ratio = np.full(40, 0.4)
    late, soon = np.zeros((40, 30)), np.zeros((40, 30))
    late[30, 9], soon[31, 0] = 0.4, 0.4
    flags = signal(late + soon, ratio, RULE, Policy(sure=0.5, early=0.3))
    assert np.flatnonzero(flags).tolist() == [30]
    flags = signal(late + soon, ratio, RULE, Policy(sure=0.4, early=0.9))
    assert np.flatnonzero(flags).tolist() == [30, 31]


def test_trying_policies_counts_as_the_scorer_does() -> None:
    rng = np.random.default_rng(1)
    ratios = [np.abs(np.cumsum(rng.normal(0, 0.02, 200)) + 0.4) for _ in range(5)]
    dailies = [rng.uniform(0, 0.06, (200, 30)) for _ in ratios]
    for policy, outcome in policies_tried(dailies, ratios, RULE)[::40]:
        full = together(judged(r, signal(d, r, RULE, policy), RULE) for d, r in zip(dailies, ratios, strict=True))
        assert (outcome.foretold, outcome.hits, outcome.warnings, outcome.leads) == (
            full.foretold,
            full.hits,
            full.warnings,
            full.leads,
        )


def _outcome(foretold: int, false: int, lead: int) -> Outcome:
    return Outcome(10, foretold, 0, foretold + false, foretold, (lead,) * foretold, 1000)


def test_recall_comes_first_then_precision_then_lead() -> None:
    a, b, c, d = (Policy(x, 0.1) for x in (0.1, 0.2, 0.3, 0.4))
    tried = [(a, _outcome(8, 0, 9)), (b, _outcome(9, 9, 6)), (c, _outcome(9, 7, 3)), (d, _outcome(9, 6, 4))]
    assert chosen_policy(tried, 0.9) == d  # enough recall and precision, earlier than c
    assert chosen_policy(tried[:2], 0.9) == b
    assert chosen_policy(tried, 0.8) == a


def test_held_out_plants_are_not_learnt_from(plants: list[PlantDays]) -> None:
    steps: list[int] = []
    first = Folds(plants, RULE, SMALL, steps.append).by_plant()
    assert sum(steps) == SMALL.fits()
    again = Folds(plants, RULE, SMALL, steps.append).by_plant()
    assert all(np.array_equal(a.daily, b.daily, equal_nan=True) for a, b in zip(first, again, strict=True))
    assert [a.policy for a in first] == [b.policy for b in again]
    fold = np.random.default_rng(SMALL.seed).permutation(len(plants)) % SMALL.folds
    other = list(plants)
    for k in np.flatnonzero(fold == 0):  # upset one fold: what the plants of it are told by may not change
        other[k] = PlantDays(*(np.flip(getattr(plants[k], c)) for c in ("stock", "receipts", "burn", "norm")))
    upset = Folds(other, RULE, SMALL, steps.append).by_plant()
    held = int(np.flatnonzero(fold == 0)[0])
    assert (upset[held].policy, upset[held].settings) == (first[held].policy, first[held].settings)
    kept = int(np.flatnonzero(fold != 0)[0])
    assert not np.array_equal(upset[kept].daily, first[kept].daily, equal_nan=True)


def test_by_time_is_blind_to_later_days(plants: list[PlantDays]) -> None:
    trial = Trial(folds=3, inner_folds=2, candidates=(ForecastSettings(row_step=4),))
    cut = [p.until(160) for p in plants]
    full = Folds(plants, RULE, trial, lambda _: None).by_time(160)
    past = Folds(cut, RULE, trial, lambda _: None).by_time(160)
    assert [s.policy for s in full] == [s.policy for s in past]
    np.testing.assert_allclose(full[2].daily[:160], past[2].daily)


def test_too_few_or_unequal_plants_are_refused(plants: list[PlantDays]) -> None:
    with pytest.raises(ValueError, match="3 plants for 3 folds"):
        Folds(plants[:3], RULE, SMALL, lambda _: None)
    with pytest.raises(ValueError, match="unequal numbers of days"):
        Folds([*plants[:10], plants[10].until(9)], RULE, SMALL, lambda _: None)


def test_the_simple_rules_of_plants_without_onsets_recall_nothing() -> None:
    assert best_simple_recall([np.full(60, 0.9)], RULE) == 0.0
