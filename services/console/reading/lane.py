"""The lanes there are, which one a page shows, and how old what it shows is."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from services.console.shelf import Shelf

_LANES = """SELECT lane AS name, kind, chain, lane_now AS now, rate, opened_at, closed_at,
    kind = 'live' AND NOT EXISTS (SELECT FROM assessment a WHERE a.lane = v_lane.lane) AS is_bare FROM v_lane
ORDER BY closed_at IS NOT NULL, kind <> 'live', opened_at DESC, lane DESC LIMIT 200"""
_PULSE = "SELECT data_until, judged_at FROM v_board_pulse WHERE lane = %s"


class LaneView(Struct, frozen=True, kw_only=True):
    """A lane as pages need it. ``now`` is its clock at the moment of reading, ``rate`` how fast that runs. ``is_bare``: the live lane, in which
    nothing was ever judged."""

    name: str
    kind: str
    chain: str
    now: datetime
    rate: float
    opened_at: datetime
    closed_at: datetime | None
    is_bare: bool = False

    @property
    def is_drill(self) -> bool:
        """Pages of it carry the watermark 【演练】."""
        return self.kind == "drill"


class Pulse(Struct, frozen=True, kw_only=True):
    """数据截至 and the last assessment of a lane; None: not known."""

    data_until: datetime | None = None
    judged_at: datetime | None = None


def lanes(shelf: Shelf) -> list[LaneView]:
    """All lanes: the live one first, then the open ones, the newest first, then those closed. Raises UnreachableError."""
    return [LaneView(**row) for row in shelf.rows(_LANES)]


def pulse(shelf: Shelf, lane: str) -> Pulse:
    """How old what a lane shows is. Raises UnreachableError."""
    row = shelf.row(_PULSE, (lane,))
    return Pulse() if row is None else Pulse(**row)


def chosen(found: Sequence[LaneView], wanted: str | None, *, is_page: bool = False) -> LaneView | None:
    """The wanted lane; without a wish the live one, else the newest that is open, else the newest. None: no such lane. A page, which says in large
    letters what it shows, passes over a live lane in which nothing was ever judged while another is open."""
    if wanted:
        return next((lane for lane in found if lane.name == wanted), None)
    others = [lane for lane in found if not lane.is_bare and lane.closed_at is None]
    if is_page and others and found[0].is_bare:
        return others[0]
    return found[0] if found else None
