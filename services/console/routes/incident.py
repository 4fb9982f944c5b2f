"""``/incidents/{name}``: one incident, and what people order about it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from schemas.alert import Alert
from services.console.access.person import Person
from services.console.configured.store import read_roster
from services.console.deeds import alert as deeds
from services.console.deeds import question
from services.console.deeds.order import Order
from services.console.errors import UnknownError
from services.console.page import page, part
from services.console.reading.alert import members
from services.console.reading.answer import answer_of
from services.console.reading.chain import read_chain
from services.console.reading.incident import HORIZONS, Incident
from services.console.reading.lane import LaneView
from services.console.reading.message import receipts
from services.console.reading.order_state import state_of
from services.console.reading.telephone import events_of
from services.console.reading.timeline import KINDS
from services.console.routes.guard import Acting, Approving, Asking, Seeing
from services.console.routes.ordering import OrderForm, given, new_nonce, open_lane, standing_lane
from services.console.routes.sight import incident_of
from services.console.shell import shell_of
from services.console.wording import HAZARDS

router = APIRouter()
PARTS = frozenset({"head", "why", "remedy", "tasks", "members", "supply", "messages", "timeline"})
FIRST = {"tasks": 6, "members": 12, "messages": 12, "timeline": 30}
"""How much of a long list a page begins with; more on demand."""
MOST = 2000
Name = Annotated[str, Path(max_length=100, pattern=r"^[^\x00]*$")]


class Word(OrderForm):
    """A word about one episode."""

    episode: str
    comment: str = ""


class Acknowledgement(Word):
    """In hand for some hours."""

    hours: str = "8"


class Approval(Word):
    """An official warning for a scope."""

    scope: str = "Restricted"


class Adoption(Word):
    """A remedy that is used."""

    answer: Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("/incidents/{name}")
def show(
    request: Request,
    person: Seeing,
    name: Name,
    done: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
    about: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
) -> HTMLResponse:
    """The whole page."""
    lane, found = _incident(request, person, name)
    order = state_of(shell_of(request).shelf, lane.name, done, about) if done else None
    return page(request, "incident.html", order=order, about=about, **_values(request, found))


@router.get("/incidents/{name}/{piece}")
def show_part(
    request: Request,
    person: Seeing,
    name: Name,
    piece: Annotated[str, Path(max_length=20, pattern=r"^[^\x00]*$")],
    shown: Annotated[int, Query(ge=0, le=MOST)] = 0,
) -> HTMLResponse:
    """One part of the page, anew; of a list at least ``shown`` lines."""
    if piece not in PARTS:
        raise UnknownError
    _, found = _incident(request, person, name)
    more = {piece: max(shown, FIRST[piece])} if piece in FIRST else {}
    return part(request, f"_incident_{piece}.html", **_values(request, found) | {"first": FIRST | more})


@router.post("/incidents/{name}/acknowledge")
def acknowledge(request: Request, person: Acting, name: Name, form: Annotated[Acknowledgement, Fields()]) -> Response:
    """Somebody has it in hand."""
    lane, alert = _episode(request, person, name, form.episode)
    return _given(request, person, lane, deeds.acknowledge(alert, form.hours, form.comment, lane.now), form)


@router.post("/incidents/{name}/close")
def close(request: Request, person: Acting, name: Name, form: Annotated[Word, Fields()]) -> Response:
    """Somebody agrees to close."""
    lane, alert = _episode(request, person, name, form.episode)
    return _given(request, person, lane, deeds.close(alert, form.comment), form)


@router.post("/incidents/{name}/act")
def act(request: Request, person: Acting, name: Name, form: Annotated[Word, Fields()]) -> Response:
    """Something was done."""
    lane, alert = _episode(request, person, name, form.episode)
    return _given(request, person, lane, deeds.act(alert, form.comment), form)


@router.post("/incidents/{name}/approve")
def approve(request: Request, person: Approving, name: Name, form: Annotated[Approval, Fields()]) -> Response:
    """The level becomes an official warning."""
    lane, alert = _episode(request, person, name, form.episode)
    return _given(request, person, lane, deeds.approve(alert, form.scope, form.comment, person.name), form)


@router.post("/incidents/{name}/adopt")
def adopt(request: Request, person: Acting, name: Name, form: Annotated[Adoption, Fields()]) -> Response:
    """A remedy is used, if it still holds."""
    lane, alert = _episode(request, person, name, form.episode)
    answer = answer_of(shell_of(request).shelf, lane.name, form.answer[:100])
    if answer is None or answer.kind != "risk.remedy" or answer.problem:
        raise UnknownError("没有这份补链方案", "there is no such remedy")
    return _given(request, person, lane, deeds.adopt(alert, answer, form.comment, lane.now), form)


@router.post("/incidents/{name}/remedy")
def ask_remedy(request: Request, person: Asking, name: Name, form: Annotated[Word, Fields()]) -> Response:
    """A remedy is asked for anew."""
    lane, alert = _episode(request, person, name, form.episode)
    chain = read_chain(shell_of(request).shelf, alert.chain)
    if chain is None:
        raise UnknownError("链条尚未导入", "the chain was never imported")
    return _given(request, person, lane, question.remedy(chain, alert.node, alert.product), form)


def _given(request: Request, person: Person, lane: LaneView, order: Order, form: Word) -> RedirectResponse:
    return given(request, person, lane, order, form, form.episode)


def _incident(request: Request, person: Person, name: str) -> tuple[LaneView, Incident]:
    lane = standing_lane(request)
    return lane, incident_of(request, person, lane, name)


def _episode(request: Request, person: Person, name: str, episode: str) -> tuple[LaneView, Alert]:
    """The episode that a form is about: one of the incident, of a chain that the person may see, in a lane that is open."""
    lane = open_lane(request)
    found = [a for a in members(shell_of(request).shelf, lane.name, name) if person.sees(a.chain)]
    alert = next((a for a in found if a.episode == episode), None)
    if alert is None:
        raise UnknownError("没有这个险情，或不在您的范围内", "there is no such incident, or it is outside your scope")
    return lane, alert


def _values(request: Request, found: Incident) -> dict[str, Any]:
    alert, shelf = found.alert, shell_of(request).shelf
    return {
        "incident": found,
        "reported": events_of(shelf, standing_lane(request), alert.chain, {alert.node, *alert.path}),
        "roster": read_roster(shelf, shell_of(request).settings.config),
        "horizons": HORIZONS,
        "hazards": HAZARDS,
        "nouns": KINDS,
        "first": FIRST,
        "receipts": receipts,
        "nonce": new_nonce(),
    }
