"""A tick of a lane's clock, as a record: it says how far the feeds reached when it was struck."""

from datetime import datetime

from msgspec import Struct


class Tick(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lane time ``at``; ``positions`` gives, per feed topic, the next offset of each partition when it was struck.

    A stage that decides at ticks first reads every feed up to ``positions``: so live and replay decide on the same records.
    """

    lane: str
    at: datetime
    positions: dict[str, list[int]]
    v: int = 1
