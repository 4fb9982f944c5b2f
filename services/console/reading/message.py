"""Messages that went out about runs: to whom, by which channel, and what came back."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from services.console.shelf import Shelf

_WALL = "CASE WHEN n.{0} IS NOT NULL THEN l.origin + (n.{0} - l.wall_origin) * l.rate END AS {0}"
_MESSAGES = f"""
SELECT n.notification_id, n.run_id, n.step, n.channel, n.recipient, n.text_zh, n.text_en, n.state, n.attempts, n.last_error, n.created_at, n.role,
    n.level, n.carrier, n.person, n.acknowledged_by,
    {", ".join(_WALL.format(name) for name in ("sent_at", "delivered_at", "read_at", "acknowledged_at"))},
    (SELECT d.outcome FROM delivery d WHERE d.notification_id = n.notification_id ORDER BY d.attempt DESC LIMIT 1) AS outcome,
    (SELECT d.detail FROM delivery d WHERE d.notification_id = n.notification_id ORDER BY d.attempt DESC LIMIT 1) AS why
FROM notification n JOIN lane l ON l.lane = n.lane WHERE n.run_id = ANY(%s) ORDER BY n.created_at DESC, n.notification_id LIMIT 300
"""  # noqa: S608  # names of ours
_CALLS = """
SELECT c.call_id, c.run_id, c.role, c.level, c.number, c.name, c.state, c.answered_by, c.note, c.task_id,
    l.origin + (c.placed_at - l.wall_origin) * l.rate AS placed_at,
    CASE WHEN c.ended_at IS NOT NULL THEN l.origin + (c.ended_at - l.wall_origin) * l.rate END AS ended_at
FROM call c JOIN lane l ON l.lane = c.lane WHERE c.run_id = ANY(%s) ORDER BY c.placed_at DESC, c.number DESC LIMIT 100
"""


class Message(Struct, frozen=True, kw_only=True):
    """One message; all moments are lane time. ``outcome`` is that of the last attempt, ``why`` what the channel said of it."""

    notification_id: str
    run_id: str
    step: str
    channel: str
    recipient: str
    text_zh: str
    text_en: str
    state: str
    attempts: int
    last_error: str
    created_at: datetime
    role: str
    level: str
    carrier: str
    person: str
    acknowledged_by: str
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    acknowledged_at: datetime | None
    outcome: str | None
    why: str | None

    @property
    def receipt(self) -> tuple[str, str]:
        """How far it came, in zh and en."""
        if self.acknowledged_at is not None:
            return f"{self.acknowledged_by} 已确认", f"acknowledged by {self.acknowledged_by}"
        if self.read_at is not None:
            return "已读", "read"
        if self.delivered_at is not None:
            return "已送达", "delivered"
        if self.state == "sent":
            return ("仅记录", "logged") if self.channel == "log" else ("已发出，无回执", "sent, no receipt")
        if self.state == "failed":
            return f"未送达：{self.last_error}", f"not delivered: {self.last_error}"
        return (
            ("待发送", "waiting") if self.attempts == 0 else (f"重试第 {self.attempts} 次", f"attempt {self.attempts}")
        )


class Call(Struct, frozen=True, kw_only=True):
    """A telephone call 叫应; moments are lane time."""

    call_id: str
    run_id: str
    role: str
    level: str
    number: int
    name: str
    state: str
    answered_by: str
    note: str
    task_id: str | None
    placed_at: datetime
    ended_at: datetime | None


def messages_of(shelf: Shelf, runs: Collection[str]) -> list[Message]:
    """Messages of some runs, the newest first; at most 300."""
    return [Message(**row) for row in shelf.rows(_MESSAGES, (list(runs),))]


def calls_of(shelf: Shelf, runs: Collection[str]) -> list[Call]:
    """Calls of some runs, the newest first."""
    return [Call(**row) for row in shelf.rows(_CALLS, (list(runs),))]


def by_text(found: Collection[Message]) -> list[tuple[Message, list[Message]]]:
    """The same words to several people stand together: the first of them, and all."""
    groups: dict[tuple[object, ...], list[Message]] = {}
    for message in found:
        groups.setdefault((message.run_id, message.step, message.created_at, message.text_zh), []).append(message)
    return [(group[0], group) for group in groups.values()]


def receipts(group: Collection[Message]) -> list[tuple[str, str, int, bool]]:
    """How far the same words came: zh, en, how many, and whether it failed; what failed first."""
    found = Counter((*m.receipt, m.state == "failed") for m in group)
    return sorted(
        ((zh, en, count, failed) for (zh, en, failed), count in found.items()), key=lambda r: (not r[3], -r[2])
    )
