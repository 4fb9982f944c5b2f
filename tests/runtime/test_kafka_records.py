"""Messages as the compiled unpacking hands them out: on the real broker, and from bytes that no broker of ours sends."""

import struct
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.errors import CorruptRecordError, UnsupportedVersionError
from kafka.record import MemoryRecords
from kafka.record.memory_records import MemoryRecordsBuilder

from schemas.topic import SCORE
from services.runtime.kafka import KafkaStreamConsumer
from services.runtime.settings import Settings
from services.runtime.streams import Message, Partition
from services.runtime.unpacking import Unpacking

PLACE: Partition = (SCORE.name, 2)
_LAST_OFFSET_DELTA = 23  # where it stands in the head of a batch
_MAGIC = 16
_HEAD_BYTES = 61


@pytest.fixture
def consumer(broker: Any) -> Iterator[KafkaStreamConsumer]:
    made = KafkaStreamConsumer(Settings(kafka_bootstrap=broker.bootstrap, session_timeout_ms=6000))
    made.assign([PLACE])
    made.seek(PLACE, made.end_offsets([PLACE])[PLACE])
    yield made
    made.close()


def _read(consumer: KafkaStreamConsumer, count: int, most: int = 500) -> list[Message]:
    found: list[Message] = []
    deadline = time.monotonic() + 10
    while len(found) < count and time.monotonic() < deadline:
        found += consumer.poll(0.1, most)
    return found


def _publish(broker: Any, contents: list[tuple[bytes | None, bytes | None]], compression: str | None) -> None:
    """One batch, with headers, which we never write ourselves."""
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, compression_type=compression, linger_ms=200)
    for key, value in contents:
        producer.send(PLACE[0], value, key=key, partition=PLACE[1], headers=[("h", b"1"), ("名", b"")])
    producer.flush(10)
    producer.close()


@pytest.mark.parametrize("compression", [None, "gzip", "lz4", "zstd"])
def test_every_message_arrives_whole_and_in_place(
    consumer: KafkaStreamConsumer, broker: Any, compression: str | None
) -> None:
    mark = uuid.uuid4().hex.encode()
    contents: list[tuple[bytes | None, bytes | None]] = [
        (None, mark),
        (b"", b""),
        (mark, None),
        (b"k" * 200, b"v" * 100_000),
        *((b"g", b"%d" % n) for n in range(300)),
    ]
    start, before_ms = consumer.position(PLACE), time.time() * 1000
    _publish(broker, contents, compression)
    found = _read(consumer, len(contents))
    assert [(m.key, m.value) for m in found] == contents
    assert [m.offset for m in found] == list(range(start, start + len(contents)))
    assert {(type(m), m.topic, m.partition) for m in found} == {(Message, *PLACE)}
    assert all(before_ms - 5000 < m.appended_ms < time.time() * 1000 + 5000 for m in found)


def test_reading_begins_and_stops_in_the_middle_of_a_batch(consumer: KafkaStreamConsumer, broker: Any) -> None:
    start = consumer.position(PLACE)
    _publish(broker, [(b"g", b"%d" % n) for n in range(50)], "lz4")
    consumer.seek(PLACE, start + 20)
    found = _read(consumer, 7, most=7)
    assert [m.value for m in found] == [b"%d" % n for n in range(20, 27)]
    assert consumer.position(PLACE) == start + 27
    assert [m.value for m in _read(consumer, 23)] == [b"%d" % n for n in range(27, 50)]
    assert consumer.position(PLACE) == start + 50


def _batch(values: list[bytes]) -> bytearray:
    builder = MemoryRecordsBuilder(2, 0, 1 << 20, offset=0)
    for n, value in enumerate(values):
        builder.append(timestamp=1000 + n, key=None, value=value)
    builder.close()
    return bytearray(builder.buffer())


def _unpacking(content: bytearray, **options: Any) -> Any:
    return Unpacking(0, TopicPartition(*PLACE), MemoryRecords(bytes(content)), **options)


def test_the_next_fetch_begins_behind_records_that_compaction_removed() -> None:
    content = _batch([b"a", b"b"])
    struct.pack_into(">i", content, _LAST_OFFSET_DELTA, 9)
    part = _unpacking(content, check_crcs=False)
    assert [m.value for m in part.take(1)] == [b"a"]
    assert part.next_fetch_offset == 1
    assert [m.value for m in part.take(5)] == [b"b"]
    assert (part.next_fetch_offset, bool(part)) == (10, False)


def test_damaged_records_are_not_handed_out() -> None:
    content = _batch([b"a", b"b" * 50])
    content[-5] ^= 1
    with pytest.raises(CorruptRecordError, match="checksum"):
        _unpacking(content).take(10)
    content[_HEAD_BYTES] = 0x7F  # the length of the first record
    with pytest.raises(CorruptRecordError, match="damaged"):
        _unpacking(content, check_crcs=False).take(10)


def test_what_was_whole_before_the_damage_is_handed_out_first() -> None:
    damaged = _batch([b"b"])
    damaged[-2] ^= 1
    part = _unpacking(_batch([b"a"]) + damaged)
    assert [m.value for m in part.take(10)] == [b"a"]
    with pytest.raises(CorruptRecordError):
        part.take(10)


def test_an_old_format_is_named() -> None:
    content = _batch([b"a"])
    content[_MAGIC] = 3
    with pytest.raises(UnsupportedVersionError, match="format 3"):
        _unpacking(content).take(10)
