"""From chances to warnings, and the choice of the operating point."""

import numpy as np
import pytest

from detectors.plant import ForecastSettings, PlantDays, Policy
from detectors.plant.folds import Folds, Trial, best_simple_recall
from detectors.plant.warning import Place, Tried, chosen_policy, onset_chance, policies_tried, signal, tried
from detectors.series.onsets import OnsetRule, Outcome, judged, together

RULE = OnsetRule()
QUICK = ForecastSettings(row_step=6, trees=4, lines=(0.2, 0.25, 0.3))
SMALL = Trial(folds=3, inner_folds=2, settings=QUICK)


def test_no_onset_before_the_calm_days_are_over() -> None:
    ratio = np.concatenate([[0.2], np.full(20, 0.4)])
    daily = np.full((21, 30), 0.02)
    chance = onset_chance(daily, ratio, RULE, 14)
    assert chance[0] == 0.0  # critical itself
    assert chance[1] == pytest.approx(0.02)  # calm for 1 day: the 14th day ahead is the first that can count
    assert chance[8] == pytest.approx(0.02 * 8)
    assert chance[14:] == pytest.approx(0.02 * 14)
    tomorrow = onset_chance(daily, ratio, RULE, 1)
    assert tomorrow[13] == 0.0  # calm for 13 days: tomorrow would be a day too soon
    assert tomorrow[14] == pytest.approx(0.02)


def test_either_limit_raises_a_warning() -> None:
    ratio = np.full(40, 0.4)
    late, soon = np.zeros((40, 30)), np.zeros((40, 30))
    late[30, 9], soon[31, 0] = 0.4, 0.2
    assert np.flatnonzero(signal(late + soon, ratio, RULE, Policy(likely=0.4, soon=0.5))).tolist() == [30]
    assert np.flatnonzero(signal(late + soon, ratio, RULE, Policy(likely=0.4, soon=0.2))).tolist() == [30, 31]
    assert np.flatnonzero(signal(late + soon, ratio, RULE, Policy(likely=0.5, soon=0.2))).tolist() == [31]


def test_trying_policies_counts_as_the_scorer_does() -> None:
    rng = np.random.default_rng(1)
    ratios = [np.abs(np.cumsum(rng.normal(0, 0.02, 200)) + 0.4) for _ in range(5)]
    dailies = [rng.uniform(0, 0.06, (200, 30)) for _ in ratios]
    places = [Place(d, r, RULE) for d, r in zip(dailies, ratios, strict=True)]
    for one in policies_tried([(1.0, places)])[::40]:
        flags = [signal(d, r, RULE, one.policy) for d, r in zip(dailies, ratios, strict=True)]
        full = together(judged(r, f, RULE) for f, r in zip(flags, ratios, strict=True))
        assert together(place.outcome(one.policy) for place in places) == full
        assert (one.recall, one.precision) == (full.recall, full.precision if full.warnings else 0.0)


def _outcome(foretold: int, false: int, lead: int) -> Outcome:
    return Outcome(10, foretold, 0, foretold + false, foretold, (lead,) * foretold, 1000)


def test_a_line_counts_by_its_weight() -> None:
    both = tried(Policy(0.5, 0.1), [(1.0, _outcome(10, 0, 9)), (0.5, _outcome(4, 6, 1))])
    assert both.recall == pytest.approx(12 / 15)
    assert both.precision == pytest.approx(12 / 15)
    assert both.lead_days == pytest.approx((10 * 7 + 0.5 * 4) / 12)
    assert tried(Policy(0.5, 0.1), []) == Tried(Policy(0.5, 0.1), 0.0, 0.0, 0.0)


def test_recall_comes_first_then_precision_then_lead() -> None:
    outcomes = {0.1: _outcome(8, 0, 9), 0.2: _outcome(9, 9, 6), 0.3: _outcome(9, 7, 3), 0.4: _outcome(9, 6, 4)}
    trials = [tried(Policy(x, 0.1), [(1.0, o)]) for x, o in outcomes.items()]
    assert chosen_policy(trials, 0.9, 0.55).likely == 0.4  # enough recall and precision, earlier than the third
    assert chosen_policy(trials[:2], 0.9, 0.55).likely == 0.2
    assert chosen_policy(trials, 0.8, 0.55).likely == 0.1


@pytest.fixture
def few(plants: list[PlantDays]) -> list[PlantDays]:
    """Enough for the folds and no more."""
    return plants[:12]


def test_held_out_plants_are_not_learnt_from(few: list[PlantDays]) -> None:
    steps: list[int] = []
    first = Folds(few, RULE, SMALL, steps.append).by_plant()
    assert sum(steps) == SMALL.fits()
    again = Folds(few, RULE, SMALL, steps.append).by_plant()
    assert all(np.array_equal(a.daily, b.daily, equal_nan=True) for a, b in zip(first, again, strict=True))
    assert [a.policy for a in first] == [b.policy for b in again]
    fold = np.random.default_rng(SMALL.seed).permutation(len(few)) % SMALL.folds
    other = list(few)
    for k in np.flatnonzero(fold == 0):  # upset one fold: what the plants of it are told by may not change
        other[k] = PlantDays(*(np.flip(getattr(few[k], c)) for c in ("stock", "receipts", "burn", "norm")))
    upset = Folds(other, RULE, SMALL, steps.append).by_plant()
    held = int(np.flatnonzero(fold == 0)[0])
    assert upset[held].policy == first[held].policy
    kept = int(np.flatnonzero(fold != 0)[0])
    assert not np.array_equal(upset[kept].daily, first[kept].daily, equal_nan=True)


def test_by_time_is_blind_to_later_days(few: list[PlantDays]) -> None:
    trial = Trial(folds=3, inner_folds=2, settings=QUICK)
    cut = [p.until(160) for p in few]
    full = Folds(few, RULE, trial, lambda _: None).by_time(160)
    past = Folds(cut, RULE, trial, lambda _: None).by_time(160)
    assert [s.policy for s in full] == [s.policy for s in past]
    np.testing.assert_allclose(full[2].daily[:160], past[2].daily)


def test_too_few_or_unequal_plants_are_refused(plants: list[PlantDays]) -> None:
    with pytest.raises(ValueError, match="3 plants for 3 folds"):
        Folds(plants[:3], RULE, SMALL, lambda _: None)
    with pytest.raises(ValueError, match="unequal numbers of days"):
        Folds([*plants[:10], plants[10].until(9)], RULE, SMALL, lambda _: None)


def test_the_simple_rules_of_plants_without_onsets_recall_nothing() -> None:
    assert best_simple_recall([np.full(60, 0.9)], RULE, {0.25: 1.0, 0.3: 0.9}) == 0.0


def test_the_simple_rules_are_as_good_on_another_line() -> None:
    slow = np.concatenate([np.full(30, 0.44), np.linspace(0.44, 0.2, 60)])
    sudden = np.concatenate([np.full(30, 0.44), np.full(30, 0.2)])
    assert best_simple_recall([slow, sudden], RULE, {0.25: 1.0}) == pytest.approx(0.5)
    assert best_simple_recall([slow * 1.2, sudden * 1.2], RULE, {0.3: 1.0}) == pytest.approx(0.5)
    assert best_simple_recall([slow, sudden], RULE, {0.25: 1.0, 0.3: 0.5}) == pytest.approx(0.5)
