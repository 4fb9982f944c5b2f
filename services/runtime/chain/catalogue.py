"""The series of a chain by id, provider, node, feed: what intake accepts, what a board shows, what a forecast reads."""

from collections import defaultdict

from schemas.chain import Chain, Series
from schemas.feed import Feed
from services.runtime.chain.units import convert


class Catalogue:
    """An index over the series of one chain; does not change.

    Look-ups of nothing give an empty tuple or None and never raise.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain_id = chain.id
        self.chain_version = chain.version
        self._by_id = {series.id: series for series in chain.series}
        by_provider: dict[str, list[Series]] = defaultdict(list)
        by_node: dict[str, list[Series]] = defaultdict(list)
        by_feed: dict[Feed, list[Series]] = defaultdict(list)
        by_measure: dict[tuple[str, str, str], list[Series]] = defaultdict(list)
        for series in chain.series:
            by_provider[series.provider].append(series)
            by_feed[series.feed].append(series)
            if series.node:
                by_node[series.node].append(series)
                by_measure[series.indicator, series.node, series.product].append(series)
        self._by_provider = {key: tuple(found) for key, found in by_provider.items()}
        self._by_node = {key: tuple(found) for key, found in by_node.items()}
        self._by_feed = {key: tuple(found) for key, found in by_feed.items()}
        self._by_measure = {key: tuple(found) for key, found in by_measure.items()}

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, series_id: object) -> bool:
        return series_id in self._by_id

    def get(self, series_id: str) -> Series | None:
        """The series of an id."""
        return self._by_id.get(series_id)

    def of_provider(self, provider: str) -> tuple[Series, ...]:
        """What a provider may send."""
        return self._by_provider.get(provider, ())

    def of_node(self, node: str) -> tuple[Series, ...]:
        """What watches a node."""
        return self._by_node.get(node, ())

    def of_feed(self, feed: Feed) -> tuple[Series, ...]:
        """The series of a feed topic."""
        return self._by_feed.get(feed, ())

    def measures(self, indicator: str, node: str, product: str = "") -> tuple[Series, ...]:
        """The series of an indicator at (node, product); several for flows to different targets."""
        return self._by_measure.get((indicator, node, product), ())

    def providers(self) -> tuple[str, ...]:
        """All providers, sorted."""
        return tuple(sorted(self._by_provider))


def in_series_unit(series: Series, value: float, unit: str | None) -> float:
    """A value as given, in the unit of its series; an amount counted over the cadence becomes a rate. Raises UnitError."""
    if unit is None or unit == series.unit:
        return value
    return convert(value, unit, series.unit, period_h=series.cadence_h, product=series.product)
