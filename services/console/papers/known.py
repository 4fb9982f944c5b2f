"""What a paper is made of, as it was known at the end of its period."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from schemas.level import Level, rank


class Risk(Struct, frozen=True, kw_only=True):
    """An episode that stands open. ``hours_p10``, ``p50``, ``p90`` until its limit, counted from ``as_of``; None: later than the horizon, or unknown.
    ``owners`` hold its open tasks. ``is_unknown``: its state is lost from sight since the level was told."""

    episode: str
    node: str
    product: str
    hazard: str
    level: Level
    opened_at: datetime
    as_of: datetime
    headline: str
    reason: str
    path: tuple[str, ...]
    hours_p10: float | None = None
    hours_p50: float | None = None
    hours_p90: float | None = None
    owners: tuple[str, ...] = ()
    is_unknown: bool = False
    acknowledged_by: str = ""
    muted_by: str = ""


class Step(Struct, frozen=True, kw_only=True):
    """One step of an episode within the period."""

    at: datetime
    episode: str
    state: str
    level: Level
    headline: str


class Task(Struct, frozen=True, kw_only=True):
    """Work or a question of a playbook about a place. ``is_question``: it asks for a decision. ``ended_at`` is None while it is open."""

    title: str
    assignee: str
    plan: str
    node: str
    step: str
    episode: str
    state: str
    is_question: bool
    created_at: datetime
    due_at: datetime | None = None
    ended_at: datetime | None = None

    def is_overdue(self, now: datetime) -> bool:
        """True when it is open past its deadline."""
        return self.ended_at is None and self.due_at is not None and self.due_at < now

    def was_late(self) -> bool:
        """True when it was done after its deadline."""
        return self.ended_at is not None and self.due_at is not None and self.ended_at > self.due_at


class Told(Struct, frozen=True, kw_only=True):
    """A message to a person: when it was made, delivered and acknowledged."""

    recipient: str
    state: str
    created_at: datetime
    acknowledged_after_h: float | None = None


class Silence(Struct, frozen=True, kw_only=True):
    """A series that has not reported for longer than it may; ``newest_at`` None: never."""

    series: str
    name: str
    provider: str
    newest_at: datetime | None


class Rejected(Struct, frozen=True, kw_only=True):
    """Records of a source refused for a reason."""

    source: str
    reason: str
    count: int


class Run(Struct, frozen=True, kw_only=True):
    """A playbook at work on a place."""

    name: str
    node: str
    episode: str
    state: str
    started_at: datetime
    ended_at: datetime | None


class Known(Struct, frozen=True, kw_only=True):
    """Everything a paper of one chain may say. ``since`` and ``until`` bound the period in lane time; ``names`` are places by id, ``leads`` the
    departments that lead there.

    ``open_by_day`` counts open episodes per level at the end of each day. ``unknown`` are places whose state is 情况不明. ``data_until`` is the
    newest observation, ``judged_at`` the last assessment (None: there is none).
    """

    lane: str
    mark: str
    chain: str
    chain_name: str
    since: datetime
    until: datetime
    names: Mapping[str, str]
    leads: Mapping[str, str] = {}
    risks: tuple[Risk, ...] = ()
    steps: tuple[Step, ...] = ()
    tasks: tuple[Task, ...] = ()
    runs: tuple[Run, ...] = ()
    told: tuple[Told, ...] = ()
    silent: tuple[Silence, ...] = ()
    series: int = 0
    rejected: tuple[Rejected, ...] = ()
    unknown: tuple[str, ...] = ()
    open_by_day: tuple[tuple[datetime, Mapping[str, int]], ...] = ()
    data_until: datetime | None = None
    judged_at: datetime | None = None

    def gravest(self) -> list[Risk]:
        """Open risks: the gravest first, then the one with least time left; unknown ones after red, for nobody sees what they do."""
        return sorted(
            self.risks,
            key=lambda r: (-_weight(r.level), not r.is_unknown, r.hours_p50 is None, r.hours_p50 or 0.0, r.node),
        )

    def open_tasks(self) -> list[Task]:
        """Tasks not ended, the first deadline first."""
        found = [t for t in self.tasks if t.ended_at is None]
        return sorted(found, key=lambda t: (t.due_at is None, t.due_at or t.created_at, t.title))

    def overdue(self) -> list[Task]:
        """Open tasks past their deadline."""
        return [t for t in self.open_tasks() if t.is_overdue(self.until)]

    def questions(self) -> list[Task]:
        """Decisions that are asked for and not yet made."""
        return [t for t in self.open_tasks() if t.is_question]


def _weight(level: Level) -> float:
    return 3.5 if level is Level.UNKNOWN else float(rank(level) or 0)
