"""One incident with everything an officer needs to understand it and to act: gathered in one pass, nothing of it changed."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from msgspec import Struct

from schemas.alert import Alert
from schemas.assessment import Assessment
from schemas.chain import Chain, Stock
from schemas.level import Level
from schemas.run import RunEvent
from services.console.reading import alert as alerts
from services.console.reading import assessment as assessments
from services.console.reading.answer import Answered, newest_answers, remedies_of
from services.console.reading.command import Ordered, commands_about, questions_waiting
from services.console.reading.fan import Fan, fan_of, stock_of
from services.console.reading.lane import LaneView
from services.console.reading.message import Call, Message, by_text, calls_of, messages_of
from services.console.reading.names import Names, Sees, names_of
from services.console.reading.run import Official, Run, events_of, runs_of
from services.console.reading.series import history
from services.console.reading.supply_list import Keep, User, keeps_of, users_behind
from services.console.reading.task import Task, tasks_of
from services.console.reading.timeline import Entry, timeline
from services.console.shelf import Shelf

HORIZONS = (("24", "24 小时", "24 h"), ("72", "72 小时", "72 h"), ("168", "7 天", "7 d"), ("336", "14 天", "14 d"))
_BEFORE = timedelta(days=14)
_PATIENCE = timedelta(minutes=5)


class Member(Struct, frozen=True, kw_only=True):
    """An episode of the incident with the level to show now, and who is at it."""

    alert: Alert
    level: Level
    owners: tuple[str, ...]
    open_tasks: int
    overdue_tasks: int


class Incident(Struct, frozen=True, kw_only=True):
    """``alert`` leads; ``found`` is the assessment behind it, None where there is none. ``waiting``: remedies asked for that are not there yet."""

    name: str
    alert: Alert
    members: tuple[Member, ...]
    found: Assessment | None
    level: Level
    names: Names
    fan: Fan | None
    runs: tuple[Run, ...]
    tasks: tuple[Task, ...]
    messages: tuple[Message, ...]
    calls: tuple[Call, ...]
    remedies: tuple[Answered, ...]
    what_ifs: tuple[Answered, ...]
    waiting: tuple[Ordered, ...]
    users: tuple[User, ...]
    keeps: tuple[Keep, ...]
    entries: tuple[Entry, ...]

    @property
    def root(self) -> str:
        """The node that the cause path begins at; where that is not to be seen, the place itself."""
        root = _root(self.alert)
        return self.alert.node if self.names[root].is_masked else root

    @property
    def is_told_whole(self) -> bool:
        """True where every cause may be seen; else sentences that name them are left out."""
        causes = self.found.causes if self.found is not None else []
        return not any(self.names[cause.node].is_masked for cause in causes)

    @property
    def warning(self) -> Official | None:
        """The official warning in force, of whichever run."""
        return next((run.warning for run in self.runs if run.warning is not None), None)

    @property
    def response(self) -> str:
        """The response level in force; empty for none."""
        return next((run.response for run in self.runs if run.response), "")

    @property
    def told(self) -> list[tuple[Message, list[Message]]]:
        """Messages with the same words together."""
        return by_text(self.messages)

    def answer_behind(self, run: Run | None) -> Answered | None:
        """The newest remedy or what-if that a run asked for, or that was asked for its place."""
        if run is None:
            return None
        own = [a for a in (*self.remedies, *self.what_ifs) if is_behind(a, run)]
        return max(own, key=lambda a: (a.as_of is not None, a.as_of), default=None)

    def run_of(self, task: Task) -> Run | None:
        """The run that a task belongs to."""
        return next((run for run in self.runs if run.run_id == task.run_id), None)


def read_incident(
    shelf: Shelf, lane: LaneView, name: str, sees: Sees, wall_now: datetime, chain_of: Callable[[str], Chain | None]
) -> Incident | None:
    """An incident by its name or that of one of its episodes; None for one that is not there, or of a chain not to be seen. ``chain_of`` gives the
    chain in force of a name."""
    members = [a for a in alerts.members(shelf, lane.name, name) if sees(a.chain)]
    if not members:
        return None
    lead = alerts.leading(members)
    episodes = [a.episode for a in members]
    runs = runs_of(shelf, lane.name, episodes)
    tasks = tasks_of(shelf, lane.name, episodes)
    judged = assessments.newest(shelf, lane.name, {a.node for a in members})
    found = assessments.of(judged, lead.node, lead.product, lead.hazard.value)
    chain = chain_of(lead.chain)
    answers = [
        *remedies_of(shelf, lane.name, {a.node for a in members}),
        *(a for a in newest_answers(shelf, lane.name, "risk.what_if") if _is_about(a, [lead], runs)),
    ]
    users: list[User] = []
    if chain is not None:
        behind = assessments.newest_of_chain(shelf, lane.name, chain.id)
        users = users_behind(chain, _root(lead), behind, lane.now)
    run_ids = [run.run_id for run in runs]
    messages, calls = messages_of(shelf, run_ids), calls_of(shelf, run_ids)
    what_ifs = [a for a in answers if a.kind == "risk.what_if"]
    return Incident(
        name=lead.incident or lead.episode,
        alert=lead,
        members=tuple(
            _member(a, judged, tasks, lane.now)
            for a in sorted(members, key=lambda a: (a is not lead, -alerts.weight(a.level)))
        ),
        found=found,
        level=_level(lead, found, lane.now),
        names=names_of(
            shelf, {a.node for a in members} | {n for a in members for n in a.path} | _cause_nodes(found), sees
        ),
        fan=_fan(shelf, lane, lead, found, stock_of(chain, lead.node, lead.product)),
        runs=tuple(runs),
        tasks=tuple(tasks),
        messages=tuple(messages),
        calls=tuple(calls),
        remedies=tuple(
            sorted((a for a in answers if a.kind == "risk.remedy"), key=lambda a: a.body["node"] != lead.node)
        ),
        what_ifs=tuple(what_ifs),
        waiting=tuple(
            q
            for q in questions_waiting(shelf, lane.name, "risk.remedy", wall_now - _PATIENCE)
            if q.arguments.get("node") == lead.node
        ),
        users=tuple(users),
        keeps=tuple(keeps_of(what_ifs[0] if what_ifs else None)),
        entries=tuple(
            timeline(
                steps=alerts.steps(shelf, lane.name, episodes),
                events=_events(shelf, run_ids),
                commands=commands_about(
                    shelf,
                    lane.name,
                    episodes=episodes,
                    runs=run_ids,
                    tasks=[t.task_id for t in tasks],
                    nodes=[lead.node],
                ),
                answers=answers,
                messages=messages,
                calls=calls,
            )
        ),
    )


def _events(shelf: Shelf, runs: Collection[str]) -> list[RunEvent]:
    return events_of(shelf, runs) if runs else []


def _root(alert: Alert) -> str:
    return alert.path[0] if alert.path else alert.node


def _cause_nodes(found: Assessment | None) -> set[str]:
    return {node for cause in found.causes for node in (cause.node, *cause.path)} if found is not None else set()


def is_behind(answer: Answered, run: Run) -> bool:
    """True for an answer that a run asked for, and for a remedy of its place."""
    is_of_place = answer.kind == "risk.remedy" and answer.body.get("node") == run.node
    return is_of_place or answer.command_id.startswith(f"playbook.{run.run_id}.")


def _is_about(answer: Answered, members: Collection[Alert], runs: Collection[Run]) -> bool:
    """True for a what-if that a run of the incident asked, or that supposes something of its place or its root."""
    if any(answer.command_id.startswith(f"playbook.{run.run_id}.") for run in runs):
        return True
    hit = {row["id"] for row in answer.body.get("hits", [])}
    return bool(hit & {n for a in members for n in (a.node, _root(a))})


def _level(lead: Alert, found: Assessment | None, now: datetime) -> Level:
    """What the warning says; 情况不明 where its state is lost from sight or nothing was judged for hours."""
    if lead.hazard.is_of_data() or lead.state.value == "closed":
        return alerts.standing(lead)
    return Level.UNKNOWN if lead.is_unknown or assessments.level_now(found, now) is Level.UNKNOWN else lead.level


def _fan(shelf: Shelf, lane: LaneView, lead: Alert, found: Assessment | None, stock: Stock | None) -> Fan | None:
    if found is None:
        return None
    seen = history(shelf, lane.name, lead.node, lead.product, ("stock",), found.as_of - _BEFORE, lane.now)
    return fan_of(found, seen, stock)


def _member(alert: Alert, judged: Collection[Assessment], tasks: Collection[Task], now: datetime) -> Member:
    own = [t for t in tasks if t.episode == alert.episode and t.is_open]
    return Member(
        alert=alert,
        level=_level(alert, assessments.of(judged, alert.node, alert.product, alert.hazard.value), now),
        owners=tuple(dict.fromkeys(t.office for t in own)),
        open_tasks=len(own),
        overdue_tasks=sum(t.is_overdue(now) for t in own),
    )
