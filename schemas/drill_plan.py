"""A drill as planned: who, when, what is told to whom, what is expected of them. Values only; the event log keeps a copy."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from schemas.drill import Member


class InjectKind(StrEnum):
    """A written message, a telephone script read by the controller, rows in a feed, or a warning of the system itself that is waited for."""

    MESSAGE = "message"
    PHONE = "phone"
    FEED = "feed"
    ALERT = "alert"


class Step(StrEnum):
    """What a person is seen to do, in this order."""

    DETECT = "detect"
    ACKNOWLEDGE = "acknowledge"
    DECIDE = "decide"
    FINISH = "finish"


class Beginning(StrEnum):
    """Which state the drill begins from: the stocks of its scenario, or those of the live lane as known when it begins."""

    SCENARIO = "scenario"
    LIVE = "live"


class Reading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row for a feed: series and value in its unit."""

    series: str
    value: float


class Inject(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the MSEL. ``minute``: drill time at which it is given; of an alert, by when the system should have raised it.

    ``node`` and ``level`` belong to an alert (the first warning of this place at this level or above), ``reading`` to a feed.
    """

    id: str
    kind: InjectKind
    minute: float
    sender: str
    audience: tuple[str, ...]
    text_zh: str
    text_en: str
    node: str = ""
    level: str = ""
    reading: Reading | None = None


class Objective(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the drill is to show."""

    id: str
    text_zh: str
    text_en: str


class Expectation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody should do once an inject was given, within so many minutes of drill time. ``playbook`` is the plan it comes from."""

    id: str
    inject: str
    objective: str
    member: str
    step: Step
    text_zh: str
    text_en: str
    within_minutes: float
    playbook: str = ""


class ScriptedAct(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a scripted participant does about an expectation, so many minutes after its inject."""

    expectation: str
    after_minutes: float
    note: str = ""


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole drill. ``start_hour`` is the hour of the scenario at which drill time is 0; the hours before are lived beforehand.

    ``rate``: drill time runs so many times as fast as the wall clock. ``starts_at`` None: at once.
    """

    id: str
    name_zh: str
    name_en: str
    scenario: str
    start_hour: int
    minutes: float
    rate: float
    is_announced: bool
    stop_word: str
    beginning: Beginning
    playbooks: tuple[str, ...]
    roster: tuple[Member, ...]
    objectives: tuple[Objective, ...]
    injects: tuple[Inject, ...]
    expectations: tuple[Expectation, ...]
    acts: tuple[ScriptedAct, ...] = ()
    evaluators: tuple[str, ...] = ()
    approver: str = ""
    seed: int = 1
    lead_in_days: int = 3
    starts_at: datetime | None = None

    def member(self, name: str) -> Member | None:
        """A member of the roster by id or name; None for anybody else."""
        return next((m for m in self.roster if name in (m.id, m.name)), None)

    def inject(self, name: str) -> Inject | None:
        """An inject by its id."""
        return next((i for i in self.injects if i.id == name), None)

    def expected_of(self, inject: str) -> tuple[Expectation, ...]:
        """What is expected once an inject was given."""
        return tuple(e for e in self.expectations if e.inject == inject)
