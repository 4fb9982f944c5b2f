"""Which chunks may be compressed and dropped: a table of cases."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.lane import Lane
from services.ingest.upkeep.chunks import Chunk, Upkeep, may_compress, may_drop

WALL = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Upkeep()


def lane(name: str, years_back: float, closed_days_ago: int | None = None) -> Lane:
    """A lane whose clock is this many years behind the wall."""
    origin = WALL - timedelta(days=365.25 * years_back)
    closed = None if closed_days_ago is None else WALL - timedelta(days=closed_days_ago)
    return Lane(name=name, chain="c", opened_at=origin, origin=origin, wall_origin=WALL, closed_at=closed)


def chunk(years_back: float, *lanes: str) -> Chunk:
    low = WALL - timedelta(days=365.25 * years_back)
    return Chunk("x", low, low + timedelta(days=30), False, frozenset(lanes))


@pytest.mark.parametrize(
    ("piece", "lanes", "compress", "drop"),
    [
        (chunk(0.05, "live"), [lane("live", 0)], False, False),
        (chunk(1, "live"), [lane("live", 0)], True, False),
        (chunk(6, "live"), [lane("live", 0)], True, True),
        (chunk(6, "live", "replay:a"), [lane("live", 0), lane("replay:a", 6)], False, False),
        (chunk(6, "live", "replay:a"), [lane("live", 0), lane("replay:a", 6, 10)], True, False),
        (chunk(6, "live", "replay:a"), [lane("live", 0), lane("replay:a", 6, 100)], True, True),
        (chunk(6, "live"), [lane("live", 0), lane("replay:a", 6.05)], False, False),
        (chunk(6, "live"), [lane("live", 0), lane("replay:a", 8)], True, True),
        (chunk(1), [lane("live", 0)], True, False),
        (chunk(6), [lane("live", 0)], True, True),
        (chunk(6), [lane("live", 0), lane("replay:a", 8)], True, True),
        (chunk(1, "replay:a"), [lane("live", 0), lane("replay:a", 0.2)], True, False),
    ],
)
def test_cases(piece: Chunk, lanes: list[Lane], compress: bool, drop: bool) -> None:
    assert may_compress(piece, lanes, WALL, RULES) is compress
    assert may_drop(piece, lanes, WALL, RULES) is drop
