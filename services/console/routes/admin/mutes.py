"""``/admin/mutes``: what is hidden on purpose, by whom, until when, and what it hid; ordering and lifting it."""

from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from schemas.alert_command import Mute
from schemas.level import Level
from services.console.moment import SHANGHAI
from services.console.page import lane_of, page
from services.console.reading.lane import LaneView
from services.console.reading.mute import MuteView, mutes
from services.console.reading.order_state import state_of
from services.console.routes.form import Form
from services.console.routes.guard import Administering
from services.console.shell import shell_of
from services.runtime.errors import InputError

router = APIRouter()
Administrator = Administering
Pattern = Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z0-9_.*?\[\]-]+$")]
LONGEST = timedelta(days=13)


class NewMute(Form):
    """The form of a mute; times are Beijing time. ``since`` empty: now."""

    node: Pattern = "*"
    product: Pattern = "*"
    hazard: Pattern = "*"
    since: datetime | None = None
    until: datetime
    up_to: Level = Level.ORANGE
    maintenance: str = ""
    reason: Annotated[str, Field(min_length=1, max_length=500)]

    def mute(self) -> Mute:
        """As alerting reads it."""
        return Mute(
            since=None if self.since is None else _beijing(self.since),
            until=_beijing(self.until),
            node=self.node,
            product=self.product,
            hazard=self.hazard,
            up_to=self.up_to,
            is_maintenance=bool(self.maintenance),
        )


class Lift(Form):
    """The form that ends a mute."""

    mute: Annotated[str, Field(max_length=64)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/admin/mutes")
def show(request: Request, person: Administrator) -> HTMLResponse:
    """The mutes of the lane, and the form of a new one."""
    del person
    return _page(request)


@router.post("/admin/mutes")
def add(request: Request, form: Annotated[NewMute, Fields()], person: Administrator) -> Response:
    """Order a mute."""
    shell, lane = shell_of(request), lane_of(request)
    if lane is None:
        raise InputError("还没有泳道 / there is no lane yet")
    mute = form.mute()
    problem = problem_of(mute, lane.now)
    if problem is not None:
        return _page(request, problem=problem)
    done = shell.orders.send(person, "alert.mute", _arguments(mute), form.reason, lane=lane.name)
    return _back(lane, done)


@router.post("/admin/mutes/lift")
def lift(request: Request, form: Annotated[Lift, Fields()], person: Administrator) -> Response:
    """End a mute now; what it hid and still stands is told then."""
    shell, lane = shell_of(request), lane_of(request)
    if lane is None or form.mute not in {known.mute_id for known in mutes(shell.shelf, lane.name)}:
        raise InputError("没有这项静默 / there is no such mute")
    done = shell.orders.send(person, "alert.unmute", {"mute": form.mute}, form.reason, lane=lane.name)
    return _back(lane, done)


def problem_of(mute: Mute, now: datetime) -> tuple[str, str] | None:
    """What is wrong with a mute, in both languages; None when it is right."""
    since = mute.since or now
    if mute.until <= since or mute.until <= now:
        return "结束时刻应晚于开始和现在", "it has to end after its beginning and after now"
    if mute.until - since > LONGEST:
        return f"最长 {LONGEST.days} 天，到期再续", f"at most {LONGEST.days} days; renew it then"
    return None


def _page(request: Request, problem: tuple[str, str] | None = None) -> HTMLResponse:
    lane = lane_of(request)
    shelf, done = shell_of(request).shelf, request.query_params.get("done", "")[:100]
    found: list[MuteView] = [] if lane is None else mutes(shelf, lane.name)
    return page(
        request,
        "admin_mutes.html",
        status=200 if problem is None else 422,
        mutes=found,
        problem=problem,
        levels=[Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED],
        order=state_of(shelf, lane.name, done) if lane is not None and done.isprintable() and done else None,
        about="",
    )


def _back(lane: LaneView, command_id: str) -> Response:
    """To the page, which shows what comes of the order."""
    return RedirectResponse(f"/admin/mutes?{urlencode({'lane': lane.name, 'done': command_id})}", 303)


def _arguments(mute: Mute) -> dict[str, str]:
    given = {name: value for name, value in msgspec.to_builtins(mute).items() if value is not None}
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}


def _beijing(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=SHANGHAI)
