"""Which steps of an episode become messages, and what each of them is: type, status, scope, references. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from schemas.alert import Alert, AlertState, Scope
from schemas.lane import LaneKind, kind_of
from schemas.level import Level, rank
from services.alerting.orders import is_approved


class Status(StrEnum):
    """CAP status: Actual once people approved, Exercise in a drill, Test in a replay, Draft for a mere proposal."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    TEST = "Test"
    DRAFT = "Draft"


class MessageType(StrEnum):
    """CAP msgType."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


class CapMessage(Struct, frozen=True, kw_only=True):
    """One message of a chain: the step it tells, its place in the chain (from 1), and the messages it replaces."""

    alert: Alert
    number: int
    type: MessageType
    status: Status
    scope: Scope
    sent: datetime
    before: tuple["CapMessage", ...] = ()

    @property
    def identifier(self) -> str:
        """Unique and the same in every replay."""
        return f"{self.alert.episode}-{self.number}"


def chain_of(steps: Sequence[Alert]) -> list[CapMessage]:
    """Messages of an episode, first to last; ``steps`` in order. What only says again what stands makes no message.

    A chain of drafts stays apart from the official one: the first message that is Actual begins a chain of its own as Alert, and only what was
    Actual is ever cancelled as Actual.
    """
    found: list[CapMessage] = []
    previous: Alert | None = None
    for step in steps:
        if previous is None or _is_news(previous, step):
            found.append(_message(step, found))
            previous = step
    return found


def _message(step: Alert, before: Sequence[CapMessage]) -> CapMessage:
    status = _status(step, before)
    same = tuple(m for m in before if m.status is status)
    kind = MessageType.ALERT if not same else MessageType.UPDATE
    if same and step.state is AlertState.CLOSED:
        kind = MessageType.CANCEL
    return CapMessage(
        alert=step,
        number=len(before) + 1,
        type=kind,
        status=status,
        scope=_scope(step, status, same),
        sent=step.acted_at or step.as_of,
        before=same,
    )


def _status(step: Alert, before: Sequence[CapMessage]) -> Status:
    kind = kind_of(step.lane)
    if kind is not LaneKind.LIVE:
        return Status.EXERCISE if kind is LaneKind.DRILL else Status.TEST
    was_actual = any(m.status is Status.ACTUAL for m in before)
    is_lower = was_actual and (rank(step.level) or 0) <= (rank(step.approved_level) or 0)
    return Status.ACTUAL if is_approved(step) or is_lower else Status.DRAFT


def _scope(step: Alert, status: Status, same: Sequence[CapMessage]) -> Scope:
    """The approved scope, for what is Actual; that of the message before where the step lowers it; else Private."""
    if status is not Status.ACTUAL:
        return Scope.PRIVATE
    return step.scope if is_approved(step) or not same else same[-1].scope


def _is_news(before: Alert, step: Alert) -> bool:
    names = ("level", "is_unknown", "approvals", "scope", "retraction_zh")
    return step.state is AlertState.CLOSED or any(getattr(before, n) != getattr(step, n) for n in names)


SEVERITY = {
    Level.RED: "Extreme",
    Level.ORANGE: "Severe",
    Level.YELLOW: "Moderate",
    Level.BLUE: "Minor",
    Level.NORMAL: "Minor",
    Level.UNKNOWN: "Unknown",
}


def urgency(alert: Alert) -> str:
    """CAP urgency by the median of the hours left."""
    if alert.state is AlertState.CLOSED:
        return "Past"
    if alert.is_unknown:
        return "Unknown"
    hours = alert.hours_to_minimum_p50
    if hours is None:
        return "Future"
    return "Immediate" if hours <= 24 else "Expected" if hours <= 72 else "Future"


def certainty(alert: Alert) -> str:
    """CAP certainty: Observed where the limit is passed, else by the probability of a break within a week."""
    if alert.is_unknown:
        return "Unknown"
    if alert.hours_to_minimum_p50 is not None and alert.hours_to_minimum_p50 <= 0:
        return "Observed"
    chance = alert.probability.get("168")
    if chance is None:
        return "Unknown"
    return "Likely" if chance > 0.5 else "Possible" if chance > 0.1 else "Unlikely"
