"""The publisher: packing, partitions, ids, ticks; nothing is promised before the broker acknowledged."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest

from schemas.chain import Series
from schemas.feed import Feed, FeedMessage
from schemas.lane import Lane
from schemas.tick import Tick
from schemas.topic import CLOCK, FEED_TOPICS, LANE, partition_of
from services.intake.packet import packets_of, route_of
from services.intake.publisher import PartlyPublishedError, Publisher
from services.intake.rows import Rows, joined
from services.runtime.errors import InputError, UnreachableError
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.streams import Delivery

AT = datetime(2026, 1, 1, tzinfo=UTC)


def series(name: str, feed: Feed, group: str) -> Series:
    return Series(
        id=name,
        feed=feed,
        group=group,
        name_zh=name,
        name_en=name,
        indicator="stock",
        unit="t",
        cadence_h=24,
        lateness_h=48,
        silence_h=36,
        plausible_low=0,
        plausible_high=1e6,
        provider="p",
    )


CATALOGUE = {
    s.id: s
    for s in (
        series("stock.A.coal", Feed.LOGISTICS, "A"),
        series("use.A.coal", Feed.LOGISTICS, "A"),
        series("output.B.coal", Feed.PRODUCTION, "B"),
        series("price.X", Feed.PRICE, "market.X"),
    )
}


def rows(names: list[str], lane: str = "live") -> Rows:
    n = len(names)
    return Rows(
        lane=lane,
        series=names,
        observed_us=list(range(n)),
        issued_us=[n] * n,
        known_us=[n + 1] * n,
        value=[float(i) for i in range(n)],
    )


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker({t.name: t.partitions for t in FEED_TOPICS.values()} | {"lianjing.rejected": 3})


@pytest.fixture
def publisher(broker: MemoryBroker) -> Publisher:
    return Publisher(MemoryProducer(broker), lambda: CATALOGUE, ends=MemoryConsumer(broker), timeout_s=1)


def test_rows_go_to_the_feed_and_partition_of_their_group(broker: MemoryBroker, publisher: Publisher) -> None:
    ids = publisher.publish(rows(["stock.A.coal", "output.B.coal", "use.A.coal", "price.X"]))
    a, b, x = partition_of("A"), partition_of("B"), partition_of("market.X")
    assert ids == [f"logistics-{a}-0-0", f"production-{b}-0-0", f"logistics-{a}-0-1", f"price-{x}-0-0"]
    (message,) = broker.messages("lianjing.feed.logistics")
    decoded = msgspec.json.decode(message.value or b"", type=FeedMessage)
    assert (message.partition, message.key) == (a, b"A")
    assert decoded.series == ["stock.A.coal", "use.A.coal"]
    assert decoded.observed_us == [0, 2]
    assert decoded.is_rectangular()


def test_more_than_500_rows_become_several_messages(broker: MemoryBroker, publisher: Publisher) -> None:
    ids = publisher.publish(rows(["stock.A.coal"] * 1201))
    sizes = [
        msgspec.json.decode(m.value or b"", type=FeedMessage).row_count()
        for m in broker.messages("lianjing.feed.logistics")
    ]
    assert sizes == [500, 500, 201]
    assert len(set(ids)) == 1201
    assert ids[1200] == f"logistics-{partition_of('A')}-2-200"


def test_large_details_split_a_message_before_the_broker_refuses_it() -> None:
    big = msgspec.structs.replace(rows(["stock.A.coal"] * 300), detail=["x" * 16_000] * 300)
    packets = packets_of(big, lambda s: route_of(CATALOGUE[s]))
    assert len(packets) > 1
    assert max(len(p.value) for p in packets) <= 2 * 1024 * 1024
    assert sorted(i for p in packets for i in p.indices) == list(range(300))


def test_an_unknown_series_or_a_value_that_is_not_finite_sends_nothing(
    broker: MemoryBroker, publisher: Publisher
) -> None:
    with pytest.raises(InputError, match="nowhere"):
        publisher.publish(rows(["stock.A.coal", "nowhere"]))
    bad = msgspec.structs.replace(rows(["stock.A.coal"]), value=[float("nan")])
    with pytest.raises(InputError, match="finite"):
        publisher.publish(bad)
    with pytest.raises(InputError, match="lengths"):
        publisher.publish(msgspec.structs.replace(rows(["stock.A.coal"]), value=[]))
    assert broker.messages("lianjing.feed.logistics") == []


def test_a_tick_tells_how_far_every_feed_reaches(broker: MemoryBroker, publisher: Publisher) -> None:
    publisher.enqueue(rows(["stock.A.coal"]))
    publisher.enqueue(rows(["stock.A.coal", "price.X"]))
    publisher.tick("replay:demo", AT)
    (message,) = broker.messages(CLOCK.name)
    tick = msgspec.json.decode(message.value or b"", type=Tick)
    assert (tick.lane, tick.at) == ("replay:demo", AT)
    assert tick.positions["lianjing.feed.logistics"][partition_of("A")] == 2
    assert tick.positions["lianjing.feed.price"][partition_of("market.X")] == 1
    assert {len(v) for v in tick.positions.values()} == {12}
    assert set(tick.positions) == {t.name for t in FEED_TOPICS.values()}


def test_a_tick_counts_what_another_process_published_before(broker: MemoryBroker) -> None:
    Publisher(MemoryProducer(broker), lambda: CATALOGUE).publish(rows(["price.X"]))
    other = Publisher(MemoryProducer(broker), lambda: CATALOGUE, ends=MemoryConsumer(broker))
    assert other.tick("live", AT).positions["lianjing.feed.price"][partition_of("market.X")] == 1


def test_lanes_are_opened_and_closed_on_their_topic(broker: MemoryBroker, publisher: Publisher) -> None:
    lane = Lane(name="drill:w1", chain="ordos", opened_at=AT, origin=AT, wall_origin=AT, rate=60)
    publisher.open_lane(lane)
    publisher.close_lane(lane, AT)
    opened, closed = (msgspec.json.decode(m.value or b"", type=Lane) for m in broker.messages(LANE.name))
    assert opened == lane
    assert (closed.revision, closed.closed_at) == (2, AT)


def test_with_the_broker_away_nothing_is_known(broker: MemoryBroker, publisher: Publisher) -> None:
    broker.is_away = True
    with pytest.raises(PartlyPublishedError) as caught:
        publisher.publish(rows(["stock.A.coal", "price.X"]))
    assert caught.value.ids == [None, None]
    with pytest.raises(UnreachableError):
        publisher.tick("live", AT)


class _HalfAway(MemoryProducer):
    def send(
        self, topic: str, value: bytes | None, *, key: bytes | None = None, partition: int | None = None
    ) -> Delivery:
        if topic.endswith("price"):
            raise UnreachableError("the leader of this partition is away")
        return super().send(topic, value, key=key, partition=partition)


def test_half_an_outage_names_the_ids_that_are_certain(broker: MemoryBroker) -> None:
    publisher = Publisher(_HalfAway(broker), lambda: CATALOGUE)
    with pytest.raises(PartlyPublishedError) as caught:
        publisher.publish(rows(["stock.A.coal", "price.X"]))
    assert caught.value.ids == [f"logistics-{partition_of('A')}-0-0", None]


@pytest.mark.parametrize("optional", ["quality", "implied", "detail", "key"])
def test_joined_rows_keep_optional_columns_aligned(optional: str) -> None:
    values: dict[str, list[object]] = {"quality": [2], "implied": [True], "detail": ["{}"], "key": ["k"]}
    one = msgspec.structs.replace(rows(["price.X"]), **{optional: values[optional]})
    both = joined([rows(["stock.A.coal"]), one])
    assert both.lengths() == {2}
    assert getattr(both, optional)[1] == values[optional][0]
    picks: Callable[[list[int]], Rows] = both.picked
    assert getattr(picks([1]), optional) == values[optional]
