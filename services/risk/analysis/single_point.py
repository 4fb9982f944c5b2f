"""Single points of failure: parts without which somebody has no way left at all, dormant links and the register of offers counted."""

from datetime import date

import numpy as np

from detectors.network.course import Target
from detectors.network.flow_network import Indices
from services.risk.analysis.part import Part
from services.risk.blueprint import Blueprint
from services.risk.state.network import HANDS_ON, SOURCES
from services.runtime.chain.offers import usable_offers


class Ways:
    """Who can still be supplied, by structure alone: an account lives while a link, a source, an offer or a maker with all its inputs feeds it.

    A small alternative counts as one; how much it carries is a question of time to survive and of remedies. Loops that feed themselves go on, as they
    do now.
    """

    def __init__(self, blueprint: Blueprint, on: date) -> None:
        b = self._b = blueprint
        self._node = np.array([list(b.nodes).index(node) for node, _ in b.places])
        self._makers = [(c.output, [a for a, _ in c.inputs]) for c in b.converters]
        made = {output for output, _ in self._makers}
        self._is_source = np.array(
            [
                account not in made
                and not b.structure.in_links[account]
                and (b.nodes[node].kind in SOURCES or b.normal_production[account] > 0)
                for account, (node, _) in enumerate(b.places)
            ]
        )
        self._source: Indices = np.array([k.source for k in b.structure.links], dtype=np.int64)
        self._end: Indices = np.array([k.target for k in b.structure.links], dtype=np.int64)
        self._offers = [
            (b.entry(target, offer.product), frozenset(offer.via))
            for offer in usable_offers(b.chain, on)
            for target in offer.targets
            if (target, offer.product) in b.account
        ]
        self._usual = self._living(None)

    def starved_without(self, part: Part) -> list[str]:
        """Nodes, in the order of the chain, that have no way left for an input, or for what they use, without the part. Transit nodes are left
        out."""
        dead = self._usual & ~self._living(part)
        b = self._b
        needed = {a for _, inputs in self._makers for a in inputs} | set(np.flatnonzero(b.normal_use > 0).tolist())
        hit = {b.places[a][0] for a in np.flatnonzero(dead).tolist() if a in needed} - {part.node}
        return [n for n in b.nodes if n in hit and b.nodes[n].kind not in HANDS_ON]

    def _living(self, part: Part | None) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        gone_node = part.index if part is not None and part.target is Target.NODE else -1
        open_link = np.ones(len(self._source), dtype=bool)
        if part is not None and part.target is Target.LINK:
            open_link[part.index] = False
        alive = self._node != gone_node
        offered = np.zeros(len(alive), dtype=bool)
        for account, via in self._offers:
            offered[account] |= part is None or part.target is Target.LINK or part.node not in via
        while True:
            fed = self._is_source | offered
            np.logical_or.at(fed, self._end, open_link & alive[self._source])
            for output, inputs in self._makers:
                fed[output] = fed[output] or bool(alive[inputs].all())
            following = alive & fed
            if (following == alive).all():
                return np.asarray(alive)
            alive = following
