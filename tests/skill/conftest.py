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


@pytest.fixture(scope="session")
def bench() -> Bench:
    """The operating chain and the shipped rules, in this process."""
    config = asset_path("deploy/config")
    return Bench(chain=config / "chains/ordos", rules=config / "rules/default.yaml", config=None, truths=None, jobs=1)


@pytest.fixture(scope="session")
def task() -> Task:
    """The frozen scenario, seed 1, mismatch 1."""
    return Task(str(FROZEN / "frozen-water.yaml"), 1, 1)


@pytest.fixture(scope="session")
def loaded(bench: Bench) -> tuple[Chain, RuleSet]:
    """Chain and rules."""
    return bench.load()


@pytest.fixture(scope="session")
def played(loaded: tuple[Chain, RuleSet], task: Task) -> Played:
    """The frozen scenario, played."""
    return play(task, *loaded, recording_of(task, loaded[0], None, None))


@pytest.fixture(scope="session")
def truths(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where truths are kept."""
    return tmp_path_factory.mktemp("truths")


@pytest.fixture(scope="session")
def facts(loaded: tuple[Chain, RuleSet], task: Task, truths: Path) -> Facts:
    """Its truth."""
    return facts_of(task, loaded[0], None, truths)


@pytest.fixture(scope="session")
def baselines() -> Baselines:
    """Simple forecasts fitted on other seeds beforehand."""
    return read(FROZEN / "baselines.json")
