"""Ways through the chain between two nodes, as goods, or the lack of room for them, travel."""

from collections import deque
from collections.abc import Mapping, Sequence
from functools import lru_cache

from services.risk.blueprint import Blueprint

_LONGEST = 12

_Neighbours = Mapping[str, Sequence[str]]


def path_between(blueprint: Blueprint, origin: str, end: str) -> list[str]:
    """Nodes from origin to end: downstream along normal flows (a shortage), else upstream (a blockage); among the shortest ways the one that
    leaves by the largest flows. Empty when there is none.
    """
    after, before = _neighbours(blueprint)
    return _search(after, origin, end) or _search(before, origin, end)


@lru_cache(maxsize=8)
def _neighbours(b: Blueprint) -> tuple[_Neighbours, _Neighbours]:
    """Receivers and suppliers of each node by normal flow, largest first. A blueprint never changes."""
    after: dict[str, list[str]] = {}
    before: dict[str, list[str]] = {}
    for k in sorted(range(len(b.links)), key=lambda k: -float(b.normal_flow[k])):
        if b.normal_flow[k] > 0:
            after.setdefault(b.links[k].source, []).append(b.links[k].target)
            before.setdefault(b.links[k].target, []).append(b.links[k].source)
    return after, before


def _search(neighbours: _Neighbours, origin: str, end: str) -> list[str]:
    came: dict[str, str | None] = {origin: None}
    waiting = deque([(origin, 0)])
    while waiting:
        node, depth = waiting.popleft()
        if node == end:
            return _back(came, end)
        for after in neighbours.get(node, ()) if depth < _LONGEST else ():
            if after not in came:
                came[after] = node
                waiting.append((after, depth + 1))
    return []


def _back(came: Mapping[str, str | None], end: str) -> list[str]:
    path: list[str] = []
    node: str | None = end
    while node is not None:
        path.append(node)
        node = came[node]
    return path[::-1]
