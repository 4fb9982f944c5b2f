"""A step as a record: what an assessment says, and what the episode brings along. Pure."""

from datetime import datetime, timedelta

from msgspec import structs

from schemas.alert import Alert, AlertState, Ending
from schemas.assessment import Assessment
from schemas.command import Command
from schemas.level import Level, rank
from services.alerting.wording import headline, reason

_ONCE: dict[str, object] = {
    "command_id": "",
    "actor": "",
    "acted_at": None,
    "heard_at": None,
    "interrupts": [],
    "is_awaiting": False,
    "muted_by": "",
}
"""What belongs to one step and is not carried on to the next."""


def first_step(assessment: Assessment, episode: str, dips: tuple[float, ...], hold: timedelta) -> Alert:
    """The opening."""
    zh, en = headline(assessment, AlertState.OPENED, assessment.level, None)
    return Alert(
        lane=assessment.lane,
        chain=assessment.chain,
        node=assessment.node,
        product=assessment.product,
        hazard=assessment.hazard,
        episode=episode,
        sequence=1,
        state=AlertState.OPENED,
        level=assessment.level,
        opened_at=assessment.as_of,
        as_of=assessment.as_of,
        known_at=assessment.known_at,
        headline_zh=zh,
        headline_en=en,
        peak=assessment.level,
        basis=assessment.inputs,
        dips_hours=list(dips),
        hold_hours=hold.total_seconds() / 3600,
        series=told_series(assessment),
        **_said(assessment, [assessment.node]),  # type: ignore[arg-type]  # the fields named there
    )


def next_step(last: Alert, assessment: Assessment, state: AlertState, level: Level, **told: object) -> Alert:
    """The step after ``last`` that an assessment brings; ``told`` names what else changes."""
    ending = told.get("ending")
    zh, en = headline(assessment, state, level, ending if isinstance(ending, Ending) else None)
    peak = max(last.peak, level, key=lambda x: rank(x) or 0)
    raised: dict[str, object] = {}
    if state is AlertState.WORSENED:
        raised = {"basis": assessment.inputs, "closing_by": "", "retraction_zh": "", "retraction_en": ""}
        if last.level is not level:
            raised |= {"acknowledged_by": "", "acknowledged_until": None}
    changes = {
        **_ONCE,
        "sequence": last.sequence + 1,
        "state": state,
        "level": level,
        "peak": peak,
        "as_of": assessment.as_of,
        "known_at": assessment.known_at,
        "headline_zh": zh,
        "headline_en": en,
        "series": told_series(assessment) or last.series,
        **_said(assessment, last.path),
        **raised,
        **told,
    }
    return structs.replace(last, **changes)


def command_step(last: Alert, command: Command, state: AlertState, heard_at: datetime, **told: object) -> Alert:
    """The step after ``last`` that a person's command brings: nothing else that was known changes."""
    changes: dict[str, object] = {
        **_ONCE,
        "is_awaiting": last.is_awaiting,
        "sequence": last.sequence + 1,
        "state": state,
        "command_id": command.command_id,
        "actor": command.actor,
        "acted_at": command.issued_at,
        "heard_at": heard_at,
        "comment": command.reason,
    }
    return structs.replace(last, **(changes | told))


def spoken_again(last: Alert, at: datetime, **told: object) -> Alert:
    """``last`` said once more at lane time ``at``. Its ``as_of`` stays, for it tells nothing new of the place."""
    changes: dict[str, object] = {
        **_ONCE,
        "is_awaiting": last.is_awaiting,
        "sequence": last.sequence + 1,
        "state": AlertState.UPDATED,
        "acted_at": at,
        "heard_at": at,
    }
    return structs.replace(last, **(changes | told))


def way(assessment: Assessment, before: list[str]) -> list[str]:
    """The way from the leading cause that lies elsewhere, from the place itself when none does. A place that is already under its minimum breaks with
    or without any cause, so that none is told: what was told ``before`` then stands."""
    if not assessment.causes:
        return before
    return next((c.path for c in assessment.causes if len(c.path) > 1), assessment.causes[0].path)


def told_series(assessment: Assessment) -> list[str]:
    """The series that an alarm about data names."""
    return sorted(i.series for i in assessment.inputs if i.trust <= 0) if assessment.hazard.is_of_data() else []


def _said(assessment: Assessment, path: list[str]) -> dict[str, object]:
    reason_zh, reason_en = reason(assessment)
    return {
        "reason_zh": reason_zh,
        "reason_en": reason_en,
        "path": way(assessment, path),
        "cover_days": assessment.cover_days,
        "hours_to_minimum_p50": assessment.hours_to_minimum_p50,
        "hours_to_zero_p50": assessment.hours_to_zero_p50,
        "cover_days_physical": assessment.cover_days_physical,
        "heat_kcal_per_kg": assessment.heat_kcal_per_kg,
        "hours_to_minimum_p10": assessment.hours_to_minimum_p10,
        "hours_to_minimum_p90": assessment.hours_to_minimum_p90,
        "probability": assessment.probability,
    }
