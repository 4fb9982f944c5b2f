"""Which steps a run takes now: order, blocks, branches, waits; repeated until nothing more is ready. Pure."""

from msgspec import structs

from services.response.condition import holds
from services.response.course import Course
from services.response.deeds import take
from services.response.playbook import DECISIONS, QUESTIONS, WORK, ReportKind, Step, StepKind, is_at_least
from services.response.progress import SKIPPED, WELL, StepState

_BLOCKS = frozenset({StepKind.BRANCH, StepKind.PARALLEL})


def advance(course: Course) -> None:
    """Take every step that is ready, in the order of the plan; end the blocks and waits that are over."""
    is_moving = True
    while is_moving and course.is_running:
        is_moving = False
        for step in course.playbook.steps:
            state = course.state(step.id)
            if state is None:
                is_moving = _begin(course, step) or is_moving
            elif not state.outcome:
                is_moving = _look_at(course, step, state) or is_moving


def is_at_rest(course: Course) -> bool:
    """True when no step is under way: what was not taken is not called for."""
    return not course.open_steps()


def _begin(course: Course, step: Step) -> bool:
    if _is_out(course, step):
        course.set_state(step.id, StepState(at=course.at, outcome=SKIPPED))
        return True
    if not _is_ready(course, step):
        return False
    take(course, step)
    return True


def _is_out(course: Course, step: Step) -> bool:
    """True for a step that can no longer be taken: one before it ended badly, or its block ended or chose another arm."""
    ends = [course.state(name) for name in step.after]
    if any(state is not None and state.outcome and state.outcome not in WELL for state in ends):
        return True
    block = course.state(step.block) if step.block else None
    return block is not None and (bool(block.outcome) or block.arm not in (-1, step.arm))


def _is_ready(course: Course, step: Step) -> bool:
    is_final = step.kind is StepKind.REPORT and step.report is ReportKind.FINAL
    if is_final != course.progress.is_ending:
        return False
    block = course.state(step.block) if step.block else None
    is_in = not step.block or (block is not None and block.arm == step.arm)
    ends = [course.state(name) for name in step.after]
    return (
        is_in
        and (step.from_level.value == "normal" or is_at_least(course.alert.level, step.from_level))
        and all(state is not None and state.outcome in WELL for state in ends)
    )


def _look_at(course: Course, step: Step, state: StepState) -> bool:
    """End a wait whose condition holds, choose the arm of a branch, end a block of which nothing is left."""
    if (
        step.kind is StepKind.WAIT
        and step.until is not None
        and holds(step.until, course.alert, course.progress.outcomes())
    ):
        course.event(step.id, "done", ("等待的条件已满足", "the condition waited for holds"))
        course.end_step(step.id, "done")
        return True
    if step.kind not in _BLOCKS:
        return False
    inner = [s for s in course.playbook.steps if s.block == step.id and s.arm == state.arm]
    states = [course.state(s.id) for s in inner]
    ended = [s is not None and bool(s.outcome) for s in states]
    is_over = (
        any(ended)
        if step.joins_any
        else not any(s is not None and not s.outcome for s in states)
        and not any(s is None and _is_ready(course, i) for s, i in zip(states, inner, strict=True))
    )
    if not is_over or not any(ended):
        return False
    for other in inner if step.joins_any else ():
        drop(course, other, "并行中已有一项办结", "another step of the block is enough")
    course.event(step.id, "done", ("本组步骤办结", "the block is done"))
    course.end_step(step.id, "done")
    return True


def drop(course: Course, step: Step, zh: str, en: str, outcome: str = "cancelled") -> None:
    """Give up a step that is under way, its tasks with it, and everything inside it."""
    state = course.state(step.id)
    if state is None or state.outcome:
        return
    for inner in course.playbook.steps:
        if inner.block == step.id:
            drop(course, inner, zh, en)
    if step.kind in WORK | DECISIONS | QUESTIONS:
        course.event(step.id, "cancelled", (f"步骤取消：{zh}", f"step cancelled: {en}"))
    if step.kind in WORK | DECISIONS:
        for role in step.roles:
            course.change_task(step, state.delegates.get(role, role), "cancelled")
    course.set_state(step.id, structs.replace(state, outcome=outcome))
