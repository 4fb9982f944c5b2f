"""One page: a template with the person, language, lane and menu put in."""

from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from services.console.access.entrance import Admitted
from services.console.access.person import Right
from services.console.access.secrets import form_proof
from services.console.errors import UnknownError
from services.console.language import COOKIE, Language, language_of
from services.console.level_face import face_of
from services.console.moment import age, local, span
from services.console.navigation import places_of
from services.console.reading.lane import LaneView, Pulse, chosen, lanes, pulse
from services.console.shared import Shared
from services.console.shell import shell_of
from services.console.wording import TEMPLATE, figure
from services.runtime.clock import WallClock

FOLDER = Path(__file__).parent
VISIT_COOKIE = "visit"
"""Holds the secret that proves forms of people who are not signed in."""


def page(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """The whole page of a signed-in person. Endpoints are plain ``def``: this asks the database. Raises UnreachableError, UnknownError."""
    lane = lane_of(request)
    standing = {} if lane is None else {"pulse": pulse_of(request, lane)}
    return HTMLResponse(render(request, template, lane=lane, lanes=lanes_of(request), **standing, **values), status)


def part(request: Request, template: str, **values: object) -> HTMLResponse:
    """A part of a page, for htmx to put in: as ``page``, without menu and standing."""
    return HTMLResponse(render(request, template, lane=lane_of(request), **values))


def render(request: Request, template: str, **values: object) -> str:
    """The template's text. Asks nothing of the database."""
    templates: jinja2.Environment = request.app.state.templates
    return templates.get_template(template).render(**_standing(request), **values)


def lanes_of(request: Request) -> list[LaneView]:
    """The lanes that the person may see. Raises UnreachableError."""
    known: list[LaneView] | None = getattr(request.state, "lanes", None)
    if known is None:
        person = request.state.admitted.person
        may_know_drills = person.may(Right.SEE) or person.may(Right.DRILL)
        known = [
            lane
            for lane in lanes(shell_of(request).shelf)
            if person.sees(lane.chain) and (may_know_drills or not lane.is_drill)
        ]
        request.state.lanes = known
    return known


def lane_of(request: Request) -> LaneView | None:
    """The lane of ``?lane=``, or the one shown without a wish; None while there is none. Raises UnknownError for a lane the person cannot see."""
    wanted = request.query_params.get("lane")
    found = chosen(lanes_of(request), wanted, is_page=not request.url.path.startswith("/api/"))
    if found is None and wanted:
        raise UnknownError(
            f"没有泳道 {wanted[:80]}，或不在您的范围内", "there is no such lane, or it is outside your scope"
        )
    return found


def pulse_of(request: Request, lane: LaneView) -> Pulse:
    """How old what the lane shows is; many who ask at once share one reading. Raises UnreachableError."""
    pulses: Shared[Pulse] = request.app.state.pulses
    return pulses.get(lane.name, lambda: pulse(shell_of(request).shelf, lane.name))


def language(request: Request) -> Language:
    """The language this visitor reads."""
    return language_of(request.cookies.get(COOKIE))


def _standing(request: Request) -> dict[str, Any]:
    admitted: Admitted | None = getattr(request.state, "admitted", None)
    person = None if admitted is None else admitted.person
    secret = request.cookies.get(VISIT_COOKIE, "") if admitted is None else admitted.secret
    return {
        "request": request,
        "language": language(request),
        "person": person,
        "session": None if admitted is None else admitted.session,
        "csrf": form_proof(secret) if secret else "",
        "places": [] if person is None else places_of(person, request.app.state.served),
        "served": request.app.state.served,
        "here": request.url.path,
    }


def environment() -> jinja2.Environment:
    """The templates, with the words and shapes that all of them use. Everything put in is escaped; an unknown name is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_function"] = _dumps
    made.globals |= {"t": _word, "level": _level, "static": _static, "lane": None, "pulse": None, "lanes": []}
    made.globals |= TEMPLATE
    made.filters |= {"local": _local, "clock": _clock, "age": _age, "span": _span, "figure": figure}
    return made


@pass_context
def _word(context: Context, zh: str, en: str) -> str:
    return en if context.get("language") is Language.EN else zh


@pass_context
def _level(context: Context, level: str | None) -> Markup:
    """The badge of a level: shape, word and colour."""
    face = face_of(level)
    word = face.en if context.get("language") is Language.EN else face.zh
    return Markup('<span class="level level-{}"><span class="shape" aria-hidden="true">{}</span> {}</span>').format(
        face.level.value, face.shape, word
    )


def _static(name: str) -> str:
    return f"/static/{name}"


@pass_context
def _local(context: Context, moment: datetime | None) -> str:
    return local(moment, context.get("language") or Language.ZH)


@pass_context
def _clock(context: Context, moment: datetime | None) -> str:
    return local(moment, context.get("language") or Language.ZH, "%H:%M")


@pass_context
def _age(context: Context, moment: datetime | None) -> str:
    lane: LaneView | None = context.get("lane")
    now = lane.now if lane is not None else WallClock().now()
    return age(moment, now, context.get("language") or Language.ZH)


@pass_context
def _span(context: Context, seconds: float) -> str:
    return span(seconds, context.get("language") or Language.ZH)


def _dumps(value: object, **_options: object) -> str:
    return msgspec.json.encode(value).decode()
