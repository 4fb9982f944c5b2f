"""What waits and who was called, from the tables."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from services.cli.database_question import ask
from services.response.wording import stamp

_WAITING = """
SELECT notification_id, state, recipient, person, carrier, attempts, last_error, queued_at, split_part(text_zh, E'\\n', 1) AS head,
    extract(epoch FROM now() - queued_at)::float8 AS age_s
FROM notification WHERE lane = %s AND state <> 'sent' AND queued_at > now() - interval '2 days' ORDER BY queued_at LIMIT 100
"""
_CALLS = """
SELECT call_id, state, name, number, level, placed_at, answered_by, note FROM call WHERE lane = %s ORDER BY placed_at DESC LIMIT 20
"""


class Waiting(Struct, frozen=True, kw_only=True):
    """A message that reached nobody yet, or never will (``failed``)."""

    notification_id: str
    state: str
    recipient: str
    person: str
    carrier: str
    attempts: int
    last_error: str
    queued_at: datetime
    head: str
    age_s: float


class Called(Struct, frozen=True, kw_only=True):
    """A call of the log."""

    call_id: str
    state: str
    name: str
    number: int
    level: str
    placed_at: datetime
    answered_by: str
    note: str


class Standing(Struct, frozen=True, kw_only=True):
    """Both, the calls newest first."""

    waiting: list[Waiting]
    calls: list[Called]

    @property
    def needs_people(self) -> bool:
        """True when a message waits longer than a minute or nobody answers a call."""
        return any(one.age_s > 60 for one in self.waiting) or any(one.state == "ringing" for one in self.calls)

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"未送达 {len(self.waiting)} 条 waiting"
        for one in self.waiting:
            yield f"  {stamp(one.queued_at)} {one.state} → {one.recipient} {one.head}"
            yield f"    {one.carrier or '–'} ×{one.attempts} {one.last_error}"
        yield f"叫应 {len(self.calls)} 次 calls"
        for call in self.calls:
            answer = f" 接听 by {call.answered_by} {call.note}" if call.answered_by else ""
            yield f"  {stamp(call.placed_at)} {call.call_id} 第{call.number}次 {call.level} {call.name} {call.state}{answer}"


def standing(lane: str) -> Standing:
    """What waits in a lane, and its latest calls. Raises UnreachableError."""
    waiting = [Waiting(**row) for row in ask(_WAITING, (lane,))]
    return Standing(waiting=waiting, calls=[Called(**row) for row in ask(_CALLS, (lane,))])
