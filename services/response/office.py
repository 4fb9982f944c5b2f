"""Runs and their timers in memory, moved on by one happening after the other; the database's twin in decisions, used on it and without it. Pure.

Whatever happens at a moment, the timers of its episode that were due before are decided about first: so a replay equals what was lived.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from schemas.alert import Alert
from schemas.answer import Answer
from schemas.chain import Node
from schemas.command import Command
from schemas.rejection import Rejection
from schemas.run import RunState
from services.response.commands import START, decide_command, decide_start, episode_of, problem_of_start
from services.response.course import Plans, run_of_question
from services.response.engine import decide, decide_answer, decide_due
from services.response.figures import Reading, decide_figure
from services.response.record import Change, Standing, Timer
from services.runtime.refusal import refusal_of

Key = tuple[str, str]
"""Lane and episode."""
Nodes = Callable[[str], Mapping[str, Node]]
"""Nodes of a chain by id, empty for one that is not known."""


class Office:
    """``changes``, ``rung``, the ids of timers that went off, and ``refused``, commands about nothing that there is, grow with each happening, in
    order. Episodes that are concerned must have been loaded before."""

    def __init__(self, plans: Plans, nodes_of: Nodes) -> None:
        self._plans = plans
        self._nodes_of = nodes_of
        self._runs: dict[Key, dict[str, Standing]] = {}
        self._timers: dict[Key, dict[str, Timer]] = {}
        self._episode: dict[str, Key] = {}
        self.changes: list[Change] = []
        self.rung: list[str] = []
        self.refused: list[Rejection] = []

    def use(self, plans: Plans) -> None:
        """Decide by other plans from now on."""
        self._plans = plans

    def load(self, standing: Iterable[Standing], timers: Iterable[Timer] = ()) -> None:
        """Take in runs as they stand, with the timers of their episodes."""
        for each in standing:
            self._keep(each)
        for timer in timers:
            self._timers.setdefault((timer.lane, timer.episode), {})[timer.timer_id] = timer

    def standing(self) -> list[Standing]:
        """Every run."""
        return [each for runs in self._runs.values() for each in runs.values()]

    def timers(self) -> list[Timer]:
        """Everything that is still due."""
        return [timer for timers in self._timers.values() for timer in timers.values()]

    def hear(self, alert: Alert, at: datetime | None = None) -> None:
        """A step of an episode, heard at lane time ``at`` (None: at the moment it holds for)."""
        key, now = (alert.lane, alert.episode), at or alert.as_of
        self._ring(key, now)
        self._take(decide(alert, self._of(key), self._plans, self._nodes_of(alert.chain), now))

    def obey(self, command: Command, at: datetime | None, run_id: str = "") -> None:
        """A person's command at lane time ``at`` (None: the clock was not heard yet). ``run_id``: the run it is about; about one that is not
        there, or to start what cannot be started, it is refused."""
        if command.kind == START:
            key = (command.lane, episode_of(command))
            nodes = self._nodes_of(command.arguments.get("chain", ""))
            self._refuse(command, problem_of_start(command, self._plans, nodes))
            self._take(decide_start(command, at or command.issued_at, self._of(key), self._plans, nodes))
            return
        found = self._episode.get(run_id)
        if found is None:
            named = command.arguments.get("task") or command.arguments.get("run", "")
            self._refuse(command, f"{named}: 没有这项任务或预案运行 there is no such task or run")
        else:
            now = self._moment(found, at)
            self._ring(found, now)
            self._take(decide_command(command, now, self._of(found), self._plans, self._nodes_at(found)))

    def _refuse(self, command: Command, why: str) -> None:
        if why:
            self.refused.append(refusal_of(command, why))

    def answer(self, answer: Answer, at: datetime | None) -> None:
        """An answer of the risk stage, at lane time ``at`` (None: the clock was not heard yet)."""
        key = self._episode.get(run_of_question(answer.command_id))
        if key is not None:
            now = self._moment(key, at)
            self._ring(key, now)
            self._take(decide_answer(answer, now, self._of(key), self._plans, self._nodes_at(key)))

    def read(self, reading: Reading) -> None:
        """A value of a series that plans watch."""
        own = [s for s in self.standing() if s.run.lane == reading.lane and s.run.state is RunState.RUNNING]
        for each in own:
            self._ring((each.run.lane, each.run.episode), reading.at)
        own = [s for s in self.standing() if s.run.lane == reading.lane and s.run.state is RunState.RUNNING]
        self._take(decide_figure(reading, own, self._plans, self._nodes_of(reading.chain)))

    def until(self, at: datetime, lane: str) -> None:
        """Lane time reached ``at``: everything due by then happens, the earliest first."""
        while due := [t for t in self.timers() if t.lane == lane and t.due_at <= at]:
            first = min(due, key=lambda t: (t.due_at, t.timer_id))
            self._ring((first.lane, first.episode), first.due_at)

    def ring_all(self, keys: Sequence[Key], at: Callable[[str], datetime]) -> None:
        """Everything of these episodes that is due by the time of their lane."""
        for key in keys:
            self._ring(key, at(key[0]))

    def _ring(self, key: Key, at: datetime) -> None:
        timers = self._timers.get(key, {})
        while due := [t for t in timers.values() if t.due_at <= at]:
            first = min(due, key=lambda t: (t.due_at, t.timer_id))
            del timers[first.timer_id]
            self.rung.append(first.timer_id)
            self._take(decide_due([first], self._of(key), self._plans, self._nodes_at(key)))

    def _moment(self, key: Key, at: datetime | None) -> datetime:
        """Lane time of something said: never before the warning that the episode heard last."""
        heard = max((s.progress.alert.as_of for s in self._of(key) if s.progress.alert is not None), default=at)
        if heard is None:
            raise ValueError(f"{key} has heard no warning and no clock")
        return max(heard, at) if at is not None else heard

    def _of(self, key: Key) -> list[Standing]:
        return list(self._runs.get(key, {}).values())

    def _nodes_at(self, key: Key) -> Mapping[str, Node]:
        alert = next((s.progress.alert for s in self._of(key) if s.progress.alert is not None), None)
        return self._nodes_of(alert.chain) if alert is not None else {}

    def _keep(self, standing: Standing) -> None:
        key = (standing.run.lane, standing.run.episode)
        self._runs.setdefault(key, {})[standing.run.run_id] = standing
        self._episode[standing.run.run_id] = key

    def _take(self, changes: Iterable[Change]) -> None:
        for change in changes:
            run = change.after.run
            self._keep(change.after)
            timers = self._timers.setdefault((run.lane, run.episode), {})
            for name in [
                n for n, t in timers.items() if t.run_id == run.run_id and (change.ended_at or t.step in change.stopped)
            ]:
                del timers[name]
            if change.ended_at is None:
                timers.update({timer.timer_id: timer for timer in change.timers})
            self.changes.append(change)
