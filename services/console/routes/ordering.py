"""From a form to a command, once: the order is sent, and the page it came from shows what comes of it."""

import secrets
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse

from services.console.access.person import Person
from services.console.deeds.alert import check_fresh
from services.console.deeds.order import Order, check_open, command_id
from services.console.errors import UnknownError
from services.console.page import lane_of, lanes_of
from services.console.reading.answer import behind_run
from services.console.reading.lane import LaneView
from services.console.reading.run import run_of
from services.console.reading.task import task_of
from services.console.routes.form import Form, local_path
from services.console.shell import shell_of

_KNOWN = "SELECT 1 AS one FROM command WHERE command_id = %s"


class OrderForm(Form):
    """What every form that orders has: ``nonce`` makes sending it twice harmless, ``back`` is the page it stands on."""

    nonce: str
    back: str = "/"


def new_nonce() -> str:
    """A word that no form had before."""
    return secrets.token_hex(16)


def standing_lane(request: Request) -> LaneView:
    """The lane of the request. Raises UnknownError while there is none."""
    lane = lane_of(request)
    if lane is None:
        raise UnknownError("还没有数据泳道", "there is no lane yet")
    return lane


def open_lane(request: Request) -> LaneView:
    """The lane of the request, in which somebody still obeys. Raises UnknownError, StaleError."""
    lane = standing_lane(request)
    check_open(lane.closed_at, lane.name)
    return lane


def give(request: Request, person: Person, lane: LaneView, order: Order, form: OrderForm, about: str) -> str:
    """Send an order once and return its id. ``about`` names what it is about, so that forms of one page stay apart. Raises UnreachableError."""
    return sent_once(request, person, lane.name, order, form.nonce, about)


def sent_once(request: Request, person: Person, lane: str, order: Order, nonce: str, about: str) -> str:
    """Send an order to a lane, however often its form comes, and return its id. Raises UnreachableError."""
    shell = shell_of(request)
    name = command_id(person.name, f"{order.kind}|{about}", nonce)
    if shell.shelf.row(_KNOWN, (name,)) is None:
        shell.orders.send(person, order.kind, order.arguments, order.reason, lane=lane, command_id=name)
    return name


def given(
    request: Request, person: Person, lane: LaneView, order: Order, form: OrderForm, about: str
) -> RedirectResponse:
    """Send an order and lead back to the page it came from, which shows what comes of it. Raises UnreachableError."""
    name = give(request, person, lane, order, form, about)
    said = {"lane": lane.name, "done": name} | ({"about": about} if about else {})
    path, _, place = local_path(form.back).partition("#")
    mark = f"#{quote(place, safe='')}" if place else ""
    return RedirectResponse(f"{path.partition('?')[0]}?{urlencode(said)}{mark}", 303)


def require_fresh(request: Request, lane: str, task_id: str, *, is_apart: bool) -> None:
    """Raise StaleError where an approval rests on a remedy or what-if that is out of date, as ``deeds.task.approve`` does for pages."""
    shelf, shown = shell_of(request).shelf, next((each for each in lanes_of(request) if each.name == lane), None)
    task = task_of(shelf, task_id) if shown is not None else None
    run = run_of(shelf, task.run_id) if task is not None else None
    if shown is None or task is None or run is None:
        return
    answer = behind_run(shelf, lane, run.run_id, run.node)
    if answer is not None and (run.rests_on_answer(task.step) or not is_apart):
        check_fresh(answer, shown.now)
