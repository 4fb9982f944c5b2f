"""What is asked of a what-if, as text (so that it can travel as a command), and which parts of the chain it hits."""

import difflib
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from detectors.network.course import Target
from schemas.chain import Node
from services.risk.analysis.area import number
from services.risk.analysis.kinds import Effect, Kind, Settings
from services.risk.analysis.part import Part, link_part, node_part
from services.risk.analysis.selection import Choice, chosen_nodes, listed
from services.risk.blueprint import Blueprint
from services.runtime.errors import InputError


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``area`` GB/T 2260 codes or names, ``polygon`` "lat,lon lat,lon …", ``circle`` "lat,lon,km", ``owner`` a part of a responsible body's name,
    ``trade`` GB/T 4754: together they choose the nodes that all of them hold for. ``node``, ``corridor`` and ``link`` (A:B or A:B:product) are named
    one by one and come on top. Lists are separated by commas. ``days`` and ``factor`` overrule the kind's. ``use`` is the factor on what users
    need: of
    those chosen by place, else of all."""

    kind: str = ""
    area: str = ""
    polygon: str = ""
    circle: str = ""
    owner: str = ""
    trade: str = ""
    corridor: str = ""
    node: str = ""
    link: str = ""
    days: str = ""
    factor: str = ""
    use: str = ""


class Hit(Struct, frozen=True):
    """A part, what is left of it (or the factor on its use), and where that number is from."""

    part: Part
    factor: float
    mark: str


def parse_request(arguments: Mapping[str, str]) -> Request:
    """Read the arguments of a command. Raises InputError for an unknown name or when nothing is chosen."""
    try:
        request = msgspec.convert(dict(arguments), Request)
    except msgspec.ValidationError as error:
        raise InputError(f"推演参数 what-if: {error}") from error
    chosen = (request.area, request.polygon, request.circle, request.owner, request.trade)
    if not any((*chosen, request.corridor, request.node, request.link, request.use)):
        raise InputError(
            "未选择范围：请给出 area、polygon、circle、owner、trade、corridor、node、link 或 use 之一 / nothing is chosen: "
            "give area, polygon, circle, owner, trade, corridor, node, link or use"
        )
    return request


def kind_of(request: Request, settings: Settings) -> Kind:
    """The kind asked for, ``loss`` by default. Raises InputError that lists the kinds."""
    name = request.kind or "loss"
    kind = settings.kinds.get(settings.hazards.get(name, name))
    if kind is None:
        known = "、".join(f"{key} {k.name_zh}" for key, k in settings.kinds.items())
        raise InputError(f"没有事件类型 {name!r}，可用：{known} / no kind {name!r}; one of {', '.join(settings.kinds)}")
    return kind


def days_of(request: Request, kind: Kind) -> float | None:
    """Days asked for, else the kind's. Raises InputError."""
    return number(request.days, "days", 0.04, 365.0) if request.days else kind.days


def hits_of(blueprint: Blueprint, request: Request, settings: Settings) -> list[Hit]:
    """Everything that is hit, nodes first, in the order of the chain. Raises InputError that says what would be right."""
    kind = kind_of(request, settings)
    factor = number(request.factor, "factor", 0.0, 3.0) if request.factor else None
    chosen = chosen_nodes(blueprint, _choice(request), settings)
    found = {hit.part: hit for hit in _by_kind(blueprint, chosen, kind, factor, with_links=_is_of_place(request))}
    for part in _named(blueprint, request):
        found[part] = _named_hit(blueprint, part, kind, factor)
    found |= {hit.part: hit for hit in _needing(blueprint, request, chosen)}
    hits = [hit for hit in found.values() if hit.factor != 1.0]
    if not hits:
        raise InputError(_nothing(blueprint, chosen, kind))
    return hits


def _by_kind(b: Blueprint, chosen: list[Node], kind: Kind, factor: float | None, *, with_links: bool) -> list[Hit]:
    found = []
    for node in chosen:
        effect = kind.places.get(node.kind) or (kind.every_place if node.kind != "demand" else None)
        if effect is not None:
            found.append(_hit(node_part(b, node.id), effect, factor))
        use = kind.users.get(node.product) if node.kind == "demand" else None
        if use is not None:
            found.append(_hit(_use_part(b, node), use, factor))
    ids = {n.id for n in chosen}
    for place, link in enumerate(b.links):
        effect = kind.links.get(link.mode) if with_links else None
        if effect is not None and ids & {link.source, link.target} and b.normal_flow[place] > 0:
            found.append(_hit(link_part(b, place), effect, factor))
    return found


def _hit(part: Part, effect: Effect, factor: float | None) -> Hit:
    return Hit(part, effect.factor, effect.mark) if factor is None else Hit(part, factor, "factor")


def _use_part(b: Blueprint, node: Node) -> Part:
    return Part(Target.DEMAND, b.account[node.id, node.product], node.id, "demand")


def _needing(b: Blueprint, request: Request, chosen: list[Node]) -> list[Hit]:
    """Users whose need is supposed to change: those chosen, else all."""
    if not request.use:
        return []
    use = number(request.use, "use", 0.0, 3.0)
    users = [n for n in chosen if n.kind == "demand"] or [n for n in b.nodes.values() if n.kind == "demand"]
    return [Hit(_use_part(b, node), use, "use") for node in users]


def _named(b: Blueprint, request: Request) -> list[Part]:
    """Nodes, corridors and links named one by one. Raises InputError for one that does not exist."""
    found = []
    for name in (*listed(request.node), *listed(request.corridor)):
        if name not in b.nodes:
            raise InputError(f"没有节点 {name!r} / no node {name!r}; {_near(name, b.nodes)}")
        if name in listed(request.corridor) and b.nodes[name].kind not in ("road_corridor", "rail_line"):
            right = ", ".join(n.id for n in b.nodes.values() if n.kind in ("road_corridor", "rail_line"))
            raise InputError(f"{name} 不是通道 is no corridor; 通道 corridors: {right}")
        found.append(node_part(b, name))
    for name in listed(request.link):
        ends = name.split(":")
        numbers = [
            i
            for i, k in enumerate(b.links)
            if len(ends) in (2, 3) and [k.source, k.target, k.product][: len(ends)] == ends
        ]
        if not numbers:
            there = [f"{k.source}:{k.target}:{k.product}" for k in b.links if k.source == ends[0]]
            right = ", ".join(there) or "A:B 或 A:B:product"
            raise InputError(f"没有链路 {name!r} / no link {name!r}; 可用 there are: {right}")
        found += [link_part(b, i) for i in numbers]
    return found


def _named_hit(b: Blueprint, part: Part, kind: Kind, factor: float | None) -> Hit:
    if part.target is Target.NODE:
        effect = kind.places.get(b.nodes[part.node].kind) or kind.every_place
    else:
        effect = kind.links.get(b.links[part.index].mode) or kind.every_place
    if effect is None and factor is None:
        raise InputError(
            f"{kind.name_zh}对 {part.id} 没有缺省影响，请给 factor（0 全停 … 1 不受影响）/ {kind.name_en} has no default for {part.id}: "
            "give factor, 0 closed … 1 unaffected"
        )
    return _hit(part, effect or Effect(1.0, ""), factor)


def _choice(request: Request) -> Choice:
    return Choice(
        area=request.area, polygon=request.polygon, circle=request.circle, owner=request.owner, trade=request.trade
    )


def _is_of_place(request: Request) -> bool:
    return bool(request.area or request.polygon or request.circle)


def _nothing(b: Blueprint, chosen: list[Node], kind: Kind) -> str:
    there = "、".join(f"{n.id} {n.name_zh}" for n in chosen) or "–"
    return (
        f"所选范围内没有受{kind.name_zh}影响的环节；所选节点 {there}。可改事件类型，或给 factor / nothing chosen is hit by {kind.name_en}; "
        f"chosen: {', '.join(n.id for n in chosen) or '–'}. Another kind or a factor is right (chain {b.chain.id})"
    )


def _near(name: str, nodes: Mapping[str, Node]) -> str:
    near = difflib.get_close_matches(name.upper(), nodes, n=5, cutoff=0.3)
    return "相近 near: " + (", ".join(near) or ", ".join(list(nodes)[:8]) + " …")
