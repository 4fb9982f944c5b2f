"""``/tasks``: what waits for people, and what they do about it."""

from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.access.person import Person
from services.console.configured.roster import Roster
from services.console.configured.store import read_roster
from services.console.deeds import task as deeds
from services.console.deeds.order import Order
from services.console.errors import UnknownError
from services.console.page import page, part
from services.console.reading.answer import behind_run
from services.console.reading.desk import Desk, desk_of
from services.console.reading.lane import LaneView
from services.console.reading.names import names_of
from services.console.reading.order_state import state_of
from services.console.reading.run import run_of
from services.console.reading.task import Task, ended_tasks, open_tasks, task_of
from services.console.routes.guard import Acting, Approving, Seeing
from services.console.routes.ordering import OrderForm, given, new_nonce, open_lane, standing_lane
from services.console.shell import shell_of

router = APIRouter()
Name = Annotated[str, Path(max_length=100, pattern=r"^[^\x00]*$")]
_ENDED = timedelta(days=2)


class Done(OrderForm):
    """Work that was done."""

    result: str = ""
    answered_by: str = ""
    done_by: str = ""


class Delegation(OrderForm):
    """Work for another role."""

    to: str
    reason: str = ""


class Assent(OrderForm):
    """A yes. ``apart``: it does not rest on a remedy that is out of date."""

    signer: str = ""
    document: str = ""
    scope: str = ""
    level: str = ""
    comment: str = ""
    apart: str = ""


class Refusal(OrderForm):
    """A no."""

    comment: str = ""


Whose = Annotated[str, Query(pattern="^(mine|open|all)?$")]


@router.get("/tasks")
def show(
    request: Request,
    person: Seeing,
    whose: Whose = "",
    done: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
    about: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
) -> HTMLResponse:
    """The whole page: what is overdue first."""
    lane = standing_lane(request)
    order = state_of(shell_of(request).shelf, lane.name, done, about) if done else None
    return page(request, "tasks.html", order=order, about=about, **_values(request, person, lane, whose))


@router.get("/tasks/list")
def show_list(request: Request, person: Seeing, whose: Whose = "") -> HTMLResponse:
    """The list, anew."""
    return part(request, "_tasks.html", **_values(request, person, standing_lane(request), whose))


@router.post("/tasks/{task_id}/done")
def finish(request: Request, person: Acting, task_id: Name, form: Annotated[Done, Fields()]) -> Response:
    """A task is done."""
    lane, task = _task(request, person, task_id)
    said = {"result": form.result, "answered_by": form.answered_by, "done_by": form.done_by}
    return _given(request, person, lane, deeds.done(task, said, _roster(request), person.name), form, task)


@router.post("/tasks/{task_id}/delegate")
def delegate(request: Request, person: Acting, task_id: Name, form: Annotated[Delegation, Fields()]) -> Response:
    """Another role takes it over."""
    lane, task = _task(request, person, task_id)
    return _given(
        request, person, lane, deeds.delegate(task, form.to, form.reason, _roster(request), person.name), form, task
    )


@router.post("/tasks/{task_id}/approve")
def approve(request: Request, person: Approving, task_id: Name, form: Annotated[Assent, Fields()]) -> Response:
    """The answer to a question is yes. A remedy behind it must still hold."""
    lane, task = _task(request, person, task_id)
    shelf = shell_of(request).shelf
    run = run_of(shelf, task.run_id)
    if run is None:
        raise UnknownError
    answer = behind_run(shelf, lane.name, run.run_id, run.node)
    said = form.model_dump(include={"signer", "document", "scope", "level", "comment", "apart"})
    order = deeds.approve(task, run, said, _roster(request), person.name, answer=answer, now=lane.now)
    return _given(request, person, lane, order, form, task)


@router.post("/tasks/{task_id}/refuse")
def refuse(request: Request, person: Approving, task_id: Name, form: Annotated[Refusal, Fields()]) -> Response:
    """The answer to a question is no."""
    lane, task = _task(request, person, task_id)
    return _given(request, person, lane, deeds.refuse(task, form.comment, _roster(request), person.name), form, task)


def _given(
    request: Request, person: Person, lane: LaneView, order: Order, form: OrderForm, task: Task
) -> RedirectResponse:
    return given(request, person, lane, order, form, task.task_id)


def _task(request: Request, person: Person, task_id: str) -> tuple[LaneView, Task]:
    """A task of the lane, of a chain that the person may see, in a lane that is open."""
    lane = open_lane(request)
    task = task_of(shell_of(request).shelf, task_id)
    if task is None or task.lane != lane.name or not person.sees(task.chain or lane.chain):
        raise UnknownError("没有这项任务，或不在您的范围内", "there is no such task, or it is outside your scope")
    return lane, task


def _roster(request: Request) -> Roster:
    return read_roster(shell_of(request).shelf, shell_of(request).settings.config)


def _values(request: Request, person: Person, lane: LaneView, whose: str) -> dict[str, Any]:
    shelf, roster = shell_of(request).shelf, _roster(request)
    seen = [t for t in open_tasks(shelf, lane.name) if person.sees(t.chain or lane.chain)]
    desk: Desk = desk_of(seen, roster, person, lane.now, whose)
    questions = {task.run_id for task in desk.shown if task.is_question}
    runs = {name: run for name in _runs(desk.shown) if (run := run_of(shelf, name)) is not None}
    answers = {name: behind_run(shelf, lane.name, name, runs[name].node) for name in questions if name in runs}
    ended = [t for t in ended_tasks(shelf, lane.name, lane.now - _ENDED) if person.sees(t.chain or lane.chain)]
    return {
        "desk": desk,
        "runs": runs,
        "answers": answers,
        "names": names_of(shelf, {task.node for task in desk.shown}, person.sees),
        "ended": [t for t in ended if t.state == "done"][:20],
        "roster": roster,
        "nonce": new_nonce(),
    }


def _runs(tasks: Collection[Task]) -> list[str]:
    return list(dict.fromkeys(task.run_id for task in tasks))
