"""What pages look at: a lane through the one outlook of the application, and an incident, read once for all who ask before it changes."""

from fastapi import Request

from services.console.access.person import Person
from services.console.errors import UnknownError
from services.console.look import Look, Outlook
from services.console.page import lane_of
from services.console.reading.incident import Incident, read_incident
from services.console.reading.lane import LaneView
from services.console.shell import shell_of


def outlook_of(request: Request) -> Outlook:
    """The outlook of this application."""
    outlook: Outlook = request.app.state.outlook
    return outlook


def look_of(request: Request) -> Look | None:
    """The lane as it is now; None while there is no lane or its chain was never imported. Raises UnreachableError, UnknownError."""
    lane = lane_of(request)
    return None if lane is None else outlook_of(request).at(lane)


def incident_of(request: Request, person: Person, lane: LaneView, name: str) -> Incident:
    """An incident as this person may see it; the parts of a page, and pages of people who may see the same, share a reading until the
    stream was told of a change. Raises UnreachableError, UnknownError for one that is not there or outside his scope."""
    state, shell, key = request.app.state, shell_of(request), (lane.name, name, person.chains)

    def read() -> Incident | None:
        with shell.shelf.together():
            return read_incident(shell.shelf, lane, name, person.sees, shell.clock.now(), outlook_of(request).chain)

    stamp = state.listener.stamp(lane.name)
    found: Incident | None = state.kept_incidents.get(key, stamp, lambda: state.incidents.get(key, read))
    if found is None:
        raise UnknownError("没有这个险情，或不在您的范围内", "there is no such incident, or it is outside your scope")
    return found
