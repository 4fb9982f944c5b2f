"""What overview, map and wall look at: the lane that was asked for, through the one outlook of the application."""

from fastapi import Request

from services.console.look import Look, Outlook
from services.console.page import lane_of
from services.console.routes.stream import listener_of
from services.console.shell import shell_of


def outlook_of(request: Request) -> Outlook:
    """The outlook of this application."""
    state = request.app.state
    if not hasattr(state, "outlook"):
        shell = shell_of(request)
        state.outlook = Outlook(shell.shelf, shell.clock, listener_of(request).stamp)
    outlook: Outlook = state.outlook
    return outlook


def look_of(request: Request) -> Look | None:
    """The lane as it is now; None while there is no lane or its chain was never imported. Raises UnreachableError, UnknownError."""
    lane = lane_of(request)
    return None if lane is None else outlook_of(request).at(lane)
