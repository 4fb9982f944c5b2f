"""The need to know: what of other chains and providers a person does not see, and may not order about."""

from collections.abc import Collection, Mapping, Sequence

from services.console.access.person import Person

MASK_ZH = "（他链节点）"
MASK_EN = "(node of another chain)"
MASKED = "*"
"""What stands in a path in place of a node that is not shown; pages write ``MASK_ZH`` or ``MASK_EN`` for it."""


def sees_node(person: Person, node: str, chains_of: Mapping[str, Collection[str]]) -> bool:
    """Whether the node is in a chain the person sees: any of its chains will do. One of no known chain shows only to those who see all."""
    return person.chains is None or any(person.sees(chain) for chain in chains_of.get(node, ()))


def masked(path: Sequence[str], person: Person, chains_of: Mapping[str, Collection[str]]) -> list[str]:
    """The path with the nodes of other chains hidden; several in a row become one, so that not even their number shows.

    >>> from services.console.access.person import Role, rights_of
    >>> viewer = frozenset({Role.VIEWER})
    >>> li = Person(name="li", display="李", roles=viewer, rights=rights_of(viewer), chains=frozenset({"a"}))
    >>> masked(["X", "Y", "M", "N"], li, {"X": ["b"], "Y": ["b"], "M": ["a", "b"], "N": ["a"]})
    ['*', 'M', 'N']
    """
    shown: list[str] = []
    for node in path:
        word = node if sees_node(person, node, chains_of) else MASKED
        if word != MASKED or shown[-1:] != [MASKED]:
            shown.append(word)
    return shown
