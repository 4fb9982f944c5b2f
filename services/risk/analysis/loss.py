"""What a course of things costs, by node, in CNY."""

import numpy as np
from msgspec import Struct

from detectors.network.flow_network import Indices
from detectors.network.trajectories import Trajectories
from detectors.network.uncertainty import Floats
from services.risk.blueprint import Blueprint
from services.risk.state.world import World


class Loss(Struct, frozen=True):
    """Mean over the futures, until the end of the forecast (30 d), by node in the order of the chain: what ``users`` do not get, what ``makers`` do
    not make, and goods that did ``not_come``: not served, or taken from stock, at the value of the place."""

    users: Floats
    makers: Floats
    not_come: Floats

    @property
    def total(self) -> float:
        """Users and makers together. Goods lost at several steps of the chain count at each, as in the assessments."""
        return float(self.users.sum() + self.makers.sum())

    def beyond(self, other: "Loss") -> "Loss":
        """What this costs more than another course on the same futures."""
        return Loss(self.users - other.users, self.makers - other.makers, self.not_come - other.not_come)


def loss_of(blueprint: Blueprint, world: World, found: Trajectories) -> Loss:
    """The loss of a run."""
    b, network = blueprint, world.living.network
    value = np.array([b.nodes[node].value_cny_per_unit for node, _ in b.places])
    unserved = np.maximum(found.unserved[:, -1], 0.0).mean(axis=0) * value
    output = np.array([m.output for m in network.makers], dtype=np.int64)
    unmade = found.lost[:, -1].mean(axis=0) * value[output]
    drawn = unserved - found.stock[:, -1].mean(axis=0) * value * (network.demand > 0)
    count = len(b.nodes)
    return Loss(
        users=_by_node(network.node, unserved, count),
        makers=_by_node(network.node[output], unmade, count),
        not_come=_by_node(network.node, drawn, count),
    )


def _by_node(node: Indices, money: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(node, weights=money, minlength=count), dtype=np.float64)
