"""Brier score, baselines, coverage and bootstrap on cases whose answer is known."""

import math

import numpy as np
import pytest

from detectors.skill import (
    HORIZONS_H,
    Event,
    brier_scores,
    brier_skill,
    brier_sums,
    intervals,
    outcomes,
    share_of,
    stock_held,
    time_held,
)
from detectors.skill.baselines import Climatology, Isotonic, hours_by_line

N = 4000
LONG = np.full(N, 1000.0)


def _hours(seed: int = 3) -> np.ndarray:
    """Hours to the event of N cases: a fifth within a fortnight, the others never."""
    source = np.random.default_rng(seed)
    return np.where(source.random(N) < 0.2, source.uniform(1, 336, N), np.inf)


def _came(hours: np.ndarray) -> np.ndarray:
    return np.stack([(hours <= h).astype(float) for h in HORIZONS_H], axis=1)


def test_a_perfect_forecast_has_skill_1() -> None:
    hours = _hours()
    climatology = np.tile(_came(hours).mean(axis=0), (N, 1))
    scores = brier_scores([brier_sums(np.stack([_came(hours), climatology]), hours, LONG)])
    assert [brier_skill(a, b) for a, b in scores.T] == [1.0] * 4


def test_climatology_has_skill_0_against_itself() -> None:
    hours = _hours()
    group, season = np.zeros(N, dtype=np.int64), np.zeros(N, dtype=np.int64)
    given = Climatology.fitted(group, season, hours, LONG, (1, 1)).of(group, season)
    assert given[0] == pytest.approx(_came(hours).mean(axis=0))
    scores = brier_scores([brier_sums(np.stack([given, given]), hours, LONG)])
    assert [brier_skill(a, b) for a, b in scores.T] == [0.0] * 4


def test_sums_of_parts_are_the_sum_of_all() -> None:
    hours, source = _hours(), np.random.default_rng(1)
    given = source.random((1, N, 4))
    whole = brier_scores([brier_sums(given, hours, LONG)])
    parts = [brier_sums(given[:, a:b], hours[a:b], LONG[a:b]) for a, b in ((0, 100), (100, N))]
    assert brier_scores(parts) == pytest.approx(whole)


def test_what_the_record_does_not_reach_is_not_counted() -> None:
    hours, left = np.array([10.0, np.inf]), np.array([50.0, 50.0])
    sums = brier_sums(np.full((1, 2, 4), 0.5), hours, left)
    assert sums.cases.tolist() == [2, 0, 0, 0]
    assert sums.occurred.tolist() == [1, 0, 0, 0]
    assert np.isnan(brier_scores([sums])[0, 1])


def test_reliability_bins_hold_every_case_once() -> None:
    hours = _hours()
    given = np.random.default_rng(2).choice([0.0, 0.01, 0.5, 1.0], (1, N, 4))
    sums = brier_sums(given, hours, LONG)
    assert sums.bins[0, :, :, 0].sum(axis=1).tolist() == [N] * 4
    assert sums.bins[0, :, :, 1].sum(axis=1) == pytest.approx(given[0].sum(axis=0))
    assert sums.bins[0, :, :, 2].sum(axis=1).tolist() == sums.occurred.tolist()


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_bad_probabilities_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        brier_sums(np.full((1, 1, 4), wrong), np.array([1.0]), np.array([1000.0]))


def test_isotonic_grows_with_the_risk_and_keeps_unknown_apart() -> None:
    source = np.random.default_rng(5)
    risk = source.uniform(0, 1, N)
    hours = np.where(source.random(N) < risk, 12.0, np.inf)
    risk[:400] = np.nan
    hours[:400] = np.inf
    fit = Isotonic.fitted(risk, hours, LONG)
    given = fit.of(np.array([0.1, 0.5, 0.9, np.inf, -np.inf, np.nan]))[:, 0]
    assert np.all(np.diff(given[:4]) >= 0)
    assert given[:3] == pytest.approx([0.1, 0.5, 0.9], abs=0.12)
    assert given[5] < 0.01


def test_outcomes_leave_out_what_is_broken_or_resting() -> None:
    found = outcomes([Event(account=1, hour=100, lasted_h=30)], 2, [0, 94, 100, 129, 297, 298, 400], 500)
    assert found.is_at_stake[:, 1].tolist() == [True, True, False, False, False, True, True]
    assert found.is_at_stake[:, 0].all()
    assert found.hours[:, 1].tolist() == [100, 6, math.inf, math.inf, math.inf, math.inf, math.inf]
    assert found.left_h.tolist() == [500, 406, 400, 371, 203, 202, 100]


def test_a_straight_line_is_followed_to_its_end() -> None:
    hours = np.arange(0, 200, 6.0)
    margin = np.stack([1000 - 2 * hours, 1000 + hours, np.full_like(hours, np.nan), 50 - hours], axis=1)
    found = hours_by_line(hours, margin)
    assert np.isnan(found[:16]).all()
    assert found[-1, 0] == pytest.approx((1000 - 2 * hours[-1]) / 2)
    assert found[-1, 1] == math.inf
    assert np.isnan(found[-1, 2])
    assert found[-1, 3] == 0


def test_stock_intervals() -> None:
    nan = float("nan")
    held = stock_held(np.array([1, 1, 1, nan.real]), np.array([2, 2, 2, 2.0]), np.array([1, 3, nan, 1]))
    assert held[:2].tolist() == [1, 0]
    assert np.isnan(held[2:]).all()
    with pytest.raises(ValueError, match="low"):
        stock_held(np.array([3.0]), np.array([2.0]), np.array([2.0]))


def _quantiles(chance: float, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A calibrated forecast: with ``chance`` the break comes, evenly over 30 days. P10, P90, hours drawn from it, probability of later."""
    source = np.random.default_rng(7)
    hours = np.where(source.random(count) < chance, source.uniform(0, 720, count), np.inf)
    low, high = (q / chance * 720 if q < chance else math.inf for q in (0.1, 0.9))
    return np.full(count, low), np.full(count, high), hours, np.full(count, 1 - chance)


@pytest.mark.parametrize("chance", [0.02, 0.3, 0.8, 0.95])
def test_exact_coverage_of_a_calibrated_forecast_is_four_fifths(chance: float) -> None:
    low, high, hours, later = _quantiles(chance, 40_000)
    held = time_held(low, high, hours, np.full(40_000, 2000.0), later)
    assert share_of(held.exact).share == pytest.approx(0.8, abs=0.02)
    if chance == 0.02:
        assert share_of(held.plain).share > 0.95
        assert not held.is_telling.any()


def test_the_end_of_the_record_censors_forecast_and_truth_alike() -> None:
    low, high = np.array([100.0, 100.0, 10.0]), np.array([200.0, 200.0, 20.0])
    held = time_held(low, high, np.full(3, np.inf), np.array([50.0, 150.0, 50.0]), np.full(3, np.nan))
    assert held.plain.tolist() == [1, 1, 0]
    assert held.is_telling.tolist() == [False, True, True]
    assert np.isnan(held.exact).all()


def test_bootstrap_is_deterministic_and_holds_the_mean() -> None:
    values = np.random.default_rng(4).normal(3, 1, 60)

    def mean(draw: np.ndarray) -> dict[str, float]:
        return {"mean": float(values[draw].mean())}

    once = intervals(mean, 60, rounds=300, seed=9)
    assert once == intervals(mean, 60, rounds=300, seed=9)
    assert once != intervals(mean, 60, rounds=300, seed=10)
    low, high = once["mean"]
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(60), rel=0.3)


def test_bootstrap_refuses_nothing() -> None:
    with pytest.raises(ValueError, match="right"):
        intervals(lambda _: {}, 0)
