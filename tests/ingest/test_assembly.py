"""From messages to rows: what intake guarantees is checked, names become numbers, batches are cut along messages."""

import struct
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from schemas.feed import FeedMessage
from services.ingest.assembly import Decoded, Numbers, UnreadableError, assemble, decode, decode_all, unknown_names
from services.ingest.batch import Batch, Columns, Reading
from services.ingest.copyform import dirty_form, observation_form
from services.ingest.refusal import record_id, refuse_message, refuse_rows
from services.runtime.streams import Message

Make = Callable[..., FeedMessage]
NUMBERS = Numbers({"live": 1}, {"a": 1, "b": 2}, {"test": 9})
TOPIC = "lianjing.feed.price"
DAY_US = 86_400_000_000


def raw(feed: FeedMessage | bytes, offset: int = 0) -> Message:
    return Message(TOPIC, 3, offset, b"g", feed if isinstance(feed, bytes) else msgspec.json.encode(feed), 1_000)


def batch(*feeds: FeedMessage) -> Batch:
    reading = Reading((TOPIC, 3), 1)
    return assemble([Decoded(reading, [raw(f, i) for i, f in enumerate(feeds)], feeds)], NUMBERS)


def test_whole_messages_are_read(message: Make) -> None:
    feed = message("live", ["a", "b"], [1, 2], [3.0, 4.0])
    assert decode(raw(feed)) == feed


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"lane": "live"}',
        b'{"lane":"live","source":"s","series":[],"observed_us":[],"issued_us":[],"known_us":[],"value":[]}',
        b'{"lane":"live","source":"s","series":["a"],"observed_us":[1,2],"issued_us":[1],"known_us":[1],"value":[1]}',
        b'{"lane":"live","source":"s","series":["a"],"observed_us":[99999999999999999999],"issued_us":[1],"known_us":[1],"value":[1]}',
        b'{"lane":"live","source":"s","series":["a"],"observed_us":[1],"issued_us":[1],"known_us":[1],"value":[1],"quality":[70000]}',
        b'{"lane":"live","source":"s","series":["a"],"observed_us":[1],"issued_us":[1],"known_us":[1],"value":[1e999]}',
    ],
)
def test_what_intake_never_writes_is_unreadable(value: bytes, message: Make) -> None:
    with pytest.raises(UnreadableError) as alone:
        decode(raw(value))
    good = message("live", ["a"], [1], [1.0], quality=[0])
    feeds, among = decode_all([raw(good), raw(good), raw(value), raw(good)])
    assert feeds == [good, good]
    assert str(among) == str(alone.value)


def test_messages_joined_are_no_other_than_messages_read_together(message: Make) -> None:
    feeds = [
        message("live", ["a", "x"], [1, 2], [1.0, 2.0], detail=[None, "{}"]),
        message("replay:z", ["a"], [1], [1.0]),
        message("live", ["b"], [3], [3.0], key=["k"], quality=[2]),
    ]
    other, reading = Reading((TOPIC, 4), 7), Reading((TOPIC, 3), 1)
    parts = [
        Decoded(reading, [raw(feeds[0], 4), raw(feeds[1], 5)], feeds[:2]),
        Decoded(other, [raw(feeds[2], 9)], feeds[2:]),
        Decoded(reading, [raw(feeds[0], 6)], feeds[:1]),
    ]
    whole, joined = assemble(parts, NUMBERS), Batch.joined([assemble([p], NUMBERS) for p in parts])
    for name in Columns.__struct_fields__:
        assert getattr(joined.columns, name).tolist() == getattr(whole.columns, name).tolist()
    assert (joined.refused, joined.detail, joined.lanes) == (whole.refused, whole.detail, whole.lanes)
    assert joined.ends() == whole.ends() == {(TOPIC, 3): (1, 7), (TOPIC, 4): (7, 10)}
    assert joined.rows_of.tolist() == [2, 1, 1, 2]
    other.is_over = True
    assert [m.offset for m in joined.live().messages] == [4, 5, 6]
    assert joined.live().ends() == {(TOPIC, 3): (1, 7)}
    reading.is_over = True
    assert (joined.live().messages, joined.live().ends()) == ([], {})


def test_unknown_names_are_found_and_their_rows_refused(message: Make) -> None:
    known = message("live", ["a", "x"], [1, 2], [1.0, 2.0])
    foreign = message("replay:z", ["a"], [1], [1.0])
    assert unknown_names([known, foreign], NUMBERS) == {"x", "replay:z"}
    found = batch(known, foreign)
    assert found.refused == [(0, 1, "x", "unknown_series"), (1, 0, "a", "bad_lane")]
    assert found.columns.series_id.tolist() == [1]
    assert found.row_count == 3
    assert found.ends() == {(TOPIC, 3): (1, 2)}


def test_a_batch_is_cut_between_messages(message: Make) -> None:
    whole = batch(*(message("live", ["a", "b"], [n, n], [1.0, 2.0], detail=[None, '{"n": 1}']) for n in range(3)))
    first, second = whole.halves()
    assert [len(first.messages), len(second.messages)] == [1, 2]
    assert second.columns.span.tolist() == [0, 0, 1, 1]
    assert second.detail == {(0, 1): '{"n": 1}', (1, 1): '{"n": 1}'}
    assert second.columns.observed_us.tolist() == [1, 1, 2, 2]
    whole.readings[0].is_over = True
    assert whole.live().row_count == 0
    assert len(whole.without_rows({(0, 0), (2, 1)}).columns) == 4


def test_the_providers_key_is_kept_in_the_detail(message: Make) -> None:
    found = batch(
        message("live", ["a", "b", "a"], [1, 2, 3], [1.0] * 3, key=["k", None, "m"], detail=['{"x": 1}', None, "[1]"])
    )
    assert found.detail == {(0, 0): '{"key":"k","x":1}', (0, 2): "[1]"}


def test_the_binary_form(message: Make) -> None:
    rows = batch(message("live", ["a", "a", "b"], [0, 1, DAY_US], [1.5, 2.5, 3.5])).columns
    head, body, tail = observation_form(rows)
    assert head.startswith(b"PGCOPY\n")
    assert (len(bytes(body)), tail) == (3 * 80, b"\xff\xff")
    count, length, observed = struct.unpack(">hiq", bytes(body)[:14])
    assert (count, length, observed) == (8, 8, -946_684_800_000_000)
    _, days, _ = dirty_form(rows)
    assert len(bytes(days)) == 2 * 26
    assert struct.unpack(">hiiiiii", bytes(days)[26:]) == (3, 4, 1, 4, 2, 4, 1 - 10_957)


def test_refusals_name_the_record_and_repeat_with_the_same_id(message: Make) -> None:
    found = batch(message("live", ["a", "x"], [1, 2], [1.0, 2.0]))
    [one] = refuse_rows(found, [(0, 1)], next(iter({r.reason for r in refuse_message(raw(b"{"), None, "n", "w")})))
    [again] = refuse_rows(found, [(0, 1)], one.reason)
    assert one == again
    assert one.record_id == record_id(found.messages[0], 1) == "price-3-0-1"
    skipped = refuse_message(raw(b"{"), None, "张三", "坏")
    assert [(r.raw, r.given) for r in skipped] == [(b"{", "张三: 坏")]
    whole = refuse_message(found.messages[0], message("live", ["a", "x"], [1, 2], [1.0, 2.0]), "n", "w")
    assert [r.record_id for r in whole] == ["price-3-0-0", "price-3-0-1"]


def test_order_of_columns_is_kept(message: Make) -> None:
    found = batch(message("live", ["b", "a"], [5, 6], [1.0, 2.0], quality=[0, 3], implied=[True, False]))
    assert found.columns.quality.tolist() == [0, 3]
    assert found.columns.is_implied.tolist() == [True, False]
    turned = found.sorted(np.array([1, 0]), np.array([True, False]))
    assert turned.columns.series_id.tolist() == [1, 2]
    assert turned.columns.row.tolist() == [1, 0]
