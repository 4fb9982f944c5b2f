"""Time to survive of a chain: each node lost in turn, by linear programme, with the best sharing (doi 10.1287/inte.2015.0804)."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from msgspec import Struct

from detectors.network.programme import Loss, Maker, Programme, SharedLimit
from detectors.network.programme_survival import survival
from schemas.chain import Chain, Link, Node
from services.runtime.chain.vocabulary import KINDS, Behaviour

Place = tuple[str, str]
"""Node id and product."""

HORIZON_H = 180 * 24.0
ARRIVING = "/arriving"


class NodeSurvival(Struct, frozen=True):
    """Hours until some final demand feels the loss of a node, None beyond the horizon; ``by_demand`` each demand alone, within the horizon."""

    node: str
    hours_to_zero: float | None
    hours_to_minimum: float | None
    by_demand: dict[str, float] = {}


class ChainProgramme:
    """A chain as a programme of accounts; normal stocks unless ``stocks`` says what stands at a place, in the unit of the product.

    A transit node bounds the sum of what it hands on; where it needs inputs (an electric railway), what arrives waits in an account of arrivals and
    stock stands there. Non-essential inputs bind nothing. Without ``is_with_dormant`` the alternates (normal share 0) carry nothing.
    """

    def __init__(self, chain: Chain, stocks: dict[Place, float] | None = None, *, is_with_dormant: bool = True) -> None:
        self.chain = chain
        self._is_with_dormant = is_with_dormant
        self._nodes = {node.id: node for node in chain.nodes}
        self._behaviour = {node.id: KINDS[node.kind][0] for node in chain.nodes}
        self._recipes: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for recipe in chain.recipes:
            if recipe.is_essential:
                self._recipes[recipe.node].append((recipe.input, recipe.per_unit_output))
        self.places = sorted(self._all_places())
        self.account = {place: number for number, place in enumerate(self.places)}
        self.programme = self._programme(stocks or {})

    def loss_of(self, nodes: Iterable[str]) -> Loss:
        """The nodes gone with all their accounts. Raises KeyError for an unknown node."""
        gone = {self._nodes[node].id for node in nodes}
        return Loss(accounts=tuple(number for number, (node, _) in enumerate(self.places) if node in gone))

    def demands(self) -> dict[str, int]:
        """The account of each demand node."""
        ends = [n for n in self.chain.nodes if self._behaviour[n.id] is Behaviour.DEMAND]
        return {node.id: self.account[node.id, node.product] for node in ends}

    def entry(self, node: str, product: str) -> int:
        """The account that deliveries enter."""
        return self.account.get((node, product + ARRIVING), self.account[node, product])

    def _all_places(self) -> set[Place]:
        places = {(node.id, node.product) for node in self.chain.nodes}
        places |= {(end, link.product) for link in self.chain.links for end in (link.source, link.target)}
        places |= {(node, product) for node, inputs in self._recipes.items() for product, _ in inputs}
        places |= {(stock.node, stock.product) for stock in self.chain.stocks}
        handed_on = {(link.source, link.product) for link in self.chain.links}
        return places | {(n, p + ARRIVING) for n, p in handed_on if self._is_fed_transit(n, p)}

    def _is_fed_transit(self, node: str, product: str) -> bool:
        inputs = {name for name, _ in self._recipes[node]}
        return self._behaviour[node] is Behaviour.TRANSIT and bool(inputs) and product not in inputs

    def _programme(self, stocks: dict[Place, float]) -> Programme:
        links = self.chain.links
        stock, minimum, demand = (np.zeros(len(self.places)) for _ in range(3))
        for held in self.chain.stocks:
            account = self.entry(held.node, held.product)
            stock[account] = stocks.get((held.node, held.product), held.days_normal * held.daily_use)
            minimum[account] = held.days_min * held.daily_use
        for node, account in self.demands().items():
            demand[account] = self._nodes[node].capacity / 24
        return Programme(
            stock=stock,
            minimum=minimum,
            demand_per_h=demand,
            link_source=np.array([self.account[link.source, link.product] for link in links], dtype=np.int64),
            link_target=np.array([self.entry(link.target, link.product) for link in links], dtype=np.int64),
            link_capacity_per_h=np.array([self._usable(link) / 24 for link in links]),
            makers=tuple(maker for node in self.chain.nodes for maker in self._makers(node)),
            limits=tuple(self._limits()),
        )

    def _usable(self, link: Link) -> float:
        return link.capacity if link.share_normal > 0 or self._is_with_dormant else 0.0

    def _makers(self, node: Node) -> list[Maker]:
        inputs = [(self.account[node.id, product], amount) for product, amount in self._recipes[node.id]]
        if self._behaviour[node.id] is Behaviour.TRANSIT:
            return [
                Maker(
                    self.account[node.id, product], np.inf, ((self.account[node.id, product + ARRIVING], 1.0), *inputs)
                )
                for owner, product in self.places
                if owner == node.id and (owner, product + ARRIVING) in self.account
            ]
        if self._behaviour[node.id] is Behaviour.DEMAND:
            return []
        return [Maker(self.account[node.id, node.product], node.capacity / 24, tuple(inputs))]

    def _limits(self) -> Iterable[SharedLimit]:
        leaving: dict[str, list[int]] = defaultdict(list)
        for number, link in enumerate(self.chain.links):
            leaving[link.source].append(number)
        for node in self.chain.nodes:
            if self._behaviour[node.id] is Behaviour.TRANSIT:
                yield SharedLimit(tuple(leaving[node.id]), node.capacity / 24)


def survival_of(network: ChainProgramme, node: str, horizon_h: float = HORIZON_H) -> NodeSurvival:
    """What the loss of one node does, each demand also alone. Raises KeyError for an unknown node."""
    alone = {name: _hours(network, node, horizon_h, demands=[account]) for name, account in network.demands().items()}
    return NodeSurvival(
        node=node,
        hours_to_zero=_hours(network, node, horizon_h),
        hours_to_minimum=_hours(network, node, horizon_h, is_to_minimum=True),
        by_demand={name: found for name, found in alone.items() if found is not None},
    )


def survival_of_all(
    chain: Chain, horizon_h: float = HORIZON_H, stocks: dict[Place, float] | None = None
) -> list[NodeSurvival]:
    """Every node but the demands lost in turn, the soonest at a minimum first, without the times of each demand."""
    network = ChainProgramme(chain, stocks)
    ends = network.demands()
    found = [
        NodeSurvival(
            node=node.id,
            hours_to_zero=_hours(network, node.id, horizon_h),
            hours_to_minimum=_hours(network, node.id, horizon_h, is_to_minimum=True),
        )
        for node in chain.nodes
        if node.id not in ends
    ]
    return sorted(found, key=lambda s: (s.hours_to_minimum is None, s.hours_to_minimum or 0.0))


def _hours(
    network: ChainProgramme,
    node: str,
    horizon_h: float,
    *,
    demands: list[int] | None = None,
    is_to_minimum: bool = False,
) -> float | None:
    found = survival(
        network.programme, network.loss_of([node]), horizon_h=horizon_h, demands=demands, is_to_minimum=is_to_minimum
    )
    return None if found.is_beyond_horizon else found.hours
