"""From messages to a batch: decode, check the shape intake guarantees, put names into numbers."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from operator import attrgetter

import msgspec
import numpy as np
from msgspec import Struct

from schemas.feed import FeedMessage
from schemas.quality import Quality
from schemas.rejection import Reason
from services.ingest.batch import Batch, Columns, Ints, Reading
from services.runtime.streams import Message

_DECODER = msgspec.json.Decoder(FeedMessage)
_QUALITIES = frozenset(int(q) for q in Quality)
_MAX_US = 1 << 62


class UnreadableError(Exception):
    """A message that is not what intake writes: it stops its partition until a person has looked."""


class Decoded(Struct, frozen=True, eq=False):
    """Messages of one reading, one after the other, with the content of each."""

    reading: Reading
    messages: Sequence[Message]
    feeds: Sequence[FeedMessage]

    @property
    def row_count(self) -> int:
        """Rows of all messages."""
        return sum(len(feed.series) for feed in self.feeds)

    def first(self, count: int) -> "Decoded":
        """The first messages."""
        return Decoded(self.reading, self.messages[:count], self.feeds[:count])


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
    if not _are_qualities([feed]):
        raise UnreadableError(f"a quality is not one of {sorted(_QUALITIES)}")
    if not _are_times([feed]):
        raise UnreadableError("a time is beyond what a machine can hold")
    return feed


def decode_all(messages: Sequence[Message]) -> tuple[list[FeedMessage], UnreadableError | None]:
    """The content of these messages up to the first that is unreadable, and why that one is.

    All are looked at together; one by one only when something is wrong with one of them.
    """
    try:
        feeds = list(map(_DECODER.decode, [message.value or b"" for message in messages]))
        if all(map(FeedMessage.is_rectangular, feeds)) and _are_qualities(feeds) and _are_times(feeds):
            return feeds, None
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    feeds = []
    for message in messages:
        try:
            feeds.append(decode(message))
        except UnreadableError as error:
            return feeds, error
    return feeds, None


def _are_qualities(feeds: Sequence[FeedMessage]) -> bool:
    return _QUALITIES.issuperset(chain.from_iterable(f.quality for f in feeds if f.quality is not None))


def _are_times(feeds: Sequence[FeedMessage]) -> bool:
    """Of rectangular messages, at least one."""
    columns = ([f.observed_us for f in feeds], [f.issued_us for f in feeds], [f.known_us for f in feeds])
    try:
        times = [np.fromiter(chain.from_iterable(column), dtype=np.int64) for column in columns]
    except OverflowError:
        return False
    return all(column.min() > -_MAX_US and column.max() < _MAX_US for column in times)


def unknown_names(feeds: Sequence[FeedMessage], numbers: Numbers) -> set[str]:
    """Lanes, series and sources of these messages that have no number."""
    lanes = {f.lane for f in feeds} - numbers.lanes.keys()
    sources = {f.source for f in feeds} - numbers.sources.keys()
    series = set(chain.from_iterable([f.series for f in feeds])).difference(numbers.series.keys())
    return lanes | sources | series


def assemble(decoded: Sequence[Decoded], numbers: Numbers) -> Batch:
    """Put messages into one batch, in order. Rows of an unknown lane or series are refused; every source must have a number.

    ``is_new`` of all rows is false: the watermarks decide it.
    """
    feeds = [feed for one in decoded for feed in one.feeds]
    rows_of = np.array([len(feed.series) for feed in feeds], dtype=np.int64)
    columns = _columns(feeds, rows_of, numbers)
    known = (columns.lane_id >= 0) & (columns.series_id >= 0)
    refused: list[tuple[int, int, str, str]] = []
    if not known.all():
        for i in np.flatnonzero(~known).tolist():
            span, row = int(columns.span[i]), int(columns.row[i])
            reason = Reason.BAD_LANE if columns.lane_id[i] < 0 else Reason.UNKNOWN_SERIES
            refused.append((span, row, feeds[span].series[row], reason.value))
        columns = columns.take(known)
    return Batch(
        [one.reading for one in decoded],
        np.repeat(np.arange(len(decoded)), [len(one.feeds) for one in decoded]),
        [message for one in decoded for message in one.messages],
        rows_of,
        columns,
        {numbers.lanes[lane]: lane for lane in {feed.lane for feed in feeds} if lane in numbers.lanes},
        refused,
        _details(feeds),
    )


def _columns(feeds: Sequence[FeedMessage], rows_of: Ints, numbers: Numbers) -> Columns:
    total = int(rows_of.sum())
    span = np.repeat(np.arange(len(feeds), dtype=np.int64), rows_of)
    firsts = np.cumsum(rows_of) - rows_of
    series = map(numbers.series.get, chain.from_iterable([f.series for f in feeds]), repeat(-1))
    return Columns(
        lane_id=np.array([numbers.lanes.get(f.lane, -1) for f in feeds], dtype=np.int64)[span],
        series_id=_ints(series, total),
        source_id=np.array([numbers.sources[f.source] for f in feeds], dtype=np.int64)[span],
        observed_us=_ints(chain.from_iterable([f.observed_us for f in feeds]), total),
        issued_us=_ints(chain.from_iterable([f.issued_us for f in feeds]), total),
        known_us=_ints(chain.from_iterable([f.known_us for f in feeds]), total),
        value=np.fromiter(chain.from_iterable([f.value for f in feeds]), dtype=np.float64, count=total),
        quality=_optional(feeds, "quality", total),
        is_implied=_optional(feeds, "implied", total).astype(np.bool_),
        span=span,
        row=np.arange(total, dtype=np.int64) - firsts[span],
        is_new=np.zeros(total, dtype=np.bool_),
    )


def _ints(values: Iterable[int], total: int) -> Ints:
    return np.fromiter(values, dtype=np.int64, count=total)


def _optional(feeds: Sequence[FeedMessage], name: str, total: int) -> Ints:
    columns = list(map(attrgetter(name), feeds))
    if columns.count(None) == len(columns):
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
    for span in [i for i, feed in enumerate(feeds) if feed.detail is not None or feed.key is not None]:
        feed = feeds[span]
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
