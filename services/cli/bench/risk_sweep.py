"""How long an n-1 sweep takes: run whole, or estimated from samples of its losses."""

import statistics

import numpy as np

from detectors.network.course import Disruption, Target
from detectors.network.flow_network import FlowNetwork
from detectors.network.sweep import each_loss, sweep
from services.cli.bench.risk_case import SEED, SWEPT, case
from services.cli.bench.risk_time import Clock

SAMPLES = 4
_T_95 = 3.182
"""Student's t for 95 % with one degree of freedom less than there are samples."""

Losses = list[tuple[Disruption, ...]]


def swept(network: FlowNetwork, workers: int, share: float, head_h: float, clock: Clock, notes: list[str]) -> float:
    """Seconds of a sweep over every node and link; with a ``share`` below 1 estimated from so large a part of them, and noted as such."""
    engine, state, courses = case(network, SWEPT, fine_until_h=head_h)
    losses = each_loss(network)

    def run(some: Losses) -> None:
        for _ in sweep(engine, state, courses, some, workers=workers):
            pass

    if share >= 1.0:
        return clock.median([clock.time(lambda: run(losses))])
    base = clock.time(lambda: run([]))
    samples = _samples(network, losses, share)
    times = [clock.time(lambda: run(some)) for some in samples]  # noqa: B023  # called at once
    wall, cpu = ([(t[at] - base[at]) / len(some) for t, some in zip(times, samples, strict=True)] for at in (0, 1))
    spread = _T_95 * statistics.stdev(wall) / SAMPLES**0.5 * len(losses)
    whole = base[0] + statistics.mean(wall) * len(losses)
    notes.append(
        f"n-1 of {network.node_count} nodes, 1 h head of {head_h:.0f} h: an ESTIMATE, {sum(map(len, samples))} of {len(losses)} losses run in "
        f"{SAMPLES} samples: {whole:.0f} ± {spread:.0f} s (95 %)"
    )
    return clock.figure(whole, base[1] + statistics.mean(cpu) * len(losses))


def _samples(network: FlowNetwork, losses: Losses, share: float) -> list[Losses]:
    """Random accounts and nodes, dealt out; all links into a chosen account together, as in a whole sweep."""
    dice, each = np.random.default_rng(SEED), share / SAMPLES
    account, node = (np.floor(dice.random(n) / each) for n in (network.account_count, network.node_count))

    def number(loss: Disruption) -> float:
        return float((node if loss.target is Target.NODE else account[network.end])[loss.index])

    return [[(loss,) for (loss,) in losses if number(loss) == sample] for sample in range(SAMPLES)]
