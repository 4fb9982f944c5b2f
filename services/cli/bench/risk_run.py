"""The measurements of ``lianjing bench risk``."""

import statistics
import time
from collections.abc import Callable

import numpy as np

from detectors.network.course import Courses, Target
from detectors.network.flow_network import FlowNetwork
from detectors.network.generated import disturbed, generate_network
from detectors.network.grid import forecast_grid
from detectors.network.simulation import Engine
from detectors.network.state import State
from detectors.network.sweep import each_loss, sweep
from services.cli.bench.figures import Figures
from services.cli.bench.risk_peer import ours_against_peer
from services.risk.blueprint import Blueprint
from services.risk.configured import configured_network
from services.runtime.chain import chain_folder, load_chain

SCENARIOS, SWEPT = 256, 16
NODES, LINKS = 2000, 8000
_SEED = 1


def measure(rounds: int, workers: int, *, quick: bool) -> tuple[Figures, list[str]]:
    """All figures in seconds, and notes."""
    operating = configured_network(Blueprint(load_chain(chain_folder(None, "ordos")))).network
    large = generate_network(NODES, LINKS, _SEED)
    figures: Figures = {}
    notes = [
        f"{SCENARIOS} scenarios, 1 h to 72 h then 6 h to 720 h, {workers} threads, median of {rounds}; n-1 with {SWEPT} scenarios"
    ]
    for name, network in (("reference", operating), ("n2000", large)):
        engine, state, courses = _case(network, SCENARIOS)
        engine.run(state, courses, workers=workers)
        figures[f"{name}_s"] = _median(lambda: engine.run(state, courses, workers=workers), rounds)  # noqa: B023
        notes.append(
            f"{name}: {network.node_count} nodes, {network.link_count} links, {network.account_count} accounts"
        )
    figures["nminus1_reference_s"] = _sweep(operating, workers)
    figures["update_n2000_s"] = _update(large, rounds, workers)
    coarse = _case(large, SCENARIOS, fine_until_h=0.0)
    figures["n2000_without_hourly_head_s"] = _median(lambda: coarse[0].run(*coarse[1:], workers=workers), rounds)
    if not quick:
        figures["nminus1_n2000_s"] = _sweep(large, workers)
        figures["boario_ratio_1000"], said = ours_against_peer(1000, rounds)
        notes += said
    return figures, notes


def _case(network: FlowNetwork, scenarios: int, *, fine_until_h: float = 72.0) -> tuple[Engine, State, Courses]:
    """Disturbed stocks and uncertain demand."""
    engine = Engine(network, forecast_grid(fine_until_h=fine_until_h))
    dice = np.random.default_rng(_SEED)
    users = np.flatnonzero(network.demand > 0)
    factors = {(Target.DEMAND, int(a)): dice.uniform(0.9, 1.1, scenarios) for a in users}
    return engine, disturbed(network, engine.rest, _SEED), Courses.from_factors(scenarios, engine.grid, factors)


def _median(work: Callable[[], object], rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def _sweep(network: FlowNetwork, workers: int) -> float:
    engine, state, courses = _case(network, SWEPT)
    begin = time.perf_counter()
    for _ in sweep(engine, state, courses, each_loss(network), workers=workers):
        pass
    return time.perf_counter() - begin


def _update(network: FlowNetwork, rounds: int, workers: int) -> float:
    """One stock is reported anew; the forecast is run again in full, so that it equals a full re-assessment."""
    engine, state, courses = _case(network, SCENARIOS)
    stock = state.stock.copy()
    stock[-1] *= 0.9
    return _median(lambda: engine.run(State(stock, state.transit), courses, workers=workers), rounds)
