"""The state of the living chain at one hour: stocks, goods on the way, orders, and what people remember."""

from dataclasses import dataclass

import numpy as np

from services.intake.scenario.layout import Floats
from services.intake.scenario.world import World


@dataclass
class State:
    """Mutable arrays of the simulation.

    ``transit[l, h]`` are goods that arrive over link l when hour ≡ h; ``queue`` waits at the end of the link for room.
    ``orders`` are what the receiver asks for per hour; ``expected`` is its smoothed outflow; ``reliability`` is the smoothed
    share of orders that was sent; ``weight`` is how a receiver splits its orders now; ``short_h`` counts hours of thin stock.
    """

    stock: Floats
    transit: Floats
    on_way: Floats
    queue: Floats
    orders: Floats
    expected: Floats
    planned: Floats
    reliability: Floats
    weight: Floats
    short_h: Floats
    hoard: Floats
    powered: Floats
    need: Floats


def state_at_rest(world: World) -> State:
    """Stocks at target, links filled with the flow of rest."""
    layout, rest = world.layout, world.equilibrium
    links = len(layout.link_source)
    longest = int(layout.link_lead.max()) + 1
    transit = np.zeros((links, longest))
    for i in range(links):
        if not layout.link_is_grid[i]:
            transit[i, : layout.link_lead[i]] = rest.link[i]
    return State(
        stock=world.target.copy(),
        transit=transit,
        on_way=transit.sum(axis=1),
        queue=np.zeros(links),
        orders=rest.link.copy(),
        expected=rest.hold.copy(),
        planned=rest.node.copy(),
        reliability=np.ones(links),
        weight=world.share.copy(),
        short_h=np.zeros(len(world.target)),
        hoard=np.ones(len(world.target)),
        powered=np.ones(len(layout.node_out)),
        need=np.zeros(len(world.target)),
    )
