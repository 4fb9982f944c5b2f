"""The flow network of a chain as it lives: configured limits, learnt rates.

Account and link numbers are those of the blueprint, node numbers its order of nodes. Coal is counted in tonnes of the usual blend of each place:
a tonne of poorer coal counts less where it arrives, and usual flows bring as many units as tonnes.
A capacity that usual flows exceed is raised to just above them, for a chain that lives is viable.
"""

from dataclasses import replace

import numpy as np
from msgspec import Struct

from detectors.network.equilibrium import Rest, equilibrium
from detectors.network.flow_network import FlowNetwork, Input, Maker
from detectors.network.habits import Habits, Rationing
from schemas.chain import Stock
from services.risk.blueprint import WEAK_PRODUCTS, Blueprint
from services.risk.heat import link_gains
from services.risk.state.estimate import Floats
from services.risk.state.learnt import Learnt

SOURCES = frozenset({"mine", "border_port", "external_supply", "water_supply"})
ON_DEMAND = frozenset({"water_supply", "power_plant"})
HANDS_ON = frozenset({"rail_line", "road_corridor", "port", "collection_station", "power_grid"})
BRIDGE_DAYS = 0.5
FLOORS = {"washery": 0.6, "external_supply": 0.5, "border_port": 0.5}
"""Least part of its plan that a kind of node goes on at while its yard fills, where less than usual: these are throttled with ease."""
HABITS = Habits(rationing=Rationing.CONTRACT, follow=0.9, reroute_h=60.0, dormant_after_h=72.0)
ROOM = 1.04
_LEAST_SHARE = 1e-4


class Living(Struct, frozen=True):
    """A network with its rest. ``maker_of`` maps an output account to its maker, ``node_index`` a node to its number."""

    network: FlowNetwork
    rest: Rest
    maker_of: dict[int, int]
    node_index: dict[str, int]


def living_network(blueprint: Blueprint, learnt: Learnt) -> Living:
    """The network by what was learnt. Raises ValueError when flows do not settle."""
    b = blueprint
    node_index = {node: i for i, node in enumerate(b.nodes)}
    share = _shares(b, learnt)
    gain = link_gains(b, share)
    network = FlowNetwork(
        target=_targets(b, learnt),
        minimum=_limits(b, "days_min", 0.0),
        maximum=_limits(b, "days_max", np.inf),
        demand=learnt.demand,
        node=np.array([node_index[node] for node, _ in b.places], dtype=np.int64),
        node_capacity=np.array(
            [n.capacity / 24 if n.kind in HANDS_ON and n.capacity > 0 else np.inf for n in b.nodes.values()],
            dtype=np.float64,
        ),
        source=np.array([k.source for k in b.structure.links], dtype=np.int64),
        end=np.array([k.target for k in b.structure.links], dtype=np.int64),
        capacity=np.array([max(0.0, k.capacity) / 24 for k in b.links]),
        lead_h=np.array([k.lead_h for k in b.structure.links]),
        share=share * gain,
        gain=gain,
        makers=_makers(b, learnt),
        priority=np.array([b.nodes[node].priority for node, _ in b.places], dtype=np.int64),
        link_priority=np.array([b.nodes[k.target].priority for k in b.links], dtype=np.int64),
        contract=np.array([0.0 if k.product in WEAK_PRODUCTS else 0.5 for k in b.links]),
        pooled=np.array([float(product == "electricity") for _, product in b.places]),
    )
    rest = equilibrium(network)
    network = _with_room(network, rest)
    return Living(network, equilibrium(network), {m.output: i for i, m in enumerate(network.makers)}, node_index)


def is_bridge(stock: Stock) -> bool:
    """True for an input that bridges some hours (back-up power): refilled at once by wire, so the network passes it on and the hours it bridges are
    added to the time of a break."""
    return stock.days_normal < BRIDGE_DAYS and stock.role == "input"


def _limits(b: Blueprint, name: str, otherwise: float) -> Floats:
    found = np.full(len(b.places), otherwise)
    for account, stock in b.stocks.items():
        if is_bridge(stock):
            continue
        days = getattr(stock, name)
        found[account] = stock.daily_use * days if days > 0 else otherwise
    return found


def _targets(b: Blueprint, learnt: Learnt) -> Floats:
    target = np.minimum(learnt.normal_stock, 0.98 * _limits(b, "days_max", np.inf))
    target[[account for account, stock in b.stocks.items() if is_bridge(stock)]] = 0.0
    return target


def _shares(b: Blueprint, learnt: Learnt) -> Floats:
    """Part of what enters an account that each link brings, as lived; dormant links 0."""
    share = np.zeros(len(b.links))
    for account in range(len(b.places)):
        links = [k for k in b.structure.in_links[account] if b.normal_flow[k] > 0]
        total = float(learnt.flow[links].sum())
        for k in links:
            usual = float(learnt.flow[k]) / total if total > 0 else b.links[k].share_normal
            share[k] = max(usual, _LEAST_SHARE)
        if links:
            share[links] /= share[links].sum()
    return share


def _makers(b: Blueprint, learnt: Learnt) -> tuple[Maker, ...]:
    made_of = {c.output: c for c in b.converters}
    makers = []
    for account, (node_id, product) in enumerate(b.places):
        node = b.nodes[node_id]
        is_source = not b.structure.in_links[account] and product == node.product and node.kind in SOURCES
        if account not in made_of and not is_source and not _is_background(b, account):
            continue
        inputs = tuple(
            Input(i, learnt.recipe.get((account, i), per_unit))
            for i, per_unit in (made_of[account].inputs if account in made_of else ())
        )
        capacity = node.capacity / 24 if product == node.product and node.capacity > 0 else np.inf
        floor = FLOORS.get(node.kind)
        makers.append(Maker(account, capacity, inputs, node.priority, node.kind in ON_DEMAND, floor))
    return tuple(makers)


def _is_background(b: Blueprint, account: int) -> bool:
    """True for an account that gives without getting: goods come from outside the chain."""
    return not b.structure.in_links[account] and (
        b.normal_production[account] > 0 or bool(b.structure.out_links[account])
    )


def _with_room(network: FlowNetwork, rest: Rest) -> FlowNetwork:
    leaving = np.bincount(network.node[network.source], weights=rest.flow, minlength=network.node_count)
    makers = tuple(
        replace(m, capacity=max(m.capacity, ROOM * float(made)))
        for m, made in zip(network.makers, rest.made, strict=True)
    )
    capacity = np.maximum(network.capacity, ROOM * rest.flow)
    return replace(
        network,
        node_capacity=np.maximum(network.node_capacity, ROOM * leaving),
        capacity=capacity,
        release=np.zeros(0),
        makers=tuple(replace(m, capacity=min(m.capacity, _wired(network, capacity, m))) for m in makers),
    )


def _wired(network: FlowNetwork, capacity: Floats, maker: Maker) -> float:
    """The most a maker can make of inputs it cannot store, by what the links in use can bring: a plan beyond that would call a mere wish to catch up
    a shortage."""
    most = np.inf
    for needed in maker.inputs:
        comes = (network.end == needed.account) & (network.share > 0)
        if network.target[needed.account] <= 0 < needed.per_unit and comes.any():
            most = min(most, float((capacity * network.gain)[comes].sum()) / needed.per_unit)
    return most
