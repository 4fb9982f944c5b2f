"""What could still move: free capacity of links and nodes, and the output that makers upstream could add."""

from collections import defaultdict

from schemas.chain import Link, Node
from services.risk.remedy.question import Place, Question, Way
from services.runtime.chain.vocabulary import KINDS, Behaviour


class Spare:
    """Free amounts per day and in stock of a question's chain; nothing where a node or link is lost."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._nodes: dict[str, Node] = {node.id: node for node in question.chain.nodes}
        self._stocks = {(s.node, s.product): s for s in question.chain.stocks}
        self._into: dict[Place, list[Link]] = defaultdict(list)
        self._through: dict[str, float] = defaultdict(float)
        for link in question.chain.links:
            self._into[link.target, link.product].append(link)
            self._through[link.source] += self.flow(link)

    def node(self, node: str) -> float:
        """Free throughput or output of a node per day."""
        return 0.0 if node in self._question.lost_nodes else max(self._nodes[node].capacity - self._through[node], 0.0)

    def link(self, link: Link) -> float:
        """Free capacity of a link per day."""
        return 0.0 if self._is_lost(link) else max(link.capacity - self.flow(link), 0.0)

    def flow(self, link: Link) -> float:
        """What a link carries per day."""
        if self._is_lost(link):
            return 0.0
        return self._question.flows.get(way_of(link), link.normal_flow)

    def more(self, node: str, product: str, seen: frozenset[str] = frozenset()) -> float:
        """What a node could send in addition per day, made by itself or brought to it; roads that run in a circle bring nothing."""
        if node in seen or node in self._question.lost_nodes:
            return 0.0
        if KINDS[self._nodes[node].kind][0] is not Behaviour.TRANSIT:
            return self.node(node) if self._nodes[node].product == product else 0.0
        brought = sum(
            min(self.link(link), self.more(link.source, product, seen | {node}))
            for link in self._into[node, product]
            if link.share_normal > 0
        )
        return min(self.node(node), brought)

    def free_stock(self, place: Place) -> float:
        """What lies at a place above what is kept."""
        stock = self._stocks.get(place)
        if stock is None or place[0] in self._question.lost_nodes:
            return 0.0
        lies = self._question.stocks.get(place, stock.days_normal * stock.daily_use)
        return max(lies - self._question.kept.get(place, stock.days_min * stock.daily_use), 0.0)

    def daily_use(self, place: Place) -> float:
        """What normally leaves a stock per day."""
        return self._stocks[place].daily_use if place in self._stocks else 0.0

    def _is_lost(self, link: Link) -> bool:
        lost = self._question.lost_nodes
        return link.source in lost or link.target in lost or way_of(link) in self._question.lost_ways


def way_of(link: Link) -> Way:
    """The key of a link."""
    return link.source, link.target, link.product
