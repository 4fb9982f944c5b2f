"""A crisis is not a defect: what a stock, a mine, a price can truly do is left alone, whatever it looks like."""

import numpy as np
import pytest

from detectors.series.quality.kinds import Nature
from tests.quality.conftest import Daily, Noise, Yard, told, told_of_yard


def test_a_yard_that_runs_dry_without_receipts_is_a_crisis(daily: Daily, yard: Yard) -> None:
    _, comes, burns = yard
    comes[45:] = 0.0
    stock = 200.0 + np.cumsum(comes - burns)
    empty = stock <= 0
    burns = np.where(empty, comes, burns)
    stock = 200.0 + np.cumsum(comes - burns)
    said = told_of_yard(daily, stock, comes, burns)
    assert [f.kind.name for f in said] == []


@pytest.mark.parametrize("left", [0.0, 0.05, 0.13, 0.3, 0.7])
def test_a_mine_that_stops_or_throttles_within_a_day_is_a_crisis(daily: Daily, noise: Noise, left: float) -> None:
    output = noise(30_000.0, 0.03)
    output[50:70] *= left
    assert told(daily(output, Nature.RATE)) == []


def test_a_plant_that_stopped_and_tells_zeros_is_not_stuck(daily: Daily, noise: Noise) -> None:
    output = noise(800.0, 0.02)
    output[40:] = 0.0
    assert told(daily(output, Nature.RATE)) == []


def test_a_plant_that_starts_again_from_nothing_is_right(daily: Daily, noise: Noise) -> None:
    output = noise(800.0, 0.02)
    output[40:60] = 0.0
    output[60:66] *= np.array([0.001, 0.02, 0.1, 0.3, 0.6, 0.9])
    assert told(daily(output, Nature.RATE)) == []


@pytest.mark.parametrize("step", [-0.2, -0.35, 0.3])
def test_a_price_that_crashes_or_leaps_is_true(daily: Daily, noise: Noise, step: float) -> None:
    price = 800.0 * np.exp(np.cumsum(0.01 * np.random.default_rng(5).standard_normal(80)))
    price[50:] *= 1.0 + step
    assert told(daily(price, Nature.PRICE)) == []


def test_ships_that_pile_up_behind_a_closed_port_are_true(daily: Daily, noise: Noise) -> None:
    ships = np.round(noise(30.0, 0.08))
    ships[50:56] = [52.0, 88.0, 121.0, 157.0, 140.0, 90.0]
    assert told(daily(ships, Nature.QUEUE)) == []


def test_the_stock_of_an_idle_plant_stands_still_for_a_reason(daily: Daily, yard: Yard) -> None:
    stock, comes, burns = yard
    stock[40:], comes[40:], burns[40:] = stock[39], 0.0, 0.0
    said = told_of_yard(daily, stock, comes, burns)
    assert [f.kind.name for f in said] == []


@pytest.mark.parametrize("left", [0.083, 0.12])
def test_a_railway_that_stands_for_most_of_a_day_is_a_crisis(daily: Daily, noise: Noise, left: float) -> None:
    flow = noise(460_000.0, 0.015)
    flow[50] *= left
    assert told(daily(flow, Nature.RATE)) == []
