"""``/api/v1/papers`` and ``/api/v1/shift``: papers asked for and opened, and who is on duty, for programs."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from services.console.errors import UnknownError
from services.console.page import lane_of
from services.console.reading import shift
from services.console.reading.paper import papers
from services.console.routes import papers as pages
from services.console.routes.guard import Seeing
from services.console.shell import shell_of

router = APIRouter(tags=["papers"])
Reader = Seeing


class Paper(BaseModel):
    """A paper. ``stage``: waiting, reading, setting, done or failed, then ``problem`` says why."""

    paper_id: str
    kind: str
    lane: str
    chain: str
    since: datetime
    until: datetime
    asked_by: str
    asked_at: datetime
    stage: str
    problem: str


class Wish(BaseModel):
    """Which paper of the lane ``?lane=``. Times without an offset are Beijing time; none: now, and the usual length."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["handover", "brief", "week", "month"]
    until: str = ""
    since: str = ""


class Ordered(BaseModel):
    """It is being made."""

    paper_id: str


class OnDuty(BaseModel):
    """Somebody who took the watch."""

    name: str
    display: str
    since: datetime


class Handover(BaseModel):
    """A watch that was handed over; ``taken_by`` empty: nobody has taken it yet."""

    display: str
    at: datetime
    to: str
    note: str
    taken_by: str


class Duty(BaseModel):
    """The duty room of the lane's chain. Taking and handing over are the commands ``shift.take`` and ``shift.hand``."""

    on_duty: list[OnDuty]
    handed: list[Handover]


@router.get("/papers")
def listed(request: Request, person: Reader) -> list[Paper]:
    """The newest papers about one's chains."""
    return [
        Paper(**{name: getattr(each, name) for name in each.__struct_fields__})
        for each in papers(shell_of(request).shelf, person)
    ]


@router.post("/papers", status_code=202)
def order(request: Request, wish: Wish, person: Reader) -> Ordered:
    """Ask for a paper; look at the list to see how far it is."""
    form = pages.Asked(kind=wish.kind, until=wish.until, since=wish.since)
    return Ordered(paper_id=pages.ordered(request, person, form))


router.get("/papers/{paper_id}.{form}", response_class=pages.File)(pages.open_paper)


@router.get("/shift")
def duty(request: Request, person: Reader) -> Duty:
    """Who is on duty, and the last handovers."""
    del person
    lane, shell = lane_of(request), shell_of(request)
    if lane is None:
        raise UnknownError("还没有数据泳道", "there is no lane yet")
    found = shift.duty(shell.shelf, lane, shell.clock.now())
    return Duty(
        on_duty=[OnDuty(name=d.name, display=d.display, since=d.since) for d in found.on_duty],
        handed=[Handover(display=h.display, at=h.at, to=h.to, note=h.note, taken_by=h.taken_by) for h in found.handed],
    )
