"""Flows at rest: what every link, holding and node carries when all demand is served by the true shares."""

from dataclasses import dataclass

import numpy as np

from services.intake.scenario.layout import Floats, Layout, totals

_ROUNDS = 60


@dataclass(frozen=True)
class Equilibrium:
    """Rates per hour at rest: ``link`` flows, ``hold`` throughput (use plus outflow) and ``node`` output, throughput or use."""

    link: Floats
    hold: Floats
    node: Floats


def equilibrium_of(layout: Layout, share: Floats) -> Equilibrium:
    """Follow final demand upstream through shares and recipes.

    Mines need power and power needs coal, so the walk is a fixed point; it settles because each loop passes on only a small part.
    """
    holds = len(layout.hold_node)
    demand = np.zeros(holds)
    np.add.at(demand, layout.node_out[layout.node_is_demand], layout.node_normal[layout.node_is_demand])
    through = demand.copy()
    flow = np.zeros(len(share))
    output = np.zeros(len(layout.node_out))
    for _ in range(_ROUNDS):
        flow = through[layout.link_target] * share
        output = _output(layout, flow, demand)
        use = totals(layout.need_hold, layout.need_per_unit * output[layout.need_node], holds)
        through = demand + use + totals(layout.link_source, flow, holds)
    return Equilibrium(link=flow, hold=through, node=output)


def _output(layout: Layout, flow: Floats, demand: Floats) -> Floats:
    """Per node: what leaves it (all products of a carrier together, its own product of a producer), or what a demand uses."""
    holds = len(layout.hold_node)
    leaving = totals(layout.link_source, flow, holds)
    own = leaving[layout.node_out] + demand[layout.node_out]
    total = totals(layout.hold_node, leaving, len(layout.node_out))
    return np.where(layout.node_is_carrier, total, own)
