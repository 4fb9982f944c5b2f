"""What overview and wall tell of a lane: how many places stand how, what is open, what is unknown, how often people were interrupted. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from schemas.chain import Chain
from schemas.level import Level
from services.console.chart.incident import Incident
from services.console.chart.map_state import MapState, counts
from services.console.reading.picture import Picture

FLOOD_OVER = 10
"""More pages than this in ten minutes are a flood (ISA-18.2)."""
DAY_BUDGET = 20
"""More pages than this in a day are over the budget (docs/alerting.md)."""


class Blind(Struct, frozen=True, kw_only=True):
    """A place of which nothing, or not everything, is known."""

    node: str
    zh: str
    en: str
    why_zh: str
    why_en: str
    department: str
    is_partly: bool


class Hindrance(Struct, frozen=True, kw_only=True):
    """A link that carries far less than usual, or a place that can do less than it could. ``share`` is what is left."""

    zh: str
    en: str
    share: float


class Overview(Struct, frozen=True, kw_only=True):
    """The overview of a lane. ``counts`` holds places by level; ``goods``, ``data`` and ``muted`` are the open incidents."""

    chain_zh: str
    chain_en: str
    places: int
    counts: dict[str, int]
    goods: list[Incident]
    data: list[Incident]
    muted: list[Incident]
    blind: list[Blind]
    hindrances: list[Hindrance]
    pages_window: int
    pages_day: int
    closed: Sequence[Mapping[str, Any]]

    @property
    def is_flooded(self) -> bool:
        """Whether people are interrupted more often than they can act."""
        return self.pages_window > FLOOD_OVER

    @property
    def is_over_budget(self) -> bool:
        """Whether the day's budget of interruptions is used up."""
        return self.pages_day > DAY_BUDGET

    @property
    def overdue(self) -> int:
        """Open tasks past their deadline."""
        return sum(incident.overdue for incident in [*self.goods, *self.data, *self.muted])


def overview_of(chain: Chain, picture: Picture, state: MapState) -> Overview:
    """The overview of a lane."""
    shown = [incident for incident in state.incidents if not incident.is_muted]
    return Overview(
        chain_zh=chain.name_zh,
        chain_en=chain.name_en,
        places=len(chain.nodes),
        counts=counts([spot.standing for spot in state.spots]),
        goods=[incident for incident in shown if not incident.is_of_data],
        data=[incident for incident in shown if incident.is_of_data],
        muted=[incident for incident in state.incidents if incident.is_muted],
        blind=_blind(chain, state),
        hindrances=_hindrances(chain, state),
        pages_window=picture.pages_window,
        pages_day=picture.pages_day,
        closed=picture.closed,
    )


def _blind(chain: Chain, state: MapState) -> list[Blind]:
    return [
        Blind(
            node=node.id,
            zh=node.name_zh,
            en=node.name_en,
            why_zh=spot.standing.reason_zh,
            why_en=spot.standing.reason_en,
            department=node.lead_department,
            is_partly=spot.standing.is_partly_unknown,
        )
        for node, spot in zip(chain.nodes, state.spots, strict=True)
        if spot.standing.level is Level.UNKNOWN or spot.standing.is_partly_unknown
    ]


def _hindrances(chain: Chain, state: MapState) -> list[Hindrance]:
    """The least left first."""
    names = {node.id: (node.name_zh, node.name_en) for node in chain.nodes}
    found = [
        Hindrance(zh=node.name_zh, en=node.name_en, share=spot.capacity)
        for node, spot in zip(chain.nodes, state.spots, strict=True)
        if spot.capacity is not None and spot.capacity < 1.0
    ]
    for flow in state.flows:
        if flow.is_hindered and flow.share is not None:
            link = chain.links[flow.link]
            (a_zh, a_en), (b_zh, b_en) = names[link.source], names[link.target]
            found.append(Hindrance(zh=f"{a_zh} → {b_zh}", en=f"{a_en} → {b_en}", share=flow.share))
    return sorted(found, key=lambda each: (each.share, each.zh))
