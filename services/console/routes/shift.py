"""``/shift``: what stands open, is muted, falls due and has changed since my watch began; handing over and taking over; who is on duty."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from schemas.level import Level
from services.console.access.person import Right
from services.console.actions.press import asking
from services.console.chart.interval import remaining, told
from services.console.chart.words import DATA_HAZARDS
from services.console.errors import UnknownError, WrongError
from services.console.page import lane_of, language, page, part
from services.console.papers import words
from services.console.papers.known import Known, Risk
from services.console.papers.source import known
from services.console.reading.lane import LaneView
from services.console.reading.shift import Duty, duty, shift_begins
from services.console.routes.form import Form
from services.console.routes.guard import Acting, Seeing
from services.console.shell import shell_of

router = APIRouter()
Reader = Seeing
Officer = Acting
_NEXT_SHIFT = timedelta(hours=12)
_PATIENCE_S = 20


class Hand(Form):
    """The words for who comes next; ``seen`` says that the grave ones were gone through one by one."""

    note: Annotated[str, Field(min_length=1, max_length=2000)]
    to: Annotated[str, Field(max_length=80)] = ""
    seen: str = ""


class Take(Form):
    """``seen`` says that the open risks were gone through."""

    seen: str = ""


@router.get("/shift")
def show(request: Request, person: Reader) -> HTMLResponse:
    """The sheet of this watch."""
    lane = lane_of(request)
    if lane is None:
        return page(request, "shift.html", duty=Duty(), sheet=None)
    found, now = _duty(request, lane), shell_of(request).clock.now()
    since = shift_begins(found, person.name, lane, now)
    with asking(shell_of(request).shelf, _PATIENCE_S) as ask:
        begin = min(since, lane.now - timedelta(minutes=1))
        sheet = known(ask, lane.name, begin, lane.now, language(request))
    return page(request, "shift.html", duty=found, may_act=person.may(Right.ACT), **_sheet(sheet))


@router.get("/shift/duty")
def on_duty(request: Request, person: Reader) -> HTMLResponse:
    """Who is on duty, as a part."""
    lane = lane_of(request)
    return part(
        request,
        "_duty.html",
        duty=Duty() if lane is None else _duty(request, lane),
        may_act=person.may(Right.ACT),
    )


@router.post("/shift/take")
def take(request: Request, person: Officer, form: Annotated[Take, Fields()]) -> Response:
    """Take the watch of the lane's chain."""
    _gone_through(form.seen)
    lane = _lane(request)
    shell_of(request).orders.send(person, "shift.take", {"chain": lane.chain}, "接班 takes the watch", lane=lane.name)
    return RedirectResponse(f"/shift?lane={lane.name}", 303)


@router.post("/shift/hand")
def hand(request: Request, person: Officer, form: Annotated[Hand, Fields()]) -> Response:
    """Hand the own watch over, with words."""
    _gone_through(form.seen)
    lane = _lane(request)
    if _duty(request, lane).mine(person.name) is None:
        raise WrongError("您没有在值的班次，请先接班", "you hold no watch: take it first")
    told = {"chain": lane.chain, "note": form.note, "to": form.to}
    shell_of(request).orders.send(person, "shift.hand", told, form.note, lane=lane.name)
    return RedirectResponse(f"/shift?lane={lane.name}", 303)


def _lane(request: Request) -> LaneView:
    lane = lane_of(request)
    if lane is None:
        raise UnknownError("还没有数据泳道", "there is no lane yet")
    return lane


def _duty(request: Request, lane: LaneView) -> Duty:
    shell = shell_of(request)
    return duty(shell.shelf, lane, shell.clock.now())


def _gone_through(seen: str) -> None:
    if not seen:
        raise WrongError("请先逐条看过在列风险，再勾选确认", "go through the open risks first, then confirm it")


def _left(sheet: Known, risk: Risk) -> tuple[str, str]:
    """Time left in the words of the overview; never a number where none is known, and none where data are at stake."""
    if risk.hazard in DATA_HAZARDS:
        return words.ABSENT, words.ABSENT
    if risk.is_unknown or risk.level is Level.UNKNOWN:
        return "情况不明", "unknown"
    age_h = words.hours_between(risk.as_of, sheet.until)
    return told(remaining(risk.hours_p10, risk.hours_p50, risk.hours_p90, age_h))


def _owner(sheet: Known, risk: Risk) -> tuple[str, str]:
    """Who has it in hand; where nobody has, the department that leads there."""
    held = [risk.acknowledged_by] if risk.acknowledged_by else []
    named = ", ".join((*held, *risk.owners))
    lead = sheet.leads.get(risk.node, "–")
    return words.owner(sheet, risk), named or f"nobody yet (leads: {lead})"


def _sheet(sheet: Known) -> dict[str, Any]:
    """The values of the page: what the paper holds, so that both say the same."""
    soon = sheet.until + _NEXT_SHIFT
    steps = sorted((s for s in sheet.steps if s.state != "updated"), key=lambda s: s.at, reverse=True)
    return {
        "sheet": sheet,
        "risks": sheet.gravest(),
        "muted": [r for r in sheet.gravest() if r.muted_by],
        "due": [t for t in sheet.open_tasks() if t.due_at is not None and t.due_at <= soon],
        "unheard": [t for t in sheet.told if t.acknowledged_after_h is None],
        "steps": steps[:100],
        "state_zh": words.STATE_ZH,
        "time_left": _left,
        "owner": _owner,
        "unknown_level": Level.UNKNOWN.value,
    }
