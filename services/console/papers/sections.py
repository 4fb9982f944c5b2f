"""Parts that several papers share."""

from collections import Counter

from schemas.level import Level
from services.console.papers.known import Known, Step, Task
from services.console.papers.response_time import acknowledged, step_times
from services.console.papers.words import (
    ABSENT,
    STATE_ZH,
    clock,
    due,
    hours_between,
    lasted,
    level_of,
    owner,
    place,
    standing,
    time_left,
    tone_of,
    way,
)
from services.runtime.document import Block, Facts, Heading, Paragraph, Table, Tone

_NAMED = 12


def state(known: Known) -> Facts:
    """The four figures that come first. What is unknown stands among them."""
    levels = Counter(r.level for r in known.risks)
    worst = "、".join(
        f"{level_of(v)} {levels[v]}" for v in (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE) if levels[v]
    )
    overdue, unknown = len(known.overdue()), len(known.unknown)
    age = ABSENT if known.data_until is None else lasted(max(0.0, hours_between(known.data_until, known.until)))
    return Facts(
        (
            ("在列风险 open risks", str(len(known.risks)), worst or "无"),
            ("未办任务 open tasks", str(len(known.open_tasks())), f"逾期 {overdue}"),
            ("情况不明 unknown", str(unknown), "个环节，不作正常处理" if unknown else "个环节"),
            ("最新数据距今 data age", age, f"断报序列 {len(known.silent)} / {known.series}"),
        )
    )


def risks(known: Known) -> tuple[Block, ...]:
    """Open risks with time left, cause and owner."""
    found = known.gravest()
    rows = tuple(
        (standing(r), place(known, r), time_left(known, r), way(known, r), owner(known, r), clock(r.opened_at))
        for r in found
    )
    return (
        Heading("在列风险", "open risks, gravest first"),
        Table(
            ("等级", "环节与风险", "剩余时间", "起因与路径", "责任人", "自"),
            rows,
            (0.9, 2.4, 1.8, 3, 2.6, 1),
            tuple(tone_of(r.level) for r in found),
            empty="没有在列风险。情况不明的环节见上。" if known.unknown else "没有在列风险。",
        ),
    )


def changes(known: Known) -> tuple[Block, ...]:
    """What changed in the period, newest first: openings, rises, falls, closings."""
    told = [s for s in known.steps if s.state != "updated"]
    found = sorted(told, key=lambda s: s.at, reverse=True)
    rows = tuple((clock(s.at), STATE_ZH.get(s.state, s.state), level_of(s.level), s.headline) for s in found)
    return (
        Heading("期内变化", "what changed"),
        Table(
            ("时间", "变化", "等级", "内容"),
            rows,
            (1.2, 0.8, 0.9, 6),
            tuple(_tone(s) for s in found),
            empty="期内没有变化。",
        ),
    )


def _tone(step: Step) -> Tone:
    return Tone.DONE if step.state == "closed" else tone_of(step.level)


def tasks(known: Known, zh: str, en: str, found: list[Task], empty: str) -> tuple[Block, ...]:
    """Tasks under a heading."""
    rows = tuple((t.title, known.names.get(t.node, t.node), t.assignee, due(t, known.until)) for t in found)
    tones = tuple(Tone.RED if t.is_overdue(known.until) else Tone.PLAIN for t in found)
    return (Heading(zh, en), Table(("事项", "环节", "责任人", "时限"), rows, (3.6, 2, 2.4, 2.2), tones, empty=empty))


def data(known: Known) -> tuple[Block, ...]:
    """Series that fell silent, and records refused."""
    silent = sorted(known.silent, key=lambda s: (s.newest_at is not None, s.newest_at or known.until, s.series))
    rows = tuple((s.provider, s.name, clock(s.newest_at) if s.newest_at else "从未报送") for s in silent[:_NAMED])
    blocks: list[Block] = [
        Heading("数据报送", "feeds"),
        Table(("单位", "断报序列", "最近一次"), rows, (1.6, 4, 1.6), empty="没有断报序列。"),
    ]
    if len(silent) > _NAMED:
        blocks.append(Paragraph(f"另有 {len(silent) - _NAMED} 个断报序列未列出。", is_note=True))
    if known.rejected:
        refused = tuple((r.source, r.reason, f"{r.count:,}") for r in known.rejected[:_NAMED])
        blocks.append(Table(("来源", "拒收原因", "条数"), refused, (2, 4, 1)))
    return tuple(blocks)


def times(known: Known) -> tuple[Block, ...]:
    """Acknowledging and finishing, per step."""
    number, average, middle = acknowledged(known.told)
    heard = (
        f"消息 {len(known.told)} 条，已确认 {number} 条，平均确认时间 MTTA {lasted(average)}，中位 {lasted(middle)}。"
        if average is not None and middle is not None
        else f"消息 {len(known.told)} 条，没有确认记录，MTTA 无从计算。"
    )
    found = step_times(known.tasks, known.overdue())
    rows = tuple(
        (
            t.plan,
            t.title,
            f"{t.done}/{t.given}",
            str(t.late + t.overdue),
            ABSENT if t.mean_h is None else lasted(t.mean_h),
            ABSENT if t.median_h is None else lasted(t.median_h),
        )
        for t in found
    )
    return (
        Heading("响应时间", "MTTA and MTTR per step"),
        Paragraph(heard),
        Table(
            ("预案", "步骤", "办结", "逾期", "MTTR 平均", "中位"),
            rows,
            (2, 4, 0.8, 0.8, 1.2, 1.2),
            empty="期内没有任务。",
        ),
    )
