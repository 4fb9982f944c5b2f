"""The network at rest: what every link, account and maker carries when all demand is served by the normal shares."""

from dataclasses import dataclass

import numpy as np

from detectors.network.flow_network import FlowNetwork
from detectors.network.grid import Floats

_TOLERANCE = 1e-14
_TIGHT = 1e-9


@dataclass(frozen=True, eq=False)
class Rest:
    """Rates per hour: ``flow`` over links (L), ``through`` accounts (A), ``made`` by makers (C); ``transit`` (L) is what is under way.

    ``tight_links``, ``tight_makers`` and ``tight_nodes`` would have to carry more than their capacity: then this is no state of rest.
    """

    flow: Floats
    through: Floats
    made: Floats
    transit: Floats
    tight_links: tuple[int, ...]
    tight_makers: tuple[int, ...]
    tight_nodes: tuple[int, ...]


def equilibrium(network: FlowNetwork) -> Rest:
    """Follow final demand upstream through shares and recipes; loops (power for mines, coal for power) settle by repetition.

    Raises ValueError when a loop uses as much as it makes.
    """
    accounts = network.account_count
    weight = np.divide(network.weights(), network.gain, out=np.zeros(network.link_count), where=network.gain > 0)
    made_share = network.made_share()
    output = np.array([m.output for m in network.makers], dtype=np.int64)
    inputs = [(c, i.account, i.per_unit) for c, m in enumerate(network.makers) for i in m.inputs]
    maker, account = (np.array([row[n] for row in inputs], dtype=np.int64) for n in (0, 1))
    per_unit = np.array([row[2] for row in inputs])
    through = network.demand.copy()
    for _ in range(accounts + 200):
        flow = weight * through[network.end]
        made = made_share[output] * through[output]
        following = network.demand + np.bincount(network.source, weights=flow, minlength=accounts)
        following += np.bincount(account, weights=per_unit * made[maker], minlength=accounts)
        change = np.abs(following - through)
        through = following
        if not np.isfinite(through).all() or through.max(initial=0.0) > 1e18:
            break
        if (change <= _TOLERANCE * np.maximum(through, 1.0)).all():
            return _rest(network, weight * through[network.end], through, made_share[output] * through[output])
    worst = int(np.argmax(np.nan_to_num(change, nan=np.inf)))
    raise ValueError(f"flows do not settle near account {worst}: a loop uses as much as it makes")


def _rest(network: FlowNetwork, flow: Floats, through: Floats, made: Floats) -> Rest:
    leaving = np.bincount(network.node[network.source], weights=flow, minlength=network.node_count).astype(np.float64)
    capacity = np.array([m.capacity for m in network.makers])
    return Rest(
        flow=flow,
        through=through,
        made=made,
        transit=flow * network.lead_h,
        tight_links=_above(flow, network.capacity),
        tight_makers=_above(made, capacity),
        tight_nodes=_above(leaving, network.node_capacity),
    )


def _above(rate: Floats, capacity: Floats) -> tuple[int, ...]:
    return tuple(np.flatnonzero(rate > capacity * (1.0 + _TIGHT)).tolist())
