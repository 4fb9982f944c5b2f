"""People decide: approval and refusal, quorum, two persons, delegation. Pure."""

from collections.abc import Mapping

from msgspec import structs

from services.response.course import Course
from services.response.flow import advance
from services.response.official import approve, lacking
from services.response.playbook import DECISIONS, WORK, Step
from services.response.progress import Assent, StepState


def decide_step(
    course: Course, step: Step, asked: str, given: Mapping[str, str], *, is_for: bool, actor: str, command: str
) -> str:
    """One person's decision on a step for the role whose task it is. Returns why it does not count, else nothing."""
    state = course.state(step.id)
    why = _hindrance(course, step, state, asked, given, is_for=is_for, actor=actor)
    if why or state is None:
        return why or "步骤尚未开始 the step has not begun"
    role = principal_of(step, state, asked)
    state = structs.replace(state, assents=(*state.assents, Assent(role, actor, is_for)))
    course.set_state(step.id, state)
    word_zh, word_en = ("同意", "approved") if is_for else ("不同意", "refused")
    course.event(
        step.id,
        "approved" if is_for else "refused",
        (f"{course.role_name(role)} {actor} {word_zh}：{step.text_zh}", f"{role} {actor} {word_en}: {step.text_en}"),
        actor=actor,
        role=role,
        command=command,
        comment=given.get("comment", ""),
        signer=given.get("signer", ""),
        document=given.get("document", ""),
    )
    if not (step.is_dual and len(step.roles) == 1 and is_for and _persons(state) < 2):
        course.change_task(step, asked, "done", outcome="approved" if is_for else "refused", actor=actor)
    _conclude(course, step, state, given, actor)
    advance(course)
    return ""


def delegate(course: Course, step: Step, asked: str, to: str, actor: str, command: str) -> str:
    """Hand a task to another role. Returns why that is not possible, else nothing."""
    state = course.state(step.id)
    if state is None or state.outcome or step.kind not in WORK | DECISIONS:
        return "该任务已结束 the task has ended"
    if step.kind in DECISIONS and not step.may_delegate:
        return "预案不允许委托 the plan does not let this be delegated"
    if to not in course.plans.contacts or to == asked or to in step.roles:
        return f"应为通讯录中的另一角色：{'、'.join(course.plans.contacts)} another role of the contacts"
    if not course.plans.roster.may_decide(asked, actor):
        return f"{actor} 不在{course.role_name(asked)}的名册中 is not on the roster of this role"
    role = principal_of(step, state, asked)
    course.change_task(step, asked, "cancelled", delegated_to=to, actor=actor)
    course.set_state(step.id, structs.replace(state, delegates=state.delegates | {role: to}))
    due = state.due_at or course.due(step)
    course.ask(step, to, (step.text_zh, step.text_en), due, delegated_from=role)
    words = (f"{course.role_name(asked)}委托{course.role_name(to)}办理", f"{asked} delegates to {to}")
    course.event(step.id, "delegated", words, actor=actor, role=asked, to=to, command=command)
    course.tell(
        step.id, (to,), (f"受{course.role_name(asked)}委托：{step.text_zh}", f"delegated by {asked}: {step.text_en}")
    )
    return ""


def principal_of(step: Step, state: StepState, asked: str) -> str:
    """The role of the plan that a role decides for."""
    return next((role for role in step.roles if state.delegates.get(role) == asked), asked)


def _hindrance(
    course: Course,
    step: Step,
    state: StepState | None,
    asked: str,
    given: Mapping[str, str],
    *,
    is_for: bool,
    actor: str,
) -> str:
    if step.kind not in DECISIONS:
        return "这不是请示，用 lianjing task done 办结 this is no question; use `lianjing task done`"
    if state is None or state.outcome:
        return "已有结论或已取消 decided or cancelled already"
    if not course.plans.roster.may_decide(asked, actor):
        return f"{actor} 不在{course.role_name(asked)}的名册中 is not on the roster of this role"
    if any(assent.actor == actor for assent in state.assents):
        return f"{actor} 已表态，须由另一人 has decided already; another person is needed"
    role = principal_of(step, state, asked)
    if any(assent.role == role for assent in state.assents) and not (step.is_dual and len(step.roles) == 1):
        return "该角色已表态 this role has decided already"
    missing = lacking(course, step, given) if is_for else ""
    return f"缺少 {missing} is missing" if missing else ""


def _conclude(course: Course, step: Step, state: StepState, given: Mapping[str, str], actor: str) -> None:
    """End the step when enough agreed, or when no longer enough can."""
    for_it = {assent.role for assent in state.assents if assent.is_for}
    against = {assent.role for assent in state.assents if not assent.is_for}
    if len(step.roles) - len(against) < step.quorum:
        course.event(step.id, "decided", ("结论：不同意", "decided: refused"), outcome="refused")
        _drop_rest(course, step, state)
        course.end_step(step.id, "refused")
    elif len(for_it) >= step.quorum and (not step.is_dual or _persons(state) >= 2):
        course.event(step.id, "decided", ("结论：同意", "decided: approved"), outcome="approved")
        _drop_rest(course, step, state)
        course.end_step(step.id, "approved")
        approve(course, step, given, actor)


def _drop_rest(course: Course, step: Step, state: StepState) -> None:
    """Cancel the tasks of roles whose word is no longer needed."""
    spoken = {assent.role for assent in state.assents}
    for role in step.roles:
        if role not in spoken:
            course.change_task(step, state.delegates.get(role, role), "cancelled")


def _persons(state: StepState) -> int:
    return len({assent.actor for assent in state.assents if assent.is_for})
