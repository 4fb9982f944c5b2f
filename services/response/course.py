"""A run while one happening is decided about: it gathers what the happening brings and gives it back as a change. No network, no clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, structs

from schemas.alert import Alert
from schemas.chain import Node
from schemas.command import Command
from schemas.lane import LaneKind, kind_of
from schemas.run import RunEvent, RunState
from services.response.contacts import PUSH, Contacts
from services.response.playbook import DECISIONS, Playbook, Step
from services.response.progress import SKIPPED, StepState
from services.response.record import Change, Notification, Standing, Task, TaskChange, Timer, digest
from services.response.roster import Roster
from services.response.wording import message

Words = tuple[str, str]
"""Chinese and English."""


class Plans(Struct, frozen=True):
    """The playbooks in order of id, who stands behind their roles, and who is on duty."""

    playbooks: tuple[Playbook, ...]
    contacts: Contacts
    roster: Roster = Roster()

    def playbook(self, name: str) -> Playbook | None:
        """The playbook of an id."""
        return next((p for p in self.playbooks if p.id == name), None)


class Course:
    """One run at lane time ``at``. ``standing`` is how it stands now; what it leaves behind waits for ``change``."""

    def __init__(
        self, standing: Standing, plans: Plans, nodes: Mapping[str, Node], at: datetime, *, is_new: bool
    ) -> None:
        if standing.progress.alert is None:
            raise ValueError(f"run {standing.run.run_id} knows no warning yet")
        self.run = standing.run
        self.playbook = standing.playbook
        self.progress = standing.progress
        self.plans = plans
        self.nodes = nodes
        self.at = at
        self.alert: Alert = standing.progress.alert
        self._before = standing
        self._is_new = is_new
        self._events: list[RunEvent] = []
        self._tasks: list[Task] = []
        self._task_changes: list[TaskChange] = []
        self._timers: list[Timer] = []
        self._stopped: list[str] = []
        self._notes: list[Notification] = []
        self._commands: list[Command] = []
        self.children: list[tuple[str, str]] = []

    @property
    def is_running(self) -> bool:
        """True until the run ended."""
        return self.run.state is RunState.RUNNING

    def hear(self, alert: Alert) -> None:
        """Keep the warning as it is now."""
        self.alert = alert
        self.progress = structs.replace(self.progress, alert=alert, sequence=alert.sequence)
        self.run = structs.replace(self.run, level=alert.level.value)

    def step(self, name: str) -> Step | None:
        """A step of the plan, or one that arose on the way."""
        return self.playbook.step(name) or next((s for s in self.progress.extra if s.id == name), None)

    def state(self, name: str) -> StepState | None:
        """How a step stands, None before it was taken."""
        return self.progress.steps.get(name)

    def set_state(self, name: str, state: StepState) -> None:
        """How a step stands from now on; one that ends needs no timer any more."""
        self.progress = structs.replace(self.progress, steps=self.progress.steps | {name: state})
        if state.outcome and state.outcome != SKIPPED:
            self._stop(name)

    def end_step(self, name: str, outcome: str) -> None:
        """A step ended."""
        state = self.state(name) or StepState(at=self.at)
        self.set_state(name, structs.replace(state, outcome=outcome))

    def open_steps(self) -> list[Step]:
        """Steps under way, in the order they were taken."""
        found = [self.step(name) for name, state in self.progress.steps.items() if not state.outcome]
        return [step for step in found if step is not None]

    def event(self, step: str, kind: str, words: Words, **detail: str) -> None:
        """Something happened."""
        number = self.progress.events + 1
        self.progress = structs.replace(self.progress, events=number)
        self._events.append(
            RunEvent(
                run_id=self.run.run_id,
                lane=self.run.lane,
                step=step,
                kind=kind,
                sequence=number,
                at=self.at,
                text_zh=words[0],
                text_en=words[1],
                detail={name: text for name, text in detail.items() if text},
            )
        )

    def tell(self, key: str, roles: Sequence[str], action: Words) -> None:
        """One notification for each role and channel. A role that the contacts no longer have is reached by its name over the log."""
        text_zh, text_en = self._message(action)
        for role in dict.fromkeys(roles):
            for channel in self._channels(role):
                self._note(key, channel, self.office(role), role, (text_zh, text_en))

    def push(self, key: str, endpoint: str, action: Words) -> None:
        """A signed push to a named endpoint; outside the live lane it stays in the log."""
        channel = PUSH if kind_of(self.run.lane) is LaneKind.LIVE else "log"
        self._note(key, channel, endpoint, endpoint, self._message(action))

    def ask(self, step: Step, role: str, words: Words, due_at: datetime, **detail: str) -> None:
        """Work or a question for a role."""
        state = self.progress.steps.get(step.id)
        turn = state.turn if state is not None else 0
        self._tasks.append(
            Task(
                task_id=task_id(self.run.run_id, step, role, turn),
                run_id=self.run.run_id,
                lane=self.run.lane,
                step=step.id,
                title_zh=words[0],
                title_en=words[1],
                assignee=f"{role}: {self.office(role)}",
                state="open",
                created_at=self.at,
                due_at=due_at,
                detail={"kind": step.kind.value, "level": self.alert.level.value, "role": role} | detail,
            )
        )

    def change_task(self, step: Step, role: str, state: str, **detail: str) -> None:
        """A task takes another state."""
        now = self.progress.steps.get(step.id)
        name = task_id(self.run.run_id, step, role, now.turn if now is not None else 0)
        given = {key: text for key, text in detail.items() if text}
        ended_at = None if state == "overdue" else self.at
        self._task_changes.append(TaskChange(task_id=name, state=state, ended_at=ended_at, detail=given))

    def set_timer(self, step: str, kind: str, due_at: datetime, number: int = 0) -> None:
        """Something is due."""
        self._timers.append(
            Timer(
                timer_id=digest("timer", self.run.run_id, step, kind, number, due_at.isoformat()),
                run_id=self.run.run_id,
                lane=self.run.lane,
                episode=self.run.episode,
                step=step,
                kind=kind,
                due_at=due_at,
            )
        )

    def question(self, step: str, kind: str, arguments: dict[str, str], reason: str) -> None:
        """A question to the risk stage, as a command of its own id."""
        self._commands.append(
            Command(
                command_id=question_id(self.run.run_id, step),
                lane=self.run.lane,
                kind=kind,
                actor="response",
                reason=reason,
                issued_at=self.at,
                arguments=arguments,
            )
        )

    def end(self, state: RunState) -> None:
        """The run ended."""
        self.run = structs.replace(self.run, state=state)

    def change(self) -> Change | None:
        """Everything gathered; None when nothing happened."""
        run = structs.replace(self.run, phase=self.progress.phase, response=self.progress.response)
        after = Standing(run=run, playbook=self.playbook, progress=self.progress)
        if after == self._before and not self._is_new:
            return None
        return Change(
            after=after,
            is_new=self._is_new,
            is_told=self._is_new or run != self._before.run,
            ended_at=self.at
            if run.state is not RunState.RUNNING and self._before.run.state is RunState.RUNNING
            else None,
            events=tuple(self._events),
            tasks=tuple(self._tasks),
            task_changes=tuple(self._task_changes),
            timers=tuple(self._timers),
            stopped=tuple(dict.fromkeys(self._stopped)),
            notifications=tuple(self._notes),
            commands=tuple(self._commands),
        )

    def office(self, role: str) -> str:
        """Who answers for a role now: name, office, and the person on duty where the roster names one."""
        contact = self.plans.contacts.get(role)
        if contact is None:
            return role
        duty = self.plans.roster.on_duty(role, self.at)
        place = f"{contact.name_zh} {contact.office_for(self.nodes.get(self.run.node))}"
        return f"{place} {duty.person}" if duty is not None else place

    def role_name(self, role: str) -> str:
        """The Chinese name of a role."""
        contact = self.plans.contacts.get(role)
        return contact.name_zh if contact is not None else role

    def due(self, step: Step) -> datetime:
        """The deadline of a step that is taken now."""
        return self.at + timedelta(minutes=step.within_minutes or 0)

    def _message(self, action: Words) -> Words:
        text_zh, text_en = message(self.alert, self.nodes, (self.playbook.name_zh, self.playbook.name_en), action)
        if not self.progress.headline_zh:
            return text_zh, text_en
        mark_zh, mark_en = _MARKS[kind_of(self.run.lane)]
        return (
            _headed(text_zh, mark_zh + self.progress.headline_zh),
            _headed(text_en, mark_en + self.progress.headline_en),
        )

    def _channels(self, role: str) -> tuple[str, ...]:
        """Channels of a role; replays reach nobody but the log. Whom a drill reaches is decided where it is sent, by its roster."""
        contacts = self.plans.contacts
        is_replay = kind_of(self.run.lane) is LaneKind.REPLAY
        return contacts[role].channels if role in contacts and not is_replay else ("log",)

    def _note(self, key: str, channel: str, recipient: str, role: str, text: Words) -> None:
        self._notes.append(
            Notification(
                notification_id=digest(
                    "note", self.run.run_id, key, role, channel, self.progress.events, len(self._notes)
                ),
                run_id=self.run.run_id,
                lane=self.run.lane,
                step=key,
                channel=channel,
                recipient=recipient,
                text_zh=text[0],
                text_en=text[1],
                created_at=self.at,
                role=role,
                level=self.alert.level.value,
            )
        )

    def _stop(self, step: str) -> None:
        self._timers = [timer for timer in self._timers if timer.step != step]
        self._stopped.append(step)


_MARKS = {LaneKind.LIVE: ("", ""), LaneKind.DRILL: ("【演练】", "EXERCISE "), LaneKind.REPLAY: ("【回放】", "REPLAY ")}


def _headed(text: str, head: str) -> str:
    return "\n".join((head, *text.splitlines()[1:]))


def task_id(run_id: str, step: Step, role: str, turn: int = 0) -> str:
    """The id of the task of a role in a step."""
    parts = (run_id, step.id, role) if step.kind in DECISIONS or step.roles[:1] != (role,) else (run_id, step.id)
    return digest("task", *parts, turn) if turn else digest("task", *parts)


def question_id(run_id: str, step: str) -> str:
    """The id of the command by which a step asks the risk stage.

    >>> run_of_question(question_id("run-1", "ahead"))
    'run-1'
    """
    return f"{_ASKED}{run_id}.{step}"


def run_of_question(command_id: str) -> str:
    """The run that asked; empty for a command that no run gave."""
    return command_id.removeprefix(_ASKED).rsplit(".", 1)[0] if command_id.startswith(_ASKED) else ""


_ASKED = "playbook."
