"""From messages to a batch: decode, check the shape intake guarantees, put names into numbers."""

from collections.abc import Mapping, Sequence
from itertools import chain, repeat

import msgspec
import numpy as np
from msgspec import Struct

from schemas.feed import FeedMessage
from schemas.quality import Quality
from schemas.rejection import Reason
from services.ingest.batch import Batch, Columns, Ints, Reading, Span
from services.runtime.streams import Message

_DECODER = msgspec.json.Decoder(FeedMessage)
_QUALITIES = frozenset(int(q) for q in Quality)
_MAX_US = 1 << 62


class UnreadableError(Exception):
    """A message that is not what intake writes: it stops its partition until a person has looked."""


class Decoded(Struct, frozen=True, eq=False):
    """A message of a reading with its content."""

    reading: Reading
    message: Message
    feed: FeedMessage


class Numbers(Struct, frozen=True):
    """Names in numbers: lane id, series id, source id by name."""

    lanes: Mapping[str, int]
    series: Mapping[str, int]
    sources: Mapping[str, int]


def decode(message: Message) -> FeedMessage:
    """The content of a feed message. Raises UnreadableError when it is not one or breaks what intake guarantees."""
    try:
        feed = _DECODER.decode(message.value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(str(error)) from error
    if not feed.is_rectangular():
        raise UnreadableError("the columns differ in length or are empty")
    if feed.quality is not None and not set(feed.quality) <= _QUALITIES:
        raise UnreadableError(f"a quality is not one of {sorted(_QUALITIES)}")
    for times in (feed.observed_us, feed.issued_us, feed.known_us):
        if max(times) >= _MAX_US or min(times) <= -_MAX_US:
            raise UnreadableError("a time is beyond what a machine can hold")
    return feed


def unknown_names(feeds: Sequence[FeedMessage], numbers: Numbers) -> set[str]:
    """Lanes, series and sources of these messages that have no number."""
    lanes = {f.lane for f in feeds} - numbers.lanes.keys()
    sources = {f.source for f in feeds} - numbers.sources.keys()
    return lanes | sources | set(chain.from_iterable(f.series for f in feeds)).difference(numbers.series.keys())


def assemble(messages: Sequence[Decoded], numbers: Numbers) -> Batch:
    """Put messages into one batch, in order. Rows of an unknown lane or series are refused; every source must have a number.

    ``is_new`` of all rows is false: the watermarks decide it.
    """
    spans: list[Span] = []
    first = 0
    for one in messages:
        last = first + len(one.feed.series)
        spans.append(Span(one.reading, one.message, one.feed.lane, one.feed.source, first, last))
        first = last
    feeds = [one.feed for one in messages]
    columns = _columns(feeds, spans, numbers)
    known = (columns.lane_id >= 0) & (columns.series_id >= 0)
    refused: list[tuple[int, int, str, str]] = []
    if not known.all():
        for i in np.flatnonzero(~known).tolist():
            span, row = int(columns.span[i]), int(columns.row[i])
            reason = Reason.BAD_LANE if columns.lane_id[i] < 0 else Reason.UNKNOWN_SERIES
            refused.append((span, row, feeds[span].series[row], reason.value))
        columns = columns.take(known)
    return Batch(spans, columns, refused, _details(feeds))


def _columns(feeds: Sequence[FeedMessage], spans: Sequence[Span], numbers: Numbers) -> Columns:
    counts = np.array([s.last - s.first for s in spans], dtype=np.int64)
    total = int(counts.sum())
    starts = np.repeat(np.array([s.first for s in spans], dtype=np.int64), counts)
    get = numbers.series.get
    return Columns(
        lane_id=np.repeat(np.array([numbers.lanes.get(f.lane, -1) for f in feeds], dtype=np.int64), counts),
        series_id=_ints(chain.from_iterable(map(get, f.series, repeat(-1)) for f in feeds), total),
        source_id=np.repeat(np.array([numbers.sources[f.source] for f in feeds], dtype=np.int64), counts),
        observed_us=_ints(chain.from_iterable(f.observed_us for f in feeds), total),
        issued_us=_ints(chain.from_iterable(f.issued_us for f in feeds), total),
        known_us=_ints(chain.from_iterable(f.known_us for f in feeds), total),
        value=np.fromiter(chain.from_iterable(f.value for f in feeds), dtype=np.float64, count=total),
        quality=_optional(feeds, "quality", total),
        is_implied=_optional(feeds, "implied", total).astype(np.bool_),
        span=np.repeat(np.arange(len(spans), dtype=np.int64), counts),
        row=np.arange(total, dtype=np.int64) - starts,
        is_new=np.zeros(total, dtype=np.bool_),
    )


def _ints(values: "chain[int]", total: int) -> Ints:
    return np.fromiter(values, dtype=np.int64, count=total)


def _optional(feeds: Sequence[FeedMessage], name: str, total: int) -> Ints:
    columns = [getattr(f, name) for f in feeds]
    if all(c is None for c in columns):
        return np.zeros(total, dtype=np.int64)
    return _ints(
        chain.from_iterable(
            c if c is not None else repeat(0, len(f.series)) for c, f in zip(columns, feeds, strict=True)
        ),
        total,
    )


def _details(feeds: Sequence[FeedMessage]) -> dict[tuple[int, int], str]:
    """JSON text by (span, row): the detail of the row, and the provider's key beside it."""
    found: dict[tuple[int, int], str] = {}
    for span, feed in enumerate(feeds):
        if feed.detail is None and feed.key is None:
            continue
        details = feed.detail or [None] * len(feed.series)
        keys = feed.key or [None] * len(feed.series)
        for row, (detail, key) in enumerate(zip(details, keys, strict=True)):
            text = _with_key(detail, key)
            if text is not None:
                found[(span, row)] = text
    return found


def _with_key(detail: str | None, key: str | None) -> str | None:
    if key is None:
        return detail
    try:
        content = msgspec.json.decode(detail) if detail else {}
    except msgspec.DecodeError:
        return detail
    if not isinstance(content, dict):
        return detail
    return msgspec.json.encode({"key": key} | content).decode()
