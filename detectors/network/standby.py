"""Suppliers that stand in for each other at once: a place that pools them, as a power grid, knows what each can give and asks no more of it."""

from collections.abc import Mapping

import numpy as np

from detectors.network.course import Part, Target
from detectors.network.flow_network import FlowNetwork
from detectors.network.grid import Floats


def with_standby(network: FlowNetwork, rows: Mapping[Part, Floats]) -> dict[Part, Floats]:
    """Factors (K, S) with those of the links in use into pooled accounts cut to what their source can give, so that the order goes to the others
    in the same step. A source that runs at φ of its capacity C bounds its link of capacity c to min(1, φ·C/c).
    """
    found = dict(rows)
    if not network.pooled.any() or not any(target in (Target.NODE, Target.MAKER) for target, _ in rows):
        return found
    maker_of = {m.output: number for number, m in enumerate(network.makers)}
    for link in np.flatnonzero((network.pooled[network.end] > 0) & (network.share > 0)).tolist():
        source = int(network.source[link])
        parts, most = [(Target.NODE, int(network.node[source]))], float(network.node_capacity[network.node[source]])
        if source in maker_of:
            parts.append((Target.MAKER, maker_of[source]))
            most = min(most, network.makers[maker_of[source]].capacity)
        given = [rows[part] for part in parts if part in rows]
        if not given:
            continue
        able = given[0] if len(given) == 1 else given[0] * given[1]
        if np.isfinite(most) and 0 < network.capacity[link] < np.inf:
            able = np.minimum(1.0, able * (most / network.capacity[link]))
        else:
            able = (able > 0).astype(np.float64)
        own = found.get((Target.LINK, link))
        found[Target.LINK, link] = able if own is None else np.minimum(own, able)
    return found


def links_in_pools(network: FlowNetwork, parts: list[Part]) -> list[Part]:
    """The links whose factors ``with_standby`` sets by those of ``parts``."""
    nodes = {index for target, index in parts if target is Target.NODE}
    made = {network.makers[index].output for target, index in parts if target is Target.MAKER}
    if (not nodes and not made) or not network.pooled.any():
        return []
    pooled = np.flatnonzero((network.pooled[network.end] > 0) & (network.share > 0)).tolist()
    return [
        (Target.LINK, link)
        for link in pooled
        if int(network.source[link]) in made or int(network.node[network.source[link]]) in nodes
    ]
