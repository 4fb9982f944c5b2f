"""A run of a playbook, and what happened in it."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class RunState(StrEnum):
    """State of a run."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Run(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A playbook at work on one alert episode. Identity: lane, episode, playbook, version. It keeps the version it started with.

    ``level`` is the system's proposal (系统研判); ``phase`` says how far people took it: assessed 研判, conferred 会商, published 审批发布,
    adjusted 调整, lifted 解除. ``response`` is the response level in force, I to IV or empty. ``parent`` is the run whose sub-plan this is.
    """

    run_id: str
    lane: str
    episode: str
    playbook: str
    version: str
    state: RunState
    started_at: datetime
    node: str
    product: str
    level: str
    name_zh: str
    name_en: str
    phase: str = "assessed"
    response: str = ""
    parent: str = ""
    v: int = 1


class RunEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happened in a run. Identity: run_id, step, kind, sequence; ``sequence`` counts the run's events from 1.

    ``detail`` holds what a person gave (actor, command, signer, document, scope, answer …) as text.
    """

    run_id: str
    lane: str
    step: str
    kind: str
    sequence: int
    at: datetime
    text_zh: str
    text_en: str
    detail: dict[str, str] = {}
    v: int = 1
