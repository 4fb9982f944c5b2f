"""``/api/v1/lanes`` and the description of this interface."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from services.console.access.person import Person
from services.console.errors import UnknownError
from services.console.page import lanes_of
from services.console.reading.lane import pulse
from services.console.routes.guard import Seeing, signed_in
from services.console.shell import shell_of

router = APIRouter()


class Lane(BaseModel):
    """A lane and its clock. ``closed_at`` null: it is open."""

    name: str
    kind: str
    chain: str
    now: datetime
    rate: float
    opened_at: datetime
    closed_at: datetime | None


class Pulse(BaseModel):
    """How old what a lane shows is; null: not known."""

    data_until: datetime | None
    judged_at: datetime | None


@router.get("/lanes", tags=["lanes"])
def show(request: Request, person: Seeing) -> list[Lane]:
    """The lanes one may see: the live one first, then the open ones."""
    del person
    return [Lane(**{name: getattr(lane, name) for name in lane.__struct_fields__}) for lane in lanes_of(request)]


@router.get("/lanes/{lane}/pulse", tags=["lanes"])
def beat(lane: str, request: Request, person: Seeing) -> Pulse:
    """数据截至 and the last assessment of a lane."""
    del person
    if lane not in {known.name for known in lanes_of(request)}:
        raise UnknownError("没有这条泳道，或不在您的范围内", "there is no such lane, or it is outside your scope")
    found = pulse(shell_of(request).shelf, lane)
    return Pulse(data_until=found.data_until, judged_at=found.judged_at)


@router.get("/openapi.json", include_in_schema=False)
def description(request: Request, person: Annotated[Person, Depends(signed_in)]) -> dict[str, Any]:
    """This interface as OpenAPI."""
    del person
    described: dict[str, Any] = request.app.openapi()
    return described
