"""What a decision leaves behind, in the shape of the tables: tasks, timers, notifications, commands, and the change of one run."""

import hashlib
from datetime import datetime

from msgspec import Struct

from schemas.command import Command
from schemas.run import Run, RunEvent
from services.response.playbook import Playbook
from services.response.progress import SKIPPED, Progress


class Task(Struct, frozen=True, kw_only=True):
    """Work or a question for one role, with a deadline in lane time. ``assignee`` is ``role: office``."""

    task_id: str
    run_id: str
    lane: str
    step: str
    title_zh: str
    title_en: str
    assignee: str
    state: str
    created_at: datetime
    due_at: datetime | None
    detail: dict[str, str]


class TaskChange(Struct, frozen=True, kw_only=True):
    """A task takes a state; ``detail`` is added to what it holds. ``ended_at`` is None for one that is only overdue."""

    task_id: str
    state: str
    ended_at: datetime | None
    detail: dict[str, str] = {}


class Timer(Struct, frozen=True, kw_only=True):
    """Something due at a lane time. ``kind``: deadline, wait, patience, report."""

    timer_id: str
    run_id: str
    lane: str
    episode: str
    step: str
    kind: str
    due_at: datetime


class Notification(Struct, frozen=True, kw_only=True):
    """One message to one office over one channel. ``created_at`` is lane time. ``role`` names who stands behind it, ``level`` how grave it is,
    ``person`` whom a call is for."""

    notification_id: str
    run_id: str
    lane: str
    step: str
    channel: str
    recipient: str
    text_zh: str
    text_en: str
    created_at: datetime
    role: str = ""
    level: str = ""
    person: str = ""
    state: str = "pending"


class Standing(Struct, frozen=True, kw_only=True):
    """A run as it stands: its copied playbook and how far it has come."""

    run: Run
    playbook: Playbook
    progress: Progress

    @property
    def sequence(self) -> int:
        """Sequence of the last alert that it heard."""
        return self.progress.sequence

    @property
    def taken(self) -> frozenset[str]:
        """Ids of the plan's steps taken so far."""
        return frozenset(
            name for name, s in self.progress.steps.items() if s.outcome != SKIPPED and not name.startswith("@")
        )


class Change(Struct, frozen=True, kw_only=True):
    """What one happening does to one run: how it stands afterwards and the rows to write. ``ended_at`` is set when it ends the run;
    ``stopped`` are steps whose timers are dropped. ``is_told``: the run's topic hears of it."""

    after: Standing
    is_new: bool = False
    is_told: bool = True
    ended_at: datetime | None = None
    events: tuple[RunEvent, ...] = ()
    tasks: tuple[Task, ...] = ()
    task_changes: tuple[TaskChange, ...] = ()
    timers: tuple[Timer, ...] = ()
    stopped: tuple[str, ...] = ()
    notifications: tuple[Notification, ...] = ()
    commands: tuple[Command, ...] = ()


def digest(prefix: str, *parts: object) -> str:
    """An id computed from content, so that a replay gives the same one.

    >>> digest("run", "live", "ep-1") == digest("run", "live", "ep-1")
    True
    """
    return f"{prefix}-{hashlib.sha256('|'.join(map(str, parts)).encode()).hexdigest()[:16]}"
