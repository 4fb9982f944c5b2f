"""The gate of players: bad raw rows become rejections, good rows beside them are published."""

from datetime import UTC, datetime

import msgspec

from schemas.chain import Series
from schemas.feed import Feed
from schemas.lane import Lane
from schemas.rejection import Reason, Rejection
from schemas.topic import FEED_TOPICS, REJECTED
from services.intake.catalogue import catalogue_of
from services.intake.gate import Gate
from services.intake.publisher import Publisher
from services.intake.rows import Rows
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer

AT = datetime(2026, 1, 1, tzinfo=UTC)
SERIES = Series(
    id="stock.A.coal",
    feed=Feed.LOGISTICS,
    group="A",
    name_zh="甲",
    name_en="A",
    indicator="stock",
    unit="t",
    cadence_h=24,
    lateness_h=48,
    silence_h=36,
    plausible_low=10,
    plausible_high=1000,
    provider="p",
)


def rows(values: list[float]) -> Rows:
    times = list(range(len(values)))
    names = ["stock.A.coal"] * (len(values) - 1) + ["stock.B.coal"]
    return Rows(lane="replay:x", series=names, observed_us=times, issued_us=times, known_us=times, value=values)


def test_the_gate_publishes_the_good_and_rejects_the_rest() -> None:
    broker = MemoryBroker({t.name: t.partitions for t in FEED_TOPICS.values()} | {REJECTED.name: 3})
    catalogue = catalogue_of({SERIES.id: SERIES}, {}, {})
    publisher = Publisher(MemoryProducer(broker), lambda: catalogue.series, ends=MemoryConsumer(broker))
    gate = Gate(publisher, lambda: catalogue)
    gate.open_lane(Lane(name="replay:x", chain="c", opened_at=AT, origin=AT, wall_origin=AT))
    given = rows([500, 5000, float("nan"), 0, 20, 7])
    ids = gate.publish(given)
    assert [i is not None for i in ids] == [True, False, False, False, True, False]
    rejections = [msgspec.json.decode(m.value or b"", type=Rejection) for m in broker.messages(REJECTED.name)]
    reasons = [r.reason for r in rejections]
    assert reasons == [Reason.DECIMAL_SLIP, Reason.NOT_FINITE, Reason.IMPLAUSIBLE, Reason.UNKNOWN_SERIES]
    assert {r.lane for r in rejections} == {"replay:x"}
    assert b'"value":"nan"' in rejections[1].raw
    gate.enqueue(given)
    gate.flush()
    repeated = [msgspec.json.decode(m.value or b"", type=Rejection) for m in broker.messages(REJECTED.name)][4:]
    assert [r.rejection_id for r in repeated] == [r.rejection_id for r in rejections], "a replay gives the same ids"
    assert gate.rejected == 8
    tick = gate.tick("replay:x", AT)
    assert sum(sum(p) for p in tick.positions.values()) == 2


def test_one_identity_twice_in_a_batch_is_rejected() -> None:
    broker = MemoryBroker({t.name: t.partitions for t in FEED_TOPICS.values()})
    catalogue = catalogue_of({SERIES.id: SERIES}, {}, {})
    gate = Gate(Publisher(MemoryProducer(broker), lambda: catalogue.series), lambda: catalogue)
    twice = Rows(
        lane="replay:x",
        series=["stock.A.coal"] * 2,
        observed_us=[1, 1],
        issued_us=[1, 1],
        known_us=[1, 1],
        value=[20, 20],
    )
    assert [i is None for i in gate.publish(twice)] == [False, True]
