"""What a participant or an evaluator said, as an event of the drill. Pure.

People of a drill act by the very commands of the live system in the drill's lane, or by ``drill.act`` where there is none. What a participant did
away from a screen is recorded on his behalf (``member``): by an evaluator, or by the organiser with ``drill.record``, which only he may order.
"""

from collections.abc import Sequence

from msgspec import Struct

from schemas.command import Command
from schemas.drill import DrillEvent, DrillEventKind
from schemas.drill_plan import Plan, Step
from services.runtime.debrief.marking import marked
from services.runtime.debrief.words import RATINGS, STEP_ZH

ABORT = "abort"
RECORD = "drill.record"
_LIVE_KINDS = {
    "alert.acknowledge": Step.ACKNOWLEDGE,
    "alert.act": Step.FINISH,
    "task.done": Step.FINISH,
    "playbook.approve": Step.DECIDE,
    "playbook.refuse": Step.DECIDE,
}


class Act(Struct, frozen=True, kw_only=True):
    """What to note. ``actor`` is the id of a member or the name of an evaluator; ``subject`` an inject, an objective, or empty. With a
    ``refusal`` it does not count."""

    kind: DrillEventKind
    actor: str
    subject: str
    text_zh: str
    text_en: str
    detail: dict[str, str]
    refusal: str = ""


def act_of(command: Command, plan: Plan, events: Sequence[DrillEvent]) -> Act | None:
    """What a command says of the drill; None when it is about something else. ``events``: the log so far, which knows the episodes."""
    if command.kind == "drill.mark":
        return _mark(command, plan)
    given = command.arguments
    step = _LIVE_KINDS.get(command.kind)
    if command.kind in ("drill.act", RECORD):
        step = next((s for s in Step if given.get("step") in (s.value, STEP_ZH[s])), None)
        if step is None:
            return _refused(command, f"step {given.get('step', '')!r}: 应为 one of {', '.join(s.value for s in Step)}")
    if step is None:
        return None
    named = given.get("member", "") or (given.get("done_by", "") if command.actor in plan.evaluators else "")
    is_recorded = named not in ("", command.actor)
    if is_recorded and command.kind != RECORD and command.actor not in plan.evaluators:
        return _refused(command, f"{command.actor!r} 只能登记自己的动作 may tell of his own steps only")
    member = plan.member(named or command.actor)
    if member is None:
        return _refused(command, f"{named or command.actor!r} 不在参演名单 is not on the roster")
    subject = given.get("on", "") or _inject_of(given.get("episode", ""), events)
    if subject not in ("", ABORT) and plan.inject(subject) is None:
        return _refused(command, f"on {subject!r}: 应为 an inject: {', '.join(i.id for i in plan.injects)}")
    said = command.reason or given.get("note", "")
    by_zh, by_en = (f"（{command.actor} 代为登记）", f" (recorded by {command.actor})") if is_recorded else ("", "")
    zh, en = marked(
        f"{member.name}：{STEP_ZH[step]} {subject}{by_zh}。{said}".rstrip(),
        f"{member.name}: {step.value} {subject}{by_en}. {said}",
    )
    detail = {"step": step.value, "command": command.command_id, "command_kind": command.kind, "note": said}
    detail |= {"recorded_by": command.actor} if is_recorded else {}
    return Act(kind=DrillEventKind.ACT, actor=member.id, subject=subject, text_zh=zh, text_en=en, detail=detail)


def _mark(command: Command, plan: Plan) -> Act:
    objective, rating = command.arguments.get("objective", ""), command.arguments.get("rating", "").upper()
    if command.actor not in plan.evaluators:
        return _refused(command, f"{command.actor!r} 不是评估员 is no evaluator: {', '.join(plan.evaluators) or '—'}")
    if objective not in {o.id for o in plan.objectives} or rating not in RATINGS:
        wanted = f"objective {', '.join(o.id for o in plan.objectives)}; rating {', '.join(RATINGS)}"
        return _refused(command, f"{objective!r} {rating!r}: 应为 wanted {wanted}")
    zh, en = marked(
        f"评估员{command.actor}：目标 {objective} {RATINGS[rating]}。{command.reason}",
        f"evaluator {command.actor}: objective {objective} {rating}. {command.reason}",
    )
    detail = {"rating": rating, "note": command.reason, "command": command.command_id}
    return Act(kind=DrillEventKind.MARK, actor=command.actor, subject=objective, text_zh=zh, text_en=en, detail=detail)


def _refused(command: Command, why: str) -> Act:
    return Act(
        kind=DrillEventKind.REFUSED,
        actor=command.actor,
        subject=command.kind,
        text_zh="",
        text_en="",
        detail={},
        refusal=why,
    )


def _inject_of(episode: str, events: Sequence[DrillEvent]) -> str:
    """The inject that an episode was the awaited warning of; empty when it was none."""
    if not episode:
        return ""
    found = (e.subject for e in events if e.kind is DrillEventKind.INJECT and e.detail.get("episode") == episode)
    return next(found, "")
