"""Whatever a row names must exist and make sense there: nodes, products, what a node can send, take and hold."""

import difflib
from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from schemas.chain import Link, Node, Recipe
from services.runtime.chain.draft import Draft, Placed
from services.runtime.chain.problem import Place, Problem, problem
from services.runtime.chain.vocabulary import KINDS, Behaviour


class Trade(Struct, frozen=True):
    """What each node may take in and send, by its kind, recipes and links."""

    nodes: dict[str, Node]
    inputs: dict[str, set[str]]
    arriving: dict[str, set[str]]
    leaving: dict[str, set[str]]

    def behaviour(self, node: str) -> Behaviour | None:
        """What the node does; None while its kind is unknown."""
        kind = self.nodes[node].kind
        return KINDS[kind][0] if kind in KINDS else None

    def can_send(self, node: str) -> set[str]:
        """Products the node may send on."""
        behaviour = self.behaviour(node)
        if behaviour is Behaviour.TRANSIT:
            return self.arriving[node] - (self.inputs[node] - {self.nodes[node].product})
        return set() if behaviour is Behaviour.DEMAND else {self.nodes[node].product}

    def can_take(self, node: str) -> set[str]:
        """Products the node may take in."""
        behaviour = self.behaviour(node)
        if behaviour is Behaviour.TRANSIT:
            return self.inputs[node] | self.leaving[node]
        if behaviour is Behaviour.TRANSFORM:
            return set(self.inputs[node])
        return self.inputs[node] | {self.nodes[node].product}


def trade_of(draft: Draft) -> Trade:
    """The trade of a draft; unknown ids are left out."""
    nodes = draft.node_of()
    inputs: dict[str, set[str]] = defaultdict(set)
    arriving: dict[str, set[str]] = defaultdict(set)
    leaving: dict[str, set[str]] = defaultdict(set)
    for recipe in draft.recipes:
        inputs[recipe.value.node].add(recipe.value.input)
    for link in draft.links:
        arriving[link.value.target].add(link.value.product)
        leaving[link.value.source].add(link.value.product)
    return Trade(nodes, inputs, arriving, leaving)


def check_references(draft: Draft) -> Iterator[Problem]:
    """Names in links, recipes, stocks and qualities point to something that fits."""
    trade = trade_of(draft)
    products = {node.product for node in trade.nodes.values()}
    for link in draft.links:
        yield from _link_findings(link, trade, products)
    for recipe in draft.recipes:
        yield from _recipe_findings(recipe, trade, products)
    for item in draft.nodes:
        yield from _node_findings(item, trade)
    for stock in draft.stocks:
        yield from unknown_names(stock.place, trade.nodes, products, node=stock.value.node, product=stock.value.product)
    for quality in draft.qualities:
        value = quality.value
        yield from unknown_names(quality.place, trade.nodes, products, node=value.node, product=value.product)
        if value.node in trade.nodes and value.product in products:
            held = trade.can_send(value.node) if value.role == "source" else trade.can_take(value.node)
            if value.product not in held:
                yield problem(
                    "stock_not_held", quality.place, "product", value.product, node=value.node, known=_listed(held)
                )


def unknown_names(place: Place, nodes: dict[str, Node], products: set[str], **columns: str) -> Iterator[Problem]:
    """Findings for columns that name an unknown node or product; a blank was reported when it was read."""
    for column, given in columns.items():
        if not given:
            continue
        if column in {"product", "input"}:
            if given not in products:
                yield problem("unknown_product", place, column, given, known=_listed(products))
        elif given not in nodes:
            near = difflib.get_close_matches(given, nodes, n=1)
            yield problem("unknown_node", place, column, given, near=f" ({near[0]}?)" if near else "")


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "–"


def _link_findings(item: Placed[Link], trade: Trade, products: set[str]) -> Iterator[Problem]:
    link, place = item.value, item.place
    unknown = list(
        unknown_names(place, trade.nodes, products, **{"from": link.source, "to": link.target, "product": link.product})
    )
    yield from unknown
    if unknown or not (link.source and link.target and link.product):
        return
    if link.source == link.target:
        yield problem("self_link", place, "to", link.target)
    elif trade.behaviour(link.source) is Behaviour.DEMAND:
        yield problem("demand_sends", place, "from", link.source)
    elif link.product not in trade.can_send(link.source):
        known = _listed(trade.can_send(link.source))
        yield problem("cannot_send", place, "product", link.product, node=link.source, known=known)
    elif link.product not in trade.can_take(link.target):
        known = _listed(trade.can_take(link.target))
        yield problem("cannot_take", place, "product", link.product, node=link.target, known=known)


def _recipe_findings(item: Placed[Recipe], trade: Trade, products: set[str]) -> Iterator[Problem]:
    recipe, place = item.value, item.place
    unknown = list(unknown_names(place, trade.nodes, products, node=recipe.node, input=recipe.input))
    yield from unknown
    if unknown or not (recipe.node and recipe.input):
        return
    behaviour = trade.behaviour(recipe.node)
    if behaviour is Behaviour.DEMAND:
        yield problem("demand_recipe", place, "node", recipe.node)
    elif behaviour is not Behaviour.TRANSIT and recipe.input == trade.nodes[recipe.node].product:
        yield problem("own_product_input", place, "input", recipe.input)
    elif recipe.input not in trade.arriving[recipe.node]:
        yield problem("input_never_arrives", place, "input", recipe.input, input=recipe.input, node=recipe.node)


def _node_findings(item: Placed[Node], trade: Trade) -> Iterator[Problem]:
    node = item.value
    behaviour = KINDS[node.kind][0] if node.kind in KINDS else None
    if behaviour is Behaviour.TRANSFORM and not trade.inputs[node.id]:
        yield problem("recipe_missing", item.place, "id", node.id, node=node.id)
    if behaviour is Behaviour.DEMAND and node.product and node.product not in trade.arriving[node.id]:
        yield problem("input_never_arrives", item.place, "product", node.product, input=node.product, node=node.id)


def check_responsibility(draft: Draft) -> Iterator[Problem]:
    """Responsibility names known nodes and, where the file is kept, every node."""
    nodes = draft.node_of()
    for who in draft.responsibilities:
        yield from unknown_names(who.place, nodes, set(), node=who.value.node)
    if not draft.responsibilities:
        return
    covered = {who.value.node for who in draft.responsibilities}
    for item in draft.nodes:
        if item.value.id and item.value.id not in covered:
            yield problem("no_responsibility", item.place, "id", item.value.id, node=item.value.id)
