"""Which scenarios are played: names, ``dated`` and ``random``, each with seeds."""

from pathlib import Path

from msgspec import Struct

from schemas.chain import Chain
from services.intake.scenario.feeds.library import available_scenarios, load_scenario
from services.intake.scenario.generator import generate_scenario
from services.intake.scenario.reading import problems_on
from services.intake.scenario.scenario import Kind, Scenario
from services.runtime.errors import ConfigurationError, InputError

DATED, RANDOM, SHIPPED = "dated", "random", "shipped"
_MOST_SEEDS = 10_000


class Task(Struct, frozen=True, order=True):
    """One scenario to play: its name (of the library, a file, or ``random-<seed>``), the seed of the hidden world, and the mismatch."""

    scenario: str
    seed: int
    mismatch: int

    @property
    def name(self) -> str:
        """The name with its seed."""
        return f"{Path(self.scenario).stem}@{self.seed}"


def parse_seeds(text: str) -> list[int]:
    """Seeds from ``1-3,7``. Raises InputError.

    >>> parse_seeds("1-3,7")
    [1, 2, 3, 7]
    """
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise InputError(f"种子 seeds {text!r}: 应为 should be like 1-3,7")
        found += range(int(first), int(last or first) + 1)
        if len(found) > _MOST_SEEDS:
            raise InputError(f"种子 seeds {text!r}: 至多 at most {_MOST_SEEDS}")
    return list(dict.fromkeys(found))


def parse_tasks(text: str, seeds: str, mismatch: int, config: Path | None) -> list[Task]:
    """Tasks from ``dated@1,random@1-300,daqin-stylised``; without ``@`` the common seeds. ``random`` takes the seed as scenario and world.

    A part with ``@`` takes seeds up to the next name: ``random@1-3,7,dated`` are four random scenarios and the dated ones. Raises InputError.
    """
    found: dict[Task, None] = {}
    for name, own in _parts(text):
        for scenario in _names(name, config):
            for seed in parse_seeds(own or seeds):
                found[Task(f"random-{seed}" if scenario == RANDOM else scenario, seed, mismatch)] = None
    return list(found)


def _parts(text: str) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        if part[0].isdigit() and parts and parts[-1][1]:
            parts[-1] = (parts[-1][0], f"{parts[-1][1]},{part}")
        else:
            name, _, own = part.partition("@")
            parts.append((name, own))
    if not parts:
        raise InputError("没有情景 no scenarios: 例如 for example --scenarios dated,random")
    return parts


def _names(name: str, config: Path | None) -> list[str]:
    if name in (DATED, SHIPPED):
        known = available_scenarios(config)
        return [n for n in known if name == SHIPPED or load_scenario(n, config).kind is Kind.HISTORIC]
    return [name]


def scenario_of(task: Task, chain: Chain, config: Path | None) -> Scenario:
    """The scenario of a task on a chain. Raises ConfigurationError when there is none or it does not fit the chain."""
    if task.scenario.startswith("random-") and task.scenario.removeprefix("random-").isdigit():
        return generate_scenario(int(task.scenario.removeprefix("random-")), chain)
    scenario = load_scenario(task.scenario, config)
    problems = problems_on(scenario, chain)
    if problems:
        raise ConfigurationError(*problems)
    return scenario
