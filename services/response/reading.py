"""Files to values: playbooks, checked against the contacts. Pure; the folder is opened by ``store``."""

import hashlib
from collections.abc import Mapping

import msgspec
from msgspec import structs

from schemas.level import Level
from services.response.channel import ChannelSpec
from services.response.contact_sheet import parse_contacts
from services.response.contacts import Contacts
from services.response.playbook import Playbook, Step, StepKind, Trigger
from services.response.sheet import PlanFilesError, Problem, Sheet, open_sheet
from services.response.terms import HAZARDS, LANES, LEVELS, MINUTES, NODE_KINDS, PRODUCTS

_STEP_KINDS = {"通知": StepKind.NOTIFY, "任务": StepKind.TASK, "请示": StepKind.ASK}
_ID = r"[a-z][a-z0-9-]{1,40}"
_ID_WORDS = "小写字母、数字、连字符，字母开头 a-z 0-9 -, a letter first"
_FORBIDDEN = ("指令", "责令", "勒令", "命令")


def parse_plans(
    playbooks: Mapping[str, str], contacts: tuple[str, str], channels: Mapping[str, ChannelSpec] | None = None
) -> tuple[tuple[Playbook, ...], Contacts]:
    """Playbooks (file name → text, in order of id) and contacts ((file name, text)), whose persons are reached by ``channels``.

    Raises PlanFilesError with every finding, by file and line.
    """
    problems: list[Problem] = []
    known = parse_contacts(*contacts, problems, channels)
    found: dict[str, Playbook] = {}
    for file, text in sorted(playbooks.items()):
        sheet = open_sheet(text, file, problems)
        if sheet is None:
            continue
        playbook = _playbook(sheet, known)
        if playbook.id in found:
            sheet.note("预案", playbook.id, "另一个编号，此编号已用", "another id; this one is taken")
        found[playbook.id] = playbook
    if problems:
        raise PlanFilesError(problems)
    return tuple(found[name] for name in sorted(found)), known


def _playbook(sheet: Sheet, contacts: Contacts) -> Playbook:
    roles = {contact.name_zh: contact.role for contact in contacts.values()}
    playbook = Playbook(
        id=sheet.text("预案", pattern=_ID, wanted=_ID_WORDS),
        name_zh=sheet.text("名称"),
        name_en=sheet.text("英文名称"),
        version=sheet.text("版本", pattern=r"[0-9][0-9.]{0,15}", wanted="数字，如 1 或 1.2 digits, such as 1 or 1.2"),
        basis=sheet.text("依据"),
        trigger=_trigger(sheet.sheet("启动条件")),
        steps=_steps(sheet, roles),
    )
    sheet.finish()
    digest = hashlib.sha256(msgspec.json.encode(playbook)).hexdigest()
    return structs.replace(playbook, version=f"{playbook.version}-{digest[:8]}")


def _trigger(sheet: Sheet | None) -> Trigger:
    if sheet is None:
        return Trigger(level=Level.RED)
    if not sheet.has("等级"):
        sheet.note("等级", "（缺少 missing）", "、".join(LEVELS), ", ".join(level.value for level in LEVELS.values()))
    trigger = Trigger(
        level=sheet.word("等级", LEVELS, Level.RED),
        hazards=sheet.words("风险", HAZARDS),
        kinds=sheet.words("环节", NODE_KINDS),
        products=sheet.words("产品", PRODUCTS),
        path_kinds=sheet.words("途经", NODE_KINDS),
        lane_kinds=sheet.words("范围", LANES),
    )
    sheet.finish()
    return trigger


def _steps(sheet: Sheet, roles: Mapping[str, str]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for entry in sheet.sheets("步骤"):
        step = _step(entry, roles)
        if step.id in {s.id for s in steps}:
            entry.note("编号", step.id, "另一个编号，此编号已用", "another id; this one is taken")
        steps.append(step)
    return tuple(steps)


def _step(sheet: Sheet, roles: Mapping[str, str]) -> Step:
    given = [word for word in _STEP_KINDS if sheet.has(word)]
    if len(given) != 1:
        sheet.note(
            "步骤",
            given or "（缺少 missing）",
            "通知、任务、请示 三者之一",
            "one of 通知 (tell), 任务 (task), 请示 (ask)",
        )
    word = given[0] if given else "通知"
    step = Step(
        id=sheet.text("编号", pattern=_ID, wanted=_ID_WORDS),
        kind=_STEP_KINDS[word],
        text_zh=sheet.text(word),
        text_en=sheet.text("英文"),
        roles=sheet.words("对象", roles),
        within_minutes=sheet.minutes("时限", MINUTES),
        from_level=sheet.word("自", LEVELS, Level.NORMAL),
    )
    _check(step, word, sheet)
    sheet.finish()
    return step


def _check(step: Step, word: str, sheet: Sheet) -> None:
    if not sheet.has("对象"):
        sheet.note("对象", "（缺少 missing）", "至少一个角色", "at least one role of the contacts")
    if step.kind is not StepKind.NOTIFY and not sheet.has("时限"):
        sheet.note(
            "时限",
            "（缺少 missing）",
            "任务和请示必须有时限，如 2 小时",
            "a task or a question needs a deadline, such as 2 小时",
        )
    if step.kind is not StepKind.NOTIFY and len(step.roles) > 1:
        sheet.note(
            "对象", "、".join(step.roles), "任务和请示只有一个承办角色", "exactly one role for a task or a question"
        )
    for forbidden in _FORBIDDEN:
        if forbidden in step.text_zh:
            sheet.note(
                word, forbidden, "对企业的措施写作“建议”", "advice to enterprises is worded 建议, never as an order"
            )
