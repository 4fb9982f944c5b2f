"""``/runs``: plans at work, and what people do to them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, Response

from services.console.access.person import Person
from services.console.configured.store import read_plans, read_roster
from services.console.deeds import run as deeds
from services.console.errors import UnknownError
from services.console.page import page, part
from services.console.reading.answer import behind_run
from services.console.reading.chain import read_chain
from services.console.reading.lane import LaneView
from services.console.reading.names import names_of
from services.console.reading.order_state import state_of
from services.console.reading.run import Run, events_of, run_of, runs_in
from services.console.reading.task import tasks_of_run
from services.console.routes.guard import Acting, Approving, Seeing
from services.console.routes.ordering import OrderForm, given, new_nonce, open_lane, standing_lane
from services.console.shell import shell_of

router = APIRouter()
Name = Annotated[str, Path(max_length=100, pattern=r"^[^\x00]*$")]
PARTS = frozenset({"steps", "events"})


class Why(OrderForm):
    """A reason."""

    reason: str = ""


class Undo(Why):
    """A step to be taken back."""

    step: str


class Respond(Why):
    """A response level, or ``none``."""

    level: str


class Start(Why):
    """A plan to be started."""

    playbook: str
    node: str
    product: str = ""
    hazard: str = "starved"
    level: str = "yellow"


Done = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("/runs")
def show_all(
    request: Request, person: Seeing, done: Done = "", about: Done = "", ended: Annotated[bool, Query()] = False
) -> HTMLResponse:
    """Runs of the lane, and the form that starts one."""
    shell, lane = shell_of(request), standing_lane(request)
    runs = [run for run in runs_in(shell.shelf, lane.name, with_ended=ended) if person.sees(run.chain or lane.chain)]
    return page(
        request,
        "runs.html",
        runs=runs,
        ended=ended,
        names=names_of(shell.shelf, {run.node for run in runs}, person.sees),
        plans=read_plans(shell.settings.config),
        chain=read_chain(shell.shelf, lane.chain),
        order=state_of(shell.shelf, lane.name, done) if done else None,
        about=about,
        nonce=new_nonce(),
    )


@router.post("/runs")
def start(request: Request, person: Acting, form: Annotated[Start, Fields()]) -> Response:
    """Start a plan by hand."""
    shell, lane = shell_of(request), open_lane(request)
    chain = read_chain(shell.shelf, lane.chain)
    if chain is None:
        raise UnknownError("链条尚未导入", "the chain was never imported")
    said = form.model_dump(include={"playbook", "node", "product", "hazard", "level", "reason"})
    order = deeds.start(said, [plan.id for plan in read_plans(shell.settings.config)], chain)
    return given(request, person, lane, order, form, form.playbook[:60])


@router.get("/runs/{run_id}")
def show(request: Request, person: Seeing, run_id: Name, done: Done = "", about: Done = "") -> HTMLResponse:
    """One run: its steps, tasks and events."""
    lane = standing_lane(request)
    order = state_of(shell_of(request).shelf, lane.name, done) if done else None
    return page(request, "run.html", order=order, about=about, **_values(request, person, lane, run_id))


@router.get("/runs/{run_id}/{piece}")
def show_part(
    request: Request, person: Seeing, run_id: Name, piece: Annotated[str, Path(max_length=20, pattern=r"^[^\x00]*$")]
) -> HTMLResponse:
    """One part of it, anew."""
    if piece not in PARTS:
        raise UnknownError
    return part(request, f"_run_{piece}.html", **_values(request, person, standing_lane(request), run_id))


@router.post("/runs/{run_id}/undo")
def undo(request: Request, person: Acting, run_id: Name, form: Annotated[Undo, Fields()]) -> Response:
    """Take a step back."""
    lane, run = _run(request, person, run_id)
    return given(request, person, lane, deeds.undo(run, form.step, form.reason), form, f"{run_id}.{form.step}"[:100])


@router.post("/runs/{run_id}/respond")
def respond(request: Request, person: Acting, run_id: Name, form: Annotated[Respond, Fields()]) -> Response:
    """Propose a response level."""
    lane, run = _run(request, person, run_id)
    return given(request, person, lane, deeds.respond(run, form.level, form.reason), form, run_id)


@router.post("/runs/{run_id}/lift")
def lift(request: Request, person: Acting, run_id: Name, form: Annotated[Why, Fields()]) -> Response:
    """Propose to lift the official warning."""
    lane, run = _run(request, person, run_id)
    return given(request, person, lane, deeds.lift(run, form.reason), form, run_id)


@router.post("/runs/{run_id}/end")
def end(request: Request, person: Approving, run_id: Name, form: Annotated[Why, Fields()]) -> Response:
    """End the run."""
    lane, run = _run(request, person, run_id)
    return given(request, person, lane, deeds.end(run, form.reason), form, run_id)


def _run(request: Request, person: Person, run_id: str) -> tuple[LaneView, Run]:
    lane = open_lane(request)
    return lane, _seen(request, person, lane, run_id)


def _seen(request: Request, person: Person, lane: LaneView, run_id: str) -> Run:
    """A run of the lane, of a chain that the person may see."""
    run = run_of(shell_of(request).shelf, run_id)
    if run is None or run.lane != lane.name or not person.sees(run.chain or lane.chain):
        raise UnknownError("没有这次预案运行，或不在您的范围内", "there is no such run, or it is outside your scope")
    return run


def _values(request: Request, person: Person, lane: LaneView, run_id: str) -> dict[str, Any]:
    shell = shell_of(request)
    run = _seen(request, person, lane, run_id)
    return {
        "run": run,
        "names": names_of(shell.shelf, {run.node}, person.sees),
        "tasks": tasks_of_run(shell.shelf, run_id),
        "events": events_of(shell.shelf, [run_id]),
        "answer": behind_run(shell.shelf, lane.name, run_id, run.node),
        "roster": read_roster(shell.shelf, shell.settings.config),
        "nonce": new_nonce(),
    }
