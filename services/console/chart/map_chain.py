"""The part of the map that stays while a version of the chain is in force: places with their spots, links, products. Pure."""

from collections import defaultdict

from msgspec import Struct

from schemas.chain import Chain
from services.console.chart.layering import utilities
from services.console.chart.layout import lay_out
from services.console.chart.words import kind_words
from services.console.wording import product as product_words


class MapNode(Struct, frozen=True, kw_only=True):
    """A place. ``products`` are those it makes, holds, takes or hands on; ``stock`` is that of the stock it is drawn with, "" none."""

    id: str
    zh: str
    en: str
    kind_zh: str
    kind_en: str
    x: float
    y: float
    product: str
    products: list[str]
    stock: str
    department: str
    area: str


class MapLink(Struct, frozen=True, kw_only=True):
    """A link between two places, given by their numbers. ``weight`` is its normal flow as a share of the largest of its product."""

    source: int
    target: int
    product: str
    mode: str
    capacity: float
    normal: float
    unit: str
    weight: float
    is_utility: bool
    is_dormant: bool


class MapProduct(Struct, frozen=True):
    """A product one may look at alone."""

    id: str
    zh: str
    en: str


class MapChain(Struct, frozen=True, kw_only=True):
    """A chain as the map draws it."""

    chain: str
    version: str
    zh: str
    en: str
    width: float
    height: float
    nodes: list[MapNode]
    links: list[MapLink]
    products: list[MapProduct]


def map_of(chain: Chain) -> MapChain:
    """The map of a chain. The same chain gives the same map."""
    layout = lay_out(chain)
    number = {node.id: i for i, node in enumerate(chain.nodes)}
    common = utilities(chain)
    largest: dict[str, float] = {}
    for link in chain.links:
        largest[link.product] = max(largest.get(link.product, 0.0), link.normal_flow)
    handled = _handled(chain)
    stocks: dict[str, list[str]] = defaultdict(list)
    for stock in chain.stocks:
        stocks[stock.node].append(stock.product)
    return MapChain(
        chain=chain.id,
        version=chain.version,
        zh=chain.name_zh,
        en=chain.name_en,
        width=layout.width,
        height=layout.height,
        nodes=[
            MapNode(
                id=node.id,
                zh=node.name_zh,
                en=node.name_en,
                kind_zh=kind_words(node.kind)[0],
                kind_en=kind_words(node.kind)[1],
                x=layout.spots[node.id].x,
                y=layout.spots[node.id].y,
                product=node.product,
                products=sorted(handled[node.id]),
                stock=_drawn_stock(node.product, stocks[node.id], common),
                department=node.lead_department,
                area=node.admin_code,
            )
            for node in chain.nodes
        ],
        links=[
            MapLink(
                source=number[link.source],
                target=number[link.target],
                product=link.product,
                mode=link.mode,
                capacity=link.capacity,
                normal=round(link.normal_flow, 3),
                unit=link.unit,
                weight=round(link.normal_flow / largest[link.product], 4) if largest[link.product] > 0 else 0.0,
                is_utility=link.product in common,
                is_dormant=link.share_normal <= 0,
            )
            for link in chain.links
        ],
        products=[
            MapProduct(product, *product_words(product)) for product in dict.fromkeys(k.product for k in chain.links)
        ],
    )


def _drawn_stock(own: str, stocks: list[str], common: frozenset[str]) -> str:
    """The stock of its own product, else the first that is not power or water."""
    return own if own in stocks else next((product for product in stocks if product not in common), "")


def _handled(chain: Chain) -> dict[str, set[str]]:
    found = {node.id: {node.product} for node in chain.nodes}
    for link in chain.links:
        found[link.source].add(link.product)
        found[link.target].add(link.product)
    for stock in chain.stocks:
        found[stock.node].add(stock.product)
    return found
