"""What a person says by a command: tasks done, questions decided, runs started, steered and ended. Pure.

A command that does not count leaves the event ``rejected`` in its run, with the reason; nothing else changes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.alert import Alert, AlertState
from schemas.assessment import Hazard
from schemas.chain import Node
from schemas.command import Command
from schemas.level import LEVEL_ZH, Level
from services.response.assent import decide_step, delegate
from services.response.course import Course, Plans, task_id
from services.response.episode import Episode
from services.response.flow import advance
from services.response.official import LIFT, RESPOND, is_in_force, propose_ends, propose_response
from services.response.playbook import RESPONSES, Step
from services.response.record import Change, Standing, digest
from services.response.work import conclude, end_run, finish_task, undo_step

ON_TASK = ("task.done", "task.delegate", "playbook.approve", "playbook.refuse")
ON_RUN = ("playbook.undo", "playbook.end", "playbook.respond", "playbook.lift")
START = "playbook.start"
COMMANDS = (*ON_TASK, *ON_RUN, START)


def decide_command(
    command: Command, at: datetime, standing: Sequence[Standing], plans: Plans, nodes: Mapping[str, Node]
) -> list[Change]:
    """Changes that a command on a task or a run brings, at lane time ``at``. ``standing``: the runs of its episode."""
    episode = Episode(standing, plans, nodes, at)
    if command.kind in ON_TASK:
        found = _by_task(episode, command.arguments.get("task", ""))
        if found is not None:
            course, step, role = found
            _answer(course, step.id, command, _on_task(course, step, role, command))
            conclude(course)
    else:
        course_of = episode.courses.get(command.arguments.get("run", ""))
        if course_of is not None:
            _answer(course_of, command.arguments.get("step", ""), command, _on_run(course_of, command))
            advance(course_of)
            if command.kind != "playbook.end":
                conclude(course_of)
    return episode.changes()


def decide_start(
    command: Command, at: datetime, standing: Sequence[Standing], plans: Plans, nodes: Mapping[str, Node]
) -> list[Change]:
    """The run that a person starts. Nothing when the plan or the place is unknown, or when the command was heard before."""
    playbook = plans.playbook(command.arguments.get("playbook", ""))
    if playbook is None or command.arguments.get("node") not in nodes or standing:
        return []
    alert = _stated(command, at)
    said = command.reason or command.arguments.get("headline", "")
    words = (f"人工启动（{command.actor}）：{said}", f"started by {command.actor}: {said}")
    headline = (
        f"【人工启动·{LEVEL_ZH[alert.level]}】{playbook.name_zh}：{said}",
        f"[started by a person: {alert.level.value}] {playbook.name_en}: {said}",
    )
    episode = Episode(standing, plans, nodes, at)
    episode.start(alert, playbook, words, headline=headline, actor=command.actor, command=command.command_id)
    return episode.changes()


def problem_of_start(command: Command, plans: Plans, nodes: Mapping[str, Node]) -> str:
    """Why a run cannot be started; empty where it can."""
    wanted, node, chain = (command.arguments.get(name, "") for name in ("playbook", "node", "chain"))
    if plans.playbook(wanted) is None:
        known = "、".join(p.id for p in plans.playbooks)
        return f"playbook {wanted!r}: 没有这个预案 no such plan; 应为 one of {known}"
    if node not in nodes:
        return f"node {node!r}: 链条 {chain!r} 中没有这个环节 no such place in that chain"
    return ""


def episode_of(command: Command) -> str:
    """The episode that a start opens."""
    return digest("manual", command.lane, command.command_id)


def _stated(command: Command, at: datetime) -> Alert:
    given = command.arguments
    return Alert(
        lane=command.lane,
        chain=given.get("chain", ""),
        node=given["node"],
        product=given.get("product", "steam_coal"),
        hazard=Hazard(given.get("hazard", Hazard.STARVED.value)),
        episode=episode_of(command),
        sequence=1,
        state=AlertState.OPENED,
        level=Level(given.get("level", Level.YELLOW.value)),
        opened_at=at,
        as_of=at,
        known_at=at,
        headline_zh=command.reason,
        headline_en=command.reason,
        reason_zh=f"{command.actor} 报告：{command.reason}",
        reason_en=f"told by {command.actor}: {command.reason}",
        path=[given["node"]],
    )


def _by_task(episode: Episode, name: str) -> tuple[Course, Step, str] | None:
    for course in episode.courses.values():
        for step_name, state in course.progress.steps.items():
            step = course.step(step_name)
            for role in (*step.roles, *state.delegates.values()) if step is not None else ():
                if step is not None and task_id(course.run.run_id, step, role, state.turn) == name:
                    return course, step, role
    return None


def _on_task(course: Course, step: Step, role: str, command: Command) -> str:
    given, actor, name = command.arguments, command.actor, command.command_id
    if not course.is_running:
        return "该预案运行已结束 the run has ended"
    if command.kind == "task.done":
        return finish_task(course, step, role, given, actor, name)
    if command.kind == "task.delegate":
        return delegate(course, step, role, _role(course.plans, given.get("to", "")), actor, name)
    given = {"comment": command.reason} | given
    return decide_step(course, step, role, given, is_for=command.kind == "playbook.approve", actor=actor, command=name)


def _on_run(course: Course, command: Command) -> str:
    given, actor, name = command.arguments, command.actor, command.command_id
    if not course.is_running:
        return "该预案运行已结束 the run has ended"
    if command.kind == "playbook.undo":
        return undo_step(course, given.get("step", ""), command.reason, actor, name)
    if command.kind == "playbook.end":
        return end_run(course, command.reason, actor, name)
    if any(step.id.startswith((LIFT, RESPOND)) for step in course.open_steps()):
        return "同类请示正在等待批准 such a question is open already"
    if command.kind == "playbook.lift":
        return _lift(course, command)
    level = given.get("level", "")
    if level and level not in RESPONSES:
        return f"应为 {'、'.join(RESPONSES)} 或留空（终止） one of these, or empty to end"
    why = propose_response(course, level)
    if not why:
        course.event(
            "",
            "proposed",
            (f"{actor} 提请调整响应级别：{command.reason}", f"{actor} proposes a response level"),
            actor=actor,
            command=name,
        )
    return why


def _lift(course: Course, command: Command) -> str:
    if not is_in_force(course):
        return "没有生效的正式预警或响应 no warning and no response is in force"
    course.event(
        "",
        "proposed",
        (f"{command.actor} 提请解除：{command.reason}", f"{command.actor} proposes to lift: {command.reason}"),
        actor=command.actor,
        command=command.command_id,
    )
    propose_ends(course)
    return ""


def _answer(course: Course, step: str, command: Command, why: str) -> None:
    if why:
        words = (f"{command.actor} 的操作未生效：{why}", f"what {command.actor} asked does not count: {why}")
        course.event(step, "rejected", words, actor=command.actor, command=command.command_id, why=why)


def _role(plans: Plans, given: str) -> str:
    return next((c.role for c in plans.contacts.values() if given in (c.role, c.name_zh)), given)
