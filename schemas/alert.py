"""An alert episode: from the first warning about a (node, product, hazard) until it is closed."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from schemas.assessment import Hazard, InputState
from schemas.level import Level


class AlertState(StrEnum):
    """What just happened to the episode. What a person did to it, and what only tells more, is UPDATED."""

    OPENED = "opened"
    WORSENED = "worsened"
    EASED = "eased"
    UPDATED = "updated"
    CLOSED = "closed"


class Scope(StrEnum):
    """Who may read a warning that people approved, in the words of CAP 1.2."""

    PRIVATE = "Private"
    RESTRICTED = "Restricted"
    PUBLIC = "Public"


class Role(StrEnum):
    """Place of an episode in its incident: at the root cause, or downstream of it."""

    ROOT = "root"
    SYMPTOM = "symptom"


class Ending(StrEnum):
    """Why an episode closed: by rule, by rule with the word of a person, or because data that came late show that it never was."""

    EASED = "eased"
    PERSON = "person"
    RETRACTED = "retracted"


class Alert(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of an episode. Identity: lane, node, product, hazard, episode, sequence.

    ``episode`` is computed from lane, node, product, hazard and the as_of of its opening, so that a replay names it the same.
    ``sequence`` counts its steps from 1. ``level`` is 系统研判, a proposal; ``peak`` the highest level of the episode so far. Cover, hours and
    ``probability`` are those of the assessment behind the step; ``heat_kcal_per_kg`` is there where ``cover_days`` are days of heat.
    ``is_unknown``: its state is lost from sight 情况不明. Where the hazard is of data, ``series`` names what is silent or in doubt.

    ``incident`` groups episodes of one root cause; ``root`` is the node it starts at (``data:…`` for data), ``role`` the place of this episode in
    it. ``interrupts`` names the offices that this step must interrupt (``duty`` is the duty officer), ``paged`` the highest level that did; a step
    that interrupts nobody is for reading.

    ``hold_hours`` is how long a lower level must hold before it counts, ``dips_hours`` the passing dips it was learned from. ``basis`` holds the
    readings that the level was raised on. ``normal_since``: all is normal, seen and trusted since then. ``is_awaiting``: long enough so, and a
    person's word to close is awaited; ``closing_by`` is who has given it beforehand. ``ending`` tells why it closed, ``retraction_zh`` why the
    warning is withdrawn.

    ``command_id``, ``actor`` and ``acted_at`` name the command of a person behind the step, and when it was given; ``acted_at`` without a command
    is the lane time at which something was said again. ``heard_at`` is the newest assessment heard when such a step was made, for its ``as_of`` is
    that of the step before. ``actions`` tells what was done 处置 so far, who and what. An acknowledgement holds until ``acknowledged_until``.
    ``muted_by`` is the command of the mute that hides the step. ``approvals`` are those who approved the warning up to ``approved_level`` for
    ``scope``.
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
    peak: Level = Level.NORMAL
    is_unknown: bool = False
    series: list[str] = []
    incident: str = ""
    root: str = ""
    role: Role = Role.ROOT
    interrupts: list[str] = []
    paged: Level = Level.NORMAL
    hold_hours: float = 24.0
    dips_hours: list[float] = []
    basis: list[InputState] = []
    normal_since: datetime | None = None
    is_awaiting: bool = False
    closing_by: str = ""
    ending: Ending | None = None
    retraction_zh: str = ""
    retraction_en: str = ""
    command_id: str = ""
    actor: str = ""
    acted_at: datetime | None = None
    heard_at: datetime | None = None
    comment: str = ""
    actions: list[str] = []
    acknowledged_by: str = ""
    acknowledged_until: datetime | None = None
    muted_by: str = ""
    approvals: list[str] = []
    approved_level: Level = Level.NORMAL
    scope: Scope = Scope.PRIVATE
    v: int = 1
