"""Which nodes a choice by area, owner or trade means."""

from collections.abc import Callable

from msgspec import Struct

from schemas.chain import Node
from services.risk.analysis.area import circle, distance_km, is_inside, polygons
from services.risk.analysis.kinds import Settings
from services.risk.blueprint import Blueprint
from services.runtime.chain.area import covers
from services.runtime.errors import InputError

_DIGITS = (2, 4, 6)


class Choice(Struct, frozen=True, kw_only=True):
    """Words of a request, empty where it does not say."""

    area: str = ""
    polygon: str = ""
    circle: str = ""
    owner: str = ""
    trade: str = ""


def chosen_nodes(blueprint: Blueprint, request: Choice, settings: Settings) -> list[Node]:
    """Nodes that all the choices hold for; none when there are no choices. Raises InputError where one holds for nobody, with what would be right."""
    b = blueprint
    tests: list[tuple[str, Callable[[Node], bool], str]] = []
    if request.area:
        codes = [_code(text, settings) for text in listed(request.area)]
        tests.append(
            (f"area {request.area}", lambda n: any(covers(c, n.admin_code) for c in codes), _areas(b, settings))
        )
    if request.polygon:
        shapes = polygons(request.polygon)
        tests.append(
            (f"polygon {request.polygon}", lambda n: any(is_inside(s, n.lat, n.lon) for s in shapes), _extent(b))
        )
    if request.circle:
        lat, lon, km = circle(request.circle)
        tests.append((f"circle {request.circle}", lambda n: distance_km(n.lat, n.lon, lat, lon) <= km, _extent(b)))
    if request.owner:
        tests.append((f"owner {request.owner}", lambda n: any(request.owner in o for o in _owners(n)), _all_owners(b)))
    if request.trade:
        trade = request.trade.upper()
        tests.append((f"trade {trade}", lambda n: _is_of_trade(settings, n, trade), _trades(b, settings)))
    for name, test, right in tests:
        if not any(test(n) for n in b.nodes.values()):
            raise InputError(
                f"链 {b.chain.id} 中没有节点符合 {name}；可用 / no node of the chain is in it; there are: {right}"
            )
    return [n for n in b.nodes.values() if tests and all(test(n) for _, test, _ in tests)]


def listed(text: str) -> list[str]:
    """The parts of a list with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _code(text: str, settings: Settings) -> str:
    """A code of six digits, from 2, 4 or 6 digits or a name."""
    for code, names in settings.areas.items():
        if text in names:
            return code
    if not text.isdigit() or len(text) not in _DIGITS:
        known = "、".join(f"{code} {names[0]}" for code, names in settings.areas.items())
        raise InputError(f"区划 {text!r} 应为 2、4 或 6 位代码或名称：{known} / an area is 2, 4 or 6 digits or a name")
    return text.ljust(6, "0")


def _areas(b: Blueprint, settings: Settings) -> str:
    codes = sorted({n.admin_code for n in b.nodes.values() if n.kind != "demand"})
    return "、".join(f"{c} {settings.areas[c][0]}" if c in settings.areas else c for c in codes)


def _owners(node: Node) -> tuple[str, ...]:
    return (node.chain_chief, node.chain_leader, node.lead_department, node.work_team)


def _all_owners(b: Blueprint) -> str:
    return "、".join(sorted({o for n in b.nodes.values() for o in _owners(n) if o}))


def _is_of_trade(settings: Settings, node: Node, trade: str) -> bool:
    own = settings.trades.get(node.kind, "")
    return bool(own) and (
        own.startswith(trade) or own[1:].startswith(trade) or (trade.startswith(own) and len(own) > 1)
    )


def _trades(b: Blueprint, settings: Settings) -> str:
    return "、".join(sorted({settings.trades[n.kind] for n in b.nodes.values() if n.kind in settings.trades}))


def _extent(b: Blueprint) -> str:
    lats, lons = [n.lat for n in b.nodes.values()], [n.lon for n in b.nodes.values()]
    return f"lat {min(lats):g}…{max(lats):g}, lon {min(lons):g}…{max(lons):g}"
