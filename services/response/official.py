"""The official side: 会商, 审批发布, 调整, 解除 of the warning, and response levels. The system proposes, people decide. Pure."""

from collections.abc import Mapping

from msgspec import structs

from schemas.level import LEVEL_ZH, Level, rank
from services.response.course import Course, Words
from services.response.deeds import take
from services.response.playbook import BY_APPROVAL_ONLY, RESPONSES, Step, StepKind
from services.response.progress import Official

ADJUST, LIFT, RESPOND = "@adjust", "@lift", "@respond"
_WITHIN_MINUTES = 120
_COLOURS = (Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED)


def lacking(course: Course, step: Step, given: Mapping[str, str]) -> str:
    """What an approval of this step still needs, in words; empty when nothing."""
    if step.kind is not StepKind.PUBLISH:
        return ""
    missing = [zh for key, zh in (("signer", "签发人 --signer"), ("document", "文号 --document")) if not given.get(key)]
    level = given.get("level", "")
    if level and level not in {each.value for each in _COLOURS}:
        missing.append("等级 --level blue|yellow|orange|red")
    if not given.get("scope") and course.playbook.publication is None:
        missing.append("发布范围 --scope")
    return "、".join(missing)


def approve(course: Course, step: Step, given: Mapping[str, str], actor: str) -> None:
    """What an approval brings, beyond the step's own end."""
    if step.kind is StepKind.PUBLISH:
        _lift(course, step, given, actor) if step.id.startswith(LIFT) else _publish(course, step, given, actor)
    elif step.kind is StepKind.RESPOND:
        _respond(course, step, actor)
    elif step.kind is StepKind.RESERVE:
        words = (f"储备动用已批准：{step.text_zh}", f"release of reserve approved: {step.text_en}")
        course.event(step.id, "released", words, actor=actor, document=given.get("document", ""))
        course.tell(step.id, (*step.roles, *step.to), words)


def confer(course: Course) -> None:
    """A 会商 was held."""
    if course.progress.phase == "assessed":
        course.progress = structs.replace(course.progress, phase="conferred")


def propose_changes(course: Course) -> None:
    """After the system's level changed: ask whether the official warning follows."""
    warning = course.progress.warning
    if warning is None or course.alert.level not in _COLOURS or course.alert.level.value == warning.level:
        return
    if any(step.id.startswith((ADJUST, LIFT)) for step in course.open_steps()):
        return
    level = course.alert.level
    zh = f"系统研判已变为{LEVEL_ZH[level]}，是否将正式预警由{LEVEL_ZH[Level(warning.level)]}调整为{LEVEL_ZH[level]}"
    en = f"the system proposes {level.value}; shall the official warning follow from {warning.level}?"
    _arise(course, ADJUST, StepKind.PUBLISH, (zh, en), _signers(course))


def propose_ends(course: Course) -> None:
    """At the end of an episode: ask to lift what is in force. Levels III and IV end by rule where the plan lets them start by rule."""
    if course.progress.warning is not None and not _is_open(course, LIFT):
        words = ("系统研判风险解除，是否解除正式预警", "the episode is closed; shall the official warning be lifted?")
        _arise(course, LIFT, StepKind.PUBLISH, words, _signers(course))
    level = course.progress.response
    if not level:
        return
    stated = course.playbook.response(level)
    if stated is not None and stated.by_rule is not None and level not in BY_APPROVAL_ONLY:
        course.progress = structs.replace(course.progress, response="")
        words = (f"按预案规则终止{level}级响应", f"response level {level} ends by the rule of the plan")
        course.event("", "response", words, level="", before=level, by="rule")
    elif not _is_open(course, RESPOND):
        propose_response(course, "")


def propose_response(course: Course, level: str) -> str:
    """Ask the role of the graver of both levels whether the response becomes ``level`` (empty: ends). Returns what hinders it, else nothing."""
    now = course.progress.response
    graver = max((level, now), key=_height)
    stated = course.playbook.response(graver)
    if level == now or stated is None:
        return f"当前响应 {now or '无'}，预案写明 {'、'.join(r.level for r in course.playbook.responses) or '无'}"
    zh = f"是否将响应由{_named(now)[0]}调整为{_named(level)[0]}" if level else f"是否终止{now}级响应"
    en = (
        f"shall the response change from {_named(now)[1]} to {_named(level)[1]}?"
        if level
        else f"shall response level {now} end?"
    )
    _arise(course, RESPOND, StepKind.RESPOND, (zh, en), (stated.role,), level)
    return ""


def is_in_force(course: Course) -> bool:
    """True while an official warning or a response stands."""
    return course.progress.warning is not None or bool(course.progress.response)


def _publish(course: Course, step: Step, given: Mapping[str, str], actor: str) -> None:
    publication = course.playbook.publication
    scope = given.get("scope") or (publication.scope if publication is not None else "")
    level = Level(given.get("level") or course.alert.level.value)
    is_change = course.progress.warning is not None
    warning = Official(level=level.value, signer=given["signer"], document=given["document"], scope=scope, at=course.at)
    course.progress = structs.replace(course.progress, warning=warning, phase="adjusted" if is_change else "published")
    word_zh, word_en = ("调整", "adjusted") if is_change else ("发布", "published")
    words = (
        f"正式预警{word_zh}：{LEVEL_ZH[level]}，{warning.document}，{warning.signer} 签发，范围 {scope}",
        f"official warning {word_en}: {level.value}, {warning.document}, signed by {warning.signer}, scope {scope}",
    )
    detail = {"signer": warning.signer, "document": warning.document, "scope": scope, "level": level.value}
    course.event(step.id, "adjusted" if is_change else "published", words, actor=actor, **detail)
    course.tell(step.id, told_roles(course), words)


def _lift(course: Course, step: Step, given: Mapping[str, str], actor: str) -> None:
    course.progress = structs.replace(course.progress, warning=None, phase="lifted")
    words = (
        f"正式预警解除：{given['document']}，{given['signer']} 签发",
        f"official warning lifted: {given['document']}, signed by {given['signer']}",
    )
    course.event(step.id, "lifted", words, actor=actor, signer=given["signer"], document=given["document"])
    course.tell(step.id, told_roles(course), words)


def _respond(course: Course, step: Step, actor: str) -> None:
    before = course.progress.response
    course.progress = structs.replace(course.progress, response=step.response)
    words = (
        f"响应级别由{_named(before)[0]}变为{_named(step.response)[0]}（经批准）",
        f"response level goes from {_named(before)[1]} to {_named(step.response)[1]} (approved)",
    )
    course.event(step.id, "response", words, level=step.response, before=before, by="approval", actor=actor)
    course.tell(step.id, told_roles(course), words)


def told_roles(course: Course) -> tuple[str, ...]:
    """Roles that were told of the run, each once."""
    steps = [course.step(name) for name, state in course.progress.steps.items() if state.outcome != "skipped"]
    return tuple(dict.fromkeys(role for step in steps if step is not None for role in step.roles))


def arise(course: Course, step: Step) -> None:
    """Take a step that no plan states."""
    course.progress = structs.replace(course.progress, extra=(*course.progress.extra, step))
    take(course, step)


def _arise(course: Course, name: str, kind: StepKind, words: Words, roles: tuple[str, ...], response: str = "") -> None:
    number = sum(step.id.startswith(name) for step in course.progress.extra) + 1
    arise(
        course,
        Step(
            id=f"{name}-{number}",
            kind=kind,
            text_zh=words[0],
            text_en=words[1],
            roles=roles,
            within_minutes=_WITHIN_MINUTES,
            may_delegate=True,
            response=response,
        ),
    )


def _is_open(course: Course, name: str) -> bool:
    return any(step.id.startswith(name) for step in course.open_steps())


def _signers(course: Course) -> tuple[str, ...]:
    publication = course.playbook.publication
    return (publication.role,) if publication is not None else ()


def _named(level: str) -> Words:
    return (f"{level}级", f"level {level}") if level else ("未启动", "none")


def _height(level: str) -> int:
    return RESPONSES.index(level) + 1 if level else 0


def rose(before: Level, now: Level) -> bool:
    """True when the system's level became graver."""
    return (rank(now) or 0) > (rank(before) or 0)
