"""The measurements of ``lianjing bench risk``."""

import statistics

import numpy as np

from detectors.network.flow_network import FlowNetwork
from detectors.network.generated import generate_network
from detectors.network.kept import Kept
from detectors.network.state import State
from services.cli.bench.figures import Figures
from services.cli.bench.risk_case import HEAD_H, LINKS, NODES, SCENARIOS, SEED, SWEPT, case
from services.cli.bench.risk_growth import Growth, growth
from services.cli.bench.risk_peer import ours_against_peer
from services.cli.bench.risk_sweep import swept
from services.cli.bench.risk_time import Clock
from services.risk.blueprint import Blueprint
from services.risk.configured import configured_network
from services.runtime.chain import chain_folder, load_chain

MESSAGES = 21
WITHOUT_HEAD = "_without_hourly_head"


def measure(rounds: int, workers: int, *, quick: bool, share: float) -> tuple[Figures, list[str], Growth]:
    """All figures in seconds by the wall clock, notes (processor time among them), and how cost grows (empty when ``quick``). ``share`` is the
    part of the n-1 sweep of 2,000 nodes that is run. What 2,000 nodes cost is measured with the 1 h head of the grid and without it.
    """
    operating = configured_network(Blueprint(load_chain(chain_folder(None, "ordos")))).network
    large = generate_network(NODES, LINKS, SEED)
    figures: Figures = {}
    clock = Clock()
    notes = [
        f"{SCENARIOS} scenarios, 1 h to 72 h then 6 h to 720 h, {workers} threads, median of {rounds}; n-1 with {SWEPT} scenarios"
    ]
    for name, network in (("reference", operating), ("n2000", large)):
        figures[f"{name}_s"] = _full(network, rounds, workers, HEAD_H, clock)
        notes.append(
            f"{name}: {network.node_count} nodes, {network.link_count} links, {network.account_count} accounts"
        )
    figures[f"n2000{WITHOUT_HEAD}_s"] = _full(large, rounds, workers, 0.0, clock)
    for head_h, name in ((HEAD_H, "update_n2000"), (0.0, f"update_n2000{WITHOUT_HEAD}")):
        figures |= _updates(large, workers, head_h, name, clock, notes)
    figures["nminus1_reference_s"] = swept(operating, workers, 1.0, HEAD_H, clock, notes)
    if not quick:
        figures["nminus1_n2000_s"] = swept(large, workers, share, HEAD_H, clock, notes)
        figures[f"nminus1_n2000{WITHOUT_HEAD}_s"] = swept(large, workers, share, 0.0, clock, notes)
        figures["boario_ratio_1000"], said = ours_against_peer(1000, rounds)
        notes += said
    return figures, [*notes, *clock.said(figures)], [] if quick else growth(workers)


def _full(network: FlowNetwork, rounds: int, workers: int, head_h: float, clock: Clock) -> float:
    engine, state, courses = case(network, SCENARIOS, fine_until_h=head_h)
    engine.run(state, courses, workers=workers)
    return clock.median([clock.time(lambda: engine.run(state, courses, workers=workers)) for _ in range(rounds)])


def _updates(network: FlowNetwork, workers: int, head_h: float, name: str, clock: Clock, notes: list[str]) -> Figures:
    """Messages one after the other, each a new stock of some account; the last forecast must equal a full run to the last bit."""
    engine, state, courses = case(network, SCENARIOS, fine_until_h=head_h)
    kept, dice, times = Kept(engine, state, courses, workers=workers), np.random.default_rng(SEED), []
    reached = []
    for account in dice.permutation(network.account_count)[:MESSAGES]:
        stock = state.stock.copy()
        stock[account] *= dice.uniform(0.8, 1.0)
        state = State(stock, state.transit)
        times.append(clock.time(lambda: kept.update(state, courses)))  # noqa: B023  # called at once
        reached.append(kept.reached)
    same = np.array_equal(kept.trajectories.stock, engine.run(state, courses, workers=workers).stock)
    notes.append(
        f"{name}: {MESSAGES} messages, accounts reached {min(reached)} to {max(reached)}, median {statistics.median(reached):.0f}; "
        f"equal to a full run: {'yes' if same else 'NO'}"
    )
    return {f"{name}_s": clock.median(times), f"{name}_worst_s": max(times)[0]}
