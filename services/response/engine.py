"""The playbook engine's decisions: an alert, a timer, a command or an answer and the runs of its episode in; changes of runs out. Pure.

The same happenings in the same order give the same ids, events, tasks, timers and notifications; all times are lane times.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.alert import Alert, AlertState, Ending
from schemas.answer import Answer
from schemas.chain import Node
from schemas.lane import kind_of
from schemas.level import LEVEL_ZH, Level
from schemas.run import RunState
from services.response.answers import take_answer
from services.response.course import Course, Plans, question_id
from services.response.deadlines import fall_due
from services.response.episode import Episode, started_words
from services.response.flow import advance, drop
from services.response.official import LIFT, RESPOND, propose_changes, rose, told_roles
from services.response.playbook import ReportKind, Start, StepKind, Trigger, is_at_least
from services.response.record import Change, Standing, Timer
from services.response.work import close, conclude, undo_all

_LEVEL = "@level"
_CLOSED = "@closed"


def decide(
    alert: Alert,
    standing: Sequence[Standing],
    plans: Plans,
    nodes: Mapping[str, Node],
    at: datetime | None = None,
) -> list[Change]:
    """Changes that an alert brings. ``standing``: every run of the alert's episode, ended ones too; ``nodes`` of its chain by id; ``at``: lane time
    at which it was heard, the moment it holds for by default.

    A repeated or older step of an episode changes nothing. A playbook that has a run in the episode, in whatever version, starts no other.
    """
    episode = Episode(standing, plans, nodes, at or alert.as_of, alert)
    for course in episode.running():
        if alert.sequence > course.progress.sequence:
            _continue(alert, course)
    if alert.state is not AlertState.CLOSED:
        for playbook in plans.playbooks:
            is_met_now = playbook.trigger.start is Start.ALERT and is_met(playbook.trigger, alert, nodes)
            if playbook.id not in episode.playbooks and is_met_now:
                episode.start(alert, playbook, started_words(alert))
    return episode.changes()


def decide_due(
    timers: Sequence[Timer], standing: Sequence[Standing], plans: Plans, nodes: Mapping[str, Node]
) -> list[Change]:
    """Changes that the timers of one episode bring, in the order they are due. Each happens at its own time, however late it is heard."""
    changes: dict[str, Change] = {}
    runs = {each.run.run_id: each for each in standing}
    found: list[Change] = []
    for timer in sorted(timers, key=lambda t: (t.due_at, t.timer_id)):
        episode = Episode(runs.values(), plans, nodes, timer.due_at)
        course = episode.courses.get(timer.run_id)
        if course is not None and course.is_running:
            fall_due(course, timer)
            conclude(course)
        changes = {c.after.run.run_id: c for c in episode.changes()}
        runs |= {name: change.after for name, change in changes.items()}
        found += changes.values()
    return found


def decide_answer(
    answer: Answer, at: datetime, standing: Sequence[Standing], plans: Plans, nodes: Mapping[str, Node]
) -> list[Change]:
    """Changes that an answer of the risk stage brings to the run whose step asked."""
    episode = Episode(standing, plans, nodes, at)
    for course in episode.running():
        for step in course.open_steps():
            if question_id(course.run.run_id, step.id) == answer.command_id:
                take_answer(course, step, answer)
                conclude(course)
    return episode.changes()


def is_met(trigger: Trigger, alert: Alert, nodes: Mapping[str, Node]) -> bool:
    """True when an alert meets every condition of a trigger. A node that the chain does not have is of no kind and in no region."""
    node = nodes.get(alert.node)
    on_path = [nodes[name].kind for name in alert.path if name in nodes]
    return (
        _is_reached(alert, trigger.level)
        and (alert.hazard.value in trigger.hazards if trigger.hazards else not alert.hazard.is_of_data())
        and _is_among(node.kind if node is not None else "", trigger.kinds)
        and _is_among(alert.product, trigger.products)
        and (not trigger.path_kinds or bool(set(on_path) & set(trigger.path_kinds)))
        and (not trigger.cause_kinds or (bool(on_path) and on_path[0] in trigger.cause_kinds))
        and (not trigger.regions or (node.admin_code if node is not None else "").startswith(trigger.regions))
        and (not trigger.lane_kinds or kind_of(alert.lane) in trigger.lane_kinds)
    )


def _is_reached(alert: Alert, wanted: Level) -> bool:
    if wanted is Level.UNKNOWN:
        return alert.is_unknown or alert.level is Level.UNKNOWN
    return is_at_least(alert.level, wanted)


def _is_among(value: str, allowed: tuple[str, ...]) -> bool:
    return not allowed or value in allowed


def _continue(alert: Alert, course: Course) -> None:
    before = Level(course.run.level)
    course.hear(alert)
    if alert.state is AlertState.CLOSED:
        _finish(course)
        return
    if alert.level is not before:
        words = (
            f"系统研判由{LEVEL_ZH[before]}变为{LEVEL_ZH[alert.level]}",
            f"system proposal went from {before.value} to {alert.level.value}",
        )
        told = told_roles(course)
        count = sum(not state.outcome for state in course.progress.steps.values())
        course.event("", "level", words)
        if rose(before, alert.level):
            action = (f"等级升高，请复核 {count} 项办理中的步骤", "the level rose; please check the steps under way")
            course.tell(_LEVEL, told, action)
        propose_changes(course)
    advance(course)
    conclude(course)


def _finish(course: Course) -> None:
    """The episode closed: what nobody needs to do any more is cancelled; what is in force, and the final report, are awaited."""
    told = told_roles(course)
    for step in course.open_steps():
        is_final = step.kind is StepKind.REPORT and step.report is ReportKind.FINAL
        if not is_final and not step.id.startswith((LIFT, RESPOND)):
            drop(course, step, "系统研判风险解除", "the episode is closed")
    action = ("系统研判风险解除，未办任务随之取消", "the episode is closed; open tasks are cancelled with it")
    if course.alert.ending is Ending.RETRACTED:
        action = (
            f"预警撤回：{course.alert.retraction_zh}，已做步骤逐项撤销",
            "the warning is withdrawn; what was done is undone",
        )
        undo_all(course, "预警撤回", "the warning is withdrawn")
    close(course)
    if course.run.state is RunState.RUNNING:
        course.event(
            "", "ending", ("系统研判风险解除，待批准解除", "the episode is closed; approval to end is awaited")
        )
    course.tell(_CLOSED, told, action)
