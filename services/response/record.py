"""What a decision leaves behind, in the shape of the tables: tasks, notifications, and the change of one run."""

import hashlib
from datetime import datetime

from msgspec import Struct

from schemas.run import Run, RunEvent
from services.response.playbook import Playbook


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


class Notification(Struct, frozen=True, kw_only=True):
    """One message to one office over one channel. ``created_at`` is lane time. ``role`` names who stands behind it, ``level`` how grave it is."""

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
    state: str = "pending"


class Standing(Struct, frozen=True, kw_only=True):
    """A run as it stands: its copied playbook, the sequence of the last alert that left an event in it, and the steps taken so far."""

    run: Run
    playbook: Playbook
    sequence: int
    taken: frozenset[str] = frozenset()


class Change(Struct, frozen=True, kw_only=True):
    """What one alert does to one run: how it stands afterwards and the rows to write. ``ended_at`` is set when it ends the run."""

    after: Standing
    is_new: bool = False
    ended_at: datetime | None = None
    events: tuple[RunEvent, ...] = ()
    tasks: tuple[Task, ...] = ()
    notifications: tuple[Notification, ...] = ()


def digest(prefix: str, *parts: object) -> str:
    """An id computed from content, so that a replay gives the same one.

    >>> digest("run", "live", "ep-1") == digest("run", "live", "ep-1")
    True
    """
    return f"{prefix}-{hashlib.sha256('|'.join(map(str, parts)).encode()).hexdigest()[:16]}"
