"""What alerting asks of the registry: who answers for a node, and what a series is. Pure."""

from collections.abc import Mapping
from typing import Protocol

from schemas.chain import Chain, Node, Series
from services.alerting.paging import Offices


class Registered(Protocol):
    """Chains by id and the series of all of them: the registry, or what stands for it."""

    @property
    def chains(self) -> Mapping[str, Chain]:
        """Newest version of each chain."""
        ...

    @property
    def series(self) -> Mapping[str, Series]:
        """Series by id."""
        ...


class Chains:
    """``Known`` over the registry; nodes of a chain are looked up once per version."""

    def __init__(self, registry: Registered) -> None:
        self._registry = registry
        self._nodes: dict[str, tuple[str, dict[str, Node]]] = {}

    def offices(self, chain: str, node: str) -> Offices:
        """The work team of a node, and from orange on its lead department and chain chief; nobody for a node that is not known."""
        found = self._nodes_of(self._registry.chains.get(chain)).get(node)
        if found is None:
            return Offices()
        return Offices(found.work_team, tuple(o for o in (found.lead_department, found.chain_chief) if o))

    def series(self, name: str) -> Series | None:
        """A series by its id."""
        return self._registry.series.get(name)

    def _nodes_of(self, chain: Chain | None) -> dict[str, Node]:
        if chain is None:
            return {}
        version, nodes = self._nodes.get(chain.id, ("", {}))
        if version != chain.version:
            nodes = {node.id: node for node in chain.nodes}
            self._nodes[chain.id] = (chain.version, nodes)
        return nodes
