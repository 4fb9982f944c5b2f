"""``/wall``: one screen for the wall of the duty room. It scrolls nothing, asks nothing, and covers itself when what it shows cannot be trusted."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.console.page import page, part
from services.console.routes.guard import Seeing
from services.console.routes.overview import SAY, view_of

router = APIRouter()
SILENT_MS = 15_000
"""So long the wall waits for a heartbeat (one comes every five seconds) before it covers itself."""
JUMP_MS = 5_000
"""A browser's clock that is off by more than this, against its own or the server's, covers the wall."""
MOST_SHOWN = 6


@router.get("/wall")
def wall(request: Request, person: Seeing) -> HTMLResponse:
    """The whole screen."""
    del person
    return page(
        request, "wall.html", view=view_of(request), say=SAY, most=MOST_SHOWN, silent_ms=SILENT_MS, jump_ms=JUMP_MS
    )


@router.get("/wall/part")
def wall_part(request: Request, person: Seeing) -> HTMLResponse:
    """Its changing part."""
    del person
    return part(request, "_wall.html", view=view_of(request), say=SAY, most=MOST_SHOWN)
