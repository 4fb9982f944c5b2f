"""Possible futures and what is made of them."""

import numpy as np
import pytest

from detectors.network.outlook import HORIZONS_H, Recalibration, loss_of, times_of
from detectors.network.outlook_recalibration import fit_recalibration
from detectors.network.uncertainty import Draws, Duration, Family, Sort, Unrest


def test_times_are_quantiles_and_later_than_the_horizon_stays_so() -> None:
    hours = np.array([[10.0, np.inf], [20.0, np.inf], [30.0, np.inf], [40.0, 100.0], [np.inf, np.inf]])
    found = times_of(hours)
    assert found.quantiles[:, 0].tolist() == [10.0, 30.0, np.inf]
    assert np.isinf(found.quantiles[1, 1])
    assert found.probability[0, 0] == pytest.approx(2 / 5)
    assert found.probability[1, 0] == pytest.approx(4 / 5)
    assert (np.diff(found.probability, axis=0) >= 0).all()
    assert 0 < found.probability[0, 1] < 0.1


@pytest.mark.parametrize("wrong", [np.array([1.0]), np.array([[np.nan]]), np.array([[-1.0]]), np.zeros((0, 2))])
def test_senseless_hours_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="right"):
        times_of(wrong)


def test_a_recalibration_fitted_on_bold_forecasts_tames_them() -> None:
    rng = np.random.default_rng(5)
    given = rng.random(4000)
    happened = rng.random(4000) < 0.5 * given
    fitted = fit_recalibration("trial-1", [(given, happened)])
    assert fitted.version == "trial-1"
    assert fitted.of(0, np.array([0.9]))[0] == pytest.approx(0.45, abs=0.06)
    assert fitted.of(1, np.array([0.9]))[0] == 0.9
    hours = np.full((10, 1), 5.0)
    assert times_of(hours, fitted).probability[0, 0] < 0.6


@pytest.mark.parametrize(
    ("given", "true"), [(((0.5, 0.2),), ((0.0, 1.0),)), (((0.0, 1.0),), ((0.5,),)), (((0.0, 2.0),), ((0.0, 1.0),))]
)
def test_maps_that_do_not_rise_within_zero_and_one_are_refused(
    given: tuple[tuple[float, ...], ...], true: tuple[tuple[float, ...], ...]
) -> None:
    with pytest.raises(ValueError, match="recalibration"):
        Recalibration("x", given, true)


def test_draws_are_the_same_for_a_seed_and_no_stream_moves_another() -> None:
    one, two = Draws(32, 7), Draws(32, 7)
    two.normal("another quantity", 5)
    assert np.array_equal(one.normal("use of A"), two.normal("use of A"))
    assert not np.array_equal(one.normal("use of A"), one.normal("use of B"))
    assert not np.array_equal(one.normal("use of A"), Draws(32, 8).normal("use of A"))


def test_draws_are_stratified() -> None:
    drawn = np.sort(Draws(50, 3).uniform("x")[:, 0])
    assert (np.floor(drawn * 50) == np.arange(50)).all()


def test_paths_wander_about_one_with_the_stated_spread() -> None:
    hours = np.arange(0.0, 720.0, 6.0)
    path = Draws(400, 1).path("use", Unrest(0.03, 0.02), hours)
    assert path.shape == (400, 120)
    assert path.mean() == pytest.approx(1.0, abs=0.01)
    assert np.log(path[:, 60]).std() == pytest.approx(np.hypot(0.03, 0.02), rel=0.25)
    assert np.array_equal(Draws(8, 1).path("use", Unrest(0.0, 0.0), hours), np.ones((8, 120)))


@pytest.mark.parametrize("family", list(Family))
def test_what_has_lasted_long_lasts_longer_than_the_median_left(family: Family) -> None:
    prior = Duration((Sort(1.0, 100.0, 1.0, family),))
    uniform = Draws(999, 1).uniform("lasts")[:, 0]
    assert np.median(prior.remaining(uniform, 0.0)) == pytest.approx(100.0, rel=0.02)
    later = prior.remaining(uniform, 200.0)
    assert (later >= 0).all()
    whole = prior.remaining(uniform, 0.0)
    left = whole[whole > 200.0] - 200.0
    assert np.median(later) == pytest.approx(np.median(left), rel=0.1)


@pytest.mark.parametrize("wrong", [(0.0, 1.0), (100.0, 0.0), (np.nan, 1.0), (np.inf, 1.0)])
def test_senseless_durations_are_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="right"):
        Sort(1.0, *wrong)


MIXED = Duration((Sort(0.7, 240.0, 0.5), Sort(0.25, 30.0, 0.4), Sort(0.05, 600.0, 0.8)))


def test_a_mixture_of_sorts_is_drawn_in_its_shares() -> None:
    drawn = MIXED.remaining(Draws(4000, 1).uniform("lasts")[:, 0], 0.0)
    source = np.random.default_rng(1)
    parts = [
        m * np.exp(s * source.normal(size=int(40_000 * w)))
        for w, m, s in ((0.7, 240, 0.5), (0.25, 30, 0.4), (0.05, 600, 0.8))
    ]
    levels = np.linspace(0.05, 0.95, 19)
    assert np.quantile(drawn, levels) == pytest.approx(np.quantile(np.concatenate(parts), levels), rel=0.05)


def test_what_outlasts_a_shift_is_no_longer_taken_for_brief() -> None:
    uniform = Draws(999, 1).uniform("lasts")[:, 0]
    ends_soon = [float((MIXED.remaining(uniform, elapsed) < 48.0).mean()) for elapsed in (0.0, 24.0, 72.0)]
    assert ends_soon[0] == pytest.approx(0.22, abs=0.03)
    assert ends_soon[2] < 0.08 < ends_soon[1] < ends_soon[0]


@pytest.mark.parametrize("elapsed", [0.0, 500.0, 5_000.0, 50_000.0])
def test_what_lasts_longer_than_anything_before_is_never_taken_for_over(elapsed: float) -> None:
    left = MIXED.remaining(Draws(64, 1).uniform("lasts")[:, 0], elapsed)
    assert np.isfinite(left).all()
    assert np.median(left) > max(24.0, 0.05 * elapsed)
    assert (np.diff(np.sort(left)) > 0).all()


def test_shares_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="sum of 1"):
        Duration((Sort(0.7, 240.0, 0.5), Sort(0.2, 30.0, 0.4)))


def test_a_small_change_of_the_elapsed_time_gives_a_small_change_of_the_rest() -> None:
    uniform = Draws(64, 1).uniform("lasts")[:, 0]
    prior = Duration((Sort(1.0, 200.0, 1.0),))
    before, after = prior.remaining(uniform, 48.0), prior.remaining(uniform, 49.0)
    assert np.abs(after - before).max() < 0.05 * before.max()


def test_the_loss_is_told_in_amount_and_money() -> None:
    loss = loss_of(np.array([0.0, 10.0, 20.0, 30.0]), 5.0)
    assert (loss.amount, loss.money) == (15.0, 75.0)
    assert loss.money_p10 < 75.0 < loss.money_p90
    with pytest.raises(ValueError, match="right"):
        loss_of(np.array([-1.0]), 5.0)


def test_horizons_are_those_of_the_contract() -> None:
    assert HORIZONS_H == (24.0, 72.0, 168.0, 336.0, 720.0)
