"""One short scenario played once, with its truth, for the tests of the backtest."""

from pathlib import Path

import pytest

from schemas.chain import Chain
from services.cli.backtest.skill.baselines import Baselines, read
from services.cli.backtest.skill.play import Played, play
from services.cli.backtest.skill.recording import recording_of
from services.cli.backtest.skill.run import Bench
from services.cli.backtest.skill.task import Task
from services.cli.backtest.skill.truth import Facts, facts_of
from services.risk.rules import RuleSet
from services.runtime.assets import asset_path

FROZEN = Path(__file__).parent / "frozen"
TASK = Task(str(FROZEN / "frozen-water.yaml"), 1, 1)


@pytest.fixture(scope="session")
def bench() -> Bench:
    """The operating chain and the shipped rules, in this process."""
    config = asset_path("deploy/config")
    return Bench(chain=config / "chains/ordos", rules=config / "rules/default.yaml", config=None, truths=None, jobs=1)


@pytest.fixture(scope="session")
def loaded(bench: Bench) -> tuple[Chain, RuleSet]:
    """Chain and rules."""
    return bench.load()


@pytest.fixture(scope="session")
def played(loaded: tuple[Chain, RuleSet]) -> Played:
    """The frozen scenario, played."""
    return play(TASK, *loaded, recording_of(TASK, loaded[0], None, None))


@pytest.fixture(scope="session")
def facts(loaded: tuple[Chain, RuleSet]) -> Facts:
    """Its truth."""
    return facts_of(TASK, loaded[0], None, None)


@pytest.fixture(scope="session")
def baselines() -> Baselines:
    """Simple forecasts fitted on other seeds beforehand."""
    return read(FROZEN / "baselines.json")
