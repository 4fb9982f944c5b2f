"""Work and questions that plans put to people."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from services.console.reading.run import OF_NO_WARNING
from services.console.shelf import Shelf

DECISIONS = frozenset({"ask", "publish", "respond", "reserve"})
_TASKS = """
SELECT t.task_id, t.run_id, t.lane, t.step, t.title_zh, t.title_en, t.assignee, t.state, t.created_at, t.due_at, t.ended_at, t.detail,
    r.name_zh AS plan_zh, r.name_en AS plan_en, r.episode, r.node, r.product, r.level, r.progress -> 'alert' ->> 'chain' AS chain
FROM task t JOIN run r USING (run_id) WHERE
"""
_OF_EPISODES = (
    _TASKS
    + "t.lane = %s AND r.episode = ANY(%s) ORDER BY t.ended_at IS NOT NULL, t.due_at NULLS LAST, t.task_id LIMIT 300"
)
_OF_RUN = _TASKS + "t.run_id = %s ORDER BY t.created_at, t.task_id LIMIT 300"
_ONE = _TASKS + "t.task_id = %s"
_OPEN = _TASKS + "t.lane = %s AND t.state IN ('open', 'overdue') ORDER BY t.due_at NULLS LAST, t.task_id LIMIT 500"
_ENDED = (
    _TASKS
    + "t.lane = %s AND t.state IN ('done', 'cancelled') AND t.ended_at > %s ORDER BY t.ended_at DESC, t.task_id LIMIT 100"
)


class Task(Struct, frozen=True, kw_only=True):
    """``role`` is asked, ``office`` answers for it. ``kind`` is that of its step; ``detail`` holds what else is known: draft, result,
    who answered."""

    task_id: str
    run_id: str
    lane: str
    step: str
    title_zh: str
    title_en: str
    role: str
    office: str
    state: str
    created_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    detail: dict[str, str]
    plan_zh: str
    plan_en: str
    episode: str
    node: str
    product: str
    level: str
    chain: str

    @property
    def kind(self) -> str:
        """Kind of its step."""
        return self.detail.get("kind", "task")

    @property
    def has_warning(self) -> bool:
        """True where a warning stands behind its run."""
        return not self.episode.startswith(OF_NO_WARNING)

    @property
    def is_question(self) -> bool:
        """True where a decision is asked for."""
        return self.kind in DECISIONS

    @property
    def is_open(self) -> bool:
        """True until it ended."""
        return self.ended_at is None

    def is_overdue(self, now: datetime) -> bool:
        """True when it is open past its deadline."""
        return self.is_open and self.due_at is not None and self.due_at < now


def tasks_of(shelf: Shelf, lane: str, episodes: Collection[str]) -> list[Task]:
    """Tasks of some episodes, open ones first, by deadline."""
    return [_task(row) for row in shelf.rows(_OF_EPISODES, (lane, list(episodes)))]


def tasks_of_run(shelf: Shelf, run_id: str) -> list[Task]:
    """Tasks of a run in the order in which they arose."""
    return [_task(row) for row in shelf.rows(_OF_RUN, (run_id,))]


def task_of(shelf: Shelf, task_id: str) -> Task | None:
    """One task."""
    rows = shelf.rows(_ONE, (task_id,))
    return _task(rows[0]) if rows else None


def open_tasks(shelf: Shelf, lane: str) -> list[Task]:
    """What is open in a lane, the first deadline first."""
    return [_task(row) for row in shelf.rows(_OPEN, (lane,))]


def ended_tasks(shelf: Shelf, lane: str, since: datetime) -> list[Task]:
    """What ended since a lane time, the newest first."""
    return [_task(row) for row in shelf.rows(_ENDED, (lane, since))]


def _task(row: Mapping[str, Any]) -> Task:
    role, _, office = row["assignee"].partition(": ")
    detail = {str(key): str(value) for key, value in (row["detail"] or {}).items()}
    kept = {name: row[name] for name in Task.__struct_fields__ if name in row and name not in ("detail", "chain")}
    return Task(**kept, role=detail.get("role", role), office=office or role, detail=detail, chain=row["chain"] or "")
