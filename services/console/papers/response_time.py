"""How fast people were: mean time to acknowledge (MTTA) and to resolve (MTTR), per step of the plans."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import mean, median

from msgspec import Struct

from services.console.papers.known import Task, Told
from services.console.papers.words import hours_between


class StepTimes(Struct, frozen=True, kw_only=True):
    """One step of a plan over a period: tasks given, done, done late, still open past their deadline; mean and median hours to done or None."""

    plan: str
    step: str
    title: str
    given: int
    done: int
    late: int
    overdue: int
    mean_h: float | None
    median_h: float | None


def step_times(tasks: Sequence[Task], overdue: Sequence[Task]) -> list[StepTimes]:
    """Times per step, by plan and step. Cancelled tasks count as given and never as done: nobody did them.

    MTTR of a step is the mean of ``ended_at - created_at`` over tasks done.
    """
    by_step: dict[tuple[str, str], list[Task]] = defaultdict(list)
    for task in tasks:
        by_step[task.plan, task.step].append(task)
    late_now = {id(t) for t in overdue}
    return [_one(plan, step, found, late_now) for (plan, step), found in sorted(by_step.items())]


def _one(plan: str, step: str, tasks: Sequence[Task], overdue: set[int]) -> StepTimes:
    done = [t for t in tasks if t.state == "done" and t.ended_at is not None]
    hours = [hours_between(t.created_at, t.ended_at) for t in done if t.ended_at is not None]
    return StepTimes(
        plan=plan,
        step=step,
        title=tasks[0].title,
        given=len(tasks),
        done=len(done),
        late=sum(t.was_late() for t in done),
        overdue=sum(id(t) in overdue for t in tasks),
        mean_h=mean(hours) if hours else None,
        median_h=median(hours) if hours else None,
    )


def acknowledged(told: Sequence[Told]) -> tuple[int, float | None, float | None]:
    """How many messages were acknowledged, and mean and median hours until then (None: none was)."""
    hours = [t.acknowledged_after_h for t in told if t.acknowledged_after_h is not None]
    return len(hours), mean(hours) if hours else None, median(hours) if hours else None
