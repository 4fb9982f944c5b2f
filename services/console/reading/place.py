"""Places that an officer can name: nodes, links and areas of a chain, and the one that his words mean. Pure."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from schemas.chain import Chain
from services.console.wording import product
from services.runtime.chain.area import covers

_NEAR = 3
Named = TypeVar("Named", "Place", "StockPlace")


class Place(Struct, frozen=True, kw_only=True):
    """A node, link or area. ``nodes`` are those it touches: itself, its ends, or all in the area."""

    target: str
    place: str
    name_zh: str
    name_en: str
    nodes: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """As the list of choices offers it: name and id, so that either finds it."""
        return f"{self.name_zh} [{self.place}]"


class StockPlace(Struct, frozen=True, kw_only=True):
    """A stock that somebody can be asked for by telephone."""

    node: str
    product: str
    unit: str
    name_zh: str
    name_en: str

    @property
    def option(self) -> str:
        """As the list of choices offers it."""
        return f"{self.name_zh} [{self.node} {self.product}]"


def places(chain: Chain, areas: Mapping[str, tuple[str, str]]) -> list[Place]:
    """All places of a chain: nodes first, then areas, then links in use."""
    names = {n.id: n for n in chain.nodes}
    found = [
        Place(target="node", place=n.id, name_zh=n.name_zh, name_en=n.name_en, nodes=(n.id,))
        for n in chain.nodes
        if n.kind != "demand"
    ]
    codes = {n.id: n.admin_code for n in chain.nodes}
    found += [_area(code, codes, areas) for code in _codes(codes.values())]
    for k in chain.links:
        if k.source in names and k.target in names:
            zh, en = product(k.product)
            found.append(
                Place(
                    target="link",
                    place=f"{k.source}:{k.target}:{k.product}",
                    name_zh=f"{names[k.source].name_zh} → {names[k.target].name_zh}（{zh}）",
                    name_en=f"{names[k.source].name_en} → {names[k.target].name_en} ({en})",
                    nodes=(k.source, k.target),
                )
            )
    return found


def stock_places(chain: Chain) -> list[StockPlace]:
    """All stocks of a chain that have a series."""
    names = {n.id: n for n in chain.nodes}
    return [
        StockPlace(
            node=s.node,
            product=s.product,
            unit=s.unit,
            name_zh=f"{names[s.node].name_zh} {product(s.product)[0]}库存",
            name_en=f"{names[s.node].name_en}, stock of {product(s.product)[1]}",
        )
        for s in chain.series
        if s.indicator == "stock" and s.node in names
    ]


def meant(words: str, known: Sequence[Named]) -> Named | None:
    """The one that words mean: an offered choice, an id, a name, or the only one whose name or id holds them. None: none, or several."""
    wanted = words.strip()
    if not wanted:
        return None
    exact = [p for p in known if wanted in (p.option, _id(p), p.name_zh, p.name_en)]
    if exact:
        return exact[0]
    holding = [p for p in known if _holds(p, wanted)]
    return holding[0] if len(holding) == 1 else None


def near(words: str, known: Sequence[Named]) -> list[str]:
    """At most three choices that words may mean."""
    wanted = words.strip()[:100]
    holding = [p.option for p in known if wanted and _holds(p, wanted)]
    alike = difflib.get_close_matches(wanted, [p.option for p in known], n=_NEAR, cutoff=0.3)
    return list(dict.fromkeys(holding + alike))[:_NEAR]


def _holds(place: Place | StockPlace, words: str) -> bool:
    return words.lower() in place.option.lower() or words.lower() in place.name_en.lower()


def _id(place: Place | StockPlace) -> str:
    return place.place if isinstance(place, Place) else place.node


def _codes(codes: Iterable[str]) -> list[str]:
    """Counties of nodes, and the cities and provinces that hold at least two of them."""
    counties = sorted({c for c in codes if c.strip("0")})
    wider = {c[:4] + "00" for c in counties} | {c[:2] + "0000" for c in counties}
    shared = {w for w in wider if sum(covers(w, c) for c in counties) > 1}
    return sorted({*counties, *shared})


def _area(code: str, codes: Mapping[str, str], areas: Mapping[str, tuple[str, str]]) -> Place:
    inside = tuple(node for node, own in codes.items() if own and covers(code, own))
    zh, en = areas.get(code, (f"地区 {code}", f"area {code}"))
    return Place(
        target="area",
        place=code,
        name_zh=f"{zh}（全域 {len(inside)} 个节点）",
        name_en=f"{en} (all {len(inside)} nodes)",
        nodes=inside,
    )
