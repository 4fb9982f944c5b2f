"""``/api/v1/incidents``, ``/tasks``, ``/runs``, ``/answers``: what the pages about them show, as JSON; orders go through ``/api/v1/commands``."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from msgspec import Struct

from services.console.errors import UnknownError
from services.console.reading.answer import answer_of
from services.console.reading.incident import Incident
from services.console.reading.names import Name
from services.console.reading.run import Official, Run, run_of
from services.console.reading.task import Task, open_tasks
from services.console.reading.timeline import Entry
from services.console.routes.api.chart import answers
from services.console.routes.guard import Seeing
from services.console.routes.ordering import standing_lane
from services.console.routes.sight import incident_of
from services.console.shell import shell_of

router = APIRouter(tags=["incidents"])
Seeing = Seeing
Key = Annotated[str, Path(max_length=100, pattern=r"^[^\x00]*$")]
Lane = Annotated[str | None, Query(description="泳道；不填为实时泳道 the lane; the live one without it", max_length=80)]


class MemberOut(Struct, frozen=True):
    """One warning of an incident; ``level`` is the one to show now, unknown where nobody sees it."""

    episode: str
    place: Name
    product: str
    hazard: str
    role: str
    state: str
    level: str
    owners: tuple[str, ...]
    open_tasks: int
    overdue_tasks: int


class IncidentOut(Struct, frozen=True, kw_only=True):
    """An incident. Hours count from ``judged_at``; null: later than the horizon, or not known. ``path`` is masked where it leaves one's chains."""

    name: str
    lane: str
    level: str
    headline_zh: str
    headline_en: str
    opened_at: datetime
    judged_at: datetime | None
    hours_p10: float | None
    hours_p50: float | None
    hours_p90: float | None
    probability: dict[str, float]
    confidence: float | None
    path: list[Name]
    change_zh: str
    change_en: str
    official: Official | None
    response: str
    acknowledged_by: str
    acknowledged_until: datetime | None
    members: list[MemberOut]
    runs: list[str]
    tasks: list[Task]
    timeline: list[Entry]


class AnswerOut(Struct, frozen=True, kw_only=True):
    """What risk answered to a command. ``is_stale`` 已过时: too old, by the lane clock, to be approved or used."""

    command_id: str
    kind: str
    as_of: datetime | None
    is_stale: bool
    headline_zh: str
    headline_en: str
    problem: str
    body: dict[str, Any]


@router.get("/incidents/{name}", responses=answers(IncidentOut), response_class=Response)
def incident(request: Request, person: Seeing, name: Key, lane: Lane = None) -> Response:
    """An incident by its name or that of one of its episodes."""
    del lane
    shown = standing_lane(request)
    return _json(_incident(incident_of(request, person, shown, name), shown.name))


@router.get("/tasks", responses=answers(list[Task]), response_class=Response)
def tasks(request: Request, person: Seeing, lane: Lane = None) -> Response:
    """What is open in a lane, the first deadline first."""
    del lane
    shown = standing_lane(request)
    return _json([t for t in open_tasks(shell_of(request).shelf, shown.name) if person.sees(t.chain or shown.chain)])


@router.get("/runs/{run_id}", responses=answers(Run), response_class=Response)
def run(request: Request, person: Seeing, run_id: Key, lane: Lane = None) -> Response:
    """A run of a plan with its steps."""
    del lane
    shown = standing_lane(request)
    found = run_of(shell_of(request).shelf, run_id)
    if found is None or found.lane != shown.name or not person.sees(found.chain or shown.chain):
        raise UnknownError("没有这次预案运行，或不在您的范围内", "there is no such run, or it is outside your scope")
    return _json(found)


@router.get("/answers/{command_id}", responses=answers(AnswerOut), response_class=Response)
def answer(request: Request, person: Seeing, command_id: Key, lane: Lane = None) -> Response:
    """The answer to a question asked by ``/api/v1/commands``; 404 while it is awaited."""
    del person, lane
    shown = standing_lane(request)
    found = answer_of(shell_of(request).shelf, shown.name, command_id)
    if found is None:
        raise UnknownError("尚无答复", "there is no answer yet")
    stated = {name: getattr(found, name) for name in found.__struct_fields__ if name != "lane"}
    return _json(AnswerOut(**stated, is_stale=found.is_stale(shown.now)))


def _incident(found: Incident, lane: str) -> IncidentOut:
    alert, judged = found.alert, found.found
    return IncidentOut(
        name=found.name,
        lane=lane,
        level=found.level.value,
        headline_zh=alert.headline_zh,
        headline_en=alert.headline_en,
        opened_at=alert.opened_at,
        judged_at=judged.as_of if judged is not None else None,
        hours_p10=judged.hours_to_minimum_p10 if judged is not None else None,
        hours_p50=judged.hours_to_minimum_p50 if judged is not None else None,
        hours_p90=judged.hours_to_minimum_p90 if judged is not None else None,
        probability=judged.probability if judged is not None else {},
        confidence=judged.confidence if judged is not None else None,
        path=found.names.path(alert.path or [alert.node]),
        change_zh=judged.smallest_change_zh if judged is not None else "",
        change_en=judged.smallest_change_en if judged is not None else "",
        official=found.warning,
        response=found.response,
        acknowledged_by=alert.acknowledged_by,
        acknowledged_until=alert.acknowledged_until,
        members=_members(found),
        runs=[run.run_id for run in found.runs],
        tasks=list(found.tasks),
        timeline=list(found.entries),
    )


def _members(found: Incident) -> list[MemberOut]:
    return [
        MemberOut(
            episode=each.alert.episode,
            place=found.names[each.alert.node],
            product=each.alert.product,
            hazard=each.alert.hazard.value,
            role=each.alert.role.value,
            state=each.alert.state.value,
            level=each.level.value,
            owners=each.owners,
            open_tasks=each.open_tasks,
            overdue_tasks=each.overdue_tasks,
        )
        for each in found.members
    ]


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
