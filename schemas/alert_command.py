"""What people order about alerts and their outcomes: kinds of Command, and the shape of their arguments."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from schemas.alert import Scope
from schemas.level import Level
from schemas.outcome import Verdict


class AlertCommand(StrEnum):
    """Kinds of commands that alerting obeys."""

    ACKNOWLEDGE = "alert.acknowledge"
    CLOSE = "alert.close"
    APPROVE = "alert.approve"
    ACT = "alert.act"
    MUTE = "alert.mute"
    UNMUTE = "alert.unmute"
    CONFIRM = "outcome.confirm"


class Acknowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """``alert.acknowledge``: somebody has it in hand until a moment of lane time; the comment is the command's reason."""

    episode: str
    until: datetime


class Close(Struct, frozen=True, forbid_unknown_fields=True):
    """``alert.close``: a person agrees to close. It takes effect once observations bear it out, and lapses when the level is raised again."""

    episode: str


class Approve(Struct, frozen=True, forbid_unknown_fields=True):
    """``alert.approve``: 审批发布 the proposal as an official warning of its present level for a scope. Public needs two different approvers."""

    episode: str
    scope: Scope = Scope.RESTRICTED


class Act(Struct, frozen=True, forbid_unknown_fields=True):
    """``alert.act``: what was done 处置 about an episode, in the command's reason; it is what an averted break is credited to."""

    episode: str


class Mute(Struct, frozen=True, forbid_unknown_fields=True):
    """``alert.mute``: hide alerts of places that match (patterns with ``*``) up to a level, from ``since`` until ``until`` (lane time, at most
    13 days). ``is_maintenance`` marks a planned window."""

    until: datetime
    since: datetime | None = None
    chain: str = "*"
    node: str = "*"
    product: str = "*"
    hazard: str = "*"
    up_to: Level = Level.ORANGE
    is_maintenance: bool = False


class Unmute(Struct, frozen=True, forbid_unknown_fields=True):
    """``alert.unmute``: end a mute (the id of its command) now."""

    mute: str


class Confirm(Struct, frozen=True, forbid_unknown_fields=True):
    """``outcome.confirm``: a person's verdict on an outcome."""

    outcome: str
    verdict: Verdict
