"""An alert episode: from the first warning about a (node, product, hazard) until it is closed."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from schemas.assessment import Hazard
from schemas.level import Level


class AlertState(StrEnum):
    """What just happened to the episode."""

    OPENED = "opened"
    WORSENED = "worsened"
    EASED = "eased"
    UPDATED = "updated"
    CLOSED = "closed"


class Alert(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of an episode. Identity: lane, node, product, hazard, episode, sequence.

    ``episode`` is computed from lane, node, product, hazard and the as_of of its opening, so that a replay names it the same.
    ``sequence`` counts its steps from 1. ``level`` is 系统研判, a proposal. Cover, hours and ``probability`` are those of the assessment behind the
    step; ``heat_kcal_per_kg`` is there where ``cover_days`` are days of heat.
    """

    lane: str
    chain: str
    node: str
    product: str
    hazard: Hazard
    episode: str
    sequence: int
    state: AlertState
    level: Level
    opened_at: datetime
    as_of: datetime
    known_at: datetime
    headline_zh: str
    headline_en: str
    reason_zh: str = ""
    reason_en: str = ""
    path: list[str] = []
    cover_days: float | None = None
    hours_to_minimum_p50: float | None = None
    hours_to_zero_p50: float | None = None
    cover_days_physical: float | None = None
    heat_kcal_per_kg: float | None = None
    hours_to_minimum_p10: float | None = None
    hours_to_minimum_p90: float | None = None
    probability: dict[str, float] = {}
    v: int = 1
