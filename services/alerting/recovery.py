"""When a place counts as well again, and when a warning rested on data that were wrong. Pure."""

from collections.abc import Sequence
from datetime import datetime

from schemas.assessment import Assessment, InputState
from schemas.level import Level
from services.alerting.policy import Policy


def is_seen(assessment: Assessment, policy: Policy) -> bool:
    """True when the state of the place is known at all."""
    return assessment.level is not Level.UNKNOWN and assessment.confidence >= policy.least_confidence


def is_well(assessment: Assessment, policy: Policy) -> bool:
    """True when the place is normal by inputs all of which are trusted."""
    return (
        assessment.level is Level.NORMAL
        and is_seen(assessment, policy)
        and all(i.trust >= policy.least_trust and not i.is_contradicted for i in assessment.inputs)
    )


def is_observed_since(inputs: Sequence[InputState], since: datetime) -> bool:
    """True when every essential input was observed afresh at or after ``since``."""
    return all(i.observed_at is not None and i.observed_at >= since for i in inputs)


def revised(
    basis: Sequence[InputState], assessment: Assessment, policy: Policy
) -> tuple[InputState, InputState] | None:
    """The first reading of the basis that reads otherwise now (the same observation corrected, or found to be wrong), before and after."""
    now = {(i.series, i.observed_at): i for i in assessment.inputs}
    for before in basis:
        after = now.get((before.series, before.observed_at))
        if after is None or before.value is None or after.value is None:
            continue
        has_moved = abs(after.value - before.value) > policy.revised_by * max(abs(before.value), abs(after.value))
        if has_moved or (after.is_contradicted and not before.is_contradicted):
            return before, after
    return None
