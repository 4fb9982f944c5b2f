"""``/map``: the chain as a picture, the same as a table, and what a place says when one asks it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, JSONResponse

from schemas.level import Level, rank
from services.console.access.person import Right
from services.console.chart.rows import MOST_ROWS, lines
from services.console.chart.words import kind_words
from services.console.deeds import question
from services.console.errors import UnknownError
from services.console.look import Look
from services.console.page import lane_of, lanes_of, page, part
from services.console.reading.assessment import newest
from services.console.routes.guard import Asking, Seeing
from services.console.routes.ordering import OrderForm, give, open_lane
from services.console.routes.overview import SAY
from services.console.routes.sight import look_of, outlook_of
from services.console.shell import shell_of

router = APIRouter()
Short = Annotated[str, Query(max_length=100)]


@router.get("/map")
def chain_map(request: Request, person: Seeing, view: Short = "", incident: Short = "") -> HTMLResponse:
    """The page. ``view=table`` shows the table at once; ``incident`` lights up what belongs to an incident."""
    lane = lane_of(request)
    known = None if lane is None else outlook_of(request).map(lane.chain)
    drills = [each for each in lanes_of(request) if each.is_drill and each.closed_at is None and each != lane]
    table = _table(request) if view == "table" else {}
    may_ask = person.may(Right.ASK) and lane is not None and lane.closed_at is None
    values = {
        "chain": known,
        "incident": incident,
        "drills": drills,
        "is_table": view == "table",
        "say": SAY,
        "may_ask": may_ask,
    } | table
    return page(request, "map.html", **values)  # type: ignore[arg-type]  # none of the values is called status


@router.post("/map/flows")
def ask_flows(request: Request, person: Asking, form: Annotated[OrderForm, Fields()]) -> JSONResponse:
    """Ask what the links will carry; the stream tells when the answer is there. Returns the id of the question."""
    lane = open_lane(request)
    if look_of(request) is None:
        raise UnknownError("链条尚未导入", "the chain was never imported")
    return JSONResponse({"asked": give(request, person, lane, question.flows(), form, "")})


@router.get("/map/table")
def map_table(request: Request, person: Seeing) -> HTMLResponse:
    """The table alone. ``level`` and ``product`` choose lines."""
    del person
    return part(request, "_map_table.html", say=SAY, **_table(request))


@router.get("/map/node/{node}")
def map_node(request: Request, node: str, person: Seeing) -> HTMLResponse:
    """What the side panel says of a place. Raises UnknownError for one that the chain does not have."""
    del person
    look, lane = look_of(request), lane_of(request)
    found = next((i for i, each in enumerate(look.chain.nodes) if each.id == node), None) if look else None
    if look is None or lane is None or found is None:
        raise UnknownError(f"链条里没有环节 {node[:80]}", "the chain has no such place")
    names = {each.id: (each.name_zh, each.name_en) for each in look.chain.nodes}
    told = newest(shell_of(request).shelf, lane.name, [node])
    return part(
        request,
        "_map_node.html",
        say=SAY,
        place=look.chain.nodes[found],
        kind=kind_words(look.chain.nodes[found].kind),
        spot=look.state.spots[found],
        told=told,
        causes=[cause for each in told if rank(each.level) or each.level is Level.UNKNOWN for cause in each.causes],
        incidents=[i for i in look.state.incidents if i.id in look.state.spots[found].incidents],
        names=names,
    )


def _table(request: Request) -> dict[str, object]:
    look: Look | None = look_of(request)
    level, product = (request.query_params.get(name, "")[:40] for name in ("level", "product"))
    rows = [] if look is None else lines(look.chain, look.state, level=level, product=product)
    return {
        "rows": rows[:MOST_ROWS],
        "more": max(0, len(rows) - MOST_ROWS),
        "level_wanted": level,
        "product_wanted": product,
    }
