"""One node with everything that touches it."""

import difflib

from msgspec import Struct

from schemas.chain import Chain, CoalQuality, Link, Node, Recipe, Series, Stock
from services.runtime.errors import InputError


class Neighbourhood(Struct, frozen=True, kw_only=True):
    """A node, the links into and out of it (dormant ones too), what it uses, holds and accepts, and the series that watch it."""

    node: Node
    suppliers: list[Link]
    customers: list[Link]
    recipes: list[Recipe]
    stocks: list[Stock]
    qualities: list[CoalQuality]
    series: list[Series]


def neighbourhood(chain: Chain, node_id: str) -> Neighbourhood:
    """Everything about one node. Raises InputError naming the nearest ids when there is no such node."""
    found = next((node for node in chain.nodes if node.id == node_id), None)
    if found is None:
        known = [node.id for node in chain.nodes]
        near = ", ".join(difflib.get_close_matches(node_id, known, n=3) or known[:3])
        raise InputError(f"链 {chain.id} 没有节点 {node_id!r}，相近：{near} / no node {node_id!r}; near: {near}")
    return Neighbourhood(
        node=found,
        suppliers=[link for link in chain.links if link.target == node_id],
        customers=[link for link in chain.links if link.source == node_id],
        recipes=[recipe for recipe in chain.recipes if recipe.node == node_id],
        stocks=[stock for stock in chain.stocks if stock.node == node_id],
        qualities=[quality for quality in chain.qualities if quality.node == node_id],
        series=[series for series in chain.series if series.node == node_id],
    )
