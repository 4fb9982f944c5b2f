"""Rejections made by ingest: rows that intake let through and the table cannot take."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from schemas.feed import FeedMessage
from schemas.rejection import REASON_TEXT, Reason, Rejection
from services.ingest.batch import Batch
from services.runtime.streams import Message

RAW_LIMIT = 64 * 1024
_PREFIX = "lianjing.feed."
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def record_id(message: Message, row: int) -> str:
    """Id of a record as its provider was told: feed, partition, offset, row.

    >>> record_id(Message("lianjing.feed.price", 3, 17, None, None), 2)
    'price-3-17-2'
    """
    return f"{message.topic.removeprefix(_PREFIX)}-{message.partition}-{message.offset}-{row}"


def refuse_rows(batch: Batch, rows: list[tuple[int, int]], reason: Reason, given: str = "") -> Iterator[Rejection]:
    """A rejection for each row, given as (span, row). ``given`` says what the table said, else the value of the row is shown."""
    feeds: dict[int, FeedMessage] = {}
    for span, row in rows:
        if span not in feeds:
            feeds[span] = msgspec.json.decode(batch.messages[span].value or b"", type=FeedMessage)
        yield _row_rejection(batch.messages[span], feeds[span], row, reason, given)


def refuse_message(message: Message, feed: FeedMessage | None, actor: str, why: str) -> list[Rejection]:
    """Rejections for a message that an officer skipped: one per row where it can be read, else one for the whole."""
    if feed is not None:
        rows = range(feed.row_count())
        return [_row_rejection(message, feed, row, Reason.SKIPPED, f"{actor}: {why}") for row in rows]
    raw = (message.value or b"")[:RAW_LIMIT]
    moment = _EPOCH + timedelta(milliseconds=message.appended_ms)
    return [
        _make(message, 0, "live", "", Reason.SKIPPED, "", f"{actor}: {why}", raw, moment),
    ]


def _row_rejection(message: Message, feed: FeedMessage, row: int, reason: Reason, given: str) -> Rejection:
    content = {
        "series": feed.series[row],
        "observed_us": feed.observed_us[row],
        "issued_us": feed.issued_us[row],
        "known_us": feed.known_us[row],
        "value": feed.value[row],
        "quality": feed.quality[row] if feed.quality else 0,
        "detail": feed.detail[row] if feed.detail else None,
        "key": feed.key[row] if feed.key else None,
    }
    field = {Reason.UNKNOWN_SERIES: "series", Reason.BAD_LANE: "lane", Reason.CONFLICTING_DUPLICATE: "value"}.get(
        reason, ""
    )
    shown = {"series": feed.series[row], "lane": feed.lane, "value": str(feed.value[row])}.get(field, "")
    raw = msgspec.json.encode(content)[:RAW_LIMIT]
    return _make(
        message, row, feed.lane, feed.source, reason, field, given or shown, raw, moment_of(feed.known_us[row])
    )


def moment_of(us: int) -> datetime:
    """Aware UTC datetime of µs since 1970; the ends of what datetime can hold beyond them."""
    try:
        return _EPOCH + timedelta(microseconds=us)
    except OverflowError:
        return _LATEST if us > 0 else _EPOCH


def _make(
    message: Message,
    row: int,
    lane: str,
    source: str,
    reason: Reason,
    field: str,
    given: str,
    raw: bytes,
    known_at: datetime,
) -> Rejection:
    origin = f"topic:{message.topic}/{message.partition}/{message.offset}#{row}"
    digest = hashlib.sha256(f"{origin}\n{reason.value}\n".encode() + raw).hexdigest()[:24]
    zh, en = REASON_TEXT[reason]
    return Rejection(
        rejection_id=digest,
        lane=lane,
        source=source,
        reason=reason,
        field=field,
        given=given.replace("\0", "")[:2000],
        wanted=f"{zh} {en}",
        origin=origin,
        raw=raw,
        known_at=known_at,
        record_id=record_id(message, row),
    )
