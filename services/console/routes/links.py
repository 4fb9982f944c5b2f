"""``/links`` 关键环节: what the chain can least do without, and what to protect first."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.access.person import Right
from services.console.deeds.ranking import KINDS, ranking
from services.console.page import page, part
from services.console.reading.ranking import asked, newest
from services.console.routes.guard import Asking, Seeing
from services.console.routes.ordering import OrderForm, give, new_nonce, open_lane, standing_lane
from services.console.routes.report import PLAIN, chain_of
from services.console.shell import shell_of

router = APIRouter()
Viewer = Seeing
Short = Annotated[str, Query(max_length=100, pattern=PLAIN)]
MOST = 15
"""So many lines stand open; the others are a click away."""


class RankingForm(OrderForm):
    """Ask anew: which question, for which node alone (empty: for all), with the pairs that are worse together."""

    kind: str
    focus: str = ""
    pairs: str = ""


@router.get("/links")
def show(request: Request, person: Viewer, points: Short = "", links: Short = "") -> HTMLResponse:
    """Both answers: those that were just asked for, else the newest."""
    shell, lane = shell_of(request), standing_lane(request)
    chain = chain_of(request, person, lane)
    shown = {
        kind: asked(shell.shelf, lane, chain, command) if command else newest(shell.shelf, lane, chain, kind)
        for kind, command in zip(KINDS, (points, links), strict=True)
    }
    return page(
        request,
        "links.html",
        chain=chain,
        points=shown[KINDS[0]],
        links=shown[KINDS[1]],
        awaited=_awaited(points, links),
        most=MOST,
        may_ask=person.may(Right.ASK) and lane.closed_at is None,
        nonce=new_nonce(),
    )


@router.get("/links/answer")
def show_answer(request: Request, person: Viewer, kind: Short, command: Short) -> HTMLResponse:
    """One answer, once it is there."""
    shell, lane = shell_of(request), standing_lane(request)
    found = asked(shell.shelf, lane, chain_of(request, person, lane), command)
    return part(
        request,
        "_links_answer.html",
        found=found,
        kind=kind if kind in KINDS else KINDS[0],
        command=command,
        most=MOST,
        may_ask=person.may(Right.ASK) and lane.closed_at is None,
        nonce=new_nonce(),
    )


@router.post("/links")
def ask(
    request: Request,
    person: Asking,
    form: Annotated[RankingForm, Fields()],
) -> Response:
    """Ask risk; the answer to the other question stays on the page."""
    lane = open_lane(request)
    order = ranking(chain_of(request, person, lane), form.kind, form.focus.strip(), with_pairs=bool(form.pairs))
    name = give(request, person, lane, order, form, f"{form.focus}|{form.pairs}")
    said = {"lane": lane.name, "points" if form.kind == KINDS[0] else "links": name}
    return RedirectResponse(f"/links?{urlencode(said)}", 303)


def _awaited(points: str, links: str) -> dict[str, str]:
    return dict(zip(KINDS, (points, links), strict=True))
