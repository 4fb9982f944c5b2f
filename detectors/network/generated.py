"""Networks made by rule for benches and property tests: random, viable, at rest, the same for the same seed."""

from dataclasses import dataclass, field

import numpy as np

from detectors.network.equilibrium import Rest, equilibrium
from detectors.network.flow_network import FlowNetwork, Input, Maker
from detectors.network.state import State

LEAST_NODES = 6
_LAYERS = (0.15, 0.15, 0.25)
"""Parts of the nodes that are sources, transit places and converters; the rest are users."""


@dataclass
class _Draft:
    """Accounts and links as they are laid down."""

    dice: np.random.Generator
    node: list[int] = field(default_factory=list)
    demand: list[float] = field(default_factory=list)
    cover_h: list[float] = field(default_factory=list)
    links: list[tuple[int, int]] = field(default_factory=list)

    def account(self, node: int, cover_h: float = 0.0, demand: float = 0.0) -> int:
        self.node.append(node)
        self.cover_h.append(cover_h)
        self.demand.append(demand)
        return len(self.node) - 1

    def cover(self) -> float:
        return float(24 * self.dice.integers(3, 20))


def generate_network(nodes: int, links: int, seed: int) -> FlowNetwork:
    """A network of ``nodes`` nodes and about ``links`` links: sources → transit places → converters → users, some users straight from transit.

    Every flow fits its capacity with 10 to 50 % to spare. Deterministic. Raises ValueError for fewer than LEAST_NODES nodes or fewer links
    than nodes.
    """
    if nodes < LEAST_NODES or links < nodes:
        raise ValueError(
            f"{nodes} nodes and {links} links were given; at least {LEAST_NODES} nodes and as many links are right"
        )
    draft = _Draft(np.random.default_rng(seed))
    counts = [max(1, int(nodes * part)) for part in _LAYERS]
    starts = np.concatenate([[0], np.cumsum(counts)])
    sources, transits, plants = (list(range(starts[i], starts[i + 1])) for i in range(3))
    users = list(range(int(starts[3]), nodes))
    mined = [draft.account(n, draft.cover()) for n in sources]
    passing = [draft.account(n, draft.cover() if draft.dice.random() < 0.5 else 0.0) for n in transits]
    inputs = [(draft.account(n, draft.cover()), draft.account(n, draft.cover())) for n in plants]
    products = [draft.account(n, draft.cover()) for n in plants]
    wanted = float(draft.dice.uniform(5, 50))
    fed = [draft.account(n, draft.cover(), float(wanted * draft.dice.uniform(0.2, 2.0))) for n in users]
    _join(draft, mined, passing, products, inputs, fed, links)
    recipes = [tuple(float(x) for x in draft.dice.uniform(0.5, 3.0, 2)) for _ in plants]
    essential = [bool(draft.dice.random() < 0.8) for _ in plants]
    made = [
        Maker(out, np.inf, (Input(pair[0], recipe[0]), Input(pair[1], recipe[1], is_essential=needed)))
        for out, pair, recipe, needed in zip(products, inputs, recipes, essential, strict=True)
    ]
    return _sized(draft, nodes, (*(Maker(account, np.inf) for account in mined), *made))


def _join(
    draft: _Draft,
    mined: list[int],
    passing: list[int],
    products: list[int],
    inputs: list[tuple[int, int]],
    fed: list[int],
    links: int,
) -> None:
    """Every end gets a supplier in turn, so that nothing is left over; further links are drawn until there are enough."""
    choices = (
        [(mined, p) for p in passing] + [(passing, pair[0]) for pair in inputs] + [(mined, pair[1]) for pair in inputs]
    )
    choices += [(products if i % 2 else passing, user) for i, user in enumerate(fed)]
    known: set[tuple[int, int]] = set()
    for number, (suppliers, end) in enumerate(choices):
        known.add((suppliers[number % len(suppliers)], end))
    for _ in range(20 * links):
        if len(known) >= links:
            break
        suppliers, end = choices[int(draft.dice.integers(len(choices)))]
        known.add((suppliers[int(draft.dice.integers(len(suppliers)))], end))
    draft.links = sorted(known)


def _sized(draft: _Draft, nodes: int, makers: tuple[Maker, ...]) -> FlowNetwork:
    """Shares, lead times and capacities that the flows of rest fit."""
    dice, count, accounts = draft.dice, len(draft.links), len(draft.node)
    source, end = np.array(draft.links, dtype=np.int64).T
    share = dice.uniform(0.2, 1.0, count)
    share /= np.bincount(end, weights=share, minlength=accounts)[end]
    lead = np.where(
        dice.random(count) < 0.1, 0.0, np.where(dice.random(count) < 0.5, 1.0, 0.5) * dice.integers(1, 49, count)
    )
    bare = FlowNetwork(
        target=np.zeros(accounts),
        minimum=np.zeros(accounts),
        maximum=np.full(accounts, np.inf),
        demand=np.array(draft.demand),
        node=np.array(draft.node, dtype=np.int64),
        node_capacity=np.full(nodes, np.inf),
        source=source,
        end=end,
        capacity=np.full(count, np.inf),
        lead_h=lead,
        share=share,
        makers=makers,
        priority=dice.integers(1, 6, accounts),
        link_priority=dice.integers(1, 6, count),
        contract=dice.uniform(0.0, 1.0, count),
    )
    rest = equilibrium(bare)
    target = rest.through * np.array(draft.cover_h)
    leaving = np.bincount(bare.node[source], weights=rest.flow, minlength=nodes)
    is_transit = np.ones(nodes, dtype=bool)
    is_transit[[draft.node[m.output] for m in makers]] = False
    is_transit[[n for n, demand in zip(draft.node, draft.demand, strict=True) if demand > 0]] = False
    return FlowNetwork(
        target=target,
        minimum=0.3 * target,
        maximum=np.where(target > 0, dice.uniform(1.3, 2.0, accounts) * target, 0.0),
        demand=bare.demand,
        node=bare.node,
        node_capacity=np.where(is_transit, leaving * dice.uniform(1.1, 1.5, nodes), np.inf),
        source=source,
        end=end,
        capacity=rest.flow * dice.uniform(1.1, 1.5, count),
        lead_h=lead,
        share=share,
        makers=tuple(
            Maker(m.output, float(r * dice.uniform(1.1, 1.5)), m.inputs, m.priority)
            for m, r in zip(makers, rest.made, strict=True)
        ),
        priority=bare.priority,
        link_priority=bare.link_priority,
        contract=bare.contract,
    )


def disturbed(network: FlowNetwork, rest: Rest, seed: int, width: float = 0.4) -> State:
    """The state of rest with every stock moved by up to ``width`` of its target, and never above its maximum."""
    dice = np.random.default_rng(seed)
    stock = network.target * (1.0 + width * dice.uniform(-1.0, 1.0, network.account_count))
    return State(
        stock=np.minimum(stock, network.maximum), transit=rest.transit * dice.uniform(0.6, 1.0, network.link_count)
    )
