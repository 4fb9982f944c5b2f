"""The economic systemic risk index of every node: what part of all turnover is at risk when it closes; a second measure beside expected loss."""

import numpy as np

from detectors.network.esri import Firms, Need, esri_of_each
from services.risk.blueprint import Blueprint


def index_of_nodes(blueprint: Blueprint) -> dict[str, float]:
    """Index by node, 0 to 1, on normal flows at the value of the sending place. Nodes are firms, their sector is kind and product; every supply of
    an essential input, and what a node only hands on, is essential. Raises RuntimeError when it does not settle.
    """
    b = blueprint
    number = {node: i for i, node in enumerate(b.nodes)}
    sectors = {key: i for i, key in enumerate(sorted({(n.kind, n.product) for n in b.nodes.values()}))}
    minor = {(r.node, r.input) for r in b.chain.recipes if not r.is_essential}
    used = [k for i, k in enumerate(b.links) if b.normal_flow[i] > 0]
    firms = Firms(
        sector=np.array([sectors[n.kind, n.product] for n in b.nodes.values()], dtype=np.int64),
        supplier=np.array([number[k.source] for k in used], dtype=np.int64),
        customer=np.array([number[k.target] for k in used], dtype=np.int64),
        weight=np.array([k.normal_flow * max(b.nodes[k.source].value_cny_per_unit, 1.0) for k in used]),
        need=np.array(
            [int(Need.NON_ESSENTIAL if (k.target, k.product) in minor else Need.ESSENTIAL) for k in used],
            dtype=np.int64,
        ),
    )
    return dict(zip(b.nodes, esri_of_each(firms).tolist(), strict=True))
