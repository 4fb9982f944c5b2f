"""Runs of playbooks: how they stand, what happened in them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from schemas.run import RunEvent
from services.console.shelf import Shelf

_RUNS = """
SELECT run_id, lane, episode, playbook, version, state, started_at, ended_at, node, product, level, name_zh, name_en, phase, response, parent,
    document -> 'steps' AS plan_steps, document -> 'responses' AS responses, document ->> 'basis' AS basis,
    document -> 'publication' AS publication, progress -> 'warning' AS warning, progress -> 'steps' AS states, progress -> 'extra' AS extra,
    progress -> 'alert' ->> 'chain' AS chain
FROM run WHERE
"""
_OF_EPISODES = _RUNS + "lane = %s AND episode = ANY(%s) ORDER BY started_at DESC, run_id"
_ONE = _RUNS + "run_id = %s"
_GRAVEST = "array_position(ARRAY['red', 'orange', 'unknown', 'yellow', 'blue'], level) NULLS LAST"
_OF_LANE = (
    _RUNS + f"lane = %s AND (%s OR state = 'running') ORDER BY state = 'running' DESC, {_GRAVEST}, "
    "started_at DESC, run_id LIMIT 200"
)
_EVENTS = """
SELECT run_id, lane, step, kind, sequence, at, text_zh, text_en, detail FROM run_event WHERE run_id = ANY(%s)
ORDER BY at DESC, sequence DESC LIMIT 400
"""


OF_NO_WARNING = ("manual-", "figure-")
"""How episodes are called that a person or a figure began: no warning stands behind them."""


class Official(Struct, frozen=True):
    """The official warning 正式预警 in force."""

    level: str
    signer: str
    document: str
    scope: str
    at: datetime


class Step(Struct, frozen=True, kw_only=True):
    """A step of a run. ``outcome`` is None before it was taken and empty while it is under way."""

    id: str
    kind: str
    text_zh: str
    text_en: str
    roles: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    from_level: str = "normal"
    within_minutes: int | None = None
    undo_zh: str = ""
    may_delegate: bool = False
    is_dual: bool = False
    quorum: int = 1
    at: datetime | None = None
    due_at: datetime | None = None
    outcome: str | None = None

    @property
    def is_open(self) -> bool:
        """True while it is under way."""
        return self.outcome == ""

    @property
    def can_be_undone(self) -> bool:
        """True for a step that was taken and stands; what was published or started changes by approval only."""
        is_official = self.kind in ("publish", "respond") and self.outcome == "approved"
        return self.outcome is not None and self.outcome not in ("skipped", "undone") and not is_official


class Run(Struct, frozen=True, kw_only=True):
    """A run as it stands; ``chain`` is empty where the warning behind it names none."""

    run_id: str
    lane: str
    episode: str
    playbook: str
    version: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    node: str
    product: str
    level: str
    name_zh: str
    name_en: str
    phase: str
    response: str
    parent: str
    chain: str
    basis: str
    levels: tuple[str, ...]
    scope: str
    warning: Official | None
    steps: tuple[Step, ...]

    @property
    def has_warning(self) -> bool:
        """True where a warning of its own stands behind it."""
        return not self.episode.startswith(OF_NO_WARNING)

    def step(self, name: str) -> Step | None:
        """A step by its id."""
        return next((s for s in self.steps if s.id == name), None)

    def rests_on_answer(self, name: str) -> bool:
        """True for a step that waits, directly or through others, for a remedy or a what-if."""
        seen, ahead = set(), [name]
        while ahead:
            step = self.step(ahead.pop())
            if step is None or step.id in seen:
                continue
            seen.add(step.id)
            if step.kind in ("remedy", "what_if"):
                return True
            ahead += step.after
        return False


def runs_of(shelf: Shelf, lane: str, episodes: Collection[str]) -> list[Run]:
    """Runs of some episodes, the newest first."""
    return [_run(row) for row in shelf.rows(_OF_EPISODES, (lane, list(episodes)))]


def run_of(shelf: Shelf, run_id: str) -> Run | None:
    """One run."""
    rows = shelf.rows(_ONE, (run_id,))
    return _run(rows[0]) if rows else None


def runs_in(shelf: Shelf, lane: str, *, with_ended: bool) -> list[Run]:
    """Runs of a lane, those under way first."""
    return [_run(row) for row in shelf.rows(_OF_LANE, (lane, with_ended))]


def events_of(shelf: Shelf, runs: Collection[str]) -> list[RunEvent]:
    """What happened in some runs, the newest first; at most 400."""
    return [msgspec.convert(row, RunEvent) for row in shelf.rows(_EVENTS, (list(runs),))]


def _run(row: Mapping[str, Any]) -> Run:
    states: Mapping[str, Mapping[str, Any]] = row["states"] or {}
    planned = [*(row["plan_steps"] or []), *(row["extra"] or [])]
    steps = tuple(_step(given, states.get(given["id"])) for given in planned)
    kept = {
        name: row[name] for name in Run.__struct_fields__ if name in row and name not in ("chain", "basis", "warning")
    }
    return Run(
        **kept,
        chain=row["chain"] or "",
        basis=row["basis"] or "",
        levels=tuple(each["level"] for each in row["responses"] or []),
        scope=(row["publication"] or {}).get("scope", ""),
        warning=msgspec.convert(row["warning"], Official) if row["warning"] else None,
        steps=steps,
    )


def _step(given: Mapping[str, Any], state: Mapping[str, Any] | None) -> Step:
    told = {"at": state["at"], "due_at": state.get("due_at"), "outcome": state.get("outcome", "")} if state else {}
    stated = {name: given[name] for name in Step.__struct_fields__ if name in given}
    return msgspec.convert({**stated, **told}, Step)
