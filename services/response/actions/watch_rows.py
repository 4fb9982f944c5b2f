"""Who holds the watch of the duty room, read from what was said in the console."""

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

_LOOKS_BACK = timedelta(days=14)
_TAKEN = """
SELECT actor FROM (
    SELECT DISTINCT ON (actor) actor, kind, issued_at FROM command
    WHERE lane = %s AND kind IN ('shift.take', 'shift.hand') AND issued_at > %s AND issued_at <= %s
    ORDER BY actor, issued_at DESC, command_id DESC
) AS said WHERE kind = 'shift.take' ORDER BY issued_at DESC, actor
"""


def watch_taken(connection: Connection[Any], lane: str, at: datetime) -> tuple[str, ...]:
    """Logins that had taken the watch of a lane by a wall time and had not handed it over, the newest first. May raise psycopg errors."""
    return tuple(str(row[0]) for row in connection.execute(_TAKEN, (lane, at - _LOOKS_BACK, at)))
