"""Each thing once."""

from collections.abc import Callable, Iterable, Iterator

from services.runtime.chain.draft import Draft, Placed, T
from services.runtime.chain.problem import Problem, problem


def check_identity(draft: Draft) -> Iterator[Problem]:
    """No node, link, recipe, stock, quality, responsibility, offer or series twice."""
    yield from _repeats(draft.nodes, "node_twice", "id", lambda node: (node.id,))
    yield from _repeats(draft.links, "row_twice", "from", lambda link: (link.source, link.target, link.product))
    yield from _repeats(draft.recipes, "row_twice", "input", lambda recipe: (recipe.node, recipe.input))
    yield from _repeats(draft.stocks, "row_twice", "product", lambda stock: (stock.node, stock.product))
    yield from _repeats(draft.qualities, "row_twice", "product", lambda q: (q.node, q.product, q.role))
    yield from _repeats(draft.responsibilities, "row_twice", "node", lambda who: (who.node,))
    yield from _repeats(draft.offers, "row_twice", "id", lambda offer: (offer.id,))
    yield from _repeats(draft.series, "series_twice", "id", lambda series: (series.id,))


def _repeats(
    items: Iterable[Placed[T]], code: str, column: str, key_of: Callable[[T], tuple[str, ...]]
) -> Iterator[Problem]:
    first: dict[tuple[str, ...], int] = {}
    for item in items:
        key = key_of(item.value)
        if key in first and all(key):
            yield problem(code, item.place, column, " ".join(key), first=first[key])
        first.setdefault(key, item.place.line)
