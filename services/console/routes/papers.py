"""``/papers``: handover sheets, briefs, weekly and monthly reports: asked for, made with progress shown, kept, opened as PDF or Word file."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.access.audit import Note
from services.console.access.person import Person
from services.console.actions.press import Wish
from services.console.errors import UnknownError, WrongError
from services.console.moment import SHANGHAI
from services.console.page import lane_of, page, part
from services.console.papers.papers import LENGTHS
from services.console.reading.lane import LaneView
from services.console.reading.paper import KINDS, content_of, paper_of, papers
from services.console.routes.form import Form, Name
from services.console.routes.guard import Seeing
from services.console.shell import shell_of

router = APIRouter()
Reader = Seeing
_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_LONGEST = timedelta(days=366)
_YEARS = range(1990, 2200)


class File(Response):
    """A paper as a file: PDF or Word."""

    media_type = "application/pdf"


class Asked(Form):
    """Which paper; ``until`` and ``since`` in Beijing time as a browser's field gives them, empty: now, and its usual length."""

    kind: Literal["handover", "brief", "week", "month"]
    until: str = ""
    since: str = ""


@router.get("/papers")
def show(request: Request, person: Reader) -> HTMLResponse:
    """The form and the list."""
    return page(request, "papers.html", kinds=KINDS, **_listed(request, person))


@router.get("/papers/list")
def listed(request: Request, person: Reader) -> HTMLResponse:
    """The list, asked for again while something is being made."""
    return part(request, "_papers.html", **_listed(request, person))


@router.post("/papers")
def order(request: Request, person: Reader, form: Annotated[Asked, Fields()]) -> Response:
    """Ask for a paper of the lane shown."""
    ordered(request, person, form)
    lane = lane_of(request)
    return RedirectResponse(f"/papers?lane={lane.name}" if lane is not None else "/papers", 303)


@router.get("/papers/{paper_id}.{form}", response_class=File)
def open_paper(request: Request, paper_id: Name, form: Literal["pdf", "docx"], person: Reader) -> Response:
    """A paper as a file. Raises UnknownError for one of another's chain, and while it is not done."""
    shelf = shell_of(request).shelf
    found = paper_of(shelf, paper_id)
    content = content_of(shelf, paper_id, form) if found is not None and person.sees(found.chain) else None
    if found is None or content is None:
        raise UnknownError("没有这份报告，或尚未做好", "there is no such paper, or it is not done yet")
    name = f"{found.kind}-{found.lane.replace(':', '-')}-{found.until.astimezone(SHANGHAI):%Y%m%d-%H%M}.{form}"
    way = "inline" if form == "pdf" else "attachment"
    return Response(content, media_type=_TYPES[form], headers={"Content-Disposition": f'{way}; filename="{name}"'})


def ordered(request: Request, person: Person, form: Asked) -> str:
    """Write it down and begin to make it; the paper's id. Raises UnknownError, WrongError, UnreachableError."""
    lane = lane_of(request)
    if lane is None:
        raise UnknownError("还没有数据泳道", "there is no lane yet")
    wish, shell = wish_of(form, lane, person), shell_of(request)
    detail = {"kind": wish.kind, "since": wish.since.isoformat(), "until": wish.until.isoformat()}
    shell.store.write(Note(actor=person.name, action="paper", subject=wish.chain, lane=wish.lane, detail=detail))
    return shell.press.order(wish)


def wish_of(form: Asked, lane: LaneView, person: Person) -> Wish:
    """What was asked for, with its period. Raises WrongError."""
    until = _moment(form.until) or lane.now
    since = _moment(form.since) or until - LENGTHS[form.kind]
    if not timedelta(minutes=1) <= until - since <= _LONGEST or until > lane.now + timedelta(minutes=1):
        raise WrongError(
            "起止时间应先后有序，至多 366 天，且不晚于泳道时间",
            "the period ends after it begins, is at most 366 days long and does not end after the lane's time",
        )
    return Wish(kind=form.kind, lane=lane.name, chain=lane.chain, since=since, until=until, person=person.name)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.year not in _YEARS:
            raise ValueError(text)
    except ValueError:
        raise WrongError(
            f"时间 {text[:40]} 无法识别，如 2026-11-28T08:00", f"{text[:40]} is no time; right is 2026-11-28T08:00"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def _listed(request: Request, person: Person) -> dict[str, Any]:
    shell = shell_of(request)
    return {"papers": papers(shell.shelf, person), "wall": shell.clock.now()}
