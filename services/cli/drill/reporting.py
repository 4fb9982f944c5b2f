"""After the end: improvement items into the log, and the report as PDF and Word file from the log alone."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from schemas.drill import DrillEvent, DrillEventKind
from services.runtime.debrief.items import Item, ItemAction, changes_after, items_of
from services.runtime.debrief.marking import marked
from services.runtime.debrief.paper import paper_of
from services.runtime.debrief.report import report_of, versions_of
from services.runtime.debrief.scoring import plan_of, score
from services.runtime.document import as_pdf, as_word


def item_events(log: Sequence[DrillEvent], all_events: Sequence[DrillEvent], wall: datetime) -> list[DrillEvent]:
    """Events about improvement items that the end of a drill brings; none when they stand in its log already."""
    if any(e.kind is DrillEventKind.ITEM and e.detail["action"] != ItemAction.CLOSED for e in log):
        return []
    plan = plan_of(log)
    standing = items_of(e for e in all_events if e.drill != log[0].drill)
    changes = changes_after(plan, score(plan, log), versions_of(log), standing)
    last = log[-1]
    return [
        DrillEvent(
            drill=last.drill,
            sequence=last.sequence + number,
            kind=DrillEventKind.ITEM,
            lane=last.lane,
            minute=last.minute,
            wall=wall,
            subject=change.id,
            text_zh=marked(change.title_zh, "")[0],
            text_en=marked("", change.title_en)[1],
            detail=change.detail(),
        )
        for number, change in enumerate(changes, start=1)
    ]


def closing_event(item: Item, log: Sequence[DrillEvent], actor: str, reason: str, wall: datetime) -> DrillEvent:
    """The event by which a person closes an item, in the log of the drill that touched it last."""
    last = log[-1]
    words = marked(f"{actor} 关闭改进项：{item.title_zh}。{reason}", f"{actor} closed: {item.title_en}. {reason}")
    return DrillEvent(
        drill=last.drill,
        sequence=last.sequence + 1,
        kind=DrillEventKind.ITEM,
        lane=last.lane,
        minute=last.minute,
        wall=wall,
        actor=actor,
        subject=item.id,
        text_zh=words[0],
        text_en=words[1],
        detail={"action": ItemAction.CLOSED.value, "reason": reason},
    )


def write_report(log: Sequence[DrillEvent], all_events: Sequence[DrillEvent], folder: Path) -> tuple[Path, Path]:
    """Write ``<drill>.pdf`` and ``<drill>.docx``. Raises ConfigurationError when there is no Chinese font, ValueError for a log cut short."""
    seen = {(e.drill, e.sequence): e for e in (*all_events, *log)}
    report = report_of(log, items_of(seen.values()))
    paper = paper_of(
        report, f"演练 {log[0].drill}，由事件日志 {len(log)} 条生成 made from its log of {len(log)} events"
    )
    folder.mkdir(parents=True, exist_ok=True)
    pdf, word = folder / f"{log[0].drill}.pdf", folder / f"{log[0].drill}.docx"
    pdf.write_bytes(as_pdf(paper))
    word.write_bytes(as_word(paper))
    return pdf, word
