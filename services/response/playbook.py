"""A playbook: when it starts and what is done then. Values only; a run keeps a copy."""

from enum import StrEnum

from msgspec import Struct

from schemas.lane import LaneKind
from schemas.level import Level, rank


class StepKind(StrEnum):
    """What a step does: tell people, give them work with a deadline, or ask for a decision with a deadline."""

    NOTIFY = "notify"
    TASK = "task"
    ASK = "ask"


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step. ``from_level``: it is taken once the run has reached this level. ``within_minutes`` counts from then, in lane time."""

    id: str
    kind: StepKind
    roles: tuple[str, ...]
    text_zh: str
    text_en: str
    within_minutes: int | None = None
    from_level: Level = Level.NORMAL


class Trigger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a run starts. Empty tuples mean any. ``path_kinds``: kinds of nodes of which one must stand on the cause path."""

    level: Level
    hazards: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    path_kinds: tuple[str, ...] = ()
    lane_kinds: tuple[LaneKind, ...] = ()


class Playbook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan. ``version`` is the stated version and a digest of the content, so that no change keeps the old name."""

    id: str
    name_zh: str
    name_en: str
    version: str
    basis: str
    trigger: Trigger
    steps: tuple[Step, ...]


def is_at_least(level: Level, wanted: Level) -> bool:
    """True when ``level`` is ``wanted`` or graver; UNKNOWN is never."""
    height = rank(level)
    return height is not None and height >= (rank(wanted) or 0)
