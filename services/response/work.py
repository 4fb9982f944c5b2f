"""People work: tasks done, steps taken back with what undoes them, runs ended by a person. Pure."""

from collections.abc import Mapping
from datetime import timedelta

from msgspec import structs

from schemas.run import RunState
from services.response.assent import principal_of
from services.response.course import Course
from services.response.flow import advance, drop
from services.response.official import arise, confer, is_in_force, propose_ends
from services.response.playbook import DECISIONS, WORK, ReportKind, Step, StepKind
from services.response.progress import SKIPPED
from services.response.report_draft import draft
from services.response.terms import REPORT_ZH

_UNDO = "@undo-"
_NOT_UNDONE = frozenset({StepKind.PUBLISH, StepKind.RESPOND})


def finish_task(course: Course, step: Step, asked: str, given: Mapping[str, str], actor: str, command: str) -> str:
    """A task is done. Returns why that does not count, else nothing."""
    state = course.state(step.id)
    if step.kind not in WORK:
        return (
            "这是请示，用 lianjing playbook approve|refuse this is a question; use `lianjing playbook approve|refuse`"
        )
    if state is None or state.outcome:
        return "该任务已结束 the task has ended"
    if not course.plans.roster.may_decide(asked, actor):
        return f"{actor} 不在{course.role_name(asked)}的名册中 is not on the roster of this role"
    if step.kind is StepKind.CALL and not given.get("answered_by"):
        return "电话须写明接听人 --answered-by who answered is missing"
    told = {name: given.get(name, "") for name in ("result", "answered_by", "done_by")}
    course.change_task(step, asked, "done", **told, actor=actor)
    role = principal_of(step, state, asked)
    course.event(step.id, "done", _done_words(step, actor, told), actor=actor, role=role, command=command, **told)
    if step.kind is StepKind.CONFER:
        confer(course)
    if step.kind is StepKind.REPORT:
        send_report(course, step, told["result"] or draft(course, step), actor=actor)
        if step.report is ReportKind.FOLLOW_UP:
            return _await_next(course, step)
    course.end_step(step.id, "done")
    advance(course)
    return ""


def _done_words(step: Step, actor: str, told: Mapping[str, str]) -> tuple[str, str]:
    """Who did it where somebody else recorded it, and what came of it."""
    result, answered, by = told["result"], told["answered_by"], told["done_by"]
    is_recorded = by not in ("", actor)
    zh = (f"，接听人 {answered}" if answered else "") + (f"，{by} 办理、{actor} 代为登记" if is_recorded else "")
    en = f" by {by}, recorded by {actor}" if is_recorded else ""
    return (
        f"办结{zh}：{step.text_zh}" + (f"（{result}）" if result else ""),
        f"done{en}: {step.text_en}" + (f" ({result})" if result else ""),
    )


def send_report(course: Course, step: Step, text: str, *, actor: str = "") -> None:
    """Send a report to its roles. Without an actor it goes out as it stands, and says so: a report is sent even if incomplete."""
    name = REPORT_ZH[step.report]
    note_zh, note_en = ("", "") if actor else ("（到时未核实，按现有信息先报）", " (unverified, sent as it stands)")
    course.event(
        step.id,
        "reported",
        (f"{name}已报送{note_zh}", f"{step.report.value} report sent{note_en}"),
        actor=actor,
        text=text,
    )
    course.tell(step.id, step.to, (f"{name}{note_zh}\n{text}", f"{step.report.value} report{note_en}"))


def undo_step(course: Course, name: str, reason: str, actor: str, command: str) -> str:
    """Take a step back; what the plan states for that becomes a task. Returns why that is not possible, else nothing."""
    step, state = course.step(name), course.state(name)
    if step is None or state is None or state.outcome in (SKIPPED, "undone"):
        taken = "、".join(n for n, s in course.progress.steps.items() if s.outcome not in (SKIPPED, "undone"))
        return f"没有可撤销的步骤 {name}，已启动：{taken} no such step to take back"
    if step.kind in _NOT_UNDONE and state.outcome == "approved":
        return "正式预警和响应级别须经批准调整或解除 a warning or response changes by approval only"
    course.event(
        step.id,
        "undone",
        (f"步骤撤销：{step.text_zh}（{reason}）", f"step taken back: {step.text_en}"),
        actor=actor,
        command=command,
    )
    if state.outcome:
        course.end_step(step.id, "undone")
    else:
        drop(course, step, reason, reason, "undone")
    _compensate(course, step)
    advance(course)
    return ""


def end_run(course: Course, reason: str, actor: str, command: str) -> str:
    """A person ends a run: what is in force is put to those who may end it; steps are undone, the latest first."""
    words = (f"人工终止预案运行：{reason}", f"the run is ended by a person: {reason}")
    course.event("", "ended", words, actor=actor, command=command)
    undo_all(course, reason, reason)
    close(course, RunState.CANCELLED)
    return ""


def undo_all(course: Course, reason_zh: str, reason_en: str) -> None:
    """Give up what is under way and undo every step of the plan that states how, the latest first."""
    for name in reversed(list(course.progress.steps)):
        step, state = course.step(name), course.state(name)
        if step is None or state is None or state.outcome == SKIPPED or name.startswith("@"):
            continue
        if not state.outcome:
            drop(course, step, reason_zh, reason_en)
        if step.undo_zh and state.outcome != "undone":
            _compensate(course, step)


def close(course: Course, state: RunState = RunState.DONE) -> None:
    """End a run, or let it wait for approvals and the final report where there are any."""
    propose_ends(course)
    course.progress = structs.replace(course.progress, is_ending=True)
    advance(course)
    conclude(course, state)


def conclude(course: Course, state: RunState = RunState.DONE) -> None:
    """End a run that is ending and waits for nothing more."""
    if course.is_running and course.progress.is_ending and not course.open_steps() and not is_in_force(course):
        words = ("系统研判风险解除，预案运行结束", "the episode was closed by the system; the run ends")
        if state is RunState.DONE:
            course.event("", "done", words)
        course.end(state)


def _compensate(course: Course, step: Step) -> None:
    """What undoes a step: work for the role that worked on it, else word to those who were told."""
    if not step.undo_zh:
        return
    kind = StepKind.TASK if step.kind in WORK | DECISIONS else StepKind.NOTIFY
    number = sum(extra.id.startswith(_UNDO + step.id) for extra in course.progress.extra) + 1
    arise(
        course,
        Step(
            id=f"{_UNDO}{step.id}-{number}",
            kind=kind,
            text_zh=step.undo_zh,
            text_en=step.undo_en,
            roles=step.roles[:1] if kind is StepKind.TASK else step.roles,
            within_minutes=(step.within_minutes or 60) if kind is StepKind.TASK else None,
            overdue=step.overdue,
        ),
    )


def _await_next(course: Course, step: Step) -> str:
    state = course.state(step.id)
    if state is not None:
        next_at = max(course.at, (state.due_at or course.at)) + timedelta(minutes=step.every_minutes or 0)
        course.set_state(step.id, structs.replace(state, due_at=None))
        begins = next_at - timedelta(minutes=step.within_minutes or 0)
        course.set_timer(step.id, "report", max(course.at, begins), state.turn + 1)
    return ""
