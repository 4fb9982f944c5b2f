"""``/drills``: drills held and going on; starting one."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.access.person import Person, Right
from services.console.errors import UnknownError
from services.console.page import page, part
from services.console.reading.drill import Answered, Held, answer_of, drills, hours_and_minutes, takes_part
from services.console.routes.form import Form
from services.console.routes.guard import signed_in
from services.console.shell import shell_of

router = APIRouter()
SignedIn = Annotated[Person, Depends(signed_in)]
Asked = Annotated[str, Query(max_length=64, pattern="^[0-9a-f]*$")]


class Start(Form):
    """What to start: a file of the shelf, how fast, and whether its scripted participants act."""

    file: str
    rate: str = ""
    scripted: str = ""


@router.get("/drills")
def show(request: Request, person: Annotated[Person, Depends(signed_in)]) -> HTMLResponse:
    """All drills for whoever runs them; for others those they take part in."""
    shell = shell_of(request)
    found = [held for held in drills(shell.shelf, shell.clock.now()) if is_open_to(person, held)]
    return page(
        request,
        "drills.html",
        held=found,
        may_start=person.may(Right.DRILL) or person.may(Right.APPROVE),
        hm=hours_and_minutes,
    )


@router.post("/drills/files")
def ask_files(request: Request, person: SignedIn) -> Response:
    """Ask the master of drills what may be started."""
    require_holder(person)
    asked = shell_of(request).orders.send(person, "drill.files", {}, "查看可办的演练 which drills may be started")
    return RedirectResponse(f"/drills/new?asked={asked}", 303)


@router.get("/drills/new")
def choose(request: Request, person: SignedIn, asked: Asked = "") -> HTMLResponse:
    """The files, once the master of drills has answered."""
    require_holder(person)
    return page(request, "drill_new.html", **_offered(request, asked))


@router.get("/drills/new/files")
def choose_part(request: Request, person: SignedIn, asked: Asked = "") -> HTMLResponse:
    """The same as a part, asked for until it is there."""
    require_holder(person)
    return part(request, "_drill_files.html", **_offered(request, asked))


@router.post("/drills/start")
def start(request: Request, person: SignedIn, form: Annotated[Start, Fields()]) -> Response:
    """Order it. Whether it may start is judged by the master of drills, which answers."""
    require_holder(person)
    order = {"file": form.file, "rate": form.rate, "scripted": "true" if form.scripted else "false"}
    asked = shell_of(request).orders.send(person, "drill.start", order, "启动演练 start a drill")
    return RedirectResponse(f"/drills/begun?asked={asked}", 303)


@router.get("/drills/begun")
def begun(request: Request, person: SignedIn, asked: Asked = "") -> HTMLResponse:
    """Wait for the answer to a start."""
    require_holder(person)
    return page(request, "drill_begun.html", asked=asked, answer=_answer(request, asked))


@router.get("/drills/begun/answer")
def begun_part(request: Request, person: SignedIn, asked: Asked = "") -> Response:
    """The answer as a part; once the drill is open, on to its cockpit."""
    require_holder(person)
    answer = _answer(request, asked)
    if answer is not None and not answer.problem:
        return Response(headers={"HX-Redirect": f"/drills/{answer.body['drill']}"})
    return part(request, "_drill_begun.html", asked=asked, answer=answer)


def require_holder(person: Person) -> None:
    """Raise UnknownError unless the person runs drills or approves them: one without notice is started by its approver."""
    if not (person.may(Right.DRILL) or person.may(Right.APPROVE)):
        raise UnknownError()


def is_open_to(person: Person, held: Held) -> bool:
    """Whether the person needs to know of a drill: he runs drills, or stands in its plan, and the chain is his."""
    named = takes_part(held.plan, {person.name}) is not None or person.name in (
        *held.plan.evaluators,
        held.plan.approver,
    )
    return person.sees(held.chain) and (person.may(Right.DRILL) or named)


def _answer(request: Request, asked: str) -> Answered | None:
    return answer_of(shell_of(request).shelf, asked) if asked else None


def _offered(request: Request, asked: str) -> dict[str, Any]:
    answer = _answer(request, asked)
    files = [] if answer is None else answer.body.get("files", [])
    return {"asked": asked, "answer": answer, "files": files}
