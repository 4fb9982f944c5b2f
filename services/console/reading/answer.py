"""What risk answered, and whether it still holds."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from services.console.shelf import Shelf

FRESH = timedelta(minutes=15)
"""An answer older than this, by the lane clock, is 已过时."""
_COLUMNS = "SELECT lane, command_id, kind, as_of, body, headline_zh, headline_en, problem FROM answer WHERE lane = %(lane)s AND "
_ONE = _COLUMNS + "command_id = %(name)s"
_REMEDIES = (
    _COLUMNS
    + "kind = 'risk.remedy' AND problem = '' AND body ->> 'node' = ANY(%(nodes)s) AND body -> 'lost' = '[]' ORDER BY as_of DESC, command_id LIMIT 5"
)
_OF_RUN = (
    _COLUMNS
    + "kind IN ('risk.remedy', 'risk.what_if') AND problem = '' AND (starts_with(command_id, 'playbook.' || %(run)s || '.') "
    "OR (kind = 'risk.remedy' AND body ->> 'node' = %(node)s AND body -> 'lost' = '[]')) ORDER BY as_of DESC, command_id LIMIT 1"
)
_FLOWS = (
    _COLUMNS + "kind = 'risk.flows' AND problem = '' AND body -> 'lost' = '[]' ORDER BY as_of DESC, command_id LIMIT 1"
)
_NEWEST = _COLUMNS + "kind = %(kind)s AND problem = '' ORDER BY as_of DESC, command_id LIMIT %(most)s"


class Answered(Struct, frozen=True, kw_only=True):
    """An answer; ``problem`` says why there is none."""

    lane: str
    command_id: str
    kind: str
    as_of: datetime | None
    body: dict[str, Any]
    headline_zh: str
    headline_en: str
    problem: str

    def is_stale(self, now: datetime) -> bool:
        """True where it is too old, by the lane clock, to be approved or used."""
        return self.as_of is None or now - self.as_of > FRESH


def answer_of(shelf: Shelf, lane: str, command_id: str) -> Answered | None:
    """The answer to a command, None while it is awaited."""
    return _first(shelf.rows(_ONE, {"lane": lane, "name": command_id}))


def remedies_of(shelf: Shelf, lane: str, nodes: Collection[str]) -> list[Answered]:
    """Remedies 补链 of some places as things stand, the newest first."""
    return [Answered(**row) for row in shelf.rows(_REMEDIES, {"lane": lane, "nodes": list(nodes)})]


def behind_run(shelf: Shelf, lane: str, run: str, node: str) -> Answered | None:
    """The newest remedy or what-if that a run asked for, or that was asked for its place."""
    return _first(shelf.rows(_OF_RUN, {"lane": lane, "run": run, "node": node}))


def newest_answers(shelf: Shelf, lane: str, kind: str, most: int = 10) -> list[Answered]:
    """The last answers of a kind."""
    return [Answered(**row) for row in shelf.rows(_NEWEST, {"lane": lane, "kind": kind, "most": most})]


def newest_flows(shelf: Shelf, lane: str) -> Answered | None:
    """What links will carry as things stand, as last answered."""
    return _first(shelf.rows(_FLOWS, {"lane": lane}))


def _first(rows: list[Mapping[str, Any]] | list[dict[str, Any]]) -> Answered | None:
    return Answered(**rows[0]) if rows else None
