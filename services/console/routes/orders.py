"""``/orders/{command_id}``: what came of an order, for the page that gave it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse

from services.console.page import part
from services.console.reading.order_state import state_of
from services.console.routes.guard import Seeing
from services.console.routes.ordering import standing_lane
from services.console.shell import shell_of

router = APIRouter()


@router.get("/orders/{command_id}")
def show(
    request: Request,
    person: Seeing,
    command_id: Annotated[str, Path(max_length=100, pattern=r"^[^\x00]*$")],
    about: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
) -> HTMLResponse:
    """Waiting, done, or refused and why."""
    del person
    found = state_of(shell_of(request).shelf, standing_lane(request).name, command_id, about)
    return part(request, "_order.html", order=found, about=about)
