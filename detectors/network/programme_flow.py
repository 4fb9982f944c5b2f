"""The programme of a flow network: the same accounts, links and makers without lead times, rationing and maxima."""

import numpy as np

from detectors.network.flow_network import FlowNetwork
from detectors.network.programme import Loss, Maker, Numbers, Programme, SharedLimit


def programme_of(network: FlowNetwork, stock: Numbers | None = None) -> Programme:
    """The programme of a network with ``stock`` (A), by default its stock at rest.

    Inputs that are not essential bind nothing. A node with a finite capacity bounds the sum of what leaves it. Dormant links may be used.
    Raises ValueError for a stock of another shape, NaN or negative.
    """
    leaving = network.node[network.source]
    return Programme(
        stock=network.target if stock is None else stock,
        minimum=network.minimum,
        demand_per_h=network.demand,
        link_source=network.source,
        link_target=network.end,
        link_capacity_per_h=network.capacity,
        makers=tuple(
            Maker(m.output, m.capacity, tuple((i.account, i.per_unit) for i in m.inputs if i.is_essential))
            for m in network.makers
        ),
        limits=tuple(
            SharedLimit(tuple(np.flatnonzero(leaving == node).tolist()), float(network.node_capacity[node]))
            for node in bounded_nodes(network)
        ),
        link_gain=network.gain,
    )


def bounded_nodes(network: FlowNetwork) -> list[int]:
    """The node of each shared limit of ``programme_of``."""
    return [int(node) for node in np.flatnonzero(np.isfinite(network.node_capacity))]


def loss_of_node(network: FlowNetwork, node: int) -> Loss:
    """A node gone with its accounts, their links and makers. Raises IndexError for a node that does not exist."""
    return Loss(accounts=tuple(np.flatnonzero(network.node == range(network.node_count)[node]).tolist()))
