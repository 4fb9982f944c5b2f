"""What comes by telephone 接报: an event as intake accepted it, the kinds there are, and the series that carries it."""

from datetime import datetime

from msgspec import Struct

from schemas.chain import Chain, Series
from schemas.feed import Feed

INDICATOR = "report"
TELEPHONE = "telephone"
"""Source of everything an officer enters."""
PHONED = '{"telephone":'
"""How the detail of a stock that was read over the telephone begins."""
_PREFIX = "hazard.report."


class EventKind(Struct, frozen=True, kw_only=True):
    """A kind of event with what an officer is offered: capacity left, and hours to recovery at the earliest, likely and at the latest. In an area it
    hits ``places`` (kinds of node; none: all but final users) and links of ``modes`` (none: links of their own are not hit)."""

    name_zh: str
    name_en: str
    left: float
    hours: tuple[float, float, float]
    places: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()


_ROADS = ("road_corridor", "collection_station")
_PORTS = ("port", "border_port")
_PLANTS = (
    "ctl_direct",
    "ctl_indirect",
    "methanol_plant",
    "meg_plant",
    "urea_plant",
    "mto_plant",
    "sng_plant",
    "coke_plant",
)
EVENT_KINDS: dict[str, EventKind] = {
    "closure": EventKind(
        name_zh="封闭停运", name_en="closed", left=0.0, hours=(6, 24, 72), modes=("road", "rail", "sea")
    ),
    "limit": EventKind(name_zh="限行限产", name_en="limited", left=0.5, hours=(24, 72, 240)),
    "accident": EventKind(name_zh="事故", name_en="accident", left=0.0, hours=(12, 48, 240)),
    "failure": EventKind(name_zh="设备故障", name_en="breakdown", left=0.3, hours=(8, 36, 168)),
    "weather": EventKind(
        name_zh="恶劣天气",
        name_en="bad weather",
        left=0.3,
        hours=(6, 24, 72),
        places=(*_ROADS, *_PORTS, "rail_line"),
        modes=("road", "sea"),
    ),
    "outage": EventKind(
        name_zh="停电停水",
        name_en="no power or water",
        left=0.1,
        hours=(4, 12, 48),
        places=("mine", "washery", *_PLANTS),
    ),
    "order": EventKind(
        name_zh="指令停产排查", name_en="stopped by order", left=0.0, hours=(72, 240, 720), places=("mine", "washery")
    ),
    "people": EventKind(name_zh="人员短缺", name_en="short of people", left=0.6, hours=(48, 168, 504)),
    "other": EventKind(name_zh="其他", name_en="other", left=0.5, hours=(12, 48, 168)),
}


class EventReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newest word on one event, as it stands in ``detail`` of its observation. All times are lane time.

    ``event`` is the command that first told of it, ``command`` the newest. ``target`` is node, link or area; ``place`` a node id, A:B:product, or a
    GB/T 2260 code. ``left`` is the share of capacity that is left. It recovers at ``earliest_at`` … ``latest_at``, likely at ``likely_at``; an update
    is wanted by ``due_at``. Only ``is_ended`` ends it: when its times have passed it is overdue, not over.
    """

    event: str
    command: str
    target: str
    place: str
    kind: str
    left: float
    begun_at: datetime
    told_at: datetime
    earliest_at: datetime
    likely_at: datetime
    latest_at: datetime
    due_at: datetime
    source: str
    caller: str
    officer: str
    is_verified: bool = False
    is_ended: bool = False
    note: str = ""


def report_series_id(chain: str) -> str:
    """Id of the series of a chain that carries its reported events.

    >>> report_series_id("ordos")
    'hazard.report.ordos'
    """
    return _PREFIX + chain


def is_report(series: str) -> bool:
    """True for the id of a series of reported events.

    >>> is_report("hazard.report.ordos"), is_report("hazard.fog.150600")
    (True, False)
    """
    return series.startswith(_PREFIX)


def report_series(chain: Chain) -> Series:
    """The series of a chain's reported events: no provider may write it, and its silence is no alarm. It is not part of the chain's files."""
    return Series(
        id=report_series_id(chain.id),
        feed=Feed.HAZARD,
        group=f"report.{chain.id}",
        name_zh=f"{chain.name_zh}电话接报",
        name_en=f"telephone reports, {chain.name_en}",
        indicator=INDICATOR,
        unit="share",
        cadence_h=24.0,
        lateness_h=8784.0,
        silence_h=1_000_000.0,
        plausible_low=0.0,
        plausible_high=1.0,
        provider="",
    )
