"""The measurements of ``lianjing bench risk``."""

import statistics
import time
from collections.abc import Callable

import numpy as np

from detectors.network.course import Disruption, Target
from detectors.network.flow_network import FlowNetwork
from detectors.network.generated import generate_network
from detectors.network.kept import Kept
from detectors.network.state import State
from detectors.network.sweep import each_loss, sweep
from services.cli.bench.figures import Figures
from services.cli.bench.risk_case import LINKS, NODES, SCENARIOS, SEED, SWEPT, case
from services.cli.bench.risk_growth import Growth, growth
from services.cli.bench.risk_peer import ours_against_peer
from services.risk.blueprint import Blueprint
from services.risk.configured import configured_network
from services.runtime.chain import chain_folder, load_chain

MESSAGES = 21


def measure(rounds: int, workers: int, *, quick: bool, share: float) -> tuple[Figures, list[str], Growth]:
    """All figures in seconds, notes, and how cost grows (empty when ``quick``). ``share`` is the part of the n-1 sweep of 2,000 nodes that is
    run; its time is scaled up.
    """
    operating = configured_network(Blueprint(load_chain(chain_folder(None, "ordos")))).network
    large = generate_network(NODES, LINKS, SEED)
    figures: Figures = {}
    notes = [
        f"{SCENARIOS} scenarios, 1 h to 72 h then 6 h to 720 h, {workers} threads, median of {rounds}; n-1 with {SWEPT} scenarios"
    ]
    for name, network in (("reference", operating), ("n2000", large)):
        figures[f"{name}_s"] = _full(network, rounds, workers)
        notes.append(
            f"{name}: {network.node_count} nodes, {network.link_count} links, {network.account_count} accounts"
        )
    figures["n2000_without_hourly_head_s"] = _full(large, rounds, workers, fine_until_h=0.0)
    figures |= _updates(large, workers, notes)
    figures["nminus1_reference_s"] = _sweep(operating, workers, 1.0, notes)
    if quick:
        return figures, notes, []
    figures["nminus1_n2000_s"] = _sweep(large, workers, share, notes)
    figures["boario_ratio_1000"], said = ours_against_peer(1000, rounds)
    return figures, notes + said, growth(workers)


def _full(network: FlowNetwork, rounds: int, workers: int, *, fine_until_h: float = 72.0) -> float:
    engine, state, courses = case(network, SCENARIOS, fine_until_h=fine_until_h)
    engine.run(state, courses, workers=workers)
    return _median(lambda: engine.run(state, courses, workers=workers), rounds)


def _median(work: Callable[[], object], rounds: int) -> float:
    return statistics.median(_seconds(work) for _ in range(rounds))


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _updates(network: FlowNetwork, workers: int, notes: list[str]) -> Figures:
    """Messages one after the other, each a new stock of some account; the last forecast must equal a full run to the last bit."""
    engine, state, courses = case(network, SCENARIOS)
    kept, dice, seconds = Kept(engine, state, courses, workers=workers), np.random.default_rng(SEED), []
    reached = []
    for account in dice.permutation(network.account_count)[:MESSAGES]:
        stock = state.stock.copy()
        stock[account] *= dice.uniform(0.8, 1.0)
        state = State(stock, state.transit)
        seconds.append(_seconds(lambda: kept.update(state, courses)))  # noqa: B023  # called at once
        reached.append(kept.reached)
    same = np.array_equal(kept.trajectories.stock, engine.run(state, courses, workers=workers).stock)
    notes.append(
        f"updates: {MESSAGES} messages, accounts reached {min(reached)} to {max(reached)}, median {statistics.median(reached):.0f}; "
        f"equal to a full run: {'yes' if same else 'NO'}"
    )
    return {"update_n2000_s": statistics.median(seconds), "update_n2000_worst_s": max(seconds)}


def _sweep(network: FlowNetwork, workers: int, share: float, notes: list[str]) -> float:
    """Seconds of a sweep over every node and link, scaled up from a ``share`` of them."""
    engine, state, courses = case(network, SWEPT)
    losses = each_loss(network)
    some = losses if share >= 1.0 else _sampled(network, losses, share)

    def whole() -> None:
        for _ in sweep(engine, state, courses, some, workers=workers):
            pass

    seconds = _seconds(whole)
    if len(some) < len(losses):
        notes.append(f"n-1 of {network.node_count} nodes: {len(some)} of {len(losses)} losses run, time scaled up")
    return seconds * len(losses) / len(some)


def _sampled(network: FlowNetwork, losses: list[tuple[Disruption, ...]], share: float) -> list[tuple[Disruption, ...]]:
    """Losses at some of the accounts and nodes, all links into a chosen account together, as in a whole sweep."""
    dice = np.random.default_rng(SEED)
    account, node = dice.random(network.account_count) < share, dice.random(network.node_count) < share
    return [(loss,) for (loss,) in losses if (node if loss.target is Target.NODE else account[network.end])[loss.index]]
