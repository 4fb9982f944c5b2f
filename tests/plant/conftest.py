"""Plants that never were: stocks that drift, are resupplied when low, and sometimes run short."""

import numpy as np
import pytest

from detectors.plant import PlantDays, PlantForecaster


def made_plant(seed: int, days: int = 240) -> PlantDays:
    """Norm 100. Burn about 4 a day; receipts switch between plenty and want, so that the stock wanders across 25."""
    rng = np.random.default_rng(seed)
    stock, receipts, burn = np.zeros(days), np.zeros(days), np.zeros(days)
    level, supply = rng.uniform(40, 110), 1.0
    for day in range(days):
        if rng.random() < 0.05:
            supply = rng.choice([0.65, 1.0, 1.35])
        if level < 15 or level > 130:
            supply = 1.35 if level < 15 else 0.65
        burn[day] = min(level, max(0.0, rng.normal(4, 0.4)))
        receipts[day] = max(0.0, rng.normal(4 * supply, 1.2))
        level = max(0.0, level + receipts[day] - burn[day])
        stock[day] = level
    return PlantDays(stock, receipts, burn, np.full(days, 100.0))


@pytest.fixture(scope="session")
def plants() -> list[PlantDays]:
    return [made_plant(seed) for seed in range(24)]


@pytest.fixture(scope="session")
def forecaster(plants: list[PlantDays]) -> PlantForecaster:
    return PlantForecaster().fit(plants)


@pytest.fixture(scope="session")
def unseen() -> list[PlantDays]:
    return [made_plant(seed) for seed in range(500, 540)]
