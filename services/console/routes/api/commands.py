"""``POST /api/v1/commands``: anything a page can order, for programs; each kind asks for its own right (``access/order_kind.py``)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from schemas.lane import LIVE, kind_of
from services.console.access.person import Person
from services.console.errors import WrongError
from services.console.reading.subject import require_scope
from services.console.routes.guard import signed_in
from services.console.routes.ordering import require_fresh
from services.console.shell import shell_of

router = APIRouter(tags=["commands"])
Text = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]


class Order(BaseModel):
    """``kind`` and ``arguments`` as schemas/command.py says; the actor is whoever asks. ``command_id`` makes a repeat harmless."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(max_length=60, pattern=r"^[a-z]+\.[a-z_]+$")]
    arguments: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")], Text], Field(max_length=40)] = {}
    reason: Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")] = ""
    lane: Annotated[str, Field(max_length=80)] = LIVE
    command_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{8,64}$")] | None = None
    apart: Annotated[
        bool, Field(description="批准不以补链或推演为依据 an approval that rests on no remedy or what-if")
    ] = False


class Ordered(BaseModel):
    """The broker has it; what came of it shows in the tables."""

    command_id: str


@router.post("/commands", status_code=202)
def order(order: Order, request: Request, person: Annotated[Person, Depends(signed_in)]) -> Ordered:
    """Order something: audited, then published. 403 without the right, 404 outside one's scope, 409 where an approval rests
    on a remedy or what-if that is out of date, 503 while a part is away."""
    _check_lane(order)
    shell = shell_of(request)
    require_scope(shell.shelf, person, order.lane, order.arguments)
    if order.kind == "playbook.approve":
        require_fresh(request, order.lane, order.arguments.get("task", ""), is_apart=order.apart)
    name = None if order.command_id is None else f"{person.name}.{order.command_id}"  # nobody can take another's
    sent = shell.orders.send(person, order.kind, order.arguments, order.reason, lane=order.lane, command_id=name)
    return Ordered(command_id=sent)


def _check_lane(order: Order) -> None:
    try:
        kind_of(order.lane)
    except ValueError as error:
        raise WrongError(f"没有这样的泳道 {order.lane}", str(error)) from error
