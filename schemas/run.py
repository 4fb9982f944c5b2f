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
    """A playbook at work on one alert episode. Identity: lane, episode, playbook, version. It keeps the version it started with."""

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
    v: int = 1


class RunEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happened in a run. Identity: run_id, step, kind, sequence."""

    run_id: str
    lane: str
    step: str
    kind: str
    sequence: int
    at: datetime
    text_zh: str
    text_en: str
    v: int = 1
