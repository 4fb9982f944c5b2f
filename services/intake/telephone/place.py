"""Where an event is: a node, a link or an area of a chain, as an officer names it."""

import difflib
from collections.abc import Mapping

from schemas.chain import Chain
from schemas.rejection import Reason
from services.intake.telephone.arguments import Fault
from services.runtime.chain.area import covers

TARGETS = ("node", "link", "area")


def place_of(arguments: Mapping[str, str], chain: Chain) -> tuple[str, str]:
    """Target and place: exactly one of node, link (A:B:product) and area (GB/T 2260). Raises Fault."""
    given = [(t, arguments[t].strip()) for t in TARGETS if arguments.get(t, "").strip()]
    if len(given) != 1:
        told = ", ".join(f"{t}={p}" for t, p in given)
        wanted = "node、link、area 三者之一 / exactly one of node, link and area"
        raise Fault(Reason.MISSING_FIELD, "node", told, wanted)
    target, place = given[0]
    if target == "node":
        _among(target, place, [n.id for n in chain.nodes], "节点编号 a node id")
    elif target == "link":
        links = [f"{k.source}:{k.target}:{k.product}" for k in chain.links]
        _among(target, place, links, "通道 A:B:品种 a link A:B:product")
    elif not _is_code(place) or not any(n.admin_code and covers(place, n.admin_code) for n in chain.nodes):
        codes = ", ".join(sorted({n.admin_code for n in chain.nodes if n.admin_code}))
        wanted = f"链上节点所在地区代码：{codes}，或其市、省 / a county of the chain's nodes, or its city or province"
        raise Fault(Reason.UNKNOWN_REFERENCE, target, place, wanted)
    return target, place


def _among(target: str, place: str, known: list[str], what: str) -> None:
    if place not in known:
        near = ", ".join(difflib.get_close_matches(place[:120], known, n=3, cutoff=0.4))
        wanted = f"{what}" + (f"，是否为 {near}？ / perhaps {near}" if near else "，见链表 / see the chain")
        raise Fault(Reason.UNKNOWN_REFERENCE, target, place, wanted)


def _is_code(area: str) -> bool:
    return len(area) == 6 and area.isascii() and area.isdigit()
