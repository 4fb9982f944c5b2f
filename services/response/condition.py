"""Conditions of branches and waits: what must hold of a run, all of it at once. Pure."""

from collections.abc import Mapping

from msgspec import Struct

from schemas.alert import Alert
from schemas.level import Level, rank


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """All that is stated must hold. ``level``: at least this colour; ``below``: a lower one. ``step`` ended with one of ``outcomes``.
    Figures that the warning does not give never hold."""

    level: Level | None = None
    below: Level | None = None
    hazards: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    step: str = ""
    outcomes: tuple[str, ...] = ()
    cover_days_below: float | None = None
    minutes_left_below: int | None = None


def holds(condition: Condition, alert: Alert, outcomes: Mapping[str, str]) -> bool:
    """True when everything stated holds. ``outcomes``: of the steps that ended, by id.

    >>> holds(Condition(step="ask", outcomes=("approved",)), None, {"ask": "approved"})  # type: ignore[arg-type]
    True
    """
    return (
        (not condition.step or outcomes.get(condition.step) in condition.outcomes)
        and (condition.level is None or _reaches(alert.level, condition.level))
        and (condition.below is None or _is_below(alert.level, condition.below))
        and (not condition.hazards or alert.hazard.value in condition.hazards)
        and (not condition.products or alert.product in condition.products)
        and _is_under(condition.cover_days_below, alert.cover_days if condition.cover_days_below is not None else None)
        and (
            condition.minutes_left_below is None or _is_short(alert.hours_to_minimum_p50, condition.minutes_left_below)
        )
    )


def _reaches(level: Level, wanted: Level) -> bool:
    height = rank(level)
    return height is not None and height >= (rank(wanted) or 0)


def _is_below(level: Level, wanted: Level) -> bool:
    height = rank(level)
    return height is not None and height < (rank(wanted) or 0)


def _is_under(limit: float | None, value: float | None) -> bool:
    return limit is None or (value is not None and value < limit)


def _is_short(hours: float | None, minutes: int) -> bool:
    return hours is not None and hours * 60 < minutes
