"""How far goods, or the lack of them, travel from a place, along normal flows."""

import heapq
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from services.risk.blueprint import Blueprint


@lru_cache(maxsize=512)
def hours_down(blueprint: Blueprint, node: str, product: str = "") -> Mapping[str, float]:
    """Nodes that goods of a node reach, each with the shortest time on the way in hours; the node itself at 0. With ``product`` only as far as that
    product itself goes, else whatever is made of it too. A blueprint never changes."""
    after = _after(blueprint, product)
    found: dict[str, float] = {}
    waiting = [(0.0, node)]
    while waiting:
        hours, here = heapq.heappop(waiting)
        if here in found:
            continue
        found[here] = hours
        for lead, end in after.get(here, ()):
            if end not in found:
                heapq.heappush(waiting, (hours + lead, end))
    return found


@lru_cache(maxsize=64)
def _after(b: Blueprint, product: str) -> Mapping[str, list[tuple[float, str]]]:
    after: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for number, link in enumerate(b.links):
        if b.normal_flow[number] > 0 and product in ("", link.product):
            after[link.source].append((max(0.0, link.lead_time_h), link.target))
    return after
