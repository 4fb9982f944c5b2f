"""The chain as arrays: nodes, holdings, links and recipes by index.

A *holding* is one (node, product): a yard, a tank, or, where the chain configures no stock, the few hours of goods that
are always on the way through. Rates are per hour, quantities in the unit of the product (t, MWh, 1000 m3).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas.chain import Chain, Link, Stock

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

HOURS_PER_DAY = 24.0
GRID = "grid"
DEMAND = "demand"


@dataclass(frozen=True)
class Layout:
    """Index arrays of one chain. Arrays over nodes start with ``node_``, over holdings ``hold_``, over links ``link_``, over recipes ``need_``."""

    chain: Chain
    node_index: dict[str, int]
    hold_index: dict[tuple[str, str], int]
    hold_keys: list[tuple[str, str]]
    link_index: dict[tuple[str, str, str], int]
    node_capacity: Floats
    node_is_producer: Bools
    node_is_carrier: Bools
    node_is_demand: Bools
    node_out: Ints
    node_normal: Floats
    hold_node: Ints
    hold_has_stock: Bools
    hold_minimum: Floats
    hold_normal: Floats
    hold_maximum: Floats
    hold_is_input: Bools
    hold_is_output: Bools
    link_source: Ints
    link_target: Ints
    link_capacity: Floats
    link_lead: Ints
    link_share: Floats
    link_rank: Ints
    link_is_grid: Bools
    need_node: Ints
    need_hold: Ints
    need_per_unit: Floats
    need_is_power: Bools
    need_is_essential: Bools

    def hold(self, node: str, product: str) -> int:
        """Index of a holding. Raises KeyError when the chain has no such (node, product)."""
        return self.hold_index[(node, product)]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Number of nodes, holdings and links."""
        return len(self.node_out), len(self.hold_node), len(self.link_source)


def totals(group: Ints, amounts: Floats, count: int) -> Floats:
    """Sum of the amounts of each group, for groups 0 to count − 1.

    >>> totals(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]), 3)
    array([1., 0., 5.])
    """
    summed: Floats = np.bincount(group, amounts, count).astype(np.float64, copy=False)
    return summed


def layout_of(chain: Chain) -> Layout:
    """Arrays of a chain. The chain is taken as validated; a link to an unknown node raises KeyError."""
    nodes = chain.nodes
    node_index = {n.id: i for i, n in enumerate(nodes)}
    links = [x for x in chain.links if x.source in node_index and x.target in node_index]
    keys = _holding_keys(chain, links)
    hold_index = {key: i for i, key in enumerate(keys)}
    kinds = _node_kinds(chain, links)
    stocks = {(s.node, s.product): s for s in chain.stocks}
    ranks = {p: i for i, p in enumerate(sorted({n.priority for n in nodes}))}
    power = {(x.target, x.product) for x in links if x.mode == GRID}
    return Layout(
        chain=chain,
        node_index=node_index,
        hold_index=hold_index,
        hold_keys=keys,
        link_index={(x.source, x.target, x.product): i for i, x in enumerate(links)},
        node_capacity=_array(n.capacity / HOURS_PER_DAY for n in nodes),
        node_is_producer=kinds["producer"],
        node_is_carrier=kinds["carrier"],
        node_is_demand=kinds["demand"],
        node_out=np.array([hold_index[(n.id, n.product)] for n in nodes], dtype=np.int64),
        node_normal=_array(n.normal_throughput / HOURS_PER_DAY for n in nodes),
        hold_node=np.array([node_index[node] for node, _ in keys], dtype=np.int64),
        hold_has_stock=np.array([key in stocks for key in keys], dtype=bool),
        hold_minimum=_stock_column(keys, stocks, lambda s: s.days_min),
        hold_normal=_stock_column(keys, stocks, lambda s: s.days_normal),
        hold_maximum=_stock_column(keys, stocks, lambda s: s.days_max),
        hold_is_input=np.array([key in stocks and stocks[key].role in ("input", "both") for key in keys], dtype=bool),
        hold_is_output=np.array([key in stocks and stocks[key].role in ("output", "both") for key in keys], dtype=bool),
        link_source=np.array([hold_index[(x.source, x.product)] for x in links], dtype=np.int64),
        link_target=np.array([hold_index[(x.target, x.product)] for x in links], dtype=np.int64),
        link_capacity=_array(x.capacity / HOURS_PER_DAY for x in links),
        link_lead=np.array([max(1, round(x.lead_time_h)) for x in links], dtype=np.int64),
        link_share=_array(x.share_normal for x in links),
        link_rank=np.array([ranks[nodes[node_index[x.target]].priority] for x in links], dtype=np.int64),
        link_is_grid=np.array([x.mode == GRID for x in links], dtype=bool),
        need_node=np.array([node_index[r.node] for r in chain.recipes], dtype=np.int64),
        need_hold=np.array([hold_index[(r.node, r.input)] for r in chain.recipes], dtype=np.int64),
        need_per_unit=_array(r.per_unit_output for r in chain.recipes),
        need_is_power=np.array([(r.node, r.input) in power for r in chain.recipes], dtype=bool),
        need_is_essential=np.array([r.is_essential for r in chain.recipes], dtype=bool),
    )


def _holding_keys(chain: Chain, links: Sequence[Link]) -> list[tuple[str, str]]:
    keys: dict[tuple[str, str], None] = {}
    for node in chain.nodes:
        keys[(node.id, node.product)] = None
    for link in links:
        keys[(link.source, link.product)] = None
        keys[(link.target, link.product)] = None
    for recipe in chain.recipes:
        keys[(recipe.node, recipe.input)] = None
    for stock in chain.stocks:
        keys[(stock.node, stock.product)] = None
    return list(keys)


def _node_kinds(chain: Chain, links: Sequence[Link]) -> dict[str, Bools]:
    """Producers make their product, carriers pass it on, demands use it up."""
    gives = {(x.source, x.product) for x in links}
    takes = {(x.target, x.product) for x in links if x.share_normal > 0}
    sources = {x.source for x in links}
    demand = [n.kind == DEMAND or n.id not in sources for n in chain.nodes]
    carrier = [
        not is_demand and (n.id, n.product) in takes and (n.id, n.product) in gives
        for n, is_demand in zip(chain.nodes, demand, strict=True)
    ]
    producer = [not d and not c for d, c in zip(demand, carrier, strict=True)]
    return {
        name: np.array(flags, dtype=bool)
        for name, flags in (("demand", demand), ("carrier", carrier), ("producer", producer))
    }


def _stock_column(
    keys: Sequence[tuple[str, str]], stocks: dict[tuple[str, str], Stock], days: Callable[[Stock], float]
) -> Floats:
    return _array(days(stocks[key]) * stocks[key].daily_use if key in stocks else 0.0 for key in keys)


def _array(values: object) -> Floats:
    return np.fromiter(values, dtype=np.float64)  # type: ignore[call-overload, no-any-return]  # any iterable of floats
