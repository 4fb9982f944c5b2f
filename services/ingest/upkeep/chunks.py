"""Which chunks may be compressed or dropped, decided by the clocks of the lanes that have rows in them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from schemas.lane import Lane
from services.runtime.clock import lane_time


class Chunk(Struct, frozen=True):
    """A stretch ``low`` ≤ observed_at < ``high`` of the table, and the lanes that have rows in it."""

    name: str
    low: datetime
    high: datetime
    is_compressed: bool
    lanes: frozenset[str] = frozenset()


class Upkeep(Struct, frozen=True):
    """How long things are kept. ``hot`` and ``keep`` are lane time behind a lane's clock; ``keep_closed`` is wall time after a lane's end."""

    hot: timedelta = timedelta(days=60)
    keep: timedelta = timedelta(days=1830)
    keep_closed: timedelta = timedelta(days=90)


def may_compress(chunk: Chunk, lanes: Sequence[Lane], wall: datetime, rules: Upkeep) -> bool:
    """True when no open lane still writes there: its clock is ``hot`` beyond the chunk, or it has no row in it and is not near it."""
    return all(_is_cold(chunk, lane, wall, rules) for lane in lanes if not _is_closed(lane, wall))


def may_drop(chunk: Chunk, lanes: Sequence[Lane], wall: datetime, rules: Upkeep) -> bool:
    """True when no lane keeps it: rows of its own there, or such as may still come late, are past what it keeps, or lie far ahead of it."""
    return all(
        is_expired(chunk, lane, wall, rules)
        for lane in lanes
        if lane.name in chunk.lanes or not (_is_closed(lane, wall) or _is_far_ahead(chunk, lane, wall, rules))
    )


def is_expired(chunk: Chunk, lane: Lane, wall: datetime, rules: Upkeep) -> bool:
    """True when the rows of this lane in the chunk are no longer kept."""
    if _is_closed(lane, wall):
        assert lane.closed_at is not None  # that is what closed means
        return wall - lane.closed_at >= rules.keep_closed
    return lane_time(lane, wall) - chunk.high >= rules.keep


def _is_cold(chunk: Chunk, lane: Lane, wall: datetime, rules: Upkeep) -> bool:
    if lane_time(lane, wall) - chunk.high >= rules.hot:
        return True
    return lane.name not in chunk.lanes and _is_far_ahead(chunk, lane, wall, rules)


def _is_far_ahead(chunk: Chunk, lane: Lane, wall: datetime, rules: Upkeep) -> bool:
    return chunk.low - lane_time(lane, wall) >= rules.hot


def _is_closed(lane: Lane, wall: datetime) -> bool:
    return lane.closed_at is not None and lane.closed_at <= wall
