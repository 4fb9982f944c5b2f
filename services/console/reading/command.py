"""What people ordered, as the audit of commands holds it."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from services.console.shelf import Shelf

_ABOUT = """
SELECT c.command_id, c.kind, c.actor, c.reason, c.arguments, l.origin + (c.issued_at - l.wall_origin) * l.rate AS at,
    coalesce(r.wanted, '') AS refused
FROM command c JOIN lane l ON l.lane = c.lane LEFT JOIN rejection r ON r.source = 'command' AND r.origin = 'command:' || c.command_id
WHERE c.lane = %(lane)s AND c.actor <> 'response' AND (
    c.arguments ->> 'episode' = ANY(%(episodes)s) OR c.arguments ->> 'run' = ANY(%(runs)s) OR c.arguments ->> 'task' = ANY(%(tasks)s)
    OR (c.kind IN ('risk.remedy', 'risk.what_if') AND c.arguments ->> 'node' = ANY(%(nodes)s)))
ORDER BY c.issued_at DESC LIMIT 200
"""
_PENDING = """
SELECT c.command_id, c.kind, c.actor, c.reason, c.arguments, l.origin + (c.issued_at - l.wall_origin) * l.rate AS at
FROM command c JOIN lane l ON l.lane = c.lane LEFT JOIN answer a ON a.lane = c.lane AND a.command_id = c.command_id
WHERE c.lane = %s AND c.kind = %s AND a.command_id IS NULL AND c.issued_at > %s ORDER BY c.issued_at DESC LIMIT 20
"""


class Ordered(Struct, frozen=True, kw_only=True):
    """A command of a person; ``at`` is lane time; ``refused`` says why it does not count, empty where nobody said so."""

    command_id: str
    kind: str
    actor: str
    reason: str
    arguments: dict[str, str]
    at: datetime
    refused: str = ""


def commands_about(
    shelf: Shelf,
    lane: str,
    *,
    episodes: Collection[str],
    runs: Collection[str],
    tasks: Collection[str],
    nodes: Collection[str],
) -> list[Ordered]:
    """Commands about an incident, the newest first."""
    given = {"lane": lane, "episodes": list(episodes), "runs": list(runs), "tasks": list(tasks), "nodes": list(nodes)}
    return [Ordered(**row) for row in shelf.rows(_ABOUT, given)]


def questions_waiting(shelf: Shelf, lane: str, kind: str, since: datetime) -> list[Ordered]:
    """Questions asked since a wall time that have no answer yet."""
    return [Ordered(**row) for row in shelf.rows(_PENDING, (lane, kind, since))]
