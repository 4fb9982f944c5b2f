"""How a drill is conducted: wall time, commands, alerts and runs in; effects out, in the order they are to be carried out. Pure.

::

    preparing ──▶ running ⇄ paused ──▶ over          (the planned time is reached, or drill.end)
        ▲            │ rewind
        └────────────┘
    a real red alert: closing ── every member acknowledges, or ten minutes ──▶ over
    the stop word: over at once

The shell calls ``advance`` again and again: each call plays at most one hour, so that an abort never waits for more than that.
"""

from collections.abc import Iterable
from datetime import datetime

from schemas.alert import Alert, AlertState
from schemas.command import Command
from schemas.drill import DrillEvent, DrillEventKind, Member
from schemas.drill_plan import Inject, InjectKind, Plan
from schemas.lane import LIVE
from schemas.level import Level, rank
from schemas.run import Run, RunState
from services.drill import closing, controls
from services.drill.acts import ABORT, act_of
from services.drill.effect import CloseLane, Deliver, Effect, Emit, Insert, OpenLane, Order, PlayHour, SetClock
from services.drill.giving import STAND_INS, letter_to, letters_of, opened_text, texts_of
from services.drill.phase import Phase
from services.drill.timing import DrillClock, Pace
from services.runtime.debrief.marking import marked

_STRIKE_EVERY_H = 12
_WORTH_TELLING = 2  # yellow
_RUN_ZH = {RunState.RUNNING: "启动", RunState.DONE: "完成", RunState.CANCELLED: "取消"}


class Conduct:
    """One drill from its opening to its end. ``events`` is its log so far. ``document`` is the plan as JSON, for the log."""

    def __init__(self, plan: Plan, name: str, document: str, wall: datetime, pace: Pace | None = None) -> None:
        self.plan = plan
        self.document = document
        self.events: list[DrillEvent] = []
        self.phase = Phase.PREPARING
        self.name = name
        self.lane = f"drill:{name}"
        self.clock = DrillClock(minute=0.0, wall=wall, rate=plan.rate, is_paused=True)
        self.given: dict[str, float] = {}
        self.runs: dict[str, Run] = {}
        self.absent: dict[str, Member] = {}
        self.asked_at = self.closing_at = wall
        self._pace = pace or Pace()
        self._rewinds = 1
        self._stays_paused = False
        self._back_to(0.0)

    def open(self, wall: datetime, approved_by: str = "") -> list[Effect]:
        """The first effects: the plan is in the log, the lane and its roster stand, everybody is told when the drill is announced."""
        zh, en = opened_text(self.plan)
        effects: list[Effect] = [self.emit(DrillEventKind.OPENED, wall, words=(zh, en), detail={"plan": self.document})]
        if approved_by:
            words = (f"{approved_by} 批准本次不事先通知的演练", f"{approved_by} approved this drill without notice")
            effects.append(self.emit(DrillEventKind.APPROVED, wall, actor=approved_by, words=words))
        effects += self._open_lane()  # the roster before any letter: who is not on it is not written to
        if self.plan.is_announced:
            effects += self.tell(self.plan.roster, "opening", (zh, en))
        return effects

    def sent(self, rows: int) -> None:
        """Tell how many rows the last effects sent."""
        self._pace.sent(rows)

    def minute(self, wall: datetime) -> float:
        """Drill time, from 0 to the planned end."""
        return min(self.clock.at(wall), self.plan.minutes)

    def advance(self, wall: datetime) -> list[Effect]:
        """What is due now; at most one hour is played."""
        if self.phase is Phase.PREPARING:
            return self._prepare(wall)
        if self.phase is Phase.RUNNING:
            return self._run_on(wall)
        return closing.remind(self, wall) if self.phase is Phase.CLOSING else []

    def hear_alert(self, alert: Alert, wall: datetime) -> list[Effect]:
        """A step of an episode: of the live lane it may end the drill, of our own it may be what the plan waits for."""
        begins = alert.state in (AlertState.OPENED, AlertState.WORSENED)
        if not begins or self.phase in (Phase.CLOSING, Phase.OVER):
            return []
        if alert.lane == LIVE:
            return closing.abort(self, alert, wall) if alert.level is Level.RED else []
        height = rank(alert.level) or 0
        if alert.lane != self.lane or height < _WORTH_TELLING:
            return []
        told = marked(alert.headline_zh, alert.headline_en)
        detail = {"node": alert.node, "product": alert.product, "level": alert.level.value, "episode": alert.episode}
        effects: list[Effect] = [
            self.emit(DrillEventKind.ALERT, wall, subject=alert.episode, words=told, detail=detail)
        ]
        for inject in self.plan.injects:
            if inject.id not in self.given and _awaits(inject, alert.node, height):
                effects += self.give(inject, wall, {"episode": alert.episode}, told)
        return effects

    def hear_run(self, run: Run, wall: datetime) -> list[Effect]:
        """A playbook in our lane: its start and its end are noted with its version."""
        before = self.runs.get(run.run_id)
        if run.lane != self.lane or self.phase is Phase.OVER or (before is not None and before.state is run.state):
            return []
        self.runs[run.run_id] = run
        words = marked(
            f"预案《{run.name_zh}》{_RUN_ZH[run.state]}（{run.node}）", f"playbook {run.name_en}: {run.state.value}"
        )
        detail = {"playbook": run.playbook, "version": run.version, "state": run.state.value, "episode": run.episode}
        return [self.emit(DrillEventKind.RUN, wall, subject=run.run_id, words=words, detail=detail)]

    def hear_command(self, command: Command, wall: datetime) -> list[Effect]:
        """What somebody said to this drill. What does not count is noted with its reason."""
        if self.phase is Phase.OVER or command.lane not in (self.lane, f"drill:{self.name}"):
            return []
        control = controls.CONTROLS.get(command.kind)
        if control is not None:
            return control(self, command, wall)
        if command.kind == "message.acknowledge":
            return self._hear_receipt(command, wall)
        found = act_of(command, self.plan, self.events)
        if found is None:
            return []
        if found.refusal:
            return [self.refuse(command, wall, found.refusal)]
        if found.subject == ABORT:
            return closing.acknowledge(self, found.actor, wall)
        at = min(command.issued_at, wall)
        words = (found.text_zh, found.text_en)
        return [self.emit(found.kind, at, actor=found.actor, subject=found.subject, words=words, detail=found.detail)]

    def _hear_receipt(self, command: Command, wall: datetime) -> list[Effect]:
        """A letter was acknowledged by its link; one about the abort counts as having acknowledged that."""
        subject, _, member = command.arguments.get("notification", "").removeprefix(f"{self.lane}/").partition("/")
        is_of_abort = subject == ABORT or subject.startswith(f"{ABORT}.")
        return closing.acknowledge(self, member, wall) if is_of_abort else []

    def emit(
        self,
        kind: DrillEventKind,
        wall: datetime,
        *,
        actor: str = "",
        subject: str = "",
        words: tuple[str, str] = ("", ""),
        detail: dict[str, str] | None = None,
    ) -> Emit:
        """Note an event at a wall time; its texts get the mark."""
        zh, en = marked(*words)
        event = DrillEvent(
            drill=self.name,
            sequence=len(self.events) + 1,
            kind=kind,
            lane=self.lane,
            minute=round(self.minute(wall), 3),
            wall=wall,
            actor=actor,
            subject=subject,
            text_zh=zh,
            text_en=en,
            detail=detail or {},
        )
        self.events.append(event)
        return Emit(event)

    def tell(self, members: Iterable[Member], subject: str, words: tuple[str, str]) -> list[Effect]:
        """A letter to each of these members."""
        return [Deliver(letter_to(m, subject, self.lane, *words)) for m in members]

    def refuse(self, command: Command, wall: datetime, why: str) -> Emit:
        """Note that something said does not count."""
        words = (
            f"未采纳 {command.actor} 的 {command.kind}：{why}",
            f"refused {command.kind} of {command.actor}: {why}",
        )
        detail = {"command": command.command_id, "why": why}
        return self.emit(
            DrillEventKind.REFUSED, wall, actor=command.actor, subject=command.kind, words=words, detail=detail
        )

    def set_clock(self, clock: DrillClock, wall: datetime, words: tuple[str, str], actor: str) -> list[Effect]:
        """Go on with another clock, in the lane too."""
        self.clock = clock
        detail = {"rate": f"{clock.rate:g}", "paused": str(clock.is_paused).lower()}
        noted = self.emit(DrillEventKind.CLOCK, wall, actor=actor, words=words, detail=detail)
        return [noted, self._show_clock(wall)]

    def rewind(self, minute: float, wall: datetime, actor: str) -> list[Effect]:
        """Close this lane and begin the next, lived again up to a minute of drill time; what came later in the drill is taken back."""
        former = self.lane
        self._stays_paused = self.clock.is_paused
        words = (f"倒回到第 {minute:g} 分钟", f"rewound to minute {minute:g}")
        noted = self.emit(DrillEventKind.REWOUND, wall, actor=actor, words=words, detail={"to": f"{minute:g}"})
        self._rewinds += 1
        self.lane = f"drill:{self.name}.{self._rewinds}"
        self.given = {name: at for name, at in self.given.items() if at < minute}
        self.runs.clear()
        self.phase = Phase.PREPARING
        self._back_to(minute)
        self.clock = DrillClock(minute=minute, wall=wall, rate=self.clock.rate, is_paused=True)
        return [noted, CloseLane(former), *self._open_lane()]

    def finish(self, wall: datetime) -> list[Effect]:
        """Close the lane; the drill is over."""
        self.clock = self.clock.paused(wall)
        self.phase = Phase.OVER
        return [CloseLane(self.lane)]

    def end(self, wall: datetime, actor: str = "") -> list[Effect]:
        """The planned end, or an earlier one by the organiser; one that is aborted only stops to wait for those who have not acknowledged."""
        if self.phase in (Phase.CLOSING, Phase.OVER):
            return closing.give_up(self, wall)
        words = (f"{self.plan.name_zh}结束，恢复平时状态", f"{self.plan.name_en} has ended")
        noted = self.emit(DrillEventKind.ENDED, wall, actor=actor, words=words)
        return [noted, *self.tell(self.plan.roster, "end", words), *self.finish(wall)]

    def give(
        self, inject: Inject, wall: datetime, detail: dict[str, str], told: tuple[str, str] | None
    ) -> list[Effect]:
        """Give an inject now. ``told``: the headline of the warning that was awaited."""
        self.given[inject.id] = self.minute(wall)
        planned = detail | {
            "kind": inject.kind.value,
            "planned": f"{inject.minute:g}",
            "to": "、".join(inject.audience),
        }
        words = texts_of(inject, told)
        effects: list[Effect] = [
            self.emit(DrillEventKind.INJECT, wall, actor=inject.sender, subject=inject.id, words=words, detail=planned)
        ]
        if inject.kind is InjectKind.FEED and inject.reading is not None:
            return [*effects, Insert(self.lane, inject.id, self.given[inject.id], inject.reading)]
        if inject.kind is InjectKind.PHONE:
            stand_in = (f"{STAND_INS['phone']}：{words[0]}", f"stand-in for calls: {words[1]}")
            effects.append(
                self.emit(DrillEventKind.STAND_IN, wall, subject=inject.id, words=stand_in, detail={"kind": "phone"})
            )
        return [*effects, *letters_of(inject, self.plan, self.lane, len(self.events))]

    def _back_to(self, minute: float) -> None:
        self._hour = -24 * self.plan.lead_in_days
        self._target = minute

    def _open_lane(self) -> list[Effect]:
        persons = {"persons": ",".join(m.id for m in self.plan.roster)}
        roster = Order(self.lane, "drill.roster", persons, "演练参演名单 roster of the drill")
        return [OpenLane(self.lane), self._stand(), roster]

    def _prepare(self, wall: datetime) -> list[Effect]:
        """Live the hours before, as fast as the pace allows; then begin, or go on where a rewind went back to."""
        wanted = self.plan.start_hour + int(self._target // 60)
        if self._hour < wanted:
            if not self._pace.may_send(wall):
                return []
            self._hour += 1
            strikes = self._hour % _STRIKE_EVERY_H == 0 or self._hour >= wanted
            played = PlayHour(self.lane, strikes=strikes)
            return [played, self._stand()] if strikes else [played]
        self.phase = Phase.RUNNING
        begun = DrillClock(minute=self._target, wall=wall, rate=self.clock.rate, is_paused=self._stays_paused)
        words = (f"演练时钟启动，×{begun.rate:g}", f"the drill's clock runs at x{begun.rate:g}")
        return self.set_clock(begun, wall, words, "")

    def _run_on(self, wall: datetime) -> list[Effect]:
        now = self.minute(wall)
        if self._hour < self.plan.start_hour + int(now // 60):
            if not self._pace.may_send(wall):
                return []
            self._hour += 1
            return [PlayHour(self.lane, strikes=True)]
        due = [
            i
            for i in self.plan.injects
            if i.kind is not InjectKind.ALERT and i.id not in self.given and i.minute <= now
        ]
        effects = [e for i in sorted(due, key=lambda i: i.minute) for e in self.give(i, wall, {}, None)]
        if now >= self.plan.minutes:
            effects += self.end(wall)
        return effects

    def _stand(self) -> SetClock:
        """While the hours before are lived, the lane's clock stands where they have come to: it never runs ahead of the feeds."""
        return SetClock(self.lane, (self._hour - self.plan.start_hour) * 60.0, controls.STANDING)

    def _show_clock(self, wall: datetime) -> SetClock:
        rate = controls.STANDING if self.clock.is_paused else self.clock.rate
        return SetClock(self.lane, self.clock.at(wall), rate)


def _awaits(inject: Inject, node: str, height: int) -> bool:
    least = rank(Level(inject.level)) or 0 if inject.level else _WORTH_TELLING
    return inject.kind is InjectKind.ALERT and inject.node == node and height >= least
