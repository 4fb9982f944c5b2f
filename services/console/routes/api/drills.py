"""``/api/v1/drills``: drills as their logs tell them, for programs. What steers them is ordered by ``POST /commands``."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from services.console.access.person import Person
from services.console.reading.drill import Held, cockpit_of, drills
from services.console.routes import cockpit
from services.console.routes.drills import is_open_to
from services.console.routes.form import Name
from services.console.routes.guard import Drilling, signed_in
from services.console.shell import shell_of

router = APIRouter(tags=["drills"])


class Drill(BaseModel):
    """A drill. ``minute`` is drill time, of ``minutes``; ``ended`` null: it goes on."""

    drill: str
    name_zh: str
    name_en: str
    chain: str
    stand: str
    begun: datetime
    ended: datetime | None
    minute: float
    minutes: float


class Inject(BaseModel):
    """One row of the MSEL; ``given`` null: not given."""

    id: str
    kind: str
    state: str
    planned: float
    given: float | None
    text_zh: str


class Step(BaseModel):
    """What is expected of a member, and what became of it; minutes of drill time."""

    id: str
    member: str
    step: str
    outcome: str
    due: float | None
    done: float | None


class Course(BaseModel):
    """A drill with injects, steps and score. ``points`` null: nothing counts yet."""

    drill: Drill
    rate: float
    lane: str
    points: float | None
    injects: list[Inject]
    steps: list[Step]


@router.get("/drills")
def listed(request: Request, person: Annotated[Person, Depends(signed_in)]) -> list[Drill]:
    """The newest drills: all for whoever runs them, else those one takes part in."""
    shell = shell_of(request)
    return [_drill(held) for held in drills(shell.shelf, shell.clock.now()) if is_open_to(person, held)]


@router.get("/drills/{drill}")
def course(request: Request, drill: Name, person: Drilling) -> Course:
    """One drill in full, for whoever runs drills."""
    held, events = cockpit.open_log(request, drill, person)
    seen = cockpit_of(events, shell_of(request).clock.now())
    return Course(
        drill=_drill(held),
        rate=seen.dial.rate,
        lane=seen.lane,
        points=seen.score.points,
        injects=[
            Inject(
                id=line.inject.id,
                kind=line.inject.kind.value,
                state=line.state.value,
                planned=line.inject.minute,
                given=line.at,
                text_zh=line.inject.text_zh,
            )
            for line in seen.injects
        ],
        steps=[
            Step(
                id=judged.expected.id,
                member=judged.expected.member,
                step=judged.expected.step.value,
                outcome=judged.outcome.value,
                due=judged.due,
                done=judged.done,
            )
            for judged in seen.score.judged
        ],
    )


router.get("/drills/{drill}/report.{form}", response_class=cockpit.File)(cockpit.report)


def _drill(held: Held) -> Drill:
    return Drill(
        drill=held.drill,
        name_zh=held.plan.name_zh,
        name_en=held.plan.name_en,
        chain=held.chain,
        stand=held.stand.value,
        begun=held.begun,
        ended=held.ended,
        minute=held.minute,
        minutes=held.plan.minutes,
    )
