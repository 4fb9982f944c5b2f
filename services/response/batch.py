"""Many changes as rows, each run once, so that a transaction is a few statements. Pure."""

from collections.abc import Collection, Iterable

from msgspec import Struct, structs

from schemas.command import Command
from schemas.run import Run, RunEvent
from services.response.record import Change, Notification, Standing, Task, TaskChange, Timer

RunStep = tuple[str, str]
"""Run and step."""


class Batch(Struct):
    """Rows to write. ``started`` and ``moved``: newest state of each run; ``ended``: runs whose open tasks and timers go; ``stopped``: timers that go
    before ``timers`` of each run are added; ``told``: runs for their topic, in order."""

    started: dict[str, Standing] = {}
    moved: dict[str, Change] = {}
    ended: dict[str, Change] = {}
    events: list[RunEvent] = []
    tasks: list[Task] = []
    task_changes: dict[str, TaskChange] = {}
    stopped: list[RunStep] = []
    timers: dict[str, dict[str, Timer]] = {}
    notifications: list[Notification] = []
    told: list[Run | Command] = []


def batch_of(changes: Iterable[Change], rung: Collection[str] = ()) -> Batch:
    """The rows of changes, in their order; of timers that went off nothing is left."""
    batch = Batch()
    for change in changes:
        run = change.after.run
        if change.is_new or run.run_id in batch.started:
            batch.started[run.run_id] = change.after
        batch.moved[run.run_id] = change
        if change.ended_at is not None:
            batch.ended[run.run_id] = change
        batch.events += change.events
        batch.tasks += change.tasks
        for task_change in change.task_changes:
            _take_task_change(batch, task_change)
        batch.notifications += change.notifications
        _take_timers(batch, change)
        if change.is_told:
            batch.told.append(run)
        batch.told += change.commands
    gone = set(rung)
    for run_id, timers in batch.timers.items():
        batch.timers[run_id] = {name: timer for name, timer in timers.items() if name not in gone}
    return batch


def _take_task_change(batch: Batch, change: TaskChange) -> None:
    """One change a task: what ended it first counts, as in the table."""
    earlier = batch.task_changes.get(change.task_id)
    if earlier is None:
        batch.task_changes[change.task_id] = change
    elif earlier.ended_at is None:
        batch.task_changes[change.task_id] = structs.replace(change, detail=earlier.detail | change.detail)


def _take_timers(batch: Batch, change: Change) -> None:
    run_id = change.after.run.run_id
    batch.stopped += [(run_id, step) for step in change.stopped]
    timers = {} if change.ended_at else batch.timers.get(run_id, {})
    timers = {name: timer for name, timer in timers.items() if timer.step not in change.stopped}
    if change.ended_at is None:
        timers |= {timer.timer_id: timer for timer in change.timers}
    batch.timers[run_id] = timers
