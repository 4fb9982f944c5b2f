"""What is asked of a remedy: what lacks, from when, with what at hand."""

from datetime import datetime

from msgspec import Struct

from schemas.chain import Chain

Place = tuple[str, str]
"""Node id and product."""
Way = tuple[str, str, str]
"""Source, target and product of a link."""


class Lack(Struct, frozen=True, kw_only=True):
    """``amounts`` lack at a place by window, in its unit; ``arriving`` comes all the same; ``value_cny`` is lost per unit that stays open.

    ``room`` is how much may lie there ahead of its need at the end of a window, None where nothing binds.
    """

    place: Place
    amounts: list[float]
    arriving: list[float]
    value_cny: float
    room: list[float] | None = None


class Question(Struct, frozen=True, kw_only=True):
    """``edges_h`` bound the windows, in hours from ``now`` (aware). ``stocks`` lie at places now, by default the normal ones.

    ``flows`` per day over links, by default the normal ones, 0 where something is lost. ``kept`` at a place is never given away, by default the
    minimum.
    """

    chain: Chain
    now: datetime
    edges_h: list[float]
    lacks: list[Lack]
    stocks: dict[Place, float] = {}
    flows: dict[Way, float] = {}
    kept: dict[Place, float] = {}
    lost_nodes: frozenset[str] = frozenset()
    lost_ways: frozenset[Way] = frozenset()
