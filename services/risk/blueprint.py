"""A chain of the registry as a network of accounts, and which series speaks of which account or link."""

from collections import defaultdict

import numpy as np
from msgspec import Struct

from detectors.network import Converter, Structure
from detectors.network import Link as NetworkLink
from schemas.chain import Chain, Link, Node, Series, Stock

Place = tuple[str, str]
"""Node id and product."""

ARRIVING = "/arriving"
WEAK_PRODUCTS = ("electricity", "water")


class Watch(Struct):
    """Series that speak of one account (by indicator) or one link."""

    stock: Series | None = None
    use: Series | None = None
    inflow: Series | None = None
    output: Series | None = None
    intake: Series | None = None
    volume: Series | None = None
    norm: Series | None = None
    heat_value: Series | None = None
    capacity_factor: Series | None = None
    flow: Series | None = None
    essential: tuple[Series, ...] = ()


class Blueprint:
    """Accounts, links, converters and normal rates (per hour) of a chain version. Immutable after construction."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.nodes: dict[str, Node] = {n.id: n for n in chain.nodes}
        self.links: list[Link] = [
            link for link in chain.links if link.source in self.nodes and link.target in self.nodes
        ]
        self.places: list[Place] = sorted(_places(chain, self.links))
        self.account: dict[Place, int] = {place: i for i, place in enumerate(self.places)}
        self.arrival_of: dict[int, int] = {}
        self._add_arrivals()
        self.stocks: dict[int, Stock] = {
            self.account[(s.node, s.product)]: s for s in chain.stocks if s.node in self.nodes
        }
        self.converters = self._converters()
        self.structure = Structure(
            len(self.places),
            [
                NetworkLink(
                    self.account[(k.source, k.product)],
                    self.entry(k.target, k.product),
                    max(0.0, k.lead_time_h),
                )
                for k in self.links
            ],
            self.converters,
        )
        self._find_normal_rates()
        self._find_watches()

    def entry(self, node: str, product: str) -> int:
        """The account that deliveries of the product enter: the arrivals of a place that needs inputs to pass them on, else the stock."""
        account = self.account[(node, product)]
        return self.arrival_of.get(account, account)

    def entry_owner(self, account: int) -> int:
        """The stock account behind an account of arrivals; any other account itself."""
        node, product = self.places[account]
        return self.account[(node, product.removesuffix(ARRIVING))]

    def _add_arrivals(self) -> None:
        """A place that passes goods on with the help of inputs (an electric railway) gets an account of arrivals before its own."""
        fed = {(k.target, k.product) for k in self.links}
        for recipe in self.chain.recipes:
            node = self.nodes.get(recipe.node)
            if node is None or not recipe.is_essential or recipe.input == node.product:
                continue
            account = self.account[(node.id, node.product)]
            if (node.id, node.product) in fed and account not in self.arrival_of:
                self.arrival_of[account] = len(self.places)
                self.places.append((node.id, node.product + ARRIVING))

    def _converters(self) -> list[Converter]:
        inputs: dict[str, dict[int, float]] = defaultdict(dict)
        for recipe in self.chain.recipes:
            node = self.nodes.get(recipe.node)
            if node is not None and recipe.is_essential and recipe.input != node.product and recipe.per_unit_output > 0:
                inputs[recipe.node][self.account[(recipe.node, recipe.input)]] = recipe.per_unit_output
        for account, arrival in self.arrival_of.items():
            inputs[self.places[account][0]][arrival] = 1.0
        return [Converter(self.account[(n, self.nodes[n].product)], tuple(made.items())) for n, made in inputs.items()]

    def _find_normal_rates(self) -> None:
        n = len(self.places)
        made_of = {c.output: c for c in self.converters}
        inputs = {i for c in self.converters for i, _ in c.inputs}
        self.normal_flow = np.array([max(0.0, k.normal_flow) / 24 for k in self.links])
        arriving, leaving = np.zeros(n), np.zeros(n)
        for number, link in enumerate(self.structure.links):
            leaving[link.source] += self.normal_flow[number]
            arriving[link.target] += self.normal_flow[number]
        self.normal_production, self.normal_use = np.zeros(n), np.zeros(n)
        for account, (node_id, product) in enumerate(self.places):
            node, stock = self.nodes[node_id], self.stocks.get(account)
            through = node.normal_throughput / 24 if product == node.product else 0.0
            is_end = not self.structure.out_links[account] and account not in inputs
            if account in made_of:
                self.normal_production[account] = max(leaving[account], through)
            elif not self.structure.in_links[account]:
                self.normal_production[account] = max(leaving[account], 0.0 if is_end else through)
            if is_end:
                daily = stock.daily_use / 24 if stock is not None else 0.0
                self.normal_use[account] = daily or arriving[account] or through or self.normal_production[account]
            if account in made_of and is_end and stock is not None:
                self.normal_use[account] = self.normal_production[account] = through or stock.daily_use / 24
        self.arriving = arriving

    def _find_watches(self) -> None:
        self.of_account: list[Watch] = [Watch() for _ in self.places]
        self.of_link: list[Watch] = [Watch() for _ in self.links]
        self.of_node: dict[str, Watch] = defaultdict(Watch)
        self.hazards: dict[str, list[Series]] = defaultdict(list)
        ends = {(k.source, k.target, k.product): i for i, k in enumerate(self.links)}
        for series in self.chain.series:
            link = ends.get((series.node, series.link_target, series.product))
            if series.indicator == "hazard_level":
                self.hazards[series.group.removeprefix("area.")].append(series)
            elif series.link_target and link is not None:
                self._watch(self.of_link[link], series)
            elif series.node in self.nodes:
                self._watch_node(series)

    def _watch_node(self, series: Series) -> None:
        account = self.account.get((series.node, series.product or self.nodes[series.node].product))
        if series.indicator == "capacity_factor" or account is None:
            self._watch(self.of_node[series.node], series)
        else:
            self._watch(self.of_account[account], series)

    @staticmethod
    def _watch(watch: Watch, series: Series) -> None:
        name = "flow" if series.indicator in ("flow", "outflow") else series.indicator
        if name in Watch.__struct_fields__ and name != "essential":
            setattr(watch, name, series)
        if series.is_essential or name == "stock":
            watch.essential = (*watch.essential, series)


def _places(chain: Chain, links: list[Link]) -> set[Place]:
    nodes = {n.id for n in chain.nodes}
    places = {(n.id, n.product) for n in chain.nodes}
    places |= {(k.source, k.product) for k in links} | {(k.target, k.product) for k in links}
    places |= {(r.node, r.input) for r in chain.recipes if r.node in nodes}
    return places | {(s.node, s.product) for s in chain.stocks if s.node in nodes}
