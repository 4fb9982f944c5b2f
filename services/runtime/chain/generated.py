"""Chains made by rule for benches and property tests: any size, valid, the same for the same seed."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from schemas.chain import Chain, Link, Node, Recipe, Series, Stock
from schemas.feed import Feed
from services.runtime.chain.assembly import with_flows
from services.runtime.chain.version import with_version
from services.runtime.chain.vocabulary import MEASURES

PROVIDER = "bench"
LEAST_NODES = 4
_COAL, _METHANOL = "steam_coal", "methanol"
_NAMES = {
    "mine": ("示例煤矿", "Example mine"),
    "collection_station": ("示例集运站", "Example station"),
    "methanol_plant": ("示例甲醇装置", "Example methanol plant"),
    "demand": ("示例用户", "Example user"),
}


class _Layers(Struct, frozen=True):
    mines: list[Node]
    stations: list[Node]
    plants: list[Node]
    methanol_users: list[Node]
    coal_users: list[Node]

    def nodes(self) -> list[Node]:
        return [*self.mines, *self.stations, *self.plants, *self.methanol_users, *self.coal_users]


def generate_chain(nodes: int, seed: int) -> Chain:
    """A chain of exactly ``nodes`` nodes: mines → stations → methanol plants → users, with stocks and hourly series for each.

    It has about 1.25 stocks (node, product) a node and three series a stock: ``generate_chain(500, 1)`` gives 600 and more.
    Deterministic in both arguments. Raises ValueError below LEAST_NODES nodes.
    """
    if nodes < LEAST_NODES:
        raise ValueError(f"a generated chain has at least {LEAST_NODES} nodes, given {nodes}")
    dice = random.Random(seed)  # noqa: S311  # a repeatable example, no secret
    layers = _layers(nodes, dice)
    links = [
        *_links(layers.mines, layers.stations, _COAL, dice),
        *_links(layers.stations, layers.plants, _COAL, dice),
        *_links(layers.plants, layers.methanol_users, _METHANOL, dice),
        *_links(layers.stations, layers.coal_users, _COAL, dice),
    ]
    recipes = [
        Recipe(node=plant.id, input=_COAL, per_unit_output=round(dice.uniform(1.9, 2.2), 3), unit="t/t")
        for plant in layers.plants
    ]
    bare = Chain(
        id=f"generated-{nodes}-{seed}",
        name_zh=f"生成的示例链（{nodes} 个节点）",
        name_en=f"Generated example chain ({nodes} nodes)",
        version="",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        nodes=layers.nodes(),
        links=links,
        recipes=recipes,
        stocks=_stocks(layers, dice),
        qualities=[],
        series=[],
    )
    sized = with_capacities(with_flows(bare), dice)
    return with_version(replace(sized, series=_series(sized)))


def _layers(nodes: int, dice: random.Random) -> _Layers:
    mines = max(1, int(nodes * 0.15))
    plants = max(mines, int(nodes * 0.25))
    methanol_users = max(plants, int(nodes * 0.30))
    coal_users = nodes - 2 * mines - plants - methanol_users

    def layer(prefix: str, kind: str, product: str, count: int) -> list[Node]:
        return [_node(f"{prefix}{number:05d}", kind, product, dice) for number in range(1, count + 1)]

    return _Layers(
        mines=layer("GM", "mine", _COAL, mines),
        stations=layer("GS", "collection_station", _COAL, mines),
        plants=layer("GP", "methanol_plant", _METHANOL, plants),
        methanol_users=layer("GX", "demand", _METHANOL, methanol_users),
        coal_users=layer("GY", "demand", _COAL, coal_users),
    )


def _node(identifier: str, kind: str, product: str, dice: random.Random) -> Node:
    name_zh, name_en = _NAMES[kind]
    return Node(
        id=identifier,
        name_zh=f"{name_zh} {identifier}",
        name_en=f"{name_en} {identifier}",
        kind=kind,
        product=product,
        capacity=float(dice.randint(200, 2000)),
        unit="t/d",
        lat=round(dice.uniform(37.6, 40.8), 3),
        lon=round(dice.uniform(106.8, 111.4), 3),
        admin_code="150600",
        normal_throughput=0.0,
        priority=dice.randint(1, 5),
        value_cny_per_unit=450.0 if product == _COAL else 2100.0,
    )


def _links(sources: Sequence[Node], targets: Sequence[Node], product: str, dice: random.Random) -> list[Link]:
    """Each target gets one to three suppliers, the first in turn, so that every source has a customer while there are enough."""
    links: list[Link] = []
    for number, target in enumerate(targets):
        first = sources[number % len(sources)]
        others = dice.sample(sources, k=min(len(sources), dice.randint(0, 2)))
        suppliers = [first, *(other for other in others if other.id != first.id)]
        shares = _shares(len(suppliers), dice)
        links += [
            Link(
                source=supplier.id,
                target=target.id,
                product=product,
                mode="road",
                capacity=0.0,
                unit="t/d",
                lead_time_h=float(dice.randint(1, 48)),
                share_normal=share,
            )
            for supplier, share in zip(suppliers, shares, strict=True)
        ]
    return links


def _shares(count: int, dice: random.Random) -> list[float]:
    weights = [dice.randint(1, 9) for _ in range(count)]
    shares = [round(weight / sum(weights), 2) for weight in weights]
    return [round(1 - sum(shares[1:]), 2), *shares[1:]]


def with_capacities(chain: Chain, dice: random.Random) -> Chain:
    """The chain with capacities 10 to 50 % above its normal flows."""
    return replace(
        chain,
        nodes=[_sized(node, dice) for node in chain.nodes],
        links=[replace(link, capacity=round(link.normal_flow * dice.uniform(1.1, 1.5), 3)) for link in chain.links],
    )


def _sized(node: Node, dice: random.Random) -> Node:
    if node.kind == "demand":
        return node
    return replace(node, capacity=round(node.normal_throughput * dice.uniform(1.1, 1.5), 3))


def _stocks(layers: _Layers, dice: random.Random) -> list[Stock]:
    outputs = [_stock(node, _COAL, "output", dice) for node in layers.mines]
    both = [_stock(node, _COAL, "both", dice) for node in layers.stations]
    plants = [_stock(node, _COAL, "input", dice) for node in layers.plants]
    tanks = [_stock(node, _METHANOL, "output", dice) for node in layers.plants]
    users = [_stock(node, node.product, "input", dice) for node in [*layers.methanol_users, *layers.coal_users]]
    return [*outputs, *both, *plants, *tanks, *users]


def _stock(node: Node, product: str, role: str, dice: random.Random) -> Stock:
    normal = float(dice.randint(4, 20))
    return Stock(
        node=node.id,
        product=product,
        role=role,
        unit="t",
        daily_use=0.0,
        days_normal=normal,
        days_min=round(normal * 0.3, 2),
        days_max=round(normal * 1.8, 2),
    )


def _series(chain: Chain) -> list[Series]:
    names = {node.id: (node.name_zh, node.name_en) for node in chain.nodes}
    return [
        _one_series(stock, indicator, names[stock.node]) for stock in chain.stocks for indicator in MEASURES[stock.role]
    ]


def _one_series(stock: Stock, indicator: str, names: tuple[str, str]) -> Series:
    is_stock = indicator == "stock"
    highest = stock.daily_use * (stock.days_max * 1.5 if is_stock else 3.0)
    return Series(
        id=f"{indicator}.{stock.node}.{stock.product}",
        feed=Feed.PRODUCTION if indicator in {"stock", "use", "output"} else Feed.LOGISTICS,
        group=stock.node,
        name_zh=f"{names[0]} {indicator} {stock.product}",
        name_en=f"{names[1]} {indicator} {stock.product}",
        indicator=indicator,
        unit="t" if is_stock else "t/d",
        cadence_h=1.0,
        lateness_h=24.0,
        silence_h=4.0,
        plausible_low=0.0,
        plausible_high=round(highest, 3),
        provider=PROVIDER,
        node=stock.node,
        product=stock.product,
        is_essential=True,
    )
