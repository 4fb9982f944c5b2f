"""BoARIO (PyPI, GPL) run beside our engine as a separate process in an environment of its own; only its times come back."""

import statistics
import time

from detectors.network.course import Courses, Disruption, Target
from detectors.network.generated import generate_network
from detectors.network.grid import forecast_grid
from detectors.network.simulation import Engine
from detectors.network.state import State
from services.cli.bench.peer import run_peer
from services.runtime.errors import UnreachableError

_DAYS = 30
_PACKAGES = (
    "boario==0.7.2",
    "numpy<1.27",
    "pandas<2.3",
    "pymrio",
    "setuptools<81",
    "coloredlogs",
    "dill",
    "progressbar2",
)
_TIMEOUT_S = 900
_SCRIPT = """
import json, sys, time, warnings, logging
warnings.filterwarnings("ignore"); logging.disable(logging.CRITICAL)
import numpy as np, pandas as pd, pymrio
from boario.extended_models import ARIOPsiModel
from boario.simulation import Simulation
from boario.event import EventKapitalDestroyed
count, days = int(sys.argv[1]), int(sys.argv[2])
dice = np.random.default_rng(1)
index = pd.MultiIndex.from_product([["reg1"], [f"s{i:04d}" for i in range(count)]], names=["region", "sector"])
z = dice.uniform(0, 1, (count, count)) * (dice.uniform(0, 1, (count, count)) < 0.1)
categories = pd.MultiIndex.from_product([["reg1"], ["final"]], names=["region", "category"])
y = dice.uniform(50, 100, (count, 1))
io = pymrio.IOSystem(Z=pd.DataFrame(z, index, index), Y=pd.DataFrame(y, index, categories))
io.calc_all()
model = ARIOPsiModel(io)
simulation = Simulation(model, n_temporal_units_to_sim=days + 2)
seconds = []
for _ in range(days):
    begin = time.perf_counter(); simulation.next_step(); seconds.append(time.perf_counter() - begin)
print(json.dumps(seconds))
"""


def ours_against_peer(count: int, rounds: int) -> tuple[float, list[str]]:
    """How many times faster a daily step of ours is on ``count`` nodes; infinite seconds of the peer when it does not run give nan and a note."""
    ours = statistics.median(_our_step(count) for _ in range(rounds))
    try:
        peer = statistics.median(_peer_steps(count))
    except UnreachableError as error:
        return float("nan"), [f"BoARIO 0.7.2 did not run ({error}); ours {1e3 * ours:.2f} ms per daily step"]
    return peer / ours, [
        f"BoARIO 0.7.2, {count} sectors: {1e3 * peer:.1f} ms per daily step; ours {1e3 * ours:.2f} ms on {count} nodes"
    ]


def _our_step(count: int) -> float:
    """Seconds per daily step of one scenario with a full outage."""
    network = generate_network(count, 4 * count, 1)
    engine = Engine(network, forecast_grid(24.0 * _DAYS, fine_until_h=0.0, coarse_h=24.0))
    state = State.at_rest(network, engine.rest)
    lost = Courses.of([[Disruption(Target.NODE, 0)]], engine.grid)
    engine.run(state, lost)
    begin = time.perf_counter()
    engine.run(state, lost)
    return (time.perf_counter() - begin) / _DAYS


def _peer_steps(count: int) -> list[float]:
    return [float(x) for x in run_peer(_SCRIPT, _PACKAGES, str(count), str(_DAYS), timeout_s=_TIMEOUT_S)]
