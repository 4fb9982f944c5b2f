"""叫应: an orange or red item is called by telephone until a named person answers. The decision; pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from schemas.level import Level, rank
from services.response.contacts import Person
from services.response.record import digest

ANSWER_WITHIN = timedelta(minutes=5)
STEP = "@call"


class CallState(StrEnum):
    """How a call stands. ``ENDED``: no longer needed, because the run ended or a graver item is called about."""

    RINGING = "ringing"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    ENDED = "ended"


class Item(Struct, frozen=True, kw_only=True):
    """What is called about: a message to a role in an episode. ``rate``: lane hours in an hour of the wall."""

    notification_id: str
    lane: str
    episode: str
    role: str
    level: str
    run_id: str
    text_zh: str
    text_en: str
    created_at: datetime
    queued_at: datetime
    rate: float = 1.0

    def lane_time(self, now: datetime) -> datetime:
        """Lane time at a wall time."""
        return self.created_at + (now - self.queued_at) * self.rate


class Call(Struct, frozen=True, kw_only=True):
    """A call to one person. ``number`` counts the calls of its item from 1; times are wall times."""

    call_id: str
    item: Item
    number: int
    person: Person
    placed_at: datetime
    due_at: datetime


class Ringing(Struct, frozen=True, kw_only=True):
    """A call that nobody has answered yet, and what became of its voice message and of its run."""

    call_id: str
    number: int
    due_at: datetime
    item: Item
    run_is_over: bool
    voice_failed: bool
    has_task: bool


class Next(StrEnum):
    """What to do about a ringing call."""

    WAIT = "wait"
    END = "end"
    TASK = "task"
    DEPUTY = "deputy"


def call(item: Item, people: Sequence[Person], number: int, now: datetime) -> Call:
    """Call number ``number``: whoever is on duty first, then the deputies in turn, then from the beginning."""
    person = people[(number - 1) % len(people)]
    key = digest("call", item.lane, item.episode, item.role, item.level, number)
    due = now + ANSWER_WITHIN / item.rate
    return Call(call_id=key, item=item, number=number, person=person, placed_at=now, due_at=due)


def decide_call(ringing: Ringing, gravest: str, now: datetime) -> Next:
    """What to do now. ``gravest``: the gravest level called about in this episode and role; a lesser call ends for it."""
    if ringing.run_is_over or (rank(Level(gravest)) or 0) > (rank(Level(ringing.item.level)) or 0):
        return Next.END
    if now >= ringing.due_at:
        return Next.DEPUTY
    if ringing.voice_failed and not ringing.has_task:
        return Next.TASK
    return Next.WAIT
