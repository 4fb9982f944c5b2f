"""Parts of a chain that can be lost: nodes and links that carry something in normal times."""

from msgspec import Struct

from detectors.network.course import Target
from schemas.chain import Node
from services.risk.blueprint import Blueprint
from services.runtime.chain.vocabulary import PRODUCT_ZH

BACKGROUND = "external_supply"
_KIND_OF_MODE = {
    "rail": "rail_line",
    "rail_spur": "rail_line",
    "rail_load": "rail_line",
    "rail_road": "rail_line",
    "road": "road_corridor",
    "sea": "port",
    "sea_river": "port",
    "grid": "power_grid",
    "pipeline": "water_supply",
}


class Part(Struct, frozen=True):
    """A node (``end`` empty) or a link. ``kind`` is the kind of place whose times of recovery hold for it, ``index`` its number in the network."""

    target: Target
    index: int
    node: str
    kind: str
    end: str = ""
    product: str = ""

    @property
    def id(self) -> str:
        """As people write it.

        >>> Part(Target.LINK, 0, "R_DQ", "rail_line", "P_QHD", "steam_coal").id
        'R_DQ:P_QHD:steam_coal'
        """
        return f"{self.node}:{self.end}:{self.product}" if self.end else self.node


class Owner(Struct, frozen=True, kw_only=True):
    """Who answers for a part: chain chief 链长, chain leader 链主, lead department 牵头部门, work team 工作专班; as the chain states it."""

    chain_chief: str = ""
    chain_leader: str = ""
    lead_department: str = ""
    work_team: str = ""


def node_part(blueprint: Blueprint, node: str) -> Part:
    """A node as a part. Raises KeyError for an unknown one."""
    return Part(Target.NODE, list(blueprint.nodes).index(node), node, blueprint.nodes[node].kind)


def link_part(blueprint: Blueprint, number: int) -> Part:
    """A link as a part, by its number."""
    link = blueprint.links[number]
    return Part(Target.LINK, number, link.source, _KIND_OF_MODE.get(link.mode, "default"), link.target, link.product)


def parts_in_use(blueprint: Blueprint, *, with_background: bool = False) -> list[Part]:
    """Every node but the final users, and every link, that carries something in normal times; nodes first, in the order of the chain. Background
    sources and what leaves them are left out unless wanted: such a node stands for a whole region and does not fail as one.
    """
    b = blueprint
    used = [number for number in range(len(b.links)) if b.normal_flow[number] > 0]
    busy = {end for number in used for end in (b.links[number].source, b.links[number].target)}
    nodes = [node_part(b, n.id) for n in b.nodes.values() if n.kind != "demand" and n.id in busy]
    found = nodes + [link_part(b, number) for number in used]
    return [p for p in found if with_background or b.nodes[p.node].kind != BACKGROUND]


def names(blueprint: Blueprint, part: Part) -> tuple[str, str]:
    """What a part is called."""
    start = blueprint.nodes[part.node]
    if not part.end:
        return start.name_zh, start.name_en
    end = blueprint.nodes[part.end]
    product = PRODUCT_ZH.get(part.product, part.product)
    return (
        f"{start.name_zh} → {end.name_zh}（{product}）",
        f"{start.name_en} → {end.name_en} ({part.product.replace('_', ' ')})",
    )


def owner_of(blueprint: Blueprint, part: Part) -> Owner:
    """Who answers: for a link whoever answers for its beginning, else for its end."""
    found = _owner(blueprint.nodes[part.node])
    return found if any((found.lead_department, found.work_team)) or not part.end else _owner(blueprint.nodes[part.end])


def _owner(node: Node) -> Owner:
    return Owner(
        chain_chief=node.chain_chief,
        chain_leader=node.chain_leader,
        lead_department=node.lead_department,
        work_team=node.work_team,
    )
