"""What taking a step of each kind brings: notifications, tasks, timers, questions. Pure."""

from collections.abc import Callable
from datetime import timedelta

from msgspec import structs

from services.response.condition import holds
from services.response.course import Course, Words
from services.response.playbook import DECISIONS, WORK, ReportKind, Step, StepKind, is_at_least
from services.response.progress import StepState
from services.response.report_draft import draft
from services.response.terms import REPORT_ZH
from services.response.wording import stamp

_PREFIX: dict[StepKind, Words] = {
    StepKind.ASK: ("请示：", "decide: "),
    StepKind.PUBLISH: ("请签发：", "please sign: "),
    StepKind.RESPOND: ("请批准：", "please approve: "),
    StepKind.RESERVE: ("请批准：", "please approve: "),
    StepKind.CALL: ("请电话联系并记录：", "call and record: "),
    StepKind.CONFER: ("会商：", "confer: "),
}


def take(course: Course, step: Step) -> None:
    """Take one step: it is under way or done afterwards."""
    course.set_state(step.id, StepState(at=course.at))
    course.event(step.id, "taken", (step.text_zh, step.text_en))
    if step.kind in WORK:
        _give_work(course, step)
    elif step.kind in DECISIONS:
        _put_decision(course, step)
    else:
        _DEEDS[step.kind](course, step)


def action(course: Course, step: Step) -> Words:
    """What is asked of people, with the deadline."""
    word_zh, word_en = _PREFIX.get(step.kind, ("", ""))
    if step.within_minutes is None:
        return word_zh + step.text_zh, word_en + step.text_en
    due = stamp(course.due(step))
    return f"{word_zh}{step.text_zh}（{due} 前）", f"{word_en}{step.text_en} (by {due})"


def _notify(course: Course, step: Step) -> None:
    course.tell(step.id, step.roles, action(course, step))
    course.end_step(step.id, "done")


def _give_work(course: Course, step: Step) -> None:
    state = course.state(step.id)
    due = course.due(step)
    detail = {}
    words, told = (step.text_zh, step.text_en), action(course, step)
    if step.kind is StepKind.REPORT:
        name = REPORT_ZH[step.report]
        turn = f"（第 {state.turn + 1} 次）" if state is not None and step.report is ReportKind.FOLLOW_UP else ""
        detail = {"draft": draft(course, step)}
        words = (f"{name}{turn}：{step.text_zh}", f"{step.report.value} report: {step.text_en}")
        told = (f"{words[0]}（{stamp(due)} 前）", f"{words[1]} (by {stamp(due)})")
    course.ask(step, step.roles[0], words, due, **detail)
    course.tell(step.id, step.roles, told)
    if state is not None:
        course.set_state(step.id, structs.replace(state, due_at=due))
    course.set_timer(step.id, "deadline", due, state.turn if state is not None else 0)


def next_report(course: Course, step: Step) -> None:
    """Ask for the next follow-up report."""
    state = course.state(step.id)
    if state is not None:
        course.set_state(step.id, structs.replace(state, turn=state.turn + 1, told=0))
        _give_work(course, step)


def _put_decision(course: Course, step: Step) -> None:
    stated = course.playbook.response(step.response) if step.kind is StepKind.RESPOND and step.response else None
    if stated is not None and stated.by_rule is not None and is_at_least(course.alert.level, stated.by_rule):
        words = (
            f"按预案规则启动{step.response}级响应",
            f"response level {step.response} starts by the rule of the plan",
        )
        course.progress = structs.replace(course.progress, response=step.response)
        course.event(step.id, "response", words, level=step.response, by="rule", role=stated.role)
        course.tell(step.id, step.roles, words)
        course.end_step(step.id, "approved")
        return
    due = course.due(step)
    persons = {"persons": "2"} if step.is_dual and len(step.roles) == 1 else {}
    for role in step.roles:
        course.ask(step, role, (step.text_zh, step.text_en), due, **persons)
    course.tell(step.id, step.roles, action(course, step))
    state = course.state(step.id)
    if state is not None:
        course.set_state(step.id, structs.replace(state, due_at=due))
    course.set_timer(step.id, "deadline", due)


def _wait(course: Course, step: Step) -> None:
    if step.until is not None and holds(step.until, course.alert, course.progress.outcomes()):
        course.end_step(step.id, "done")
    elif step.within_minutes is not None:
        course.set_timer(step.id, "wait", course.due(step))


def _branch(course: Course, step: Step) -> None:
    outcomes = course.progress.outcomes()
    for arm, condition in enumerate(step.arms):
        if condition is None or holds(condition, course.alert, outcomes):
            course.event(step.id, "branched", (f"走第 {arm + 1} 种情形", f"case {arm + 1} is taken"))
            course.set_state(step.id, StepState(at=course.at, arm=arm))
            return
    course.event(step.id, "branched", ("各种情形均不符合", "no case holds"))
    course.end_step(step.id, "done")


def _parallel(course: Course, step: Step) -> None:
    course.set_state(step.id, StepState(at=course.at, arm=0))


def _call(course: Course, step: Step) -> None:
    course.children.append((step.id, step.playbook))


def _ask_risk(course: Course, step: Step) -> None:
    if step.kind is StepKind.REMEDY:
        kind, arguments = "risk.remedy", {"node": course.run.node, "product": course.run.product}
    else:
        kind, arguments = "risk.what_if", _filled(course, step)
    course.question(step.id, kind, arguments, f"{course.playbook.id}/{step.id}")
    course.set_timer(step.id, "patience", course.at + timedelta(minutes=step.within_minutes or 1))


def _filled(course: Course, step: Step) -> dict[str, str]:
    """The arguments of a what-if: 本环节 is the run's node, 起因 the first of the cause path; without any place it is the latter."""
    cause = course.alert.path[0] if course.alert.path else course.run.node
    words = {"本环节": course.run.node, "起因": cause}
    given = {key: words.get(text, text) for key, text in step.question.items()}
    return given if any(key not in ("kind", "days", "factor") for key in given) else given | {"node": cause}


def _push(course: Course, step: Step) -> None:
    course.push(step.id, step.endpoint, action(course, step))
    course.end_step(step.id, "done")


_DEEDS: dict[StepKind, Callable[[Course, Step], None]] = {
    StepKind.NOTIFY: _notify,
    StepKind.WAIT: _wait,
    StepKind.BRANCH: _branch,
    StepKind.PARALLEL: _parallel,
    StepKind.SUB_PLAN: _call,
    StepKind.WHAT_IF: _ask_risk,
    StepKind.REMEDY: _ask_risk,
    StepKind.WEBHOOK: _push,
}
