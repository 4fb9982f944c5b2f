"""What the browser needs of a map's state to draw it: numbers and short words; all else it asks for place by place. Pure."""

from datetime import datetime

from msgspec import Struct

from services.console.chart.incident import Incident
from services.console.chart.map_state import MapState, Spot
from services.console.chart.standing import Holding

UNJUDGED = "unjudged"


class DrawnStock(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stock. ``fill`` holds hour from now, low and high share of the maximum; empty: nobody knows."""

    product: str
    low: float
    fill: list[tuple[float, float, float]] = []


class Drawn(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place. ``ahead`` holds the hours from now at which the level changes, with the level from then on; the first is now."""

    level: str
    ahead: list[tuple[int, str]] = []
    partly: bool = False
    hazard: str = ""
    product: str = ""
    p10: float | None = None
    p50: float | None = None
    p90: float | None = None
    cover: float | None = None
    stocks: list[DrawnStock] = []
    capacity: float | None = None
    notices: list[tuple[str, str]] = []
    tasks: list[tuple[str, str, str, bool]] = []
    open: int = 0
    overdue: int = 0
    incidents: list[str] = []
    why: tuple[str, str] | None = None


class DrawnFlow(Struct, frozen=True, kw_only=True):
    """What goes over a link, by its number."""

    link: int
    flow: float
    share: float | None
    hindered: bool


class DrawnIncident(Struct, frozen=True, kw_only=True):
    """An open incident in a line."""

    id: str
    level: str
    root: str
    zh: str
    en: str
    data: bool
    nodes: list[str]


class DrawnMap(Struct, frozen=True, kw_only=True):
    """The state of a lane's map. ``spots`` and the numbers of links are in the order of the chain of that version."""

    lane: str
    kind: str
    chain: str
    version: str
    now: datetime
    data_until: datetime | None
    judged_at: datetime | None
    spots: list[Drawn]
    flows: list[DrawnFlow]
    incidents: list[DrawnIncident]


_MOST_TASKS = 4


def drawn(state: MapState) -> DrawnMap:
    """The state as it is drawn."""
    return DrawnMap(
        lane=state.lane,
        kind=state.kind,
        chain=state.chain,
        version=state.version,
        now=state.now,
        data_until=state.data_until,
        judged_at=state.judged_at,
        spots=[_spot(spot) for spot in state.spots],
        flows=[DrawnFlow(link=f.link, flow=f.flow, share=f.share, hindered=f.is_hindered) for f in state.flows],
        incidents=[_incident(incident) for incident in state.incidents],
    )


def _spot(spot: Spot) -> Drawn:
    standing = spot.standing
    return Drawn(
        level=UNJUDGED if standing.level is None else standing.level.value,
        ahead=[(step.hour, step.level.value) for step in standing.ahead],
        partly=standing.is_partly_unknown,
        hazard=standing.hazard,
        product=standing.product,
        p10=standing.interval.p10,
        p50=standing.interval.p50,
        p90=standing.interval.p90,
        cover=standing.cover_days,
        stocks=[_stock(holding) for holding in standing.holdings],
        capacity=spot.capacity,
        notices=spot.notices,
        tasks=[(d.title_zh, d.title_en, d.owner, d.is_overdue) for d in spot.deeds[:_MOST_TASKS]],
        open=len(spot.deeds),
        overdue=sum(deed.is_overdue for deed in spot.deeds),
        incidents=spot.incidents,
        why=(standing.reason_zh, standing.reason_en) if standing.reason_zh else None,
    )


def _stock(holding: Holding) -> DrawnStock:
    fill = [(point.hour, point.low, point.high) for point in holding.ahead]
    return DrawnStock(product=holding.product, low=holding.low_share, fill=fill)


def _incident(incident: Incident) -> DrawnIncident:
    return DrawnIncident(
        id=incident.id,
        level=incident.level.value,
        root=incident.root,
        zh=incident.root_zh,
        en=incident.root_en,
        data=incident.is_of_data,
        nodes=[hit.node for hit in incident.hits],
    )
