"""The report as a paper: what a tired reader needs first, then the tables. Pure; ``services.runtime.document`` sets it."""

from services.runtime.debrief.picture import speed_picture, time_picture
from services.runtime.debrief.report import Report
from services.runtime.document.content import (
    Block,
    Bullets,
    Document,
    Facts,
    Heading,
    Paragraph,
    Picture,
    Table,
    Tone,
)

MARK = "【演练】 EXERCISE"
_TONES = {"按时": Tone.DONE, "超时": Tone.ORANGE, "未做": Tone.RED, "作废": Tone.UNKNOWN, "未触发": Tone.UNKNOWN}
_RATED = {"圆满完成": Tone.DONE, "基本完成": Tone.BLUE, "部分完成": Tone.ORANGE, "未完成": Tone.RED}


def paper_of(report: Report, made: str) -> Document:
    """The paper. ``made`` says from what and when it was made."""
    return Document(
        title=report.title,
        subtitle=report.subtitle,
        footer=made,
        mark=MARK,
        blocks=(*_first(report), *_people(report), *_course(report)),
    )


def _first(report: Report) -> list[Block]:
    blocks: list[Block] = [Facts(report.facts_first), Paragraph(report.headline)]
    if report.worst:
        blocks += [Heading("先改这些", "Mend these first"), Bullets(tuple(report.worst), is_open=True)]
    rows = tuple(tuple(row) for row in report.objectives)
    blocks += [
        Heading("目标", "Objectives"),
        Table(
            ("目标", "内容", "得分", "按得分", "评估员", "评定"),
            rows,
            (0.6, 3.6, 0.8, 1.2, 1.6, 1.2),
            tuple(_RATED.get(row[-1], Tone.PLAIN) for row in rows),
        ),
        Heading("改进项", "Improvement items"),
        Table(
            ("编号", "内容", "预案与版本", "状态", "历次"),
            tuple(tuple(row) for row in report.items),
            (1.4, 3.2, 2.0, 0.9, 1.8),
            tuple(Tone.RED if row[3] == "未关闭" else Tone.DONE for row in report.items),
        ),
    ]
    return blocks


def _people(report: Report) -> list[Block]:
    rows = tuple(tuple(row) for row in report.expectations)
    blocks: list[Block] = [Heading("每个人的每一步", "Each step against its deadline")]
    if report.bars:
        caption = "浅色为时限，圆点为完成时刻，叉为到时未做；横轴为演练时间（时:分）"
        blocks.append(Picture(time_picture(report.bars, report.axis), caption))
    blocks.append(
        Table(
            ("编号", "谁", "动作", "要求", "起", "限", "做", "结果"),
            rows,
            (0.6, 1.8, 0.7, 3.2, 0.7, 0.7, 0.7, 0.8),
            tuple(_TONES.get(row[-1], Tone.PLAIN) for row in rows),
        )
    )
    if report.pairs:
        blocks += [Heading("快慢", "How fast"), Picture(speed_picture(report.pairs), "各类动作的实际用时与时限")]
    if report.marks:
        table = Table(("评估员", "目标", "评定", "意见"), tuple(tuple(m) for m in report.marks), (1.2, 0.7, 1.0, 4.0))
        blocks += [Heading("评估员意见", "Evaluators' marks"), table]
    return blocks


def _course(report: Report) -> list[Block]:
    facts = Table(("项", "内容"), tuple(report.facts), (1.0, 5.0))
    injects = Table(
        ("编号", "类型", "内容", "对象", "计划", "实际"),
        tuple(tuple(row) for row in report.injects),
        (0.6, 1.1, 4.0, 1.5, 0.7, 0.7),
    )
    timeline = Table(
        ("时刻", "北京时间", "类别", "谁", "内容"),
        tuple(tuple(row) for row in report.timeline),
        (0.6, 0.9, 0.8, 1.2, 5.0),
    )
    blocks: list[Block] = [
        Heading("演练概况", "The drill"),
        facts,
        Heading("注入清单（MSEL）", "Injects, planned and given"),
        injects,
        Heading("经过", "What happened"),
        timeline,
    ]
    if report.left_out:
        blocks.append(Paragraph(report.left_out, is_note=True))
    return [*blocks, *(Paragraph(note, is_note=True) for note in report.notes)]
