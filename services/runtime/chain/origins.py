"""Where goods of a product come from in normal times: weights of the makers behind what arrives at a node or leaves it."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from schemas.chain import Link


class Origins:
    """Follows normal shares upstream through nodes that hand on what arrives; loops of these end where they began."""

    def __init__(self, links: Iterable[Link], is_transit: Callable[[str], bool]) -> None:
        self._is_transit = is_transit
        self._into: dict[tuple[str, str], list[Link]] = defaultdict(list)
        for link in links:
            if link.share_normal > 0:
                self._into[link.target, link.product].append(link)
        self._known: dict[tuple[str, str], dict[str, float]] = {}

    def arriving(self, node: str, product: str) -> dict[str, float]:
        """Weights of the makers of what arrives."""
        key = (node, product)
        if key not in self._known:
            self._known[key] = {}
            weights: dict[str, float] = defaultdict(float)
            for link in self._into[key]:
                for source, weight in self.leaving(link.source, product).items():
                    weights[source] += link.share_normal * weight
            self._known[key] = dict(weights)
        return self._known[key]

    def leaving(self, node: str, product: str) -> dict[str, float]:
        """The same for what a node sends."""
        return self.arriving(node, product) if self._is_transit(node) else {node: 1.0}
