"""``/nodes/{chain}/{node}``: one place."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from services.console.access.person import Person
from services.console.errors import UnknownError
from services.console.page import page, part
from services.console.reading.incident import HORIZONS
from services.console.reading.node import NodeView, read_node
from services.console.reading.telephone import events_of
from services.console.routes.guard import Seeing
from services.console.routes.ordering import standing_lane
from services.console.shell import shell_of
from services.console.wording import HAZARDS

router = APIRouter()
Chain = Annotated[str, Path(max_length=100, pattern=r"^[^\x00]*$")]
Node = Annotated[str, Path(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("/nodes/{chain}/{node}")
def show(request: Request, person: Seeing, chain: Chain, node: Node) -> HTMLResponse:
    """The whole page."""
    return page(request, "node.html", **_values(request, person, chain, node))


@router.get("/nodes/{chain}/{node}/now")
def show_now(request: Request, person: Seeing, chain: Chain, node: Node) -> HTMLResponse:
    """What changes, anew."""
    return part(request, "_node_now.html", **_values(request, person, chain, node))


def _values(request: Request, person: Person, chain: str, node: str) -> dict[str, Any]:
    view = _view(request, person, chain, node)
    reported = events_of(shell_of(request).shelf, standing_lane(request), chain, [node])
    return {"view": view, "reported": reported, "horizons": HORIZONS, "hazards": HAZARDS}


def _view(request: Request, person: Person, chain: str, node: str) -> NodeView:
    found = (
        read_node(shell_of(request).shelf, standing_lane(request), chain, node, person.sees)
        if person.sees(chain)
        else None
    )
    if found is None:
        raise UnknownError("没有这个环节，或不在您的范围内", "there is no such place, or it is outside your scope")
    return found
