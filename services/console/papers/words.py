"""How papers say times, levels and people: Chinese first, times of China."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from schemas.assessment import Hazard
from schemas.level import LEVEL_ZH, Level
from services.console.papers.known import Known, Risk, Task
from services.runtime.chain.vocabulary import PRODUCT_ZH
from services.runtime.document import Tone

CHINA = timezone(timedelta(hours=8))
HAZARD_ZH: Mapping[str, str] = {"starved": "断供", "blocked": "胀库", "silent": "断报", "distrusted": "数据存疑"}
STATE_ZH: Mapping[str, str] = {
    "opened": "新增",
    "worsened": "升级",
    "eased": "降级",
    "updated": "更新",
    "closed": "解除",
}
_TONES: Mapping[Level, Tone] = {
    Level.NORMAL: Tone.PLAIN,
    Level.BLUE: Tone.BLUE,
    Level.YELLOW: Tone.YELLOW,
    Level.ORANGE: Tone.ORANGE,
    Level.RED: Tone.RED,
    Level.UNKNOWN: Tone.UNKNOWN,
}
ABSENT = "—"


def clock(at: datetime | None, *, with_year: bool = False) -> str:
    """A moment in China; a dash where there is none."""
    if at is None:
        return ABSENT
    return f"{at.astimezone(CHINA):{'%Y-%m-%d %H:%M' if with_year else '%m-%d %H:%M'}}"


def lasted(hours: float) -> str:
    """A length of time as people say it.

    >>> lasted(0.5), lasted(5.2), lasted(60)
    ('30 分钟', '5.2 小时', '2.5 天')
    """
    if hours < 1:
        return f"{hours * 60:.0f} 分钟"
    return f"{hours:.1f} 小时" if hours < 48 else f"{hours / 24:.1f} 天"


def hours_between(begin: datetime, end: datetime) -> float:
    """Hours from one moment to another."""
    return (end - begin).total_seconds() / 3600


def level_of(level: Level) -> str:
    """Name of a level."""
    return LEVEL_ZH[level]


def standing(risk: Risk) -> str:
    """Level of a risk, and whether it is still in sight."""
    return (
        f"{level_of(risk.level)}（情况不明）"
        if risk.is_unknown and risk.level is not Level.UNKNOWN
        else level_of(risk.level)
    )


def tone_of(level: Level) -> Tone:
    """How its row is marked."""
    return _TONES[level]


def place(known: Known, risk: Risk) -> str:
    """Place, danger and product of a risk."""
    product = PRODUCT_ZH.get(risk.product, risk.product)
    return f"{known.names.get(risk.node, risk.node)} {HAZARD_ZH.get(risk.hazard, risk.hazard)}（{product}）"


def time_left(known: Known, risk: Risk) -> str:
    """Time to the limit from the end of the period, with its interval; never a number where none is known, and none where data are at stake."""
    if Hazard(risk.hazard).is_of_data():
        return ABSENT
    if risk.is_unknown or risk.level is Level.UNKNOWN:
        return "情况不明"
    if risk.hours_p50 is None:
        return "30 天以后或未知"
    gone = hours_between(risk.as_of, known.until)
    left = risk.hours_p50 - gone
    if left <= 0:
        return "已到限值"
    if risk.hours_p10 is None and risk.hours_p90 is None:
        return lasted(left)
    ends = [ABSENT if h is None else f"{max(0.0, h - gone) / 24:.1f}" for h in (risk.hours_p10, risk.hours_p90)]
    return f"{lasted(left)}（{ends[0]}–{ends[1]} 天）"


def way(known: Known, risk: Risk) -> str:
    """The path from the cause to the place; the reason where there is none."""
    if len(risk.path) > 1:
        return " → ".join(known.names.get(n, n) for n in risk.path)
    return finding(risk)


def finding(risk: Risk) -> str:
    """What was found there: the first sentence of the reason, without the place, which stands beside it."""
    return risk.reason.split("。", 1)[0].split(": ", 1)[-1]


def owner(known: Known, risk: Risk) -> str:
    """Who has it in hand; where nobody has, the department that leads there."""
    held = [f"{risk.acknowledged_by}（已确认）"] if risk.acknowledged_by else []
    lead = known.leads.get(risk.node, "")
    return "、".join((*held, *risk.owners)) or (f"尚未派单（牵头部门：{lead}）" if lead else "尚无责任人")


def due(task: Task, now: datetime) -> str:
    """Deadline of a task, and how far past it is."""
    if task.due_at is None:
        return "无时限"
    late = f"（逾期 {lasted(hours_between(task.due_at, now))}）" if task.is_overdue(now) else ""
    return f"{clock(task.due_at)}{late}"


def subtitle(known: Known, kind: str) -> str:
    """What the paper covers."""
    return f"{known.chain_name} · {kind} · {clock(known.since, with_year=True)} 至 {clock(known.until)} 北京时间"


def footer(known: Known) -> str:
    """From what and when it was made. Levels are the system's proposal."""
    newest, judged = clock(known.data_until, with_year=True), clock(known.judged_at, with_year=True)
    return f"链警 Lianjing · {known.lane} · 数据截至 {newest} · 最近研判 {judged} · 等级为系统研判（建议）"
