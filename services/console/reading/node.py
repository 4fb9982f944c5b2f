"""One place: how it stands by product, what its series say and how far they are to be believed, hazards, and incidents that touch it."""

from collections.abc import Collection
from datetime import timedelta

from msgspec import Struct

from schemas.alert import Alert, AlertState
from schemas.assessment import Assessment
from schemas.chain import Chain, Link, Node
from schemas.level import Level
from services.console.reading import alert as alerts
from services.console.reading import assessment as assessments
from services.console.reading.chain import read_chain
from services.console.reading.fan import Fan, fan_of, stock_of
from services.console.reading.lane import LaneView
from services.console.reading.names import Names, Sees, names_of
from services.console.reading.series import (
    FeedState,
    HazardState,
    Scored,
    feeds_of,
    hazards_of,
    history,
    scores_of,
)
from services.console.shelf import Shelf

_BEFORE = timedelta(days=14)


class Standing(Struct, frozen=True, kw_only=True):
    """One product and hazard of the place; ``level`` is the one to show now."""

    found: Assessment
    level: Level
    fan: Fan | None


class Trusted(Struct, frozen=True, kw_only=True):
    """A feed of the place with the trust that the last assessments gave it, None where none used it."""

    feed: FeedState
    trust: float | None
    is_doubted: bool


class NodeView(Struct, frozen=True, kw_only=True):
    """Everything of a place. ``level`` is its gravest."""

    node: Node
    chain: str
    level: Level
    standings: tuple[Standing, ...]
    feeds: tuple[Trusted, ...]
    scores: tuple[Scored, ...]
    hazards: tuple[HazardState, ...]
    episodes: tuple[Alert, ...]
    comes_from: tuple[Link, ...]
    goes_to: tuple[Link, ...]
    names: Names


def read_node(shelf: Shelf, lane: LaneView, chain: str, node: str, sees: Sees) -> NodeView | None:
    """A place as it stands in a lane; None for one that the chain does not have."""
    stated = read_chain(shelf, chain)
    place = next((n for n in stated.nodes if n.id == node), None) if stated is not None else None
    if stated is None or place is None:
        return None
    judged = assessments.newest(shelf, lane.name, [node])
    standings = [_standing(shelf, lane, stated, found) for found in judged]
    standings.sort(key=lambda s: (-alerts.weight(s.level), s.found.product, s.found.hazard.value))
    came, goes = [k for k in stated.links if k.target == node], [k for k in stated.links if k.source == node]
    return NodeView(
        node=place,
        chain=chain,
        level=standings[0].level if standings else Level.UNKNOWN,
        standings=tuple(standings),
        feeds=tuple(_trusted(feed, judged) for feed in feeds_of(shelf, lane.name, chain, node)),
        scores=tuple(scores_of(shelf, lane.name, chain, node, lane.now)),
        hazards=tuple(hazards_of(shelf, lane.name, chain, place.admin_code)),
        episodes=tuple(_touching(shelf, lane.name, node, sees)),
        comes_from=tuple(came),
        goes_to=tuple(goes),
        names=names_of(shelf, {k.source for k in came} | {k.target for k in goes} | {node}, sees),
    )


def _standing(shelf: Shelf, lane: LaneView, chain: Chain, found: Assessment) -> Standing:
    stock = stock_of(chain, found.node, found.product)
    fan = None
    if stock is not None:
        seen = history(shelf, lane.name, found.node, found.product, ("stock",), found.as_of - _BEFORE, lane.now)
        fan = fan_of(found, seen, stock)
    return Standing(found=found, level=assessments.level_now(found, lane.now), fan=fan)


def _trusted(feed: FeedState, judged: Collection[Assessment]) -> Trusted:
    used = [state for each in judged for state in each.inputs if state.series == feed.series]
    return Trusted(
        feed=feed,
        trust=min((state.trust for state in used), default=None),
        is_doubted=any(state.anomaly_p is not None or state.is_contradicted for state in used),
    )


def _touching(shelf: Shelf, lane: str, node: str, sees: Sees) -> list[Alert]:
    """Episodes of the place, and open ones whose cause path it stands on; open ones first."""
    found = [a for a in alerts.touching(shelf, lane, node) if sees(a.chain)]
    return sorted(found, key=lambda a: (a.state is AlertState.CLOSED, -alerts.weight(alerts.standing(a)), a.opened_at))
