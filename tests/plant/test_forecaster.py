"""The forecaster: causal, sure of what it says, refusing what it cannot use."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.plant import ForecastSettings, PlantDays, PlantForecaster
from detectors.plant.forecaster import outlook_of
from detectors.plant.reliability import reliability
from detectors.plant.rows import rows_to_learn

DAYS = 100


def _steady(start: float, receipts: float) -> PlantDays:
    """Burn of 4 a day from a norm of 100; what comes in is always the same."""
    stock = start + (receipts - 4.0) * np.arange(DAYS, dtype=np.float64)
    return PlantDays(stock, np.full(DAYS, receipts), np.full(DAYS, 4.0), np.full(DAYS, 100.0))


def _with_future(plant: PlantDays, day: int, seed: int) -> PlantDays:
    rng = np.random.default_rng(seed)
    columns = []
    for values in (plant.stock, plant.receipts, plant.burn, plant.norm):
        changed = values.copy()
        changed[day:] = rng.uniform(0, 500, len(values) - day)
        columns.append(changed)
    return PlantDays(*columns)


@pytest.mark.parametrize("day", [1, 20, 120, 239])
def test_another_future_changes_no_past_forecast(
    forecaster: PlantForecaster, plants: list[PlantDays], day: int
) -> None:
    told = forecaster.daily(plants[3])
    other = forecaster.daily(_with_future(plants[3], day, seed=day))
    np.testing.assert_array_equal(told[:day], other[:day])
    np.testing.assert_array_equal(told[:day], forecaster.daily(plants[3].until(day)))


def test_learning_before_a_day_needs_nothing_after_it(plants: list[PlantDays]) -> None:
    settings, few = ForecastSettings(), plants[:6]
    changed = [_with_future(p, 150, seed=k) for k, p in enumerate(few)]
    past = PlantForecaster(settings).fit_rows(rows_to_learn(few, settings).seen_until(150))
    same = PlantForecaster(settings).fit_rows(rows_to_learn(changed, settings).seen_until(150))
    cut = PlantForecaster(settings).fit([p.until(150) for p in few])
    np.testing.assert_array_equal(past.daily(plants[0]), same.daily(plants[0]))
    np.testing.assert_allclose(past.daily(plants[0]), cut.daily(plants[0]))


def test_the_same_plants_give_the_same_numbers(plants: list[PlantDays]) -> None:
    once, again = (PlantForecaster().fit(plants[:6]) for _ in range(2))
    np.testing.assert_array_equal(once.daily(plants[5]), again.daily(plants[5]))


def test_the_unit_of_mass_does_not_matter(forecaster: PlantForecaster, plants: list[PlantDays]) -> None:
    p = plants[7]
    tonnes = PlantDays(p.stock * 1000, p.receipts * 1000, p.burn * 1000, p.norm * 1000)
    np.testing.assert_allclose(forecaster.daily(p), forecaster.daily(tonnes), atol=1e-9)


def test_chances_on_unseen_plants_are_true(forecaster: PlantForecaster, unseen: list[PlantDays]) -> None:

    told = [forecaster.daily(p) for p in unseen]
    truths = reliability(told, [p.ratio(3) for p in unseen], 0.25)
    assert [t.horizon_days for t in truths] == [1, 3, 7, 14]
    for truth in truths:
        assert truth.skill > 0.15
        for band in truth.bands:
            if band.count >= 300:
                assert band.mean_chance == pytest.approx(band.observed, abs=0.12), truth


def test_a_falling_stock_breaks_sooner_than_a_steady_one(forecaster: PlantForecaster) -> None:
    falling = forecaster.outlook(_steady(40 + 1.5 * (DAYS - 1), 2.5))
    steady = forecaster.outlook(_steady(40, 4.0))
    assert falling.within_14_d > 3 * steady.within_14_d
    assert falling.p50_h < steady.p50_h
    for told in (falling, steady):
        assert 0 <= told.within_24_h <= told.within_72_h <= told.within_7_d <= told.within_14_d <= 1
        assert told.p10_h <= told.p50_h <= told.p90_h


def test_many_plants_at_once_are_told_what_each_is_told_alone(
    forecaster: PlantForecaster, plants: list[PlantDays]
) -> None:
    together = forecaster.dailies(plants[:3], 0.25)
    for told, plant in zip(together, plants, strict=False):
        np.testing.assert_allclose(told, forecaster.daily(plant), atol=1e-12)


def test_chances_of_thirty_days_are_those_of_one_passage(forecaster: PlantForecaster, unseen: list[PlantDays]) -> None:
    told = np.concatenate(forecaster.dailies(unseen[:5], 0.3))
    told = told[~np.isnan(told[:, 0])]
    assert told.min() >= 0.0
    assert told.sum(axis=1).max() <= 1.0 + 1e-9
    assert told[:, 14:].max() > 0.0


def test_times_lie_between_days_and_later_than_the_horizon_is_infinite() -> None:
    chances = np.zeros(30)
    chances[[1, 3]] = 0.2, 0.4
    told = outlook_of(chances)
    assert told.p10_h == pytest.approx(36.0)
    assert told.p50_h == pytest.approx(24 * 3.75)
    assert told.p90_h == float("inf")
    assert (told.within_24_h, told.within_72_h, told.within_14_d) == pytest.approx((0.0, 0.2, 0.6))


def test_below_the_line_it_is_now_and_unknown_stays_unknown(
    forecaster: PlantForecaster, plants: list[PlantDays]
) -> None:
    p = plants[0].until(60)
    low, gone = p.stock.copy(), p.stock.copy()
    low[-1] = 10.0
    gone[-5:] = np.nan
    assert forecaster.outlook(replace(p, stock=low)).p90_h == 0.0
    assert np.isnan(forecaster.outlook(replace(p, stock=gone)).within_14_d)
    assert np.isnan(forecaster.outlook(replace(p, norm=np.zeros(60))).p50_h)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [("stock", -1.0, "stock of day 4 is -1"), ("receipts", np.inf, "receipts of day 4 is inf"), ("norm", -5.0, "norm")],
)
def test_impossible_values_are_refused(plants: list[PlantDays], column: str, value: float, said: str) -> None:
    values = getattr(plants[0], column).copy()
    values[4] = value
    with pytest.raises(ValueError, match=said):
        replace(plants[0], **{column: values})


def test_misshapen_and_premature_use_is_refused(plants: list[PlantDays]) -> None:
    with pytest.raises(ValueError, match="burn has shape"):
        replace(plants[0], burn=np.zeros(3))
    with pytest.raises(ValueError, match="learnt nothing"):
        PlantForecaster().daily(plants[0])
    with pytest.raises(ValueError, match="no plants"):
        PlantForecaster().fit([])
    with pytest.raises(ValueError, match="row_step is 0"):
        ForecastSettings(row_step=0)
    calm = PlantDays(np.full(50, 50.0), np.full(50, 1.0), np.full(50, 1.0), np.full(50, 100.0))
    with pytest.raises(ValueError, match="falls below"):
        PlantForecaster(ForecastSettings(lines=(0.25,))).fit([calm])
