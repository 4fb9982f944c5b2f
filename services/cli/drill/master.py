"""The master of drills: hears what the console asks for and conducts one drill at a time, as ``lianjing drill run`` does. One thread, one loop."""

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from schemas.answer import Answer
from schemas.command import Command
from schemas.drill import DrillEvent
from schemas.drill_plan import Plan
from schemas.topic import ANSWER, COMMAND
from services.cli.drill.building import log_of, next_name, unfinished
from services.cli.drill.director import Director, Stage
from services.cli.drill.marks import mark_event
from services.cli.drill.reporting import item_events
from services.drill.cast import Cast
from services.drill.conduct import Conduct
from services.drill.controls import MOST_RATE
from services.runtime.clock import Clock
from services.runtime.errors import ConfigurationError, InputError, LianjingError, UnreachableError
from services.runtime.logs import logger
from services.runtime.reading import contents
from services.runtime.streams import Consumer, Partition, Producer

_HEARD: Partition = (COMMAND.name, 0)
_IDLE_S = 0.2
_STALE = timedelta(minutes=2)
_FLUSH_S = 10.0
_command = msgspec.json.Decoder(Command)
_log = logger("drill")


class Hall(Protocol):
    """Where drills are held: files, the log of all drills, and the parts a director works on. Every call may raise UnreachableError."""

    def offers(self) -> list[dict[str, Any]]:
        """What may be started: each file with what it says, or with its faults."""
        ...

    def plan(self, name: str) -> Plan:
        """The drill of a file, by its name only, checked. Raises ConfigurationError with every fault."""
        ...

    def log(self) -> list[DrillEvent]:
        """Every event of every drill."""
        ...

    def publish(self, event: DrillEvent) -> None:
        """Add an event and wait for the broker."""
        ...

    def stage(self, plan: Plan, drill: str) -> AbstractContextManager[Stage]:
        """What the director of a drill works on. Raises ConfigurationError."""
        ...

    def abandon(self, drill: str, actor: str) -> list[str]:
        """Close what a dead director left open; the lanes closed. Raises ConfigurationError."""
        ...

    def report(self, log: Sequence[DrillEvent], events: Sequence[DrillEvent]) -> None:
        """Write the report of a drill. Raises ConfigurationError when there is no Chinese font."""
        ...


class Master:
    """Answers ``drill.files``, ``drill.start``, ``drill.abandon`` and marks of drills that are over; conducts what it started to its end.

    It hears only what is said after ``open``, and nothing older than two minutes: no drill starts because somebody wished for it long ago. A drill
    without notice is started by its approver in person, who is not on its roster.
    """

    def __init__(self, hall: Hall, listener: Consumer, producer: Producer, clock: Clock) -> None:
        self._hall, self._listener, self._producer, self._clock = hall, listener, producer, clock
        self._director: Director | None = None
        self._drill = ""
        self._opened = ExitStack()
        self._is_stopping = False
        self._unclosed = ""

    def open(self) -> None:
        """Listen from now on. Raises UnreachableError."""
        self._listener.assign([_HEARD])
        self._listener.seek(_HEARD, self._listener.end_offsets([_HEARD])[_HEARD])

    @property
    def is_conducting(self) -> bool:
        """True while a drill of this master goes on, or its books are not closed yet."""
        return self._director is not None or bool(self._unclosed)

    def turn(self) -> None:
        """Hear what was said, then one round of the drill. Raises UnreachableError; what was to be done is done in a later turn then."""
        for command in contents(_command, self._listener.poll(0.0 if self.is_conducting else _IDLE_S)):
            self._hear(command)
        if self._director is not None:
            self._conduct(self._director)
        elif self._unclosed:
            self._close_books(self._unclosed)

    def end(self) -> None:
        """End the drill before its time, for the process is to stop; ``turn`` on until nothing is conducted."""
        self._is_stopping = True

    def _hear(self, command: Command) -> None:
        doing = {
            "drill.files": self._offer,
            "drill.start": self._start,
            "drill.abandon": self._abandon,
            "drill.mark": self._mark,
        }.get(command.kind)
        if doing is None or self._clock.now() - command.issued_at > _STALE:
            return
        try:
            body = doing(command)
        except UnreachableError as error:
            self._answer(command, problem=f"消息服务或数据库不可用 broker or database is away: {error}")
        except LianjingError as error:
            self._answer(command, problem="；".join(getattr(error, "problems", ())) or str(error))
        else:
            if body is not None:
                self._answer(command, body)

    def _answer(self, command: Command, body: Mapping[str, Any] | None = None, problem: str = "") -> None:
        found = Answer(
            command_id=command.command_id,
            lane=command.lane,
            kind=command.kind,
            as_of=None,
            body=dict(body or {}),
            problem=problem,
        )
        self._producer.send(ANSWER.name, msgspec.json.encode(found), key=found.command_id.encode(), partition=0)
        self._producer.flush(_FLUSH_S)
        _log.info("drill command answered", kind=command.kind, actor=command.actor, refused=bool(problem))

    def _offer(self, command: Command) -> dict[str, Any]:
        del command
        return {"files": self._hall.offers(), "running": unfinished(self._hall.log())}

    def _start(self, command: Command) -> dict[str, Any]:
        plan = plan_for(command, self._hall.plan(command.arguments.get("file", "")), self._clock.now())
        events = self._hall.log()
        if open_ones := unfinished(events):
            raise ConfigurationError(
                f"演练 {', '.join(open_ones)} 未结束，同时只办一场 / a drill is not over yet: end or abandon it first"
            )
        self._drill = next_name(plan, events)
        with ExitStack() as opened:
            stage = opened.enter_context(self._hall.stage(plan, self._drill))
            conduct = Conduct(plan, self._drill, msgspec.json.encode(plan).decode(), stage.clock.now())
            cast = Cast(plan) if command.arguments.get("scripted") == "true" else None
            director = Director(conduct, stage, cast)
            director.open("" if plan.is_announced else command.actor)
            self._director, self._opened = director, opened.pop_all()
        return {"drill": self._drill, "lane": conduct.lane}

    def _conduct(self, director: Director) -> None:
        try:
            director.attempt(lambda: self._is_stopping)
        except UnreachableError as error:
            _log.error("the drill was given up: the broker stays away", drill=self._drill, why=str(error))
            self._leave()
            return
        if director.is_over:
            self._leave()
            self._unclosed = self._drill

    def _leave(self) -> None:
        self._director = None
        self._opened.close()

    def _close_books(self, drill: str) -> None:
        """Improvement items into the log, then the report."""
        events = self._hall.log()
        for event in item_events(log_of(events, drill), events, self._clock.now()):
            self._hall.publish(event)
        events = self._hall.log()
        self._unclosed = ""
        try:
            self._hall.report(log_of(events, drill), events)
        except ConfigurationError as error:
            _log.warning("the report was not written", drill=drill, why=str(error))

    def _abandon(self, command: Command) -> dict[str, Any]:
        drill = command.arguments.get("drill", "")
        if self._director is not None and drill == self._drill:
            raise InputError(f"演练 {drill} 正在进行，请用“结束” / the drill goes on: end it instead")
        return {"drill": drill, "lanes": self._hall.abandon(drill, command.actor)}

    def _mark(self, command: Command) -> dict[str, Any] | None:
        """A mark of a drill that is over; while it goes on its director hears it."""
        drill = command.lane.removeprefix("drill:")
        events = self._hall.log()
        if drill in unfinished(events):
            return None
        self._hall.publish(mark_event(command, log_of(events, drill), self._clock.now()))
        return {"drill": drill}


def plan_for(command: Command, plan: Plan, now: datetime) -> Plan:
    """The plan as ordered: with the wished rate. Raises InputError for a senseless one, and when this person may not start it now."""
    rate = _rate(command.arguments.get("rate", "")) or plan.rate
    if plan.starts_at is not None and plan.starts_at > now:
        raise InputError(
            f"此演练定于 {plan.starts_at.isoformat()} 开始 / this drill is to start at {plan.starts_at.isoformat()}"
        )
    if not plan.is_announced and (command.actor != plan.approver or plan.member(command.actor) is not None):
        raise InputError(
            f"不通知的演练只能由批准人 {plan.approver} 本人启动，{command.actor} 不能"
            f" / a drill without notice is started by its approver {plan.approver} in person, not by {command.actor}"
        )
    return msgspec.structs.replace(plan, rate=rate)


def _rate(text: str) -> float | None:
    if not text:
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 1 <= rate <= MOST_RATE:
        raise InputError(f"倍速 {text!r} 应为 1 至 {MOST_RATE:g} / the rate is from 1 to {MOST_RATE:g}")
    return rate
