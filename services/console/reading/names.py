"""Names of places, as far as a person may know them."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from msgspec import Struct

from services.console.shelf import Shelf

_NAMES = """
SELECT node, array_agg(DISTINCT chain) AS chains, min(name_zh) AS name_zh, min(name_en) AS name_en, min(kind) AS kind
FROM v_board_chain_node WHERE node = ANY(%s) GROUP BY node
"""
_MASKED = ("※ 无权查看", "※ not shown to you")

Sees = Callable[[str], bool]
"""True for a chain that a person may see."""


class Name(Struct, frozen=True):
    """What a place is called. ``is_masked``: it belongs to chains the person may not see; then ``node`` is empty."""

    node: str
    zh: str
    en: str
    kind: str = ""
    is_masked: bool = False


class Names:
    """Names of places for one person. A place of chains that he may not see is masked; one that no chain knows any more keeps its id."""

    def __init__(self, rows: Collection[Mapping[str, Any]], sees: Sees) -> None:
        self._found = {row["node"]: _name(row, sees) for row in rows}

    def __getitem__(self, node: str) -> Name:
        return self._found.get(node) or Name(node, node, node)

    def path(self, nodes: Collection[str]) -> list[Name]:
        """Names along a path; places masked one after the other are told once."""
        found: list[Name] = []
        for name in (self[node] for node in nodes):
            if not (name.is_masked and found and found[-1].is_masked):
                found.append(name)
        return found


def names_of(shelf: Shelf, nodes: Collection[str], sees: Sees) -> Names:
    """Names of some places."""
    return Names(shelf.rows(_NAMES, (sorted(set(nodes)),)), sees)


def _name(row: Mapping[str, Any], sees: Sees) -> Name:
    if not any(sees(chain) for chain in row["chains"]):
        return Name("", *_MASKED, is_masked=True)
    return Name(row["node"], row["name_zh"], row["name_en"], row["kind"])
