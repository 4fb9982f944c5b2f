"""A book to a plan, with every error by line and how to put it right. Pure."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from schemas.drill import Member
from schemas.drill_plan import (
    Beginning,
    Expectation,
    Inject,
    InjectKind,
    Objective,
    Plan,
    Reading,
    ScriptedAct,
    Step,
)
from schemas.level import Level
from services.drill.book import Book, DrillFileError, Entry, book_of_sheets, book_of_yaml
from services.drill.endpoints import live_endpoint

TABLES = ("目标", "参演", "注入", "期望", "脚本")
_ID = r"[a-z][a-z0-9-]{1,40}"
_ID_WORDS = "：小写字母、数字、连字符，字母开头 a-z 0-9 -, a letter first"
_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,30}"
_NAME_WORDS = "：字母、数字、连字符 letters, digits, hyphens"
_KINDS = {"消息": InjectKind.MESSAGE, "电话": InjectKind.PHONE, "数据": InjectKind.FEED, "预警": InjectKind.ALERT}
_STEPS = {"发现": Step.DETECT, "签收": Step.ACKNOWLEDGE, "决定": Step.DECIDE, "完成": Step.FINISH}
_LEVELS = {"黄色": Level.YELLOW, "橙色": Level.ORANGE, "红色": Level.RED}
_NOTICE = {"事先通知": True, "不通知": False}
_BEGINNINGS = {"情景": Beginning.SCENARIO, "现况": Beginning.LIVE}
_MOST_RATE = 1000.0
_STOP_WORD = "停止演练"


def read_yaml(text: str, file: str, chain: "Known | None" = None) -> Plan:
    """The plan of a YAML text. Raises DrillFileError with every finding by line."""
    return _plan(book_of_yaml(text, file, TABLES), chain)


def read_sheets(
    sheets: Sequence[tuple[str, Sequence[Sequence[object]]]], file: str, chain: "Known | None" = None
) -> Plan:
    """The plan of a workbook's sheets: title and rows of each. Raises DrillFileError with every finding by sheet and row."""
    return _plan(book_of_sheets(sheets, file, TABLES), chain)


class Known:
    """What a plan may name: series, nodes, scenarios and playbooks of the operator's folder."""

    def __init__(
        self,
        *,
        series: Collection[str],
        nodes: Collection[str],
        scenarios: Collection[str],
        playbooks: Collection[str],
    ) -> None:
        self.series, self.nodes = sorted(series), sorted(nodes)
        self.scenarios, self.playbooks = sorted(scenarios), sorted(playbooks)


def _plan(book: Book, chain: Known | None) -> Plan:
    head, tables = book.head, book.tables
    _check_endpoints(book)
    playbooks = _named(head, "预案", chain.playbooks if chain else None, "已有预案的编号")
    roster = tuple(_member(e) for e in tables["参演"])
    objectives = tuple(_objective(e) for e in tables["目标"])
    members = [m.id for m in roster]
    injects = tuple(_inject(e, members, chain) for e in tables["注入"])
    expectations = tuple(
        _expectation(e, [i.id for i in injects], [o.id for o in objectives], members, playbooks) for e in tables["期望"]
    )
    acts = tuple(_act(e, [x.id for x in expectations]) for e in tables["脚本"])
    plan = Plan(
        id=head.text("演练", pattern=_ID, wanted=_ID_WORDS),
        name_zh=head.text("名称"),
        name_en=head.text("英文名称"),
        scenario=head.text("情景"),
        start_hour=int(head.number_of("起始小时", -24 * 120, 24 * 400, 0.0)),
        minutes=head.minutes("时长"),
        rate=head.number_of("倍速", 1.0, _MOST_RATE, 1.0),
        is_announced=head.word("通知", _NOTICE, "事先通知"),
        stop_word=head.text("口令", _STOP_WORD),
        beginning=head.word("初始", _BEGINNINGS, "情景"),
        playbooks=playbooks,
        roster=roster,
        objectives=objectives,
        injects=injects,
        expectations=expectations,
        acts=acts,
        evaluators=head.texts("评估员"),
        approver=head.text("批准人", ""),
        seed=int(head.number_of("种子", 0, 10_000_000, 1.0)),
        lead_in_days=int(head.number_of("预热天数", 1, 30, 3.0)),
        starts_at=_moment(head),
    )
    _check(plan, book, chain)
    head.finish()
    for entries in tables.values():
        for entry in entries:
            entry.finish()
    if book.findings:
        raise DrillFileError(book.findings)
    return plan


def _named(entry: Entry, key: str, known: Sequence[str] | None, what: str) -> tuple[str, ...]:
    return entry.texts(key) if known is None else entry.all_known(key, known, what)


def _moment(head: Entry) -> datetime | None:
    given = head.text("开始", "立即")
    if given == "立即":
        return None
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        fix = "写“立即”，或带时区的时间，如 2026-12-01T09:00+08:00"
        head.note("开始", given, fix, "立即, or a time with its offset, such as 2026-12-01T09:00+08:00")
        return None
    return found.astimezone(UTC)


def _member(e: Entry) -> Member:
    return Member(
        id=e.text("代号", pattern=_NAME, wanted=_NAME_WORDS),
        name=e.text("姓名"),
        role=e.text("角色"),
    )


def _objective(e: Entry) -> Objective:
    name = e.text("编号", pattern=_NAME, wanted=_NAME_WORDS)
    return Objective(id=name, text_zh=e.text("内容"), text_en=e.text("英文", name))


def _inject(e: Entry, members: Sequence[str], chain: Known | None) -> Inject:
    kind = e.word("类型", _KINDS)
    name = e.text("编号", pattern=_NAME, wanted=_NAME_WORDS)
    is_told = kind in (InjectKind.MESSAGE, InjectKind.PHONE)
    if is_told and not e.has("对象"):
        e.note("对象", "（缺少 missing）", f"至少一个参演代号：{'、'.join(members)}", f"one of {', '.join(members)}")
    reading = None
    if kind is InjectKind.FEED:
        series = e.known("序列", chain.series, "目录中的序列") if chain else e.text("序列")
        reading = Reading(series=series, value=e.number_of("数值", -1e12, 1e12))
    node = level = ""
    if kind is InjectKind.ALERT:
        node = e.known("环节", chain.nodes, "链条中的环节") if chain else e.text("环节")
        level = e.word("等级", _LEVELS, "黄色").value
    return Inject(
        id=name,
        kind=kind,
        minute=e.minutes("时间"),
        sender=e.text("来自", "导调组"),
        audience=e.all_known("对象", members, "参演代号"),
        text_zh=e.text("内容", None if is_told else ""),
        text_en=e.text("英文", ""),
        node=node,
        level=level,
        reading=reading,
    )


def _expectation(
    e: Entry, injects: Sequence[str], objectives: Sequence[str], members: Sequence[str], playbooks: Sequence[str]
) -> Expectation:
    return Expectation(
        id=e.text("编号", pattern=_NAME, wanted=_NAME_WORDS),
        inject=e.known("注入", injects, "注入的编号"),
        objective=e.known("目标", objectives, "目标的编号"),
        member=e.known("谁", members, "参演代号"),
        step=e.word("动作", _STEPS),
        text_zh=e.text("内容"),
        text_en=e.text("英文", ""),
        within_minutes=e.minutes("时限"),
        playbook=e.known("预案", playbooks, "本演练所列预案", playbooks[0] if playbooks else ""),
    )


def _act(e: Entry, expectations: Sequence[str]) -> ScriptedAct:
    return ScriptedAct(
        expectation=e.known("期望", expectations, "期望的编号"),
        after_minutes=e.minutes("用时"),
        note=e.text("说明", ""),
    )


def _check(plan: Plan, book: Book, chain: Known | None) -> None:
    head = book.head
    if chain is not None and plan.scenario and plan.scenario not in chain.scenarios:
        head.known("情景", chain.scenarios, "已有情景")
    if not 10 <= plan.minutes <= 60 * 24 * 31:
        head.note("时长", plan.minutes, "10 分钟至 31 天", "from 10 minutes to 31 days")
    for table, ids, key in (
        ("参演", [m.id for m in plan.roster], "代号"),
        ("目标", [o.id for o in plan.objectives], "编号"),
        ("注入", [i.id for i in plan.injects], "编号"),
        ("期望", [x.id for x in plan.expectations], "编号"),
    ):
        _check_once(book, table, ids, key)
    for entry, inject in zip(book.tables["注入"], plan.injects, strict=True):
        if inject.minute > plan.minutes:
            fix = f"不晚于时长 {plan.minutes:g} 分钟"
            entry.note("时间", f"{inject.minute:g} 分钟", fix, f"not after the drill's end at {plan.minutes:g} minutes")
    for entry, expected in zip(book.tables["期望"], plan.expectations, strict=True):
        if expected.within_minutes <= 0 and entry.has("时限"):
            entry.note("时限", expected.within_minutes, "大于 0，如 15 分钟", "more than 0, such as 15 分钟")
    _check_approval(plan, head)


def _check_once(book: Book, table: str, ids: Sequence[str], key: str) -> None:
    if not ids:
        book.head.note(table, "（缺少 missing）", f"至少一项“{table}”", f"at least one entry of {table}")
    seen: set[str] = set()
    for entry, name in zip(book.tables[table], ids, strict=True):
        if name and name in seen:
            entry.note(key, name, "另一个编号，此编号已用", "another id; this one is taken")
        seen.add(name)


def _check_approval(plan: Plan, head: Entry) -> None:
    if plan.is_announced:
        return
    if not head.has("口令"):
        head.note(
            "口令", "（缺少 missing）", "不通知的演练要有参演者可用的口令", "a stop word is needed when not announced"
        )
    if not plan.approver:
        head.note(
            "批准人", "（缺少 missing）", "不通知的演练要有批准人，且不在参演名单中", "an approver outside the roster"
        )
    elif plan.member(plan.approver) is not None:
        head.note("批准人", plan.approver, "换一位不在参演名单中的批准人", "an approver who is not on the roster")


def _check_endpoints(book: Book) -> None:
    for entry in (book.head, *(e for entries in book.tables.values() for e in entries)):
        for key, cell in entry.cells.items():
            found = live_endpoint(cell.text())
            if found is not None and key != "开始":
                what, itself = found
                fix = f"删去{what.split()[0]}；演练只用内置替身，不接真实地址、号码和密钥"
                entry.note(
                    key, itself, fix, f"take the {what.split(' ', 1)[1]} out: a drill only uses built-in stand-ins"
                )
