"""A lane is one stream of time through the same topics, code and tables."""

import re
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

LIVE = "live"
_NAME = re.compile(r"live|(?:drill|replay):[a-z0-9][a-z0-9._-]{0,62}")


class LaneKind(StrEnum):
    """What a lane is for; the only part of its name that may become a metric label."""

    LIVE = "live"
    DRILL = "drill"
    REPLAY = "replay"


class Lane(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lane and its clock: lane time = ``origin`` + ``rate`` × (wall time − ``wall_origin``).

    ``live`` has rate 1 and equal origins. ``closed_at`` (wall time) ends the lane: its gauges go and its
    chunks may be compressed and dropped. ``revision`` grows with each change; the highest one counts.
    """

    name: str
    chain: str
    opened_at: datetime
    origin: datetime
    wall_origin: datetime
    rate: float = 1.0
    revision: int = 1
    closed_at: datetime | None = None

    def __post_init__(self) -> None:
        kind_of(self.name)
        if not 0 < self.rate <= 100_000:
            raise ValueError(f"rate {self.rate} of lane {self.name!r} is not in (0, 100000]")


@lru_cache(maxsize=1024)
def kind_of(lane: str) -> LaneKind:
    """Return the kind of a lane by its name.

    >>> kind_of("drill:winter-1").value
    'drill'

    Raises ValueError when the name is none of ``live``, ``drill:<id>``, ``replay:<id>``.
    """
    if not _NAME.fullmatch(lane):
        raise ValueError(f"lane {lane!r} is not live, drill:<id> or replay:<id> (id: a-z 0-9 . _ -, at most 63)")
    return LaneKind(lane.split(":", 1)[0])
