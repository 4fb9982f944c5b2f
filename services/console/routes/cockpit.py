"""``/drills/{drill}``: the cockpit of whoever runs the drill, the sheet of an evaluator, the page of a participant, and the report."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from schemas.drill import DrillEvent
from schemas.drill_plan import Step
from services.console.access.person import Person, Right
from services.console.errors import ForbiddenError, UnknownError, WrongError
from services.console.page import page, part
from services.console.reading.drill import (
    Cockpit,
    Held,
    chain_of,
    cockpit_of,
    held_of,
    hours_and_minutes,
    item_events,
    log_of,
    takes_part,
)
from services.console.routes.drills import is_open_to
from services.console.routes.form import Form, Name
from services.console.routes.guard import signed_in
from services.console.shell import shell_of
from services.runtime.debrief.items import items_of
from services.runtime.debrief.paper import paper_of
from services.runtime.debrief.report import OUTCOME_ZH, report_of
from services.runtime.debrief.words import RATINGS, STEP_ZH
from services.runtime.document import as_pdf, as_word

router = APIRouter()
SignedIn = Annotated[Person, Depends(signed_in)]
_ARGUMENT = {"step": "minutes", "rewind": "to", "rate": "rate"}
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class File(Response):
    """A report as a file: PDF or Word."""

    media_type = "application/pdf"


class Control(Form):
    """What the organiser does to the clock, with its number where it needs one."""

    action: Literal["pause", "resume", "step", "rewind", "rate", "end"]
    value: str = ""


class Give(Form):
    """Which inject."""

    inject: str


class Act(Form):
    """What a participant does, about which inject, in his words. ``member``: who did it, where somebody else records it."""

    step: Step
    on: str = ""
    note: str = ""
    member: str = ""


class Mark(Form):
    """What an evaluator thinks of an objective."""

    objective: str
    rating: Literal["P", "S", "M", "U"]
    note: str = ""


class Stop(Form):
    """The stop word."""

    word: str


@router.get("/drills/{drill}")
def show(request: Request, drill: Name, person: SignedIn) -> HTMLResponse:
    """The page as this person needs it. Raises UnknownError for a drill that is not his."""
    return page(request, "drill.html", **_seen(request, drill, person))


@router.get("/drills/{drill}/board")
def board(request: Request, drill: Name, person: SignedIn) -> HTMLResponse:
    """What changes while the drill goes on."""
    return part(request, "_drill_board.html", **_seen(request, drill, person))


@router.post("/drills/{drill}/control")
def control(request: Request, drill: Name, person: SignedIn, form: Annotated[Control, Fields()]) -> Response:
    """Steer the clock."""
    arguments = {_ARGUMENT[form.action]: form.value} if form.action in _ARGUMENT else {}
    return _order(request, drill, _organiser(request, drill, person), f"drill.{form.action}", arguments)


@router.post("/drills/{drill}/give")
def give(request: Request, drill: Name, person: SignedIn, form: Annotated[Give, Fields()]) -> Response:
    """Give an inject now."""
    return _order(request, drill, _organiser(request, drill, person), "drill.give", {"inject": form.inject})


@router.post("/drills/{drill}/act")
def act(request: Request, drill: Name, person: SignedIn, form: Annotated[Act, Fields()]) -> Response:
    """A step of a participant, or one that organiser or evaluator saw and records. Whose does not count is noted by the director."""
    held, _ = open_log(request, drill, person)
    given = {"step": form.step.value, "on": form.on}
    if not form.member:
        return _order(request, drill, person, "drill.act", given, form.note)
    if not (person.may(Right.DRILL) or person.name in held.plan.evaluators):
        raise ForbiddenError("由导调或评估员代为登记", "organisers and evaluators record for others")
    if held.plan.member(form.member) is None:
        names = "、".join(member.id for member in held.plan.roster)
        raise WrongError(f"参演者应为 {names}", f"one of {names} is right")
    kind = "drill.record" if person.may(Right.DRILL) else "drill.act"
    return _order(request, drill, person, kind, given | {"member": form.member}, form.note)


@router.post("/drills/{drill}/mark")
def mark(request: Request, drill: Name, person: SignedIn, form: Annotated[Mark, Fields()]) -> Response:
    """An evaluator's mark, during the drill or after it."""
    held, _ = open_log(request, drill, person)
    if person.name not in held.plan.evaluators:
        raise ForbiddenError("您不是本次演练的评估员", "you are no evaluator of this drill")
    arguments = {"objective": form.objective, "rating": form.rating}
    return _order(request, drill, person, "drill.mark", arguments, form.note)


@router.post("/drills/{drill}/stop")
def stop(request: Request, drill: Name, person: SignedIn, form: Annotated[Stop, Fields()]) -> Response:
    """The stop word; whether it is the right one is judged by the director."""
    open_log(request, drill, person)
    return _order(request, drill, person, "drill.stop", {"word": form.word})


@router.post("/drills/{drill}/abandon")
def abandon(request: Request, drill: Name, person: SignedIn) -> Response:
    """Close a drill whose director is gone."""
    organiser = _organiser(request, drill, person)
    shell_of(request).orders.send(organiser, "drill.abandon", {"drill": drill}, "导演已不在，收尾 its director is gone")
    return RedirectResponse(f"/drills/{drill}", 303)


@router.get("/drills/{drill}/report.{form}", response_class=File)
def report(request: Request, drill: Name, form: Literal["pdf", "docx"], person: SignedIn) -> Response:
    """The after-action report, made now from the log alone; for whoever runs or evaluates the drill, once it is over."""
    held, events = open_log(request, drill, person)
    if not (person.may(Right.DRILL) or person.name in (*held.plan.evaluators, held.plan.approver)):
        raise ForbiddenError("报告由演练组织者和评估员查看", "the report is for organisers and evaluators")
    if not held.stand.is_over:
        raise UnknownError("演练结束后才有报告", "the report is there once the drill is over")
    own = {(e.drill, e.sequence): e for e in (*item_events(shell_of(request).shelf), *events)}
    made = f"演练 {drill}，由事件日志 {len(events)} 条生成 made from its log of {len(events)} events"
    paper = paper_of(report_of(events, items_of(own.values())), made)
    body, kind = (as_pdf(paper), "application/pdf") if form == "pdf" else (as_word(paper), _WORD_TYPE)
    headers = {"Content-Disposition": f'{"inline" if form == "pdf" else "attachment"}; filename="{drill}.{form}"'}
    return Response(body, media_type=kind, headers=headers)


def open_log(request: Request, drill: Name, person: Person) -> tuple[Held, Sequence[DrillEvent]]:
    """The drill and its log. Raises UnknownError when there is none, or the person need not know of it."""
    shell = shell_of(request)
    events = log_of(shell.shelf, drill)
    if not events:
        raise UnknownError()
    held = held_of(events, chain_of(shell.shelf, drill), shell.clock.now())
    if not is_open_to(person, held):
        raise UnknownError()
    return held, events


def _organiser(request: Request, drill: Name, person: Person) -> Person:
    open_log(request, drill, person)
    if not person.may(Right.DRILL):
        raise ForbiddenError("只有演练组织者可以导调", "only organisers steer a drill")
    return person


def _order(
    request: Request, drill: Name, person: Person, kind: str, arguments: dict[str, str], reason: str = ""
) -> Response:
    shell_of(request).orders.send(person, kind, arguments, reason, lane=f"drill:{drill}")
    if request.headers.get("HX-Request"):
        return part(request, "_drill_sent.html", kind=kind)
    return RedirectResponse(f"/drills/{drill}", 303)


def _seen(request: Request, drill: Name, person: Person) -> dict[str, Any]:
    held, events = open_log(request, drill, person)
    cockpit: Cockpit = cockpit_of(events, shell_of(request).clock.now())
    return {
        "cockpit": cockpit,
        "held": held,
        "hm": hours_and_minutes,
        "member": takes_part(held.plan, {person.name}),
        "steers": person.may(Right.DRILL),
        "evaluates": person.name in held.plan.evaluators,
        "oversees": person.name == held.plan.approver,
        "ratings": RATINGS,
        "steps": {step.value: zh for step, zh in STEP_ZH.items()},
        "outcomes": {outcome.value: zh for outcome, zh in OUTCOME_ZH.items()},
    }
