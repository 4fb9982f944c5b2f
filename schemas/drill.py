"""Who takes part in a drill, and what happened in it, event by event."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Member(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody on the roster: a person of the contacts by his id, his name, and the role he plays."""

    id: str
    name: str
    role: str


class DrillEventKind(StrEnum):
    """What happened."""

    OPENED = "opened"
    APPROVED = "approved"
    CLOCK = "clock"
    REWOUND = "rewound"
    INJECT = "inject"
    STAND_IN = "stand_in"
    ALERT = "alert"
    RUN = "run"
    ACT = "act"
    MARK = "mark"
    REFUSED = "refused"
    VOID = "void"
    ABORTED = "aborted"
    STOPPED = "stopped"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    ENDED = "ended"
    ITEM = "item"


class DrillEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One happening of a drill. Identity: drill, sequence.

    ``minute`` is drill time: minutes since its start; ``wall`` the wall time. ``actor`` did it, ``subject`` is what it was done to (an inject, an
    expectation, an item). ``detail`` holds what the kind needs; the event ``opened`` holds the whole plan, so that the log tells everything.
    """

    drill: str
    sequence: int
    kind: DrillEventKind
    lane: str
    minute: float
    wall: datetime
    actor: str = ""
    subject: str = ""
    text_zh: str = ""
    text_en: str = ""
    detail: dict[str, str] = {}
    v: int = 1
