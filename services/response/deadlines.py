"""What is due: overdue work escalates, waits end, reports go out. Pure."""

from datetime import timedelta

from msgspec import structs

from services.response.course import Course
from services.response.deeds import next_report
from services.response.flow import advance
from services.response.playbook import DECISIONS, WORK, Step, StepKind
from services.response.progress import StepState
from services.response.record import Timer
from services.response.report_draft import draft
from services.response.wording import stamp
from services.response.work import send_report

_LEAST_PAUSE = timedelta(minutes=5)
_MOST_PAUSE = timedelta(hours=1)
_LAST_RESORT = ("chain_chief",)
_MOST_TOLD = 6


def fall_due(course: Course, timer: Timer) -> None:
    """A timer of a run reached its time. One of a step that ended meanwhile, or of a turn that passed, changes nothing."""
    step, state = course.step(timer.step), course.state(timer.step)
    if step is None or state is None or state.outcome:
        return
    if timer.kind == "wait":
        course.event(step.id, "elapsed", ("等待时间已到", "the wait is over"))
        course.end_step(step.id, "elapsed")
    elif timer.kind == "patience":
        course.event(step.id, "unanswered", ("研判环节未在时限内答复", "risk did not answer in time"))
        course.tell(
            step.id,
            step.roles,
            (f"{step.text_zh}：系统未能算出，请人工研判", f"{step.text_en}: not computed, please judge by hand"),
        )
        course.end_step(step.id, "unanswered")
    elif timer.kind == "report":
        next_report(course, step)
    elif step.kind in WORK | DECISIONS and state.due_at is not None and timer.due_at >= state.due_at:
        _escalate(course, step, state)
    advance(course)


def _escalate(course: Course, step: Step, state: StepState) -> None:
    """Tell the next role, and again after twice as long until somebody acts; each time is an event."""
    ladder = step.overdue or course.playbook.overdue or _LAST_RESORT
    first = state.told == 0
    asked = [state.delegates.get(role, role) for role in step.roles if role not in {a.role for a in state.assents}]
    if first:
        for role in asked:
            course.change_task(step, role, "overdue")
        if step.kind is StepKind.REPORT:
            send_report(course, step, draft(course, step))
    upper = ladder[min(state.told, len(ladder) - 1)]
    deputies = [d.deputy for d in (course.plans.roster.on_duty(role, course.at) for role in asked) if d and d.deputy]
    since = stamp(state.due_at or course.at)
    stand_in = f"；代班 {'、'.join(deputies)} 请接办" if deputies else ""
    zh = f"逾期未办（应于 {since} 前）：{step.text_zh}{stand_in}"
    en = f"overdue since {since}: {step.text_en}"
    course.event(
        step.id,
        "overdue" if first else "escalated",
        (f"{zh}；上报{course.role_name(upper)}", f"{en}; told {upper}"),
        role=upper,
    )
    course.tell(step.id, (*asked, upper), (zh, en))
    course.set_state(step.id, structs.replace(state, told=state.told + 1))
    if state.told + 1 < _MOST_TOLD:
        pause = min(max(timedelta(minutes=step.within_minutes or 0) / 2, _LEAST_PAUSE), _MOST_PAUSE)
        course.set_timer(step.id, "deadline", course.at + pause * 2**state.told, state.told + 1)
