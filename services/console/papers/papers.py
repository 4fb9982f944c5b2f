"""The four papers: handover sheet, duty brief, week and month of a chain."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from services.console.papers import sections
from services.console.papers.drawing import course
from services.console.papers.known import Known
from services.console.papers.words import (
    clock,
    finding,
    footer,
    hours_between,
    lasted,
    place,
    standing,
    subtitle,
    time_left,
    tone_of,
    way,
)
from services.runtime.document import Block, Bullets, Document, Facts, Heading, Paragraph, Picture, Table, Tone

LENGTHS = {
    "handover": timedelta(hours=12),
    "brief": timedelta(hours=24),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
"""How long the period of each paper is unless stated."""
_NEXT_SHIFT_H = 12
_BRIEF = 8


def handover(known: Known) -> Document:
    """交接班单: what stands open, what is muted, what falls due in the next shift, what changed; to be signed by both."""
    soon = known.until + timedelta(hours=_NEXT_SHIFT_H)
    pending = [t for t in known.open_tasks() if t.due_at is not None and t.due_at <= soon]
    return _paper(
        known,
        "交接班单",
        "值班交接",
        (
            sections.state(known),
            *sections.risks(known),
            *sections.tasks(
                known, "逾期与下一班到期", "overdue, or due in the next twelve hours", pending, "下一班没有到期事项。"
            ),
            *_muted(known),
            *_unheard(known),
            *sections.changes(known),
            *sections.data(known),
            Heading("交接确认", "handed over"),
            Bullets(("以上各项已逐条交接", "在列红色、橙色风险已当面说明", "静默项及到期时间已说明"), is_open=True),
            Paragraph("交班人：____________　　接班人：____________　　时间：____________"),
        ),
    )


def brief(known: Known) -> Document:
    """值班快报: one page for those who read one page."""
    found = known.gravest()[:_BRIEF]
    rows = tuple(
        (
            standing(r),
            place(known, r),
            time_left(known, r),
            f"{finding(r)}。{way(known, r) if len(r.path) > 1 else ''}",
        )
        for r in found
    )
    more = len(known.risks) - len(found)
    return _paper(
        known,
        "值班快报",
        "快报",
        (
            sections.state(known),
            Heading("要情", "what matters now"),
            Table(
                ("等级", "环节与风险", "剩余时间", "原因"),
                rows,
                (1, 2.6, 2, 4.4),
                tuple(tone_of(r.level) for r in found),
                empty="没有在列风险。",
            ),
            *((Paragraph(f"另有 {more} 项未列出。", is_note=True),) if more > 0 else ()),
            *_doing(known),
            *_asked(known),
            *_unseen(known),
        ),
    )


def week(known: Known) -> Document:
    """周报 of a chain for its chief."""
    return _chief(known, "产业链安全周报", "周报")


def month(known: Known) -> Document:
    """月报 of a chain for its chief."""
    return _chief(known, "产业链安全月报", "月报")


PAPERS: Mapping[str, Callable[[Known], Document]] = {"handover": handover, "brief": brief, "week": week, "month": month}


def _chief(known: Known, title: str, kind: str) -> Document:
    return _paper(
        known,
        title,
        kind,
        (
            sections.state(known),
            Heading("期内态势", "open risks at the end of each day"),
            Picture(
                course(known),
                "每 24 小时末在列风险数，按等级 open risks per level at the end of each day of the period",
            ),
            _sums(known),
            *sections.tasks(
                known, "提请链长决策", "decisions asked of the chief", known.questions(), "没有提请决策的事项。"
            ),
            *sections.risks(known),
            *sections.tasks(known, "逾期任务", "overdue tasks", known.overdue(), "没有逾期任务。"),
            *sections.changes(known),
            *sections.times(known),
            *_unseen(known),
            *sections.data(known),
        ),
    )


def _paper(known: Known, title: str, kind: str, blocks: tuple[Block, ...]) -> Document:
    return Document(title=title, subtitle=subtitle(known, kind), footer=footer(known), blocks=blocks, mark=known.mark)


def _sums(known: Known) -> Facts:
    def count(state: str) -> str:
        return str(sum(s.state == state for s in known.steps))

    started = sum(r.started_at > known.since for r in known.runs)
    return Facts(
        (
            ("新增 opened", count("opened"), ""),
            ("升级 worsened", count("worsened"), ""),
            ("解除 closed", count("closed"), ""),
            ("启动预案 plans started", str(started), ""),
        )
    )


def _asked(known: Known) -> tuple[Block, ...]:
    found = known.questions()
    more = len(found) - _BRIEF
    return (
        *sections.tasks(known, "待决事项", "decisions asked for", found[:_BRIEF], "没有待决事项。"),
        *((Paragraph(f"另有 {more} 项待决事项未列出。", is_note=True),) if more > 0 else ()),
    )


def _doing(known: Known) -> tuple[Block, ...]:
    running = [r for r in known.runs if r.ended_at is None]
    rows = tuple(
        (r.name, known.names.get(r.node, r.node), clock(r.started_at), lasted(hours_between(r.started_at, known.until)))
        for r in running
    )
    return (
        Heading("正在处置", "what is being done"),
        Table(("预案", "环节", "启动", "已运行"), rows, (3, 3, 1.3, 1.3), empty="没有运行中的预案。"),
    )


def _muted(known: Known) -> tuple[Block, ...]:
    hidden = [r for r in known.risks if r.muted_by]
    rows = tuple((standing(r), place(known, r), r.muted_by) for r in hidden)
    return (
        Heading("静默中", "muted"),
        Table(
            ("等级", "环节与风险", "静默依据"),
            rows,
            (1, 4, 4),
            tuple(Tone.UNKNOWN for _ in hidden),
            empty="没有静默项。",
        ),
    )


def _unheard(known: Known) -> tuple[Block, ...]:
    failed = [t for t in known.told if t.state == "failed"]
    if not failed:
        return ()
    rows = tuple((t.recipient, clock(t.created_at)) for t in failed)
    return (
        Heading("未送达消息", "messages not delivered: telephone them"),
        Table(("收件人", "时间"), rows, (4, 2), tuple(Tone.RED for _ in failed)),
    )


def _unseen(known: Known) -> tuple[Block, ...]:
    if not known.unknown:
        return ()
    names = "、".join(known.names.get(n, n) for n in known.unknown)
    return (Heading("情况不明", "not enough fresh, trusted data: not normal"), Paragraph(names))
