"""The operating chain, and short lives on it that several tests look at."""

from collections.abc import Callable
from datetime import datetime

import pytest

from schemas.chain import Chain
from services.intake.scenario.feeds.library import load_scenario
from services.intake.scenario.scenario import Kind, Scenario
from services.intake.scenario.season import CHINA
from services.intake.scenario.simulation import Simulation
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain


@pytest.fixture(scope="session")
def chain() -> Chain:
    return load_chain(asset_path("deploy/config/chains/ordos"))


@pytest.fixture(scope="session")
def stylised(chain: Chain) -> Simulation:
    """``daqin-stylised`` lived once with seed 1."""
    scenario = load_scenario("daqin-stylised")
    life = Simulation(chain, scenario, seed=1)
    life.advance(scenario.last_hour)
    return life


@pytest.fixture(scope="session")
def quiet() -> Callable[..., Scenario]:
    """Makes scenarios in which nothing happens."""
    return _quiet


def _quiet(days: int, month: int = 1, lead_in_days: int = 2) -> Scenario:
    return Scenario(
        id="quiet",
        name_zh="平静",
        name_en="Quiet",
        kind=Kind.STYLISED,
        start=datetime(2022, month, 5, tzinfo=CHINA),
        days=days,
        lead_in_days=lead_in_days,
    )
