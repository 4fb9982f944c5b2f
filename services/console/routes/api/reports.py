"""``/api/v1/reports``: what was told by telephone, for programs. A new word goes through ``/commands`` (``report.event``, ``report.stock``)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from services.console.reading.telephone import Fate, ReportedEvent, events, fate
from services.console.routes.form import Name
from services.console.routes.guard import Seeing
from services.console.routes.ordering import standing_lane
from services.console.shell import shell_of

router = APIRouter(tags=["reports"])
Viewer = Seeing
LaneName = Annotated[str, Query(max_length=80)]


class Event(BaseModel):
    """An event as its newest word has it. ``state``: open, due, overdue (past its expected end without a word: it goes on) or ended."""

    event: str
    state: str
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
    is_verified: bool
    note: str
    words: int


class Outcome(BaseModel):
    """What became of a report: ``state`` waiting, accepted or refused; ``wanted`` says what would be right."""

    state: str
    event: str = ""
    wanted: str = ""


@router.get("/reports")
def show(request: Request, person: Viewer, lane: LaneName = "") -> list[Event]:
    """Events of a lane, those that want a word first; ended ones of the last two weeks."""
    del person, lane
    return [_event(e) for e in events(shell_of(request).shelf, standing_lane(request))]


@router.get("/reports/fate/{command}")
def show_fate(
    request: Request,
    person: Viewer,
    command: Name,
    lane: LaneName = "",
) -> Outcome:
    """What became of a command that reported something."""
    del person, lane
    return _outcome(fate(shell_of(request).shelf, standing_lane(request), command))


def _event(e: ReportedEvent) -> Event:
    told = {name: getattr(e.report, name) for name in Event.model_fields if name not in ("state", "words")}
    return Event(state=e.state.value, words=len(e.words), **told)


def _outcome(found: Fate) -> Outcome:
    if found.refusal is not None:
        return Outcome(state="refused", wanted=found.refusal.wanted)
    return Outcome(state="accepted" if found.is_known else "waiting", event=found.event)
