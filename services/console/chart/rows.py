"""The map as a table, for whoever cannot see it or would rather read: one line for each place, the gravest first. Pure."""

from collections.abc import Iterable

from msgspec import Struct

from schemas.chain import Chain, Node
from schemas.level import Level, rank
from services.console.chart.interval import Interval
from services.console.chart.map_state import MapState, Spot
from services.console.chart.words import kind_words

MOST_ROWS = 300


class Line(Struct, frozen=True, kw_only=True):
    """A place in a line. ``level`` None: never judged by itself; ``fill`` is the interval of its own stock's share of the maximum."""

    node: str
    zh: str
    en: str
    kind_zh: str
    kind_en: str
    level: Level | None
    is_partly_unknown: bool
    product: str
    hazard: str
    interval: Interval
    cover_days: float | None
    has_stock: bool
    fill: float | None
    capacity: float | None
    tasks: int
    overdue: int
    owner: str
    incident: str
    why_zh: str
    why_en: str


def lines(chain: Chain, state: MapState, *, level: str = "", product: str = "") -> list[Line]:
    """The lines that have this level and handle this product ("" any), the gravest first, unknown right after red."""
    handled = {(k.source, k.product) for k in chain.links} | {(k.target, k.product) for k in chain.links}
    found = [
        _line(node, spot)
        for node, spot in zip(chain.nodes, state.spots, strict=True)
        if not product or product == node.product or (node.id, product) in handled
    ]
    return sorted(_of_level(found, level), key=_gravity)


def _of_level(found: Iterable[Line], level: str) -> list[Line]:
    if not level:
        return list(found)
    is_partly = level == Level.UNKNOWN.value
    return [line for line in found if line.level == level or (is_partly and line.is_partly_unknown)]


def _gravity(line: Line) -> tuple[float, float, str]:
    if line.level is None:
        return 9.0, 0.0, line.node
    order = rank(line.level)
    hours = line.interval.p50 if line.interval.p50 is not None else 1e9
    return 0.5 if order is None else 4.0 - order, hours, line.node


def _line(node: Node, spot: Spot) -> Line:
    standing = spot.standing
    own = next((h for h in standing.holdings if h.product == node.product), next(iter(standing.holdings), None))
    return Line(
        node=node.id,
        zh=node.name_zh,
        en=node.name_en,
        kind_zh=kind_words(node.kind)[0],
        kind_en=kind_words(node.kind)[1],
        level=standing.level,
        is_partly_unknown=standing.is_partly_unknown,
        product=standing.product or node.product,
        hazard=standing.hazard if rank(standing.level or Level.NORMAL) else "",
        interval=standing.interval,
        cover_days=standing.cover_days,
        has_stock=own is not None,
        fill=own.ahead[0].high if own is not None and own.ahead else None,
        capacity=spot.capacity,
        tasks=len(spot.deeds),
        overdue=sum(deed.is_overdue for deed in spot.deeds),
        owner=spot.deeds[0].owner if spot.deeds else "",
        incident=spot.incidents[0] if spot.incidents else "",
        why_zh=standing.reason_zh,
        why_en=standing.reason_en,
    )
