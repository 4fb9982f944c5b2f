"""Rows split into messages: one lane, one source, one partition of one feed topic, at most 500 rows."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from math import isfinite

import msgspec
from msgspec import Struct

from schemas.chain import Series
from schemas.feed import Feed, FeedMessage
from schemas.topic import FEED_TOPICS, partition_of
from services.intake.rows import Rows
from services.runtime.errors import InputError

MAX_ROWS = 500
MAX_BYTES = 2 * 1024 * 1024
_encode = msgspec.json.Encoder().encode


class Route(Struct, frozen=True):
    """Where a series goes."""

    feed: Feed
    partition: int
    group: str


class Packet(Struct, frozen=True):
    """One message ready to be sent; ``indices`` says which of the rows given stand in it, in order."""

    route: Route
    value: bytes
    indices: list[int]

    @property
    def topic(self) -> str:
        """Feed topic."""
        return FEED_TOPICS[self.route.feed].name

    @property
    def key(self) -> bytes:
        """Kafka key: the group of the first row, as bytes."""
        return self.route.group.encode()

    def ids(self, offset: int) -> list[str]:
        """Record ids of its rows once the broker gave it an offset.

        >>> Packet(Route(Feed.PRICE, 3, "market.BSPI"), b"", [0, 1]).ids(17)
        ['price-3-17-0', 'price-3-17-1']
        """
        head = f"{self.route.feed.value}-{self.route.partition}-{offset}-"
        return [head + str(row) for row in range(len(self.indices))]


def route_of(series: Series) -> Route:
    """The feed, partition and group of a series of the catalogue."""
    return Route(series.feed, partition_of(series.group), series.group)


def packets_of(rows: Rows, find_route: Callable[[str], Route]) -> list[Packet]:
    """Split rows into packets; order within a series is kept.

    Raises InputError for ragged columns or a value that is not finite, and what ``find_route`` raises for an unknown series.
    """
    if len(rows.lengths()) != 1:
        raise InputError(f"columns of lengths {sorted(rows.lengths())} were given; all must be equal")
    if not all(map(isfinite, rows.value)):
        raise InputError("a value that is not finite was given; it belongs into a rejection")
    buckets: dict[tuple[Feed, int], list[int]] = defaultdict(list)
    routes: dict[tuple[Feed, int], Route] = {}
    for index, series in enumerate(rows.series):
        route = find_route(series)
        place = (route.feed, route.partition)
        buckets[place].append(index)
        routes.setdefault(place, route)
    return [p for place, indices in buckets.items() for p in _cut(rows, routes[place], indices)]


def _cut(rows: Rows, route: Route, indices: list[int]) -> Iterator[Packet]:
    for start in range(0, len(indices), MAX_ROWS):
        yield from _fit(rows, route, indices[start : start + MAX_ROWS])


def _fit(rows: Rows, route: Route, indices: list[int]) -> Iterator[Packet]:
    value = _encode(_message(rows.picked(indices)))
    if len(value) <= MAX_BYTES or len(indices) == 1:
        yield Packet(route, value, indices)
        return
    half = len(indices) // 2
    yield from _fit(rows, route, indices[:half])
    yield from _fit(rows, route, indices[half:])


def _message(rows: Rows) -> FeedMessage:
    return FeedMessage(
        lane=rows.lane,
        source=rows.source,
        series=rows.series,
        observed_us=rows.observed_us,
        issued_us=rows.issued_us,
        known_us=rows.known_us,
        value=rows.value,
        quality=rows.quality,
        implied=rows.implied,
        detail=rows.detail,
        key=rows.key,
    )
