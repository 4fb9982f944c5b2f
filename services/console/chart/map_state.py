"""The part of the map that changes: how each place stands, what goes over each link, what hinders them, who is at it. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from schemas.chain import Chain
from schemas.level import Level
from services.console.chart.incident import Deed, Incident, deeds_of, incidents
from services.console.chart.standing import Holding, Standing, holding, is_fresh, standing
from services.console.chart.words import notice_words
from services.console.reading.picture import Picture
from services.runtime.chain.area import covers

Row = Mapping[str, Any]
BLOCKED_BELOW = 0.5
"""A link that carries less than this share of its normal flow is drawn as hindered."""
_LEAST_NOTICE = 1.0


class Spot(Struct, frozen=True, kw_only=True):
    """A place now. ``capacity`` is the share it can still do as reported; None: nothing reported lately. ``notices`` are those of its area."""

    standing: Standing
    incidents: list[str] = []
    deeds: list[Deed] = []
    capacity: float | None = None
    notices: list[tuple[str, str]] = []


class Flow(Struct, frozen=True, kw_only=True):
    """What goes over a link a day, by its number in the chain. ``share`` is of its normal flow; None where that is nothing."""

    link: int
    flow: float
    share: float | None
    observed_at: datetime
    is_hindered: bool


class MapState(Struct, frozen=True, kw_only=True):
    """Everything that changes on the map of a lane, at ``now`` of its clock. Links without an entry in ``flows`` are measured by none, or silent."""

    lane: str
    kind: str
    chain: str
    version: str
    now: datetime
    data_until: datetime | None
    judged_at: datetime | None
    spots: list[Spot]
    flows: list[Flow]
    incidents: list[Incident]


def state_of(chain: Chain, picture: Picture) -> MapState:
    """The map's state; places in the order of the chain."""
    now = picture.lane.now
    names = {node.id: (node.name_zh, node.name_en) for node in chain.nodes}
    deeds = deeds_of(picture.tasks, now)
    found = incidents(picture.warnings, picture.judged, picture.runs, deeds, names, now)
    spots = _spots(chain, picture, found)
    return MapState(
        lane=picture.lane.name,
        kind=picture.lane.kind,
        chain=chain.id,
        version=chain.version,
        now=now,
        data_until=max((r["observed_at"] for r in picture.readings if r["observed_at"] is not None), default=None),
        judged_at=max((r["as_of"] for r in picture.judged), default=None),
        spots=spots,
        flows=_flows(chain, picture.readings, now),
        incidents=found,
    )


def _spots(chain: Chain, picture: Picture, found: Sequence[Incident]) -> list[Spot]:
    now = picture.lane.now
    touching: dict[str, dict[str, None]] = defaultdict(dict)
    deeds: dict[str, list[Deed]] = defaultdict(list)
    for incident in found:
        for node in (incident.root, *(hit.node for hit in incident.hits)):
            touching[node][incident.id] = None
        for deed in incident.deeds:
            deeds[deed.node].append(deed)
    capacities = _newest(picture.readings, "capacity_factor", now)
    notices = _notices(picture.readings, now)
    return [
        Spot(
            standing=each,
            incidents=list(touching[each.node]),
            deeds=deeds[each.node],
            capacity=_capacity(capacities.get((each.node, ""))),
            notices=[words for area, words in notices if covers(area, node.admin_code)],
        )
        for node, each in zip(chain.nodes, standings(chain, picture), strict=True)
    ]


def standings(chain: Chain, picture: Picture) -> list[Standing]:
    """How each place of the chain stands, in its order."""
    now = picture.lane.now
    judged, warned = _by_node(picture.judged), _by_node(picture.warnings)
    stocks = {(r["node"], r["product"]): r for r in picture.readings if r["indicator"] == "stock"}
    held: dict[str, list[Holding]] = defaultdict(list)
    for stock in chain.stocks:
        of_product = [row for row in judged[stock.node] if row["product"] == stock.product]
        held[stock.node].append(holding(stock, of_product, stocks.get((stock.node, stock.product)), now))
    return [standing(node.id, judged[node.id], warned[node.id], held[node.id], now) for node in chain.nodes]


def counts(found: Sequence[Standing]) -> dict[str, int]:
    """How many places stand at each level; ``unknown`` counts those that are partly unknown, too, and ``unjudged`` those never judged."""
    numbers = dict.fromkeys([*(level.value for level in Level), "unjudged"], 0)
    for each in found:
        numbers["unjudged" if each.level is None else each.level.value] += 1
        numbers[Level.UNKNOWN.value] += each.is_partly_unknown
    return numbers


def _by_node(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["node"]].append(row)
    return found


def _newest(readings: Sequence[Row], indicator: str, now: datetime) -> dict[tuple[str, str], Row]:
    return {(r["node"], r["target"]): r for r in readings if r["indicator"] == indicator and is_fresh(r, now)}


def _capacity(reading: Row | None) -> float | None:
    return None if reading is None else max(0.0, float(reading["value"]))


def _notices(readings: Sequence[Row], now: datetime) -> list[tuple[str, tuple[str, str]]]:
    """Area and words of each notice in force."""
    return [
        (r["group_name"].removeprefix("area."), notice_words(r["series"], r["value"]))
        for r in readings
        if r["indicator"] == "hazard_level" and is_fresh(r, now) and r["value"] >= _LEAST_NOTICE
    ]


def _flows(chain: Chain, readings: Sequence[Row], now: datetime) -> list[Flow]:
    number = {(k.source, k.target, k.product): (i, k) for i, k in enumerate(chain.links)}
    found = []
    for row in readings:
        known = number.get((row["node"], row["target"], row["product"]))
        if row["indicator"] == "flow" and known is not None and is_fresh(row, now):
            i, link = known
            share = row["value"] / link.normal_flow if link.normal_flow > 0 else None
            found.append(
                Flow(
                    link=i,
                    flow=row["value"],
                    share=None if share is None else round(share, 4),
                    observed_at=row["observed_at"],
                    is_hindered=share is not None and link.share_normal > 0 and share < BLOCKED_BELOW,
                )
            )
    return found
