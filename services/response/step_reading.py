"""The steps of a playbook's file, blocks opened out: one flat list in the order of the file, each step beside its sheet. Pure."""

from collections.abc import Mapping, Sequence

from msgspec import structs

from schemas.level import Level
from services.response.condition import Condition
from services.response.playbook import DECISIONS, QUESTIONS, WORK, ReportKind, Step, StepKind
from services.response.sheet import Sheet
from services.response.terms import (
    HAZARDS,
    JOINS,
    LEVELS,
    MINUTES,
    OUTCOMES,
    PRODUCTS,
    REPORTS,
    RESPONSE_LEVELS,
    YES_NO,
)

STEP_KINDS = {
    "通知": StepKind.NOTIFY,
    "任务": StepKind.TASK,
    "请示": StepKind.ASK,
    "电话": StepKind.CALL,
    "会商": StepKind.CONFER,
    "发布预警": StepKind.PUBLISH,
    "启动响应": StepKind.RESPOND,
    "动用储备": StepKind.RESERVE,
    "报告": StepKind.REPORT,
    "等待": StepKind.WAIT,
    "分支": StepKind.BRANCH,
    "并行": StepKind.PARALLEL,
    "子预案": StepKind.SUB_PLAN,
    "推演": StepKind.WHAT_IF,
    "补链": StepKind.REMEDY,
    "推送": StepKind.WEBHOOK,
}
ID = r"[a-z][a-z0-9-]{1,40}"
ID_WORDS = "小写字母、数字、连字符，字母开头 a-z 0-9 -, a letter first"
_FORBIDDEN = ("指令", "责令", "勒令", "命令")
_QUESTION_WORDS = ("kind", "node", "corridor", "link", "area", "owner", "days", "factor")
_PATIENCE_MINUTES = 10
_TOLD = frozenset({StepKind.SUB_PLAN, StepKind.WAIT, StepKind.BRANCH, StepKind.PARALLEL})
_DEEPEST = 4
Entry = tuple[Sheet, Step]


def read_steps(
    sheets: Sequence[Sheet], roles: Mapping[str, str], block: str = "", arm: int = 0, depth: int = 0
) -> list[Entry]:
    """The steps of a list and of the blocks in it."""
    found: list[Entry] = []
    for sheet in sheets:
        step = structs.replace(_step(sheet, roles), block=block, arm=arm)
        found.append((sheet, step))
        if depth >= _DEEPEST:
            sheet.note("编号", step.id, f"分支和并行最多套 {_DEEPEST} 层", f"blocks nest at most {_DEEPEST} deep")
            continue
        found += _inner(sheet, step, roles, depth)
        sheet.finish()
    return found


def _inner(sheet: Sheet, step: Step, roles: Mapping[str, str], depth: int) -> list[Entry]:
    if step.kind is StepKind.PARALLEL:
        return read_steps(sheet.sheets("步骤"), roles, step.id, 0, depth + 1)
    if step.kind is not StepKind.BRANCH:
        return []
    found: list[Entry] = []
    for place, case in enumerate(sheet.sheets("情形")):
        case.has("当"), case.has("否则")
        found += read_steps(case.sheets("步骤"), roles, step.id, place, depth + 1)
        case.finish()
    return found


def _step(sheet: Sheet, roles: Mapping[str, str]) -> Step:
    given = [word for word in STEP_KINDS if sheet.has(word)]
    if len(given) != 1:
        words = "、".join(STEP_KINDS)
        sheet.note("步骤", given or "（缺少 missing）", f"{words} 之一，只写一个", "exactly one of these kinds")
    word = given[0] if given else "通知"
    kind = STEP_KINDS[word]
    step = Step(
        id=sheet.text("编号", pattern=ID, wanted=ID_WORDS),
        kind=kind,
        text_zh=sheet.text(word),
        text_en=sheet.text("英文"),
        roles=sheet.words("对象", roles),
        within_minutes=sheet.minutes("时限", MINUTES) if kind not in _TOLD else None,
        from_level=sheet.word("自", LEVELS, Level.NORMAL),
        after=sheet.texts("之后", ID, "本预案中先行步骤的编号 ids of steps of this plan"),
        overdue=sheet.words("逾期上报", roles) if kind in WORK | DECISIONS else (),
        undo_zh=sheet.text("撤销", default=""),
        undo_en=sheet.text("撤销英文", default=""),
    )
    step = _with_own_keys(sheet, step, roles)
    _check_words(step, word, sheet)
    _check_people(step, sheet)
    return step


def _with_own_keys(sheet: Sheet, step: Step, roles: Mapping[str, str]) -> Step:
    """The step with what only its kind has."""
    kind = step.kind
    if kind in DECISIONS:
        return _decision(sheet, step)
    if kind is StepKind.WAIT:
        until = sheet.sheet("直到") if sheet.has("直到") else None
        longest = sheet.minutes("时长", MINUTES)
        if until is None and not sheet.has("时长"):
            sheet.note(
                "时长",
                "（缺少 missing）",
                "时长（如 6 小时）或“直到”的条件",
                "a length, such as 6 小时, or a condition 直到",
            )
        return structs.replace(step, until=read_condition(until), within_minutes=longest)
    if kind is StepKind.BRANCH:
        return structs.replace(step, arms=_arms(sheet))
    if kind is StepKind.PARALLEL:
        return structs.replace(step, joins_any=sheet.word("完成", JOINS, False))
    if kind is StepKind.SUB_PLAN:
        return structs.replace(
            step, playbook=sheet.text("预案编号", pattern=ID, wanted="另一预案的编号 the id of another plan")
        )
    if kind is StepKind.WEBHOOK:
        wanted = "接口名称（小写字母、数字、连字符），不得写网址或密钥 a name (a-z 0-9 -), never an address or a key"
        return structs.replace(step, endpoint=sheet.text("接口", pattern=ID, wanted=wanted))
    if kind in QUESTIONS:
        asked = sheet.pairs("参数", _QUESTION_WORDS) if kind is StepKind.WHAT_IF else {}
        return structs.replace(step, question=asked, within_minutes=step.within_minutes or _PATIENCE_MINUTES)
    if kind is StepKind.REPORT:
        return _report(sheet, step, roles)
    return step


def _decision(sheet: Sheet, step: Step) -> Step:
    quorum = sheet.number("票数", "正整数，不多于对象的个数 a whole number, at most the number of roles") or 1
    if quorum != int(quorum) or not 1 <= quorum <= max(1, len(step.roles)):
        sheet.note(
            "票数",
            f"{quorum:g}",
            f"1 到 {max(1, len(step.roles))}（对象的个数）",
            f"1 to {max(1, len(step.roles))}, the number of roles",
        )
    response = ""
    if step.kind is StepKind.RESPOND:
        response = sheet.word("级别", RESPONSE_LEVELS, "")
        if not sheet.has("级别"):
            sheet.note("级别", "（缺少 missing）", "、".join(RESPONSE_LEVELS), ", ".join(RESPONSE_LEVELS.values()))
    return structs.replace(
        step,
        quorum=int(quorum),
        is_dual=sheet.word("双人", YES_NO, False),
        may_delegate=sheet.word("可委托", YES_NO, False),
        response=response,
    )


def _report(sheet: Sheet, step: Step, roles: Mapping[str, str]) -> Step:
    kind = sheet.word("类型", REPORTS, ReportKind.FIRST)
    every = sheet.minutes("每", MINUTES)
    to = sheet.words("报送", roles)
    if not to:
        sheet.note("报送", "（缺少 missing）", "报告送达的角色", "the roles that the report goes to")
    if not sheet.has("类型"):
        sheet.note("类型", "（缺少 missing）", "、".join(REPORTS), ", ".join(k.value for k in REPORTS.values()))
    if kind is ReportKind.FOLLOW_UP and not sheet.has("每"):
        sheet.note("每", "（缺少 missing）", "续报的间隔，如 12 小时", "how often a follow-up is due, such as 12 小时")
    if kind is not ReportKind.FOLLOW_UP and sheet.has("每"):
        sheet.note("每", "每", "只有续报才写间隔", "only follow-up reports repeat")
    return structs.replace(step, report=kind, every_minutes=every, to=to)


def _arms(sheet: Sheet) -> tuple[Condition | None, ...]:
    cases = sheet.sheets("情形")
    found: list[Condition | None] = []
    for place, case in enumerate(cases):
        has_condition, is_other = case.has("当"), case.has("否则")
        if has_condition == is_other:
            case.note(
                "当",
                "（缺少 missing）" if is_other is False else "当、否则",
                "“当”或“否则: 是”，只写一个",
                "one of 当 (when) and 否则 (else)",
            )
        if is_other and place + 1 < len(cases):
            case.note("否则", "否则", "“否则”只能写在最后", "else comes last")
        found.append(read_condition(case.sheet("当")) if has_condition else None)
    return tuple(found)


def read_condition(sheet: Sheet | None) -> Condition | None:
    """The condition of a sheet; at least one key must be there."""
    if sheet is None:
        return None
    level, below = sheet.word("等级", LEVELS, Level.NORMAL), sheet.word("低于", LEVELS, Level.NORMAL)
    found = Condition(
        level=None if level is Level.NORMAL else level,
        below=None if below is Level.NORMAL else below,
        hazards=sheet.words("风险", HAZARDS),
        products=sheet.words("产品", PRODUCTS),
        step=sheet.text("步骤", default="", pattern=ID, wanted=ID_WORDS),
        outcomes=sheet.words("结果", OUTCOMES),
        cover_days_below=sheet.number("可用天数低于"),
        minutes_left_below=sheet.minutes("剩余时间少于", MINUTES),
    )
    if sheet.has("步骤") != sheet.has("结果"):
        key = "结果" if sheet.has("步骤") else "步骤"
        sheet.note(key, "（缺少 missing）", "“步骤”和“结果”一起写", "步骤 (step) and 结果 (outcome) go together")
    sheet.finish()
    if found == Condition():
        sheet.note("当", "（空 empty）", "至少一个条件，如 等级: 橙色", "at least one condition, such as 等级: 橙色")
    return found


def _check_words(step: Step, word: str, sheet: Sheet) -> None:
    for key, text in ((word, step.text_zh), ("撤销", step.undo_zh)):
        for forbidden in _FORBIDDEN:
            if forbidden in text:
                sheet.note(
                    key, forbidden, "对企业的措施写作“建议”", "advice to enterprises is worded 建议, never as an order"
                )
    if step.kind in (StepKind.RESERVE, StepKind.REMEDY) and "建议" not in step.text_zh:
        sheet.note(word, step.text_zh, "写作“建议……”", "worded as advice: 建议 …")
    if bool(step.undo_zh) != bool(step.undo_en):
        missing = "撤销英文" if step.undo_zh else "撤销"
        sheet.note(missing, "（缺少 missing）", "“撤销”和“撤销英文”一起写", "撤销 and 撤销英文 go together")


def _check_people(step: Step, sheet: Sheet) -> None:
    needs_role = step.kind in WORK | DECISIONS | QUESTIONS or step.kind in (StepKind.NOTIFY, StepKind.WEBHOOK)
    if needs_role and not sheet.has("对象"):
        sheet.note("对象", "（缺少 missing）", "至少一个角色", "at least one role of the contacts")
    if step.kind in WORK | DECISIONS and not sheet.has("时限"):
        sheet.note(
            "时限",
            "（缺少 missing）",
            "要人办理或决定的步骤必须有时限，如 2 小时",
            "a task or a question needs a deadline, such as 2 小时",
        )
    if step.kind in WORK and len(step.roles) > 1:
        sheet.note("对象", "、".join(step.roles), "任务只有一个承办角色", "exactly one role for a task")
