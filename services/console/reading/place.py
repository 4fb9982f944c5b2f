"""Places that an officer can name: nodes, links and areas of a chain, and the one that his words mean."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import yaml
from msgspec import Struct

from services.console.shelf import Shelf
from services.runtime.chain.area import covers

_NODES = """SELECT node, name_zh, name_en, kind, product, admin_code, work_team, lead_department FROM v_board_chain_node WHERE chain = %s
ORDER BY node"""
_LINKS = """SELECT k.source, k.target, k.product, a.name_zh AS source_zh, b.name_zh AS target_zh, a.name_en AS source_en, b.name_en AS target_en
FROM v_board_chain_link k JOIN v_board_chain_node a ON a.chain = k.chain AND a.node = k.source
JOIN v_board_chain_node b ON b.chain = k.chain AND b.node = k.target WHERE k.chain = %s ORDER BY k.source, k.target"""
_STOCKS = """SELECT s.node, s.product, s.unit, s.name_zh, s.name_en FROM series s WHERE s.chain = %s AND s.indicator = 'stock' AND s.is_active
ORDER BY s.node, s.product"""
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


def places(shelf: Shelf, chain: str, areas: Mapping[str, tuple[str, str]]) -> list[Place]:
    """All places of a chain: nodes first, then areas, then links. Raises UnreachableError."""
    nodes = shelf.rows(_NODES, (chain,))
    found = [
        Place(target="node", place=n["node"], name_zh=n["name_zh"], name_en=n["name_en"], nodes=(n["node"],))
        for n in nodes
    ]
    codes = {n["node"]: n["admin_code"] or "" for n in nodes}
    found += [_area(code, codes, areas) for code in _codes(codes.values())]
    for k in shelf.rows(_LINKS, (chain,)):
        found.append(
            Place(
                target="link",
                place=f"{k['source']}:{k['target']}:{k['product']}",
                name_zh=f"{k['source_zh']} → {k['target_zh']}",
                name_en=f"{k['source_en']} → {k['target_en']}",
                nodes=(k["source"], k["target"]),
            )
        )
    return found


def stock_places(shelf: Shelf, chain: str) -> list[StockPlace]:
    """All stocks of a chain that have a series. Raises UnreachableError."""
    return [StockPlace(**row) for row in shelf.rows(_STOCKS, (chain,))]


def meant(words: str, known: Sequence[Named]) -> Named | None:
    """The one that words mean: an offered choice, an id, a name, or the only one whose name or id holds them. None: none, or several."""
    wanted = words.strip()
    if not wanted:
        return None
    exact = [p for p in known if wanted in (p.option, _id(p), p.name_zh, p.name_en)]
    if exact:
        return exact[0]
    lower = wanted.lower()
    holding = [p for p in known if lower in p.option.lower() or lower in p.name_en.lower()]
    return holding[0] if len(holding) == 1 else None


def near(words: str, known: Sequence[Named]) -> list[str]:
    """At most three choices that words may mean."""
    lower = words.strip().lower()
    holding = [p.option for p in known if lower and lower in p.option.lower()]
    return (holding + difflib.get_close_matches(words.strip()[:100], [p.option for p in known], n=_NEAR, cutoff=0.3))[
        :_NEAR
    ]


def area_names(text: str) -> dict[str, tuple[str, str]]:
    """Names of counties and cities by code, as the operator's what-if settings state them; empty for a text that is no YAML."""
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    areas = told.get("areas", {}) if isinstance(told, dict) else {}
    return {str(code): (str(names[0]), str(names[1])) for code, names in areas.items() if len(names) == 2}


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
