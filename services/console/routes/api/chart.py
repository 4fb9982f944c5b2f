"""``/api/v1/overview``, ``/api/v1/map/chain``, ``/api/v1/map/state``, ``/api/v1/map/flows``: what overview and map show."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.console.chart.drawn import DrawnMap, drawn
from services.console.chart.flows_ahead import FlowsAhead, flows_ahead
from services.console.chart.map_chain import MapChain
from services.console.chart.overview import Overview, overview_of
from services.console.errors import UnknownError
from services.console.look import Look
from services.console.page import lane_of
from services.console.reading.answer import answer_of, newest_flows
from services.console.routes.guard import Seeing
from services.console.routes.report import PLAIN
from services.console.routes.sight import look_of, outlook_of
from services.console.shell import shell_of

router = APIRouter(tags=["picture"])
Seeing = Seeing
Lane = Annotated[str | None, Query(description="泳道；不填为实时泳道 the lane; the live one without it", max_length=80)]
_FOR_EVER = {"Cache-Control": "private, max-age=86400, immutable"}


def answers(kind: Any) -> dict[int | str, dict[str, Any]]:
    """The schema of an answer that msgspec writes."""
    schema = msgspec.json.schema(kind)
    return {200: {"content": {"application/json": {"schema": _inlined(schema)}}}}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its definitions put where they are used, for OpenAPI knows no ``$defs`` in an answer."""
    definitions = schema.get("$defs", {})

    def put(part: object) -> object:
        if isinstance(part, dict):
            name = part.get("$ref", "").rpartition("/")[2] if isinstance(part.get("$ref"), str) else ""
            return (
                put(definitions[name]) if name else {key: put(value) for key, value in part.items() if key != "$defs"}
            )
        return [put(each) for each in part] if isinstance(part, list) else part

    made = put(schema)
    assert isinstance(made, dict)  # it was one
    return made


@router.get("/overview", responses=answers(Overview), response_class=Response)
def overview(request: Request, person: Seeing, lane: Lane = None) -> Response:
    """Open incidents, places by level, unknown places, hindrances, interruptions of a lane."""
    del person, lane
    look = _look(request)
    return _json(overview_of(look.chain, look.picture, look.state))


@router.get("/map/chain", responses=answers(MapChain), response_class=Response)
def map_chain(
    request: Request,
    person: Seeing,
    lane: Lane = None,
    version: Annotated[
        str | None, Query(description="版本；不填为现行 the one in force without it", max_length=80)
    ] = None,
) -> Response:
    """Places with their spots, links and products of the lane's chain. With ``version`` it never changes."""
    del person, lane
    shown = lane_of(request)
    found = None if shown is None else outlook_of(request).map(shown.chain, version)
    if found is None:
        raise UnknownError("没有这个链条版本", "there is no such version of the chain")
    return _json(found, _FOR_EVER if version else None)


@router.get("/map/state", responses=answers(DrawnMap), response_class=Response)
def map_state(request: Request, person: Seeing, lane: Lane = None) -> Response:
    """How each place of the lane's chain stands, now and in the next 14 days; flows, tasks, incidents."""
    del person, lane
    return _json(drawn(_look(request).state))


@router.get("/map/flows", responses=answers(FlowsAhead), response_class=Response)
def map_flows(
    request: Request,
    person: Seeing,
    lane: Lane = None,
    asked: Annotated[
        str | None, Query(description="刚问的命令号 the id of a question just asked", max_length=80, pattern=PLAIN)
    ] = None,
) -> Response:
    """What the links of the lane's chain will carry in the next 14 days, as last answered; ask anew by a command ``risk.flows``."""
    del person, lane
    look, shelf = _look(request), shell_of(request).shelf
    of = look.picture.lane
    answer = answer_of(shelf, of.name, asked) if asked else None
    return _json(flows_ahead(look.chain, newest_flows(shelf, of.name), answer, of.now))


def _look(request: Request) -> Look:
    found = look_of(request)
    if found is None:
        raise UnknownError("还没有泳道或链条", "there is no lane or chain yet")
    return found


def _json(value: object, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", headers=headers)
