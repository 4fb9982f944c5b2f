"""Evaluators' marks after the end, when no director listens any more: straight into the drill's log."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from schemas.command import Command
from schemas.drill import DrillEvent
from services.cli.drill.building import log_of, tools, unfinished
from services.drill.acts import act_of
from services.runtime.clock import WallClock
from services.runtime.debrief.scoring import plan_of
from services.runtime.errors import InputError
from services.runtime.settings import Settings


def mark_afterwards(settings: Settings, drill: str, arguments: dict[str, str], actor: str, note: str) -> bool:
    """Note a mark in the log of a drill that is over; False when it still runs and its director will hear it. Raises InputError."""
    with tools(settings) as found:
        events = found.log()
        log = log_of(events, drill)
        if drill in unfinished(events):
            return False
        now = WallClock().now()
        command = Command(
            command_id=uuid.uuid4().hex,
            lane=log[-1].lane,
            kind="drill.mark",
            actor=actor,
            reason=note,
            issued_at=now,
            arguments=arguments,
        )
        found.publish(mark_event(command, log, now))
    return True


def mark_event(command: Command, log: Sequence[DrillEvent], wall: datetime) -> DrillEvent:
    """The next event of the log of a drill that is over: an evaluator's mark. Raises InputError when the mark does not count."""
    act = act_of(command, plan_of(log), log)
    if act is None or act.refusal:
        raise InputError(act.refusal if act is not None else command.kind)
    last = log[-1]
    return DrillEvent(
        drill=last.drill,
        sequence=last.sequence + 1,
        kind=act.kind,
        lane=last.lane,
        minute=last.minute,
        wall=wall,
        actor=act.actor,
        subject=act.subject,
        text_zh=act.text_zh,
        text_en=act.text_en,
        detail=act.detail,
    )
