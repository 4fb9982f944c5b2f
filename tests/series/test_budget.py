"""The alarm budget: the published rules to the digit, false alarms within what is allowed, and always the same alarms."""

import numpy as np
import pytest

from detectors.series.calibration.budget import AlarmBudget, BudgetSettings, Decisions
from detectors.series.calibration.discovery import RULES
from detectors.series.detector import Floats

DAY_US = 86_400_000_000


def decided(settings: BudgetSettings, p: Floats, rows_a_day: int = 1_000_000) -> Decisions:
    """Every row a series of its own."""
    budget = AlarmBudget(settings)
    budget.grow(len(p))
    slots = np.arange(len(p))
    return budget.decide(slots, slots * DAY_US // rows_a_day, p)


def by_the_book(rule: str, p: Floats, share: float, wealth: float) -> Floats:
    """Levels straight from the formulas of the papers, test by test."""
    candidate, kept = {"lord++": (-1.0, 2.0), "saffron": (0.5, 2.0), "addis": (0.25, 0.5)}[rule]
    factor = {"lord++": 1.0, "saffron": 0.5, "addis": 0.25}[rule]

    def fading(t: int) -> float:
        if rule == "lord++":
            return float(0.07720838 * np.log(max(t, 2)) / (t * np.exp(np.sqrt(np.log(t)))))
        return float(t**-1.6 / 2.2857656)

    levels: list[float] = []
    rejected: list[int] = []
    for t in range(len(p)):
        between = [
            sum(1 for i in range(start, t) if candidate < p[i] <= kept) for start in [0, *(r + 1 for r in rejected)]
        ]
        level = wealth * fading(between[0] + 1)
        for j, counted in enumerate(between[1:]):
            level += (share - wealth if j == 0 else share) * fading(counted + 1)
        levels.append(factor * level)
        if p[t] <= levels[-1]:
            rejected.append(t)
    return np.array(levels)


@pytest.mark.parametrize("rule", RULES)
def test_the_levels_are_those_of_the_papers(rule: str) -> None:
    rng = np.random.default_rng(1)
    p = np.where(rng.random(200) < 0.15, rng.random(200) * 1e-4, rng.random(200))
    made = decided(BudgetSettings(false_a_day=0, false_share=0.2, first_wealth=0.1, most_alpha=1.0, rule=rule), p)
    assert made.is_alarm.sum() > 10
    np.testing.assert_allclose(made.level, by_the_book(rule, p, 0.2, 0.1), rtol=1e-6)


@pytest.mark.parametrize("rule", RULES)
def test_of_the_alarms_no_more_than_the_share_is_false(rule: str) -> None:
    rng = np.random.default_rng(2)
    false, found = 0, 0
    for _ in range(40):
        is_real = rng.random(5000) < 0.02
        p = np.where(is_real, rng.random(5000) * 1e-6, rng.random(5000))
        alarm = decided(
            BudgetSettings(false_a_day=0, false_share=0.1, first_wealth=0.05, most_alpha=1.0, rule=rule), p
        ).is_alarm
        false, found = false + int((alarm & ~is_real).sum()), found + int(alarm.sum())
    assert found > 2000
    assert false <= 0.1 * found


@pytest.mark.parametrize("rule", RULES)
def test_quiet_days_bring_as_many_alarms_as_allowed_and_never_dry_up(rule: str) -> None:
    days, rows = 30, 10_000
    p = np.random.default_rng(3).random(days * rows)
    made = decided(BudgetSettings(false_a_day=4, false_share=0.1, rule=rule), p, rows)
    a_day = made.is_alarm.reshape(days, rows).sum(axis=1)
    assert 2.5 <= a_day.mean() <= 5.0
    assert a_day[20:].sum() > 15
    assert a_day.max() <= 15
    assert made.level[rows:].max() <= 1e-3


def test_ten_times_as_many_tests_as_yesterday_spend_no_more() -> None:
    p = np.random.default_rng(4).uniform(0.3, 1.0, 110_000)
    budget = AlarmBudget(BudgetSettings(false_a_day=3))
    budget.grow(len(p))
    slots = np.arange(len(p))
    times = np.where(slots < 10_000, 0, DAY_US)
    budget.decide(slots, times, p)
    assert budget.spent_today <= 3.0


def test_an_episode_is_one_alarm_until_it_has_been_quiet() -> None:
    budget = AlarmBudget(BudgetSettings(false_a_day=5, quiet_rows=3))
    budget.grow(1)
    p = np.array([0.5, 1e-9, 1e-9, 0.01, 0.3, 0.3, 1e-9, 0.3, np.nan, 0.3, 0.3, 1e-9])
    zero = np.zeros(len(p), np.int64)
    made = budget.decide(zero, zero, p)
    assert np.flatnonzero(made.is_alarm).tolist() == [1, 11]
    assert made.is_open.tolist() == [False, *[True] * 11]
    assert np.all(made.level[2:11] == 0)


def test_any_cut_and_any_restart_give_the_same_alarms() -> None:
    rng = np.random.default_rng(5)
    p = np.where(rng.random(8000) < 0.01, 1e-7, rng.random(8000))
    slots, times = rng.integers(0, 50, 8000), np.arange(8000) * DAY_US // 500
    whole = AlarmBudget()
    whole.grow(50)
    expected = whole.decide(slots, times, p)
    budget, parts = AlarmBudget(), []
    budget.grow(50)
    for cut in np.array_split(np.arange(8000), 17):
        parts.append(budget.decide(slots[cut], times[cut], p[cut]))
        after = AlarmBudget()
        after.restore(budget.snapshot())
        budget = after
    assert np.concatenate([x.is_alarm for x in parts]).tobytes() == expected.is_alarm.tobytes()
    assert np.concatenate([x.level for x in parts]).tobytes() == expected.level.tobytes()
    assert expected.is_alarm.sum() > 20


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("false_a_day", -1.0),
        ("false_share", 1.0),
        ("most_alpha", 0.0),
        ("rule", "bh"),
        ("first_wealth", 0.5),
        ("quiet_rows", -1),
    ],
)
def test_senseless_settings_are_refused(setting: str, value: object) -> None:
    with pytest.raises(ValueError, match=setting):
        BudgetSettings(**{setting: value})  # type: ignore[arg-type]  # wrong on purpose


def test_senseless_rows_are_refused() -> None:
    budget, zero = AlarmBudget(), np.zeros(1, np.int64)
    with pytest.raises(IndexError, match="slot 0"):
        budget.decide(zero, zero, np.ones(1))
    budget.grow(1)
    with pytest.raises(ValueError, match="0 to 1"):
        budget.decide(zero, zero, np.array([1.5]))
