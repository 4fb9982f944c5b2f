"""``/reports-in`` 接报清单: what was told by telephone, what wants a new word, and later words on it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, Response

from services.console.access.person import Person, Right
from services.console.deeds import report as deeds
from services.console.deeds.order import Order
from services.console.errors import StaleError, UnknownError, WrongError
from services.console.page import page, part
from services.console.reading.lane import LaneView
from services.console.reading.place import Place
from services.console.reading.telephone import ReportedEvent, affected, events, fate, refusals, stocks
from services.console.routes.form import Name
from services.console.routes.guard import Reporting, Seeing
from services.console.routes.ordering import OrderForm, new_nonce, standing_lane
from services.console.routes.report import PLAIN, chain_of, known_places, reporting_lane, sent
from services.console.shell import shell_of
from services.console.wording import HAZARDS

router = APIRouter()
Viewer = Seeing
Officer = Reporting


class WordForm(OrderForm):
    """A later word: ``deed`` revise, verify or end; what is left empty stays. ``left`` is in per cent, times in hours from now."""

    deed: str = "revise"
    left: str = ""
    earliest_h: str = ""
    likely_h: str = ""
    latest_h: str = ""
    source: str = ""
    caller: str = ""
    verified: str = ""
    note: str = ""


@router.get("/reports-in")
def show(
    request: Request, person: Viewer, sent: Annotated[str, Query(max_length=100, pattern=PLAIN)] = ""
) -> HTMLResponse:
    """All events, stocks and refusals; what was just sent on top."""
    lane = standing_lane(request)
    return page(request, "reports_in.html", sent=sent, **_listed(request, person, lane))


@router.get("/reports-in/list")
def show_list(request: Request, person: Viewer) -> HTMLResponse:
    """The list by itself."""
    return part(request, "_reports_list.html", **_listed(request, person, standing_lane(request)))


@router.get("/reports-in/fate/{command}")
def show_fate(request: Request, person: Viewer, command: Name) -> HTMLResponse:
    """What became of a report: on its way, accepted, or refused and what would be right."""
    lane = standing_lane(request)
    chain_of(request, person, lane)
    return part(request, "_report_fate.html", found=fate(shell_of(request).shelf, lane, command), command=command)


@router.get("/reports-in/{event}")
def show_event(request: Request, person: Viewer, event: Name) -> HTMLResponse:
    """One event with all words on it, the places whose forecast it changed, and the forms for a later word."""
    lane = standing_lane(request)
    return _event_page(request, person, lane, _event(request, lane, event), None)


@router.get("/reports-in/{event}/affected")
def show_affected(request: Request, person: Viewer, event: Name) -> HTMLResponse:
    """The places whose forecast names the event."""
    lane = standing_lane(request)
    found = _event(request, lane, event)
    place = _place(request, person, lane, found)
    return part(request, "_reports_affected.html", each=found, **_affected(request, lane, found, place))


@router.post("/reports-in/{event}")
def tell(request: Request, person: Officer, event: Name, form: Annotated[WordForm, Fields()]) -> Response:
    """A later word."""
    lane = reporting_lane(request)
    chain_of(request, person, lane)
    found = _event(request, lane, event)
    if found.report.is_ended:
        raise StaleError("该事件已结束；再次发生请新登记", "this event was ended; enter a new one if it happened again")
    try:
        made = _word(found, form)
    except WrongError as wrong:
        return _event_page(request, person, lane, found, wrong)
    return sent(request, person, lane, made, form)


@router.post("/reports-in/stock/{command}")
def withdraw(request: Request, person: Officer, command: Name, form: Annotated[OrderForm, Fields()]) -> Response:
    """Take back a stock."""
    lane = reporting_lane(request)
    chain_of(request, person, lane)
    found = next((s for s in stocks(shell_of(request).shelf, lane) if s["command_id"] == command), None)
    if found is None:
        raise UnknownError("没有这条电话库存", "there is no such stock")
    return sent(request, person, lane, deeds.withdrawal(found["arguments"], found["observed_at"]), form)


def _word(found: ReportedEvent, form: WordForm) -> Order:
    if form.deed == "end":
        return deeds.ending(found.report, form.model_dump())
    if form.deed == "verify":
        return deeds.verification(found.report)
    return deeds.revision(found.report, form.model_dump())


def _listed(request: Request, person: Person, lane: LaneView) -> dict[str, Any]:
    shelf = shell_of(request).shelf
    known = known_places(request, chain_of(request, person, lane))
    names = {(p.target, p.place): (p.name_zh, p.name_en) for p in known}
    return {
        "events": events(shelf, lane),
        "stocks": stocks(shelf, lane),
        "refusals": refusals(shelf, lane),
        "names": names,
        "may_report": person.may(Right.REPORT) and lane.kind != "replay" and lane.closed_at is None,
        "nonce": new_nonce(),
    }


def _event(request: Request, lane: LaneView, event: str) -> ReportedEvent:
    found = next((e for e in events(shell_of(request).shelf, lane) if e.report.event == event), None)
    if found is None:
        raise UnknownError("没有这个接报事件，或已结束多日", "there is no such event, or it ended long ago")
    return found


def _place(request: Request, person: Person, lane: LaneView, found: ReportedEvent) -> Place:
    known = known_places(request, chain_of(request, person, lane))
    told = found.report
    missing = Place(target=told.target, place=told.place, name_zh=told.place, name_en=told.place)
    return next((p for p in known if (p.target, p.place) == (told.target, told.place)), missing)


def _affected(request: Request, lane: LaneView, found: ReportedEvent, place: Place) -> dict[str, Any]:
    touched = affected(shell_of(request).shelf, lane, place.nodes, found.first_at)
    return {"touched": touched, "hazards": HAZARDS}


def _event_page(
    request: Request, person: Person, lane: LaneView, found: ReportedEvent, wrong: WrongError | None
) -> HTMLResponse:
    place = _place(request, person, lane, found)
    return page(
        request,
        "reported.html",
        status=200 if wrong is None else wrong.status,
        each=found,
        place=place,
        wrong=wrong,
        may_report=person.may(Right.REPORT) and lane.kind != "replay" and lane.closed_at is None,
        nonce=new_nonce(),
        **_affected(request, lane, found, place),
    )
