"""What truly happened in a task, for the scorer alone: its events and its true stocks. Lived once, then kept in a folder."""

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from schemas.chain import Chain
from services.cli.backtest.skill.play import ISSUE_H
from services.cli.backtest.skill.task import Task, scenario_of
from services.intake.scenario import simulation
from services.intake.scenario.feeds.library import read_truth, write_truth
from services.intake.scenario.simulation import Simulation
from services.intake.scenario.verdict import Truth, truth_of

Floats = npt.NDArray[np.float64]


class Facts(Struct, frozen=True):
    """``truth`` is the truth file; ``stock`` true stocks, hours × places, at ``hours`` (every sixth)."""

    truth: Truth
    hours: Floats
    places: dict[tuple[str, str], int]
    stock: Floats


def facts_of(task: Task, chain: Chain, config: Path | None, folder: Path | None) -> Facts:
    """The truth of a task: read from ``folder`` when it is there for this very chain, scenario and simulator, else lived and written there."""
    scenario = scenario_of(task, chain, config)
    home = None if folder is None else folder / _digest(chain, msgspec.json.encode(scenario))
    name = f"{scenario.id}.seed{task.seed}.mismatch{task.mismatch}"
    if home is not None and (home / f"{name}.npz").exists():
        with np.load(home / f"{name}.npz") as kept:
            places = {(n, p): i for i, (n, p) in enumerate(zip(kept["nodes"], kept["products"], strict=True))}
            return Facts(read_truth(home / f"{name}.json"), kept["hours"], places, kept["stock"])
    truth = truth_of(chain, scenario, task.seed, task.mismatch)
    life = Simulation(chain, scenario, task.seed, task.mismatch)
    trace = life.advance(scenario.last_hour)
    hours = np.arange(scenario.first_hour + ISSUE_H, scenario.last_hour + 1, ISSUE_H)
    stock = trace.column("stock")[hours - scenario.first_hour - 1]
    keys = life.world.layout.hold_keys
    if home is not None:
        write_truth(truth, home)
        nodes, products = (np.array([k[i] for k in keys]) for i in (0, 1))
        part = home / f"{name}.part.npz"
        np.savez_compressed(part, hours=hours.astype(np.float64), nodes=nodes, products=products, stock=stock)
        part.replace(home / f"{name}.npz")
    return Facts(truth, hours.astype(np.float64), {k: i for i, k in enumerate(keys)}, stock)


def _digest(chain: Chain, scenario: bytes) -> str:
    """Name of what the truth depends on: chain, scenario, and the text of the simulator."""
    text = hashlib.sha256(chain.version.encode() + scenario)
    for source in sorted(Path(simulation.__file__).parent.glob("*.py")):
        text.update(source.read_bytes())
    return text.hexdigest()[:16]
