"""Everything has a beginning and an end: reachable from a source, on the way to some demand."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from services.runtime.chain.draft import Draft
from services.runtime.chain.problem import Place, Problem, problem
from services.runtime.chain.vocabulary import KINDS, Behaviour


def check_network(draft: Draft) -> Iterator[Problem]:
    """A demand node exists; every node can be reached from a source and leads to a demand, over normal or dormant links."""
    behaviours = {i.value.id: KINDS[i.value.kind][0] for i in draft.nodes if i.value.kind in KINDS}
    demands = [node for node, behaviour in behaviours.items() if behaviour is Behaviour.DEMAND]
    if draft.nodes and not demands:
        yield problem("no_demand", Place(draft.nodes[0].place.file), "kind", "")
        return
    downstream: dict[str, set[str]] = defaultdict(set)
    upstream: dict[str, set[str]] = defaultdict(set)
    for item in draft.links:
        downstream[item.value.source].add(item.value.target)
        upstream[item.value.target].add(item.value.source)
    sources = [node for node, behaviour in behaviours.items() if behaviour is Behaviour.SOURCE]
    fed, useful = _reached(sources, downstream), _reached(demands, upstream)
    for node in draft.nodes:
        identifier = node.value.id
        if identifier in behaviours and identifier not in fed:
            yield problem("unreachable", node.place, "id", identifier)
        elif identifier in behaviours and identifier not in useful:
            yield problem("leads_nowhere", node.place, "id", identifier)


def _reached(starts: Iterable[str], neighbours: dict[str, set[str]]) -> set[str]:
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        fresh = neighbours[waiting.pop()] - seen
        seen |= fresh
        waiting.extend(fresh)
    return seen
