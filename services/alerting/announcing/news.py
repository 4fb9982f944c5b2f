"""Which messages a step brings that may leave. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from schemas.alert import Alert
from schemas.level import Level
from services.alerting.cap.chain import CapMessage, Status, chain_of

VALID = timedelta(hours=24)
"""As long as a message says that it holds."""


def may_matter(step: Alert) -> bool:
    """True when a step can be part of an official chain: somebody has approved its episode."""
    return bool(step.approvals) or step.approved_level is not Level.NORMAL


def is_whole(steps: Sequence[Alert]) -> bool:
    """True when no step of an episode is missing."""
    return [step.sequence for step in steps] == list(range(1, len(steps) + 1))


def news(steps: Sequence[Alert], now: datetime) -> list[CapMessage]:
    """The official messages that the last of the steps brings; none that has expired by wall time ``now``."""
    told = chain_of(steps)
    return [
        message
        for message in told[len(chain_of(steps[:-1])) :]
        if message.status is Status.ACTUAL and message.sent + VALID > now
    ]
