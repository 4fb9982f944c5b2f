"""``/``: what is open, where, how long is left, who is at it; what is unknown; how old all this is."""

from types import SimpleNamespace

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.console.chart.interval import told
from services.console.chart.overview import DAY_BUDGET, Overview, overview_of
from services.console.chart.words import hazard_words
from services.console.page import page, part
from services.console.routes.guard import Seeing
from services.console.routes.sight import look_of
from services.console.wording import product as product_words

router = APIRouter()
SAY = SimpleNamespace(hazard=hazard_words, product=product_words, left=told, day_budget=DAY_BUDGET)
"""What the templates of overview, map and wall say things with."""


@router.get("/")
def overview(request: Request, person: Seeing) -> HTMLResponse:
    """The whole page."""
    del person
    return page(request, "overview.html", view=view_of(request), say=SAY)


@router.get("/overview")
def overview_part(request: Request, person: Seeing) -> HTMLResponse:
    """Its changing part."""
    del person
    return part(request, "_overview.html", view=view_of(request), say=SAY)


def view_of(request: Request) -> Overview | None:
    """The overview of the lane that was asked for; None while there is nothing to show. Raises UnreachableError, UnknownError."""
    look = look_of(request)
    return None if look is None else overview_of(look.chain, look.picture, look.state)
