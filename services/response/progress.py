"""How far a run has come: kept beside the run, changed with its events. Values only."""

from datetime import datetime

from msgspec import Struct

from schemas.alert import Alert
from services.response.playbook import Step

WELL = frozenset({"done", "approved", "elapsed", "found", "none", "unanswered"})
"""Outcomes after which the steps that wait for a step may begin."""
SKIPPED = "skipped"


class Assent(Struct, frozen=True, omit_defaults=True):
    """What one person decided for one role."""

    role: str
    actor: str
    is_for: bool


class StepState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step that was taken. ``outcome`` is empty while it is under way. ``told``: how many times its being overdue was told; ``turn`` counts the
    reports of a follow-up; ``arm`` is the arm a BRANCH chose; ``delegates``: from the role asked to the role that decides for it."""

    at: datetime
    outcome: str = ""
    due_at: datetime | None = None
    assents: tuple[Assent, ...] = ()
    told: int = 0
    turn: int = 0
    arm: int = -1
    delegates: dict[str, str] = {}
    note: str = ""


class Official(Struct, frozen=True, omit_defaults=True):
    """The official warning (正式预警) in force: colour, who signed, document number, scope, since when."""

    level: str
    signer: str
    document: str
    scope: str
    at: datetime


class Progress(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``alert``: the warning as last heard; ``sequence`` its step; ``events``: how many the run has; ``extra``: steps that no plan states, such as
    the question whether a warning be lifted. ``phase``: assessed, conferred, published, adjusted, lifted.
    ``response``: level in force, empty for none.
    ``headline_*`` replace the warning's where a person or a figure began the run. ``is_ending``: only approvals and the final report are awaited."""

    alert: Alert | None = None
    sequence: int = 0
    events: int = 0
    steps: dict[str, StepState] = {}
    extra: tuple[Step, ...] = ()
    phase: str = "assessed"
    warning: Official | None = None
    response: str = ""
    headline_zh: str = ""
    headline_en: str = ""
    is_ending: bool = False

    def outcomes(self) -> dict[str, str]:
        """Outcome of every step that ended."""
        return {name: state.outcome for name, state in self.steps.items() if state.outcome}
