"""``/report`` 接报登记: what came by telephone, entered within a minute: an event, or a stock."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from schemas.chain import Chain
from schemas.report import EVENT_KINDS
from services.console.access.person import Person
from services.console.configured.store import read_kinds
from services.console.deeds import report as deeds
from services.console.deeds.order import Order
from services.console.errors import ForbiddenError, UnknownError, WrongError
from services.console.page import page
from services.console.reading.chain import read_chain
from services.console.reading.lane import LaneView
from services.console.reading.place import Place, places, stock_places
from services.console.reading.telephone import State, events, fate
from services.console.routes.guard import Reporting
from services.console.routes.ordering import OrderForm, give, new_nonce, open_lane, standing_lane
from services.console.shell import shell_of

router = APIRouter()
Officer = Reporting
PLAIN = r"^[^\x00]*$"
"""No table holds the character NUL."""
Short = Annotated[str, Query(max_length=200, pattern=PLAIN)]
_FIELDS = (
    *("where", "kind", "left", "begun_at", "earliest_h", "likely_h", "latest_h", "value", "unit", "observed_at"),
    *("source", "caller", "verified", "note"),
)


class EventForm(OrderForm):
    """An event. ``left`` is in per cent, the three times in hours from now, ``begun_at`` in Beijing time (empty: now)."""

    where: str = ""
    kind: str = ""
    left: str = ""
    begun_at: str = ""
    earliest_h: str = ""
    likely_h: str = ""
    latest_h: str = ""
    source: str = ""
    caller: str = ""
    verified: str = ""
    note: str = ""


class StockForm(OrderForm):
    """A stock that was read out."""

    where: str = ""
    value: str = ""
    unit: str = ""
    observed_at: str = ""
    source: str = ""
    caller: str = ""
    verified: str = ""
    note: str = ""


@router.get("/report")
def show(request: Request, person: Officer, tab: Short = "event", node: Short = "", again: Short = "") -> HTMLResponse:
    """The empty form; with ``node`` the place is filled in, with ``again`` a refused report is."""
    lane = standing_lane(request)
    filled = _refused_fields(request, lane, again) if again else {"where": node}
    return _form(request, person, lane, tab, filled, None)


@router.post("/report/event")
def enter_event(request: Request, person: Officer, form: Annotated[EventForm, Fields()]) -> Response:
    """Send an event; the list then tells what came of it."""
    lane = reporting_lane(request)
    chain = chain_of(request, person, lane)
    given = form.model_dump()
    try:
        made = deeds.event(given, known_places(request, chain))
    except WrongError as wrong:
        return _form(request, person, lane, "event", given, wrong)
    return sent(request, person, lane, made, form)


@router.post("/report/stock")
def enter_stock(request: Request, person: Officer, form: Annotated[StockForm, Fields()]) -> Response:
    """Send a stock."""
    lane = reporting_lane(request)
    chain = chain_of(request, person, lane)
    given = form.model_dump()
    try:
        made = deeds.stock(given, stock_places(chain))
    except WrongError as wrong:
        return _form(request, person, lane, "stock", given, wrong)
    return sent(request, person, lane, made, form)


def reporting_lane(request: Request) -> LaneView:
    """The lane, where reports are taken: live or an open drill. Raises UnknownError, StaleError, ForbiddenError."""
    lane = open_lane(request)
    if lane.kind == "replay":
        raise ForbiddenError(
            "回放泳道不接报：请选实时或演练泳道", "a replay takes no reports: choose the live lane or a drill"
        )
    return lane


def chain_of(request: Request, person: Person, lane: LaneView) -> Chain:
    """The chain of the lane. Raises UnknownError."""
    chain = read_chain(shell_of(request).shelf, lane.chain) if person.sees(lane.chain) else None
    if chain is None:
        raise UnknownError("链条尚未导入，或不在您的范围内", "the chain was never imported, or is outside your scope")
    return chain


def known_places(request: Request, chain: Chain) -> list[Place]:
    """Everything an officer can name."""
    return places(chain, read_kinds(shell_of(request).settings.config).areas)


def sent(request: Request, person: Person, lane: LaneView, made: Order, form: OrderForm) -> RedirectResponse:
    """Send once and lead to the list, which follows what comes of it."""
    name = give(request, person, lane, made, form, "")
    return RedirectResponse(f"/reports-in?{urlencode({'lane': lane.name, 'sent': name})}", 303)


def _form(
    request: Request, person: Person, lane: LaneView, tab: str, filled: dict[str, Any], wrong: WrongError | None
) -> HTMLResponse:
    chain = chain_of(request, person, lane)
    known = known_places(request, chain)
    going = [e for e in events(shell_of(request).shelf, lane) if e.state is not State.ENDED]
    return page(
        request,
        "report.html",
        reported=going,
        place_names={(p.target, p.place): (p.name_zh, p.name_en) for p in known},
        status=200 if wrong is None else wrong.status,
        tab="stock" if tab == "stock" else "event",
        kinds=EVENT_KINDS,
        known=known,
        stocks=stock_places(chain),
        filled=dict.fromkeys(_FIELDS, "") | filled,
        wrong=wrong,
        may_report=lane.kind != "replay" and lane.closed_at is None,
        nonce=new_nonce(),
    )


def _refused_fields(request: Request, lane: LaneView, command: str) -> dict[str, Any]:
    refused = fate(shell_of(request).shelf, lane, command).refusal
    if refused is None:
        return {}
    told = dict(refused.arguments)
    told["where"] = next((told[name] for name in ("node", "link", "area") if told.get(name)), "")
    if told.get("left"):
        try:
            told["left"] = f"{100 * float(told['left']):g}"
        except ValueError:
            told["left"] = ""
    return told | {"verified": "yes" if told.get("verified") == "yes" else ""}
