"""A playbook's file to a playbook. What is wrong is noted on its sheet. Pure."""

import hashlib

import msgspec
from msgspec import structs

from schemas.level import Level
from services.response.contacts import Contacts
from services.response.plan_checks import check_steps
from services.response.playbook import BY_APPROVAL_ONLY, Figure, Playbook, Publication, Response, Start, Trigger
from services.response.sheet import Sheet
from services.response.step_reading import ID, ID_WORDS, Entry, read_steps
from services.response.terms import (
    HAZARDS,
    LANES,
    LEVELS,
    NODE_KINDS,
    PRODUCTS,
    RESPONSE_LEVELS,
    STARTS,
    STATES,
)

_BY_ALERT = ("等级", "风险", "环节", "产品", "途经", "起因", "地区")
_REGION = r"[0-9]{2,6}"


def read_playbook(sheet: Sheet, contacts: Contacts) -> tuple[Playbook, list[Entry]]:
    """The playbook of a sheet, and its steps each beside its own sheet; only good for use when nothing was noted."""
    roles = {contact.name_zh: contact.role for contact in contacts.values()}
    head = Playbook(
        id=sheet.text("预案", pattern=ID, wanted=ID_WORDS),
        name_zh=sheet.text("名称"),
        name_en=sheet.text("英文名称"),
        version=sheet.text("版本", pattern=r"[0-9][0-9.]{0,15}", wanted="数字，如 1 或 1.2 digits, such as 1 or 1.2"),
        basis=sheet.text("依据"),
        trigger=_trigger(sheet.sheet("启动条件")),
        steps=(),
        responses=_responses(sheet, roles),
        publication=_publication(sheet, roles),
        overdue=sheet.words("逾期上报", roles),
    )
    entries = read_steps(sheet.sheets("步骤"), roles)
    playbook = structs.replace(head, steps=tuple(step for _, step in entries))
    check_steps(entries, playbook)
    sheet.finish()
    digest = hashlib.sha256(msgspec.json.encode(playbook)).hexdigest()
    return structs.replace(playbook, version=f"{playbook.version}-{digest[:8]}"), entries


def _trigger(sheet: Sheet | None) -> Trigger:
    if sheet is None:
        return Trigger(level=Level.RED)
    start = sheet.word("方式", STARTS, Start.ALERT)
    trigger = Trigger(
        level=sheet.word("等级", STATES, Level.RED),
        hazards=sheet.words("风险", HAZARDS),
        kinds=sheet.words("环节", NODE_KINDS),
        products=sheet.words("产品", PRODUCTS),
        path_kinds=sheet.words("途经", NODE_KINDS),
        lane_kinds=sheet.words("范围", LANES),
        cause_kinds=sheet.words("起因", NODE_KINDS),
        regions=sheet.texts("地区", _REGION, "行政区划代码前几位，如 1506 the first digits of a GB/T 2260 code"),
        start=start,
        figure=_figure(sheet) if start is Start.FIGURE else None,
    )
    _check_trigger(sheet, start)
    sheet.finish()
    return trigger


def _check_trigger(sheet: Sheet, start: Start) -> None:
    if start is Start.ALERT and not sheet.has("等级"):
        sheet.note("等级", "（缺少 missing）", "、".join(STATES), ", ".join(level.value for level in STATES.values()))
    for key in _BY_ALERT if start is not Start.ALERT else ():
        if sheet.has(key):
            sheet.note(
                key, key, "只有“方式: 预警”才按预警条件启动", "conditions on warnings only for 方式: 预警 (by alert)"
            )


def _figure(sheet: Sheet) -> Figure | None:
    inner = sheet.sheet("指标")
    if inner is None:
        return None
    figure = Figure(
        series=inner.text(
            "序列", pattern=r"[A-Za-z][A-Za-z0-9_.>-]{1,60}", wanted="目录中的序列编号，如 price.BSPI a series id"
        ),
        node=inner.text(
            "地点", pattern=r"[A-Za-z][A-Za-z0-9_]{0,40}", wanted="链条中的环节编号 a node id of the chain"
        ),
        product=inner.word("产品", PRODUCTS, "steam_coal"),
        level=inner.word("视同", LEVELS, Level.YELLOW),
        above=inner.number("高于"),
        below=inner.number("低于"),
    )
    if not inner.has("高于") and not inner.has("低于"):
        inner.note("高于", "（缺少 missing）", "写明“高于”或“低于”的数值", "a value for 高于 (above) or 低于 (below)")
    if figure.above is not None and figure.below is not None and figure.below >= figure.above:
        inner.note(
            "低于", f"{figure.below:g}", f"小于“高于”的 {figure.above:g}", f"less than the {figure.above:g} of 高于"
        )
    inner.finish()
    return figure


def _responses(sheet: Sheet, roles: dict[str, str]) -> tuple[Response, ...]:
    found: dict[str, Response] = {}
    for entry in sheet.sheets("响应") if sheet.has("响应") else []:
        level = entry.word("级别", RESPONSE_LEVELS, "")
        by_rule = entry.word("按规则", LEVELS, Level.NORMAL)
        if not entry.has("级别"):
            entry.note("级别", "（缺少 missing）", "、".join(RESPONSE_LEVELS), ", ".join(RESPONSE_LEVELS.values()))
        if not entry.has("批准"):
            entry.note("批准", "（缺少 missing）", "批准的角色", "the role that approves")
        if level in BY_APPROVAL_ONLY and by_rule is not Level.NORMAL:
            wanted = "I级、II级响应只能经批准，不得按规则启动"
            entry.note("按规则", f"{level}级", wanted, "levels I and II start by approval only, never by rule")
        if level in found:
            entry.note("级别", f"{level}级", "每个级别一项", "one entry for each level")
        role = entry.word("批准", roles, "")
        found[level] = Response(level=level, role=role, by_rule=None if by_rule is Level.NORMAL else by_rule)
        entry.finish()
    return tuple(found.values())


def _publication(sheet: Sheet, roles: dict[str, str]) -> Publication | None:
    if not sheet.has("正式预警"):
        return None
    inner = sheet.sheet("正式预警")
    if inner is None:
        return None
    if not inner.has("批准"):
        inner.note("批准", "（缺少 missing）", "签发的角色", "the role that signs")
    found = Publication(role=inner.word("批准", roles, ""), scope=inner.text("发布范围"))
    inner.finish()
    return found
