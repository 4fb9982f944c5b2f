"""Normal flows: final demand followed upstream through shares and recipes, in the units of the nodes per day."""

import math
from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from schemas.chain import Link, Node, Recipe
from services.runtime.chain.vocabulary import KINDS, Behaviour

NodeProduct = tuple[str, str]
LinkKey = tuple[str, str, str]
_TOLERANCE = 1e-10


class FlowsDivergeError(ValueError):
    """A loop of recipes uses as much as it makes; ``node`` grew most. To do: correct its recipe."""

    def __init__(self, node: str) -> None:
        self.node = node
        super().__init__(f"flows do not converge near {node}")


class Flows(Struct, frozen=True):
    """Per day: what each node needs of each product, what it hands on of each, and what each link (source, target, product) carries."""

    need: dict[NodeProduct, float]
    handed_on: dict[NodeProduct, float]
    link: dict[LinkKey, float]

    def throughput(self, node: Node) -> float:
        """All that a node hands on; for a demand node what it uses."""
        if KINDS[node.kind][0] is Behaviour.DEMAND:
            return self.need.get((node.id, node.product), 0.0)
        return sum(flow for (source, _), flow in self.handed_on.items() if source == node.id)


class _Network:
    """The parts of a chain indexed for the sweeps."""

    def __init__(self, nodes: Iterable[Node], links: Iterable[Link], recipes: Iterable[Recipe]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.links = [link for link in links if link.share_normal > 0]
        self.recipes: dict[str, list[Recipe]] = defaultdict(list)
        for recipe in recipes:
            self.recipes[recipe.node].append(recipe)
        self.arriving: dict[str, set[str]] = defaultdict(set)
        for link in self.links:
            self.arriving[link.target].add(link.product)

    def needs_of(self, node: Node, handed_on: dict[str, float]) -> dict[str, float]:
        behaviour = KINDS[node.kind][0]
        if behaviour is Behaviour.DEMAND:
            return {node.product: node.capacity}
        needs: dict[str, float] = defaultdict(float)
        if behaviour is Behaviour.TRANSIT:
            inputs = {recipe.input for recipe in self.recipes[node.id]}
            needs.update({p: flow for p, flow in handed_on.items() if p not in inputs or p == node.product})
            made = sum(handed_on.values())
        else:
            made = handed_on.get(node.product, 0.0)
            if behaviour is Behaviour.SOURCE and node.product in self.arriving[node.id]:
                needs[node.product] = made
        for recipe in self.recipes[node.id]:
            needs[recipe.input] += made * recipe.per_unit_output
        return needs


def normal_flows(nodes: Iterable[Node], links: Iterable[Link], recipes: Iterable[Recipe]) -> Flows:
    """The flows at which every demand is met by the normal shares. Loops (power for mines, coal for power) converge by repetition.

    Raises FlowsDivergeError. Ids, kinds and products must have been checked.
    """
    network = _Network(nodes, links, recipes)
    handed_on: dict[str, dict[str, float]] = {node: {} for node in network.nodes}
    limit = len(network.nodes) + 100
    for _ in range(limit):
        need = {(n.id, p): q for n in network.nodes.values() for p, q in network.needs_of(n, handed_on[n.id]).items()}
        link_flow: dict[LinkKey, float] = {}
        following: dict[str, dict[str, float]] = {node: defaultdict(float) for node in network.nodes}
        for link in network.links:
            flow = link.share_normal * need.get((link.target, link.product), 0.0)
            link_flow[link.source, link.target, link.product] = flow
            following[link.source][link.product] += flow
        node, change = _largest_change(handed_on, following)
        handed_on = following
        if change <= _TOLERANCE:
            flat = {(n, p): q for n, products in handed_on.items() for p, q in products.items()}
            return Flows(need, flat, link_flow)
    raise FlowsDivergeError(node)


def _largest_change(before: dict[str, dict[str, float]], after: dict[str, dict[str, float]]) -> tuple[str, float]:
    worst, largest = "", 0.0
    for node, products in after.items():
        for product, flow in products.items():
            change = abs(flow - before[node].get(product, 0.0)) / max(abs(flow), 1.0)
            if not math.isfinite(change):
                raise FlowsDivergeError(node)
            if change > largest:
                worst, largest = node, change
    return worst, largest
