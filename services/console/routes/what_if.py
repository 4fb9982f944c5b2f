"""``/what-if``: suppose that something fails, and see who breaks when beside how things stand now."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from schemas.chain import Chain
from services.console.access.person import Person
from services.console.configured.store import read_kinds
from services.console.deeds import question
from services.console.errors import UnknownError
from services.console.page import page, part
from services.console.reading.answer import newest_answers
from services.console.reading.chain import read_chain
from services.console.reading.lane import LaneView
from services.console.reading.what_if import Compared, Supposed, compared
from services.console.routes.guard import Asking
from services.console.routes.ordering import OrderForm, give, new_nonce, open_lane, standing_lane
from services.console.shell import shell_of

router = APIRouter()
Short = Annotated[str, Query(max_length=120, pattern=r"^[^\x00]*$")]


class Question(OrderForm):
    """What is supposed. ``left`` and ``use`` are per cent; ``by_kind`` takes the kind's own depth and length."""

    place: str = "node"
    node: str = ""
    link: str = ""
    area: str = ""
    kind: str = "loss"
    left: str = ""
    days: str = ""
    use: str = ""
    by_kind: str = ""


@router.get("/what-if")
def show(
    request: Request,
    person: Asking,
    node: Short = "",
    asked: Short = "",
) -> HTMLResponse:
    """The sliders, the answer that was asked for, and earlier ones."""
    shell, lane = shell_of(request), standing_lane(request)
    chain = _chain(request, person, lane)
    kinds = read_kinds(shell.settings.config)
    found = compared(shell.shelf, lane, asked) if asked else None
    return page(
        request,
        "what_if.html",
        chain=chain,
        kinds=kinds,
        areas=sorted({n.admin_code for n in chain.nodes if n.kind != "demand" and n.admin_code}),
        supposed=found.supposed if found is not None else Supposed(node=node),
        asked=asked,
        found=found,
        earlier=[a for a in newest_answers(shell.shelf, lane.name, "risk.what_if") if a.command_id != asked],
        nonce=new_nonce(),
    )


@router.get("/what-if/answer")
def show_answer(request: Request, person: Asking, asked: Short) -> HTMLResponse:
    """The answer, once it is there."""
    lane = standing_lane(request)
    _chain(request, person, lane)
    found: Compared | None = compared(shell_of(request).shelf, lane, asked)
    return part(request, "_what_if_answer.html", found=found, asked=asked, nonce=new_nonce())


@router.post("/what-if")
def ask(request: Request, person: Asking, form: Annotated[Question, Fields()]) -> Response:
    """Ask risk."""
    shell, lane = shell_of(request), open_lane(request)
    chain = _chain(request, person, lane)
    said = form.model_dump(exclude={"csrf", "nonce", "back", "by_kind"})
    if form.by_kind:
        said |= {"left": "", "days": ""}
    kinds = {name: kind.name_zh for name, kind in read_kinds(shell.settings.config).kinds.items()}
    order = question.what_if(chain, said, kinds)
    name = give(request, person, lane, order, form, "|".join(order.arguments.values()))
    return RedirectResponse(f"/what-if?{urlencode({'lane': lane.name, 'asked': name})}#answer", 303)


def _chain(request: Request, person: Person, lane: LaneView) -> Chain:
    chain = read_chain(shell_of(request).shelf, lane.chain) if person.sees(lane.chain) else None
    if chain is None:
        raise UnknownError("链条尚未导入，或不在您的范围内", "the chain was never imported, or is outside your scope")
    return chain
