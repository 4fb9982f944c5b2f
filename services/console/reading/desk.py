"""What lies on somebody's desk: his own tasks, those anybody may do, all of them; what is overdue first. Pure."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from services.console.access.person import Person, Right
from services.console.configured.roster import Roster
from services.console.reading.task import Task

MINE, OPEN, ALL = "mine", "open", "all"


class Desk(Struct, frozen=True):
    """``whose`` is the choice that is shown; the counts are of each choice."""

    whose: str
    shown: tuple[Task, ...]
    counts: dict[str, int]
    overdue: int


def desk_of(tasks: Collection[Task], roster: Roster, person: Person, now: datetime, whose: str = "") -> Desk:
    """The desk of a person. Without a choice his own tasks, else those that he may do, else all."""
    found = {
        MINE: [t for t in tasks if roster.is_own(t.role, person.name, person.display)],
        OPEN: [t for t in tasks if roster.may_speak(t.role, person.name) and person.may(_right(t))],
        ALL: list(tasks),
    }
    chosen = whose if whose in found else next((name for name in (MINE, OPEN) if found[name]), ALL)
    shown = sorted(found[chosen], key=lambda t: (not t.is_overdue(now), t.due_at is None, t.due_at or now, t.task_id))
    return Desk(
        chosen, tuple(shown), {name: len(each) for name, each in found.items()}, sum(t.is_overdue(now) for t in shown)
    )


def _right(task: Task) -> Right:
    return Right.APPROVE if task.is_question else Right.ACT
