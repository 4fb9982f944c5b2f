"""A plan tried in memory: warnings as told, people as assumed; everything that would happen, in order, and nothing leaves. Pure."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from schemas.alert import Alert
from schemas.answer import Answer
from schemas.command import Command
from schemas.run import RunState
from services.response.course import Plans
from services.response.office import Nodes, Office
from services.response.playbook import DECISIONS
from services.response.record import Change, Task

_RISK_MINUTES = 1


class People(Struct, frozen=True):
    """How people are assumed to act: minutes until they do, whether tasks get done, and what they decide ("approve", "refuse", or nothing)."""

    minutes: float = 30.0
    do_tasks: bool = True
    decide: str = "approve"
    finds_remedy: bool = True


class Line(Struct, frozen=True, kw_only=True):
    """Something that would happen. ``who`` is told or asked; ``what`` is event, task, message, question."""

    at: datetime
    run_id: str
    playbook: str
    step: str
    what: str
    kind: str
    who: str
    text_zh: str
    text_en: str


class _Later(Struct, order=True):
    at: datetime
    number: int
    act: Callable[[datetime], None]


class Rehearsal:
    """Plays warnings and people against the plans until ``until``; ``changes`` holds all that came of it."""

    def __init__(self, plans: Plans, nodes_of: Nodes, people: People, until: datetime) -> None:
        self._plans, self._people, self._until = plans, people, until
        self._office = Office(plans, nodes_of)
        self._later: list[_Later] = []
        self._number = 0
        self._seen = 0

    @property
    def changes(self) -> list[Change]:
        """Every change so far, in order."""
        return self._office.changes

    def running(self) -> int:
        """Runs that did not end."""
        return sum(each.run.state is RunState.RUNNING for each in self._office.standing())

    def plan(self, at: datetime, act: Callable[[Office, datetime], None]) -> None:
        """Something happens at a moment."""
        self._number += 1
        heapq.heappush(self._later, _Later(at, self._number, lambda now: act(self._office, now)))

    def hear(self, alerts: Iterable[Alert]) -> None:
        """These warnings come at their own times."""
        for alert in alerts:
            self.plan(alert.as_of, lambda office, _, alert=alert: office.hear(alert))  # type: ignore[misc]  # a default argument

    def play(self) -> list[Change]:
        """Live until the end."""
        lanes: set[str] = set()
        while True:
            self._react()
            lanes |= {each.run.lane for each in self._office.standing()}
            due = min((timer.due_at for timer in self._office.timers()), default=None)
            planned = self._later[0].at if self._later else None
            moments = [moment for moment in (due, planned) if moment is not None and moment <= self._until]
            if not moments:
                return self._office.changes
            now = min(moments)
            if due is not None and due <= now:
                for lane in sorted(lanes):
                    self._office.until(now, lane)
            else:
                later = heapq.heappop(self._later)
                later.act(now)

    def _react(self) -> None:
        """People see what is new and act on it after a while."""
        new, self._seen = self._office.changes[self._seen :], len(self._office.changes)
        for change in new:
            for task in change.tasks:
                self._answer_task(task)
            for command in change.commands:
                self._answer_question(command, change)

    def _answer_task(self, task: Task) -> None:
        is_decision = task.detail["kind"] in {kind.value for kind in DECISIONS}
        if (is_decision and not self._people.decide) or (not is_decision and not self._people.do_tasks):
            return
        kind = f"playbook.{self._people.decide}" if is_decision else "task.done"
        given = {
            "task": task.task_id,
            "result": "（试运行）",
            "answered_by": "（试运行）",
            "signer": "（试运行）",
            "document": "（试运行）",
        }
        for number in range(int(task.detail.get("persons", "1"))):
            at = task.created_at + timedelta(minutes=self._people.minutes + number)
            command = Command(
                command_id=f"{task.task_id}-{number}",
                lane=task.lane,
                kind=kind,
                actor=f"{task.detail['role']}-{number}",
                reason="试运行 dry run",
                issued_at=at,
                arguments=given,
            )
            self.plan(at, lambda office, now, c=command: office.obey(c, now, task.run_id))  # type: ignore[misc]  # a default argument

    def _answer_question(self, command: Command, change: Change) -> None:
        at = command.issued_at + timedelta(minutes=_RISK_MINUTES)
        move = {"source_zh": "（试运行货源）", "most_per_day": 1.0, "total": 7.0}
        body = {"plans": [{"moves": [move] if self._people.finds_remedy else [], "reduction": [], "unit": "t"}]}
        answer = Answer(
            command_id=command.command_id,
            lane=change.after.run.lane,
            kind=command.kind,
            as_of=at,
            body=body,
            headline_zh="（试运行答复）",
            headline_en="(answer of the dry run)",
        )
        self.plan(at, lambda office, now: office.answer(answer, now))


def lines_of(changes: Iterable[Change]) -> list[Line]:
    """What would happen, in order of time."""
    found = [line for change in changes for line in _lines(change)]
    return sorted(found, key=lambda line: line.at)


def _lines(change: Change) -> Iterator[Line]:
    run = change.after.run

    def line(at: datetime, step: str, what: str, kind: str, who: str, text_zh: str, text_en: str) -> Line:
        return Line(
            at=at,
            run_id=run.run_id,
            playbook=run.playbook,
            step=step,
            what=what,
            kind=kind,
            who=who,
            text_zh=text_zh,
            text_en=text_en,
        )

    for event in change.events:
        yield line(
            event.at, event.step, "event", event.kind, event.detail.get("actor", ""), event.text_zh, event.text_en
        )
    for task in change.tasks:
        yield line(task.created_at, task.step, "task", task.detail["kind"], task.assignee, task.title_zh, task.title_en)
    for note in change.notifications:
        yield line(note.created_at, note.step, "message", note.channel, note.recipient, note.text_zh, note.text_en)
    for command in change.commands:
        yield line(
            command.issued_at,
            command.command_id.rsplit(".", 1)[-1],
            "question",
            command.kind,
            "risk",
            str(command.arguments),
            "",
        )
