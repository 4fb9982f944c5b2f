"""Rows of the table ``call``: read and written inside the caller's transaction. All may raise psycopg errors; none commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from services.response.calling import Call, CallState, Item, Ringing

_ITEM = """n.notification_id, n.lane, r.episode, n.role, n.level, n.run_id, n.text_zh, n.text_en, n.created_at, n.queued_at,
    coalesce((SELECT l.rate FROM lane l WHERE l.lane = n.lane), 1.0)"""
_NEW = f"""
SELECT DISTINCT ON (n.lane, r.episode, n.role, n.level) {_ITEM}
FROM notification n JOIN run r USING (run_id)
WHERE n.level IN ('orange', 'red') AND n.acknowledged_at IS NULL AND n.queued_at > %s AND n.channel = 'person' AND n.step <> '@call'
    AND n.role = ANY(%s) AND r.state = 'running'
    AND NOT EXISTS (SELECT FROM call c WHERE (c.lane, c.episode, c.role, c.level) = (n.lane, r.episode, n.role, n.level))
ORDER BY n.lane, r.episode, n.role, n.level, n.created_at, n.notification_id
"""  # noqa: S608  # both parts are constants
_RINGING = f"""
SELECT {_ITEM}, c.call_id, c.number, c.due_at, r.state <> 'running', coalesce(v.state = 'failed', false), c.task_id IS NOT NULL
FROM call c JOIN notification n ON n.notification_id = c.notification_id JOIN run r ON r.run_id = c.run_id
    LEFT JOIN notification v ON v.notification_id = c.call_id
WHERE c.state = 'ringing' ORDER BY c.due_at
"""  # noqa: S608  # both parts are constants
_GRAVEST = """
SELECT lane, episode, role, bool_or(level = 'red') FROM call
WHERE (lane, episode, role) IN (SELECT lane, episode, role FROM call WHERE state = 'ringing') GROUP BY lane, episode, role
"""
_INSERT = """
INSERT INTO call (call_id, lane, episode, role, level, number, run_id, notification_id, person, name, state, placed_at, due_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'ringing', %s, %s) ON CONFLICT DO NOTHING
"""
_STATE = "UPDATE call SET state = %s, ended_at = %s WHERE call_id = %s AND state = 'ringing'"
_END_TASK = """
UPDATE task SET state = 'cancelled', ended_at = due_at
WHERE state IN ('open', 'overdue') AND task_id = (SELECT task_id FROM call WHERE call_id = %s)
"""
_TASK = "UPDATE call SET task_id = %s WHERE call_id = %s"
_ROSTER = "SELECT person FROM drill_roster WHERE lane = %s"
_OLDEST = """
SELECT extract(epoch FROM %s - min(f.placed_at)) FROM call c
    JOIN call f ON (f.lane, f.episode, f.role, f.level, f.number) = (c.lane, c.episode, c.role, c.level, 1)
WHERE c.state = 'ringing' AND c.lane = 'live'
"""


def new_items(connection: Connection[Any], roles: Sequence[str], since: datetime) -> list[Item]:
    """Orange and red items of running runs that nobody was called about yet."""
    return [_item(row) for row in connection.execute(_NEW.encode(), (since, list(roles)))]


def ringing_calls(connection: Connection[Any]) -> list[Ringing]:
    """Calls that nobody has answered."""
    return [
        Ringing(
            item=_item(row[:11]),
            call_id=str(row[11]),
            number=int(row[12]),
            due_at=row[13],
            run_is_over=bool(row[14]),
            voice_failed=bool(row[15]),
            has_task=bool(row[16]),
        )
        for row in connection.execute(_RINGING.encode())
    ]


def gravest_levels(connection: Connection[Any]) -> dict[tuple[str, str, str], str]:
    """The gravest level called about, by lane, episode and role."""
    return {(a, b, c): "red" if is_red else "orange" for a, b, c, is_red in connection.execute(_GRAVEST)}


def call_row(connection: Connection[Any], made: Call) -> None:
    """A new call."""
    item, person = made.item, made.person
    head = (made.call_id, item.lane, item.episode, item.role, item.level, made.number, item.run_id)
    connection.execute(_INSERT, (*head, item.notification_id, person.id, person.name, made.placed_at, made.due_at))


def set_state(connection: Connection[Any], call_id: str, state: CallState, now: datetime) -> None:
    """End a ringing call unanswered; its task ends with it."""
    connection.execute(_STATE, (state.value, now, call_id))
    connection.execute(_END_TASK, (call_id,))


def set_task(connection: Connection[Any], call_id: str, task_id: str) -> None:
    """Note the task by which a call is made."""
    connection.execute(_TASK, (task_id, call_id))


def roster_of(connection: Connection[Any], lane: str) -> frozenset[str]:
    """Persons of a drill."""
    return frozenset(str(row[0]) for row in connection.execute(_ROSTER, (lane,)))


def oldest_ringing_s(connection: Connection[Any], now: datetime) -> float:
    """Seconds since the first call about the live item that nobody has answered for longest; 0 when there is none."""
    row = connection.execute(_OLDEST, (now,)).fetchone()
    return max(0.0, float(row[0])) if row is not None and row[0] is not None else 0.0


def _item(row: Sequence[Any]) -> Item:
    names = (
        "notification_id", "lane", "episode", "role", "level", "run_id", "text_zh", "text_en", "created_at", "queued_at", "rate",
    )  # fmt: skip
    return Item(**dict(zip(names, row, strict=True)))
