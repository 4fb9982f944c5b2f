"""What people and gateways say about messages comes as commands; here it is written to the tables, once, whatever is repeated."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection

from schemas.command import Command
from services.response.contacts import MEMBER
from services.runtime.reading import contents
from services.runtime.streams import Message

_decoder = msgspec.json.Decoder(Command)
_ACKNOWLEDGE = """
UPDATE notification SET acknowledged_at = %s, acknowledged_by = %s, read_at = coalesce(read_at, %s)
WHERE notification_id = %s AND acknowledged_at IS NULL
"""
_RECEIVED = "UPDATE notification SET delivered_at = coalesce(delivered_at, %s) WHERE notification_id = %s"
_READ = """
UPDATE notification SET read_at = coalesce(read_at, %s), delivered_at = coalesce(delivered_at, %s) WHERE notification_id = %s
"""
_FAILED = "UPDATE notification SET state = 'failed', last_error = %s WHERE notification_id = %s"
_HURRY = "UPDATE call SET due_at = least(due_at, %s) WHERE call_id = %s AND state = 'ringing'"
_ANSWERED = """
UPDATE call SET state = 'answered', ended_at = %s, answered_by = %s, note = %s WHERE call_id = %s AND state IN ('ringing', 'unanswered')
"""
_OTHERS = """
UPDATE call SET state = 'ended', ended_at = %s
WHERE state = 'ringing' AND (lane, episode, role) = (SELECT lane, episode, role FROM call WHERE call_id = %s)
"""
_ABOUT = """
SELECT c.call_id FROM call c JOIN run r ON (r.lane, r.episode) = (c.lane, c.episode) JOIN notification n ON n.run_id = r.run_id AND n.role = c.role
WHERE n.notification_id = %s AND n.level = c.level AND n.step <> '@call' AND c.state = 'ringing' ORDER BY c.number DESC
"""
_TASK_DONE = """
UPDATE task SET state = 'done', ended_at = least(%s, due_at)
WHERE state IN ('open', 'overdue') AND task_id = (SELECT task_id FROM call WHERE call_id = %s)
"""
_LISTED = "INSERT INTO drill_roster (lane, person, listed_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"

_LETTER = """
INSERT INTO notification (notification_id, lane, step, channel, recipient, role, text_zh, text_en, state, created_at)
VALUES (%s, %s, '@letter', %s, %s, %s, %s, %s, 'pending', %s) ON CONFLICT DO NOTHING
"""


def project(connection: Connection[Any], messages: Sequence[Message]) -> None:
    """Write what the commands among ``messages`` say about messages, calls and rosters; other kinds pass. Never commits."""
    for command in contents(_decoder, messages):
        deed = _DEEDS.get(command.kind)
        if deed is not None:
            deed(connection, command)


def _acknowledge(connection: Connection[Any], command: Command) -> None:
    at, name = command.issued_at, _word(command, "name") or command.actor
    notification = _word(command, "notification")
    connection.execute(_ACKNOWLEDGE, (at, name, at, notification))
    for (call_id,) in connection.execute(_ABOUT, (notification,)).fetchall():
        _answer(connection, str(call_id), at, name, "链接确认 acknowledged by link")


def _receipt(connection: Connection[Any], command: Command) -> None:
    notification, event = _word(command, "notification"), _word(command, "event")
    at, name = command.issued_at, _word(command, "name")
    if event == "delivered":
        connection.execute(_RECEIVED, (at, notification))
    elif event == "read":
        connection.execute(_READ, (at, at, notification))
    elif event == "answered":
        _answer(connection, notification, at, name or command.actor, command.reason)
    elif event == "unanswered":
        connection.execute(_HURRY, (at, notification))
    elif event == "failed":
        connection.execute(_FAILED, (command.reason[:200], notification))


def _answered(connection: Connection[Any], command: Command) -> None:
    name = _word(command, "name") or command.actor
    call_id, note = _word(command, "call"), _word(command, "note")
    _answer(connection, call_id, command.issued_at, name, note)


def _answer(connection: Connection[Any], call_id: str, at: datetime, name: str, note: str) -> None:
    """A named person has answered: this call is, the others about the same item end, the task behind it is done."""
    if connection.execute(_ANSWERED, (at, name, note[:500], call_id)).rowcount:
        connection.execute(_TASK_DONE, (at, call_id))
        connection.execute(_OTHERS, (at, call_id))


def _listed(connection: Connection[Any], command: Command) -> None:
    persons = _word(command, "persons").split(",") if command.lane.startswith("drill:") else []
    for person in persons:
        if person.strip():
            connection.execute(_LISTED, (command.lane, person.strip(), command.issued_at))


def _letter(connection: Connection[Any], command: Command) -> None:
    """A letter of a drill to a member of its roster. Nobody else is written to by command, and no lane but a drill's sends by one."""
    if command.lane.startswith("drill:"):
        notification, recipient, person, zh, en = (
            _word(command, name) for name in ("notification", "recipient", "person", "text_zh", "text_en")
        )
        if notification.startswith(f"{command.lane}/"):
            values = (notification, command.lane, MEMBER, recipient, person, zh, en, command.issued_at)
            connection.execute(_LETTER, values)


def _word(command: Command, name: str) -> str:
    """An argument as the database can keep it."""
    return command.arguments.get(name, "").replace("\0", "")


_DEEDS: dict[str, Callable[[Connection[Any], Command], None]] = {
    "message.acknowledge": _acknowledge,
    "message.receipt": _receipt,
    "call.answered": _answered,
    "drill.roster": _listed,
    "message.send": _letter,
}
