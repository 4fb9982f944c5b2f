"""Which column each place of a chain stands in: supply left, use right. Pure and deterministic.

Power and water that a mine, a railway or a plant uses up are left out, else the grid would stand left of the mines it is fed by. Loops that remain
are cut where little flows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from schemas.chain import Chain, Link
from services.runtime.chain.vocabulary import Behaviour, behaviour_of

Edge = tuple[str, str]
UTILITY_KINDS = frozenset({"water_supply", "power_grid"})
"""What serves everybody: its links are drawn only when asked for, or when something is wrong with them."""


def utilities(chain: Chain) -> frozenset[str]:
    """Products that serve everybody (power, water), by the kinds of places that hand them out."""
    return frozenset(node.product for node in chain.nodes if node.kind in UTILITY_KINDS)


def layers_of(chain: Chain) -> dict[str, int]:
    """Column of every node, from 0; users stand in the last. Along each link that counts the column grows, but for links that close a loop
    and links between users."""
    weights = _weights(chain)
    cut = _without_loops([node.id for node in chain.nodes], weights)
    layers = _longest_paths([node.id for node in chain.nodes], cut)
    last = max(layers.values())
    layers |= {node.id: last for node in chain.nodes if behaviour_of(node.kind) is Behaviour.DEMAND}
    served = _served(chain)
    beside = {node: min(layers[t] for t in served[node]) for node in served if served[node]}
    placed = {
        node.id: max(0, beside.get(node.id, 0) - 1) if _is_server(node.id, weights, beside) else layers[node.id]
        for node in chain.nodes
    }
    return _without_gaps(placed)


def _weights(chain: Chain) -> dict[Edge, float]:
    """Normal flow between two places over links that count: used ones, those of power and water only where handed on or used for good."""
    nodes = {node.id: node for node in chain.nodes}
    common = utilities(chain)
    weights: dict[Edge, float] = defaultdict(float)
    for link in chain.links:
        is_handed_on = link.product == nodes[link.target].product
        if link.share_normal > 0 and (link.product not in common or is_handed_on):
            weights[link.source, link.target] += link.normal_flow or link.capacity
    return dict(weights)


def _served(chain: Chain) -> dict[str, list[str]]:
    """Whom each place that hands out power or water serves; nothing for other places."""
    common = utilities(chain)
    found: dict[str, list[str]] = defaultdict(list)
    for link in chain.links:
        if link.product in common and link.share_normal > 0:
            found[link.source].append(link.target)
    return found


def _is_server(node: str, weights: Mapping[Edge, float], beside: Mapping[str, int]) -> bool:
    """True for a waterworks or a foreign grid: nothing comes to it, so it may stand beside whom it serves."""
    return node in beside and not any(target == node for _, target in weights)


def _without_loops(nodes: Sequence[str], weights: Mapping[Edge, float]) -> list[Edge]:
    """Edges that go forward in an order in which little goes backward (Eades, Lin and Smyth, 1993)."""
    place = {node: number for number, node in enumerate(_forward_order(nodes, weights))}
    return [edge for edge in weights if place[edge[0]] < place[edge[1]]]


def _forward_order(nodes: Sequence[str], weights: Mapping[Edge, float]) -> list[str]:
    after, before = _neighbours(weights)
    left, head, tail = dict.fromkeys(nodes), list[str](), list[str]()
    surplus = {n: sum(weights[n, t] for t in after[n]) - sum(weights[s, n] for s in before[n]) for n in nodes}
    while left:
        taken = _take(left, before, head) + _take(left, after, tail)
        if not taken:
            node = max(left, key=surplus.__getitem__)
            del left[node]
            head.append(node)
            taken = [node]
        for node in taken:
            for other in after.pop(node, ()):
                before[other].discard(node)
                surplus[other] += weights[node, other]
            for other in before.pop(node, ()):
                after[other].discard(node)
                surplus[other] -= weights[other, node]
    return head + tail[::-1]


def _take(left: dict[str, None], neighbours: Mapping[str, set[str]], into: list[str]) -> list[str]:
    """Move the places without neighbours on that side out of what is left."""
    free = [node for node in left if not neighbours[node]]
    for node in free:
        del left[node]
    into.extend(free)
    return free


def _neighbours(edges: Iterable[Edge]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    after: dict[str, set[str]] = defaultdict(set)
    before: dict[str, set[str]] = defaultdict(set)
    for source, target in edges:
        after[source].add(target)
        before[target].add(source)
    return after, before


def _longest_paths(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    after, before = _neighbours(edges)
    layers = dict.fromkeys(nodes, 0)
    waiting = {node: len(before[node]) for node in nodes}
    ready = [node for node in nodes if not waiting[node]]
    for node in ready:
        for other in sorted(after[node]):
            layers[other] = max(layers[other], layers[node] + 1)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return layers


def _without_gaps(layers: Mapping[str, int]) -> dict[str, int]:
    numbers = {layer: number for number, layer in enumerate(sorted(set(layers.values())))}
    return {node: numbers[layer] for node, layer in layers.items()}


def is_drawn_always(link: Link, common: frozenset[str]) -> bool:
    """True for a link of goods in normal use."""
    return link.share_normal > 0 and link.product not in common
