"""The after-action report as content: every number and sentence of it, from the event log alone. Pure; ``paper`` makes PDF and docx of it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta, timezone

from msgspec import Struct

from schemas.drill import DrillEvent, DrillEventKind
from schemas.drill_plan import Beginning, InjectKind, Plan
from services.runtime.debrief.items import Item, history_words, open_items
from services.runtime.debrief.marking import MARK_ZH
from services.runtime.debrief.scoring import Judged, Outcome, Rated, Score, plan_of, rating_of, score, standing_events
from services.runtime.debrief.words import RATINGS, STEP_ZH

_BEIJING = timezone(timedelta(hours=8))
OUTCOME_ZH = {
    Outcome.ON_TIME: "按时",
    Outcome.LATE: "超时",
    Outcome.MISSED: "未做",
    Outcome.VOID: "作废",
    Outcome.NOT_STARTED: "未触发",
    Outcome.PENDING: "时限内",
}
_KIND_ZH = {
    DrillEventKind.INJECT: "注入",
    DrillEventKind.ALERT: "系统预警",
    DrillEventKind.RUN: "预案",
    DrillEventKind.ACT: "动作",
    DrillEventKind.MARK: "评估",
    DrillEventKind.CLOCK: "时钟",
    DrillEventKind.REWOUND: "倒回",
    DrillEventKind.ABORTED: "中止",
    DrillEventKind.STOPPED: "停止",
    DrillEventKind.ACKNOWLEDGED: "签收",
    DrillEventKind.UNACKNOWLEDGED: "未签收",
    DrillEventKind.ENDED: "结束",
    DrillEventKind.REFUSED: "未采纳",
    DrillEventKind.APPROVED: "批准",
}
_ENDS = {
    DrillEventKind.ENDED: "按计划结束",
    DrillEventKind.STOPPED: "因口令停止",
    DrillEventKind.ABORTED: "因真实红色预警中止，转入实战",
}
_MOST_TIMELINE = 60


class Bar(Struct, frozen=True, kw_only=True):
    """One expectation in the picture of time; places from 0 to 1 of its width. ``done`` None: not done."""

    label: str
    start: float
    due: float
    done: float | None
    outcome: str


class Pair(Struct, frozen=True, kw_only=True):
    """One kind of step in the picture of speed: median minutes taken and allowed, and both as parts of the longest."""

    label: str
    took: str
    allowed: str
    took_part: float
    allowed_part: float
    on_time: str


class Report(Struct, frozen=True, kw_only=True):
    """The report. All texts are ready to be printed; tables are lists of rows."""

    title: str
    subtitle: str
    facts_first: tuple[tuple[str, str, str], ...]
    headline: str
    facts: list[tuple[str, str]]
    objectives: list[list[str]]
    worst: list[str]
    expectations: list[list[str]]
    bars: list[Bar]
    axis: list[tuple[float, str]]
    pairs: list[Pair]
    injects: list[list[str]]
    timeline: list[list[str]]
    marks: list[list[str]]
    items: list[list[str]]
    left_out: str
    notes: list[str]


def report_of(events: Sequence[DrillEvent], items: Mapping[str, Item]) -> Report:
    """The report of one drill from its log. ``items``: as they stand after it. Raises ValueError for a log without an opening."""
    plan = plan_of(events)
    standing = standing_events(events)
    scored = score(plan, events)
    told = [
        e for e in standing if e.kind in _KIND_ZH and not (e.kind is DrillEventKind.ALERT and _is_inject(e, standing))
    ]
    own = _own(items, events[0].drill)
    return Report(
        title=f"{plan.name_zh} 评估报告",
        subtitle=f"{plan.name_en}: after-action report",
        facts_first=_first(scored, own),
        headline=_headline(plan, scored, events, own),
        facts=_facts(plan, events),
        objectives=[_objective(plan, r) for r in scored.rated],
        worst=[_failure(plan, j) for j in scored.judged if j.outcome in (Outcome.MISSED, Outcome.LATE)],
        expectations=[_expectation(plan, j) for j in scored.judged],
        bars=_bars(plan, scored),
        axis=_axis(_span(plan, scored)),
        pairs=_pairs(scored),
        injects=_injects(plan, standing),
        timeline=[_line(e, plan) for e in told[:_MOST_TIMELINE]],
        marks=[[m[0], o.objective, RATINGS[m[1]], m[2] or "—"] for o in scored.rated for m in o.marks],
        items=[
            [
                i.id,
                i.title_zh,
                f"{i.playbook} {i.version}".strip() or "—",
                "未关闭" if i.is_open else "已关闭",
                history_words(i.history),
            ]
            for i in own
        ],
        left_out=f"时间线另有 {len(told) - _MOST_TIMELINE} 条，见事件日志" if len(told) > _MOST_TIMELINE else "",
        notes=_notes(plan, events),
    )


def _own(items: Mapping[str, Item], drill: str) -> list[Item]:
    """Items that this drill touched, and all that are still open; open ones first."""
    found = [i for i in items.values() if i.is_open or any(d == drill for d, _ in i.history)]
    return sorted(found, key=lambda i: (not i.is_open, i.id))


def _first(scored: Score, items: Sequence[Item]) -> tuple[tuple[str, str, str], ...]:
    """The figures that matter most."""
    counted = [j for j in scored.judged if j.points is not None]
    on_time = sum(j.outcome is Outcome.ON_TIME for j in counted)
    points = "" if scored.points is None else f"得分 {scored.points:.0%}"
    return (
        ("总评", RATINGS.get(rating_of(scored.points), "无可评分项"), points),
        ("按时", f"{on_time}/{len(counted)}", f"超时 {sum(j.outcome is Outcome.LATE for j in counted)} 项"),
        ("未做", f"{sum(j.outcome is Outcome.MISSED for j in counted)} 项", "到演练结束仍未做"),
        ("改进项", f"{len(open_items(items))} 条", "未关闭"),
    )


def _headline(plan: Plan, scored: Score, events: Sequence[DrillEvent], items: Sequence[Item]) -> str:
    end = next((_ENDS[e.kind] for e in events if e.kind in _ENDS), "尚未结束")
    void = sum(j.outcome is Outcome.VOID for j in scored.judged)
    idle = sum(j.outcome is Outcome.NOT_STARTED for j in scored.judged)
    unscored = "、".join(w for w in (f"{void} 项作废" if void else "", f"{idle} 项未触发" if idle else "") if w)
    still = "未关闭的改进项须指定责任人和期限。" if open_items(items) else "没有未关闭的改进项。"
    return f"《{plan.name_zh}》{end}。{f'另有 {unscored}，不计分。' if unscored else ''}{still}"


def _facts(plan: Plan, events: Sequence[DrillEvent]) -> list[tuple[str, str]]:
    begun = events[0].wall.astimezone(_BEIJING)
    ended = next((e.wall for e in events if e.kind in _ENDS), events[-1].wall).astimezone(_BEIJING)
    versions = versions_of(events)
    return [
        ("演练编号", f"{events[0].drill}（{events[-1].lane}）"),
        ("时间（北京）", f"{begun:%Y-%m-%d %H:%M:%S} 至 {ended:%m-%d %H:%M:%S}"),
        ("情景", f"{plan.scenario}，种子 {plan.seed}，自第 {plan.start_hour} 小时起"),
        ("演练时长与倍速", f"{_span_zh(plan.minutes)}，×{plan.rate:g}"),
        ("起始状态", "实时库存（演练开始时所知）" if plan.beginning is Beginning.LIVE else "情景自带"),
        ("通知方式", "事先通知" if plan.is_announced else f"不事先通知，{plan.approver} 批准"),
        ("参演", "、".join(f"{m.name}（{m.role}）" for m in plan.roster)),
        ("评估员", "、".join(plan.evaluators) or "—"),
        ("启动的预案", "；".join(f"{name} {version}" for name, version in versions.items()) or "无"),
    ]


def versions_of(events: Sequence[DrillEvent]) -> dict[str, str]:
    """Version of each playbook that ran in a drill."""
    runs = (e.detail for e in events if e.kind is DrillEventKind.RUN)
    return {d["playbook"]: d["version"] for d in runs}


def _objective(plan: Plan, rated: Rated) -> list[str]:
    text = next(o.text_zh for o in plan.objectives if o.id == rated.objective)
    points = "—" if rated.points is None else f"{rated.points:.0%}"
    marks = "、".join(f"{name} {RATINGS[rating]}" for name, rating, _ in rated.marks) or "—"
    return [rated.objective, text, points, RATINGS.get(rated.by_points, "—"), marks, RATINGS.get(rated.rating, "—")]


def _failure(plan: Plan, judged: Judged) -> str:
    expected = judged.expected
    who = _who(plan, expected.member)
    if judged.outcome is Outcome.LATE and judged.done is not None and judged.due is not None:
        return f"{who}：{expected.text_zh}，晚 {_span_zh(judged.done - judged.due)}（时限 {_span_zh(expected.within_minutes)}）"
    return f"{who}：{expected.text_zh}，未做（时限 {_span_zh(expected.within_minutes)}）"


def _expectation(plan: Plan, judged: Judged) -> list[str]:
    x = judged.expected
    return [
        x.id,
        _who(plan, x.member),
        STEP_ZH[x.step],
        x.text_zh,
        _at(judged.given),
        _at(judged.due),
        _at(judged.done),
        OUTCOME_ZH[judged.outcome],
    ]


def _bars(plan: Plan, scored: Score) -> list[Bar]:
    whole = _span(plan, scored)
    return [
        Bar(
            label=f"{j.expected.id} {_name(plan, j.expected.member)}·{STEP_ZH[j.expected.step]}",
            start=min(1.0, j.given / whole),
            due=min(1.0, (j.due or 0.0) / whole),
            done=None if j.done is None else min(1.0, j.done / whole),
            outcome=j.outcome.value,
        )
        for j in scored.judged
        if j.given is not None
    ]


def _span(plan: Plan, scored: Score) -> float:
    """Minutes shown: the drill, or less where everything lies early in it."""
    ends = [v for j in scored.judged for v in (j.due, j.done) if v is not None]
    return max(10.0, min(plan.minutes, max(ends, default=plan.minutes) * 1.05))


def _axis(minutes: float) -> list[tuple[float, str]]:
    steps = (5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 7200)
    step = next((s for s in steps if minutes / s <= 8), 10_080)
    return [(at / minutes, _at(float(at))) for at in range(0, int(minutes) + 1, step)]


def _pairs(scored: Score) -> list[Pair]:
    longest = max((v for s in scored.steps for v in (s.took, s.allowed) if v is not None), default=1.0) or 1.0
    return [
        Pair(
            label=STEP_ZH[s.step],
            took="—" if s.took is None else _span_zh(s.took),
            allowed="—" if s.allowed is None else _span_zh(s.allowed),
            took_part=(s.took or 0.0) / longest,
            allowed_part=(s.allowed or 0.0) / longest,
            on_time=f"{s.on_time}/{s.expected}",
        )
        for s in scored.steps
        if s.expected
    ]


def _injects(plan: Plan, standing: Sequence[DrillEvent]) -> list[list[str]]:
    given = {e.subject: e.minute for e in reversed(standing) if e.kind is DrillEventKind.INJECT}
    words = {
        InjectKind.MESSAGE: "消息",
        InjectKind.PHONE: "电话",
        InjectKind.FEED: "数据",
        InjectKind.ALERT: "系统预警",
    }
    rows = []
    for i in plan.injects:
        what = i.text_zh or (f"{i.reading.series} = {i.reading.value:g}" if i.reading else f"{i.node} {i.level}")
        to = "、".join(_name(plan, m) for m in i.audience) or "—"
        rows.append([i.id, words[i.kind], what, to, _at(i.minute), _at(given.get(i.id))])
    return rows


def _line(event: DrillEvent, plan: Plan) -> list[str]:
    wall = event.wall.astimezone(_BEIJING)
    who = _name(plan, event.actor) if event.actor else "—"
    return [_at(event.minute), f"{wall:%H:%M:%S}", _KIND_ZH[event.kind], who, event.text_zh.removeprefix(MARK_ZH)]


def _notes(plan: Plan, events: Sequence[DrillEvent]) -> list[str]:
    feeds = sum(i.kind is InjectKind.FEED for i in plan.injects)
    rewinds = sum(e.kind is DrillEventKind.REWOUND for e in events)
    refused = sum(e.kind is DrillEventKind.REFUSED for e in events)
    notes = [
        "本报告只由演练事件日志计算，可用 lianjing drill report 随时重做。",
        "分值：按时 1，超时 0.5，未做 0；作废和未触发的不计。评定：90% 以上圆满，70% 以上基本，40% 以上部分。评估员的评定优先。",
        f"时限按演练时间计（×{plan.rate:g}）。等级均为系统研判，是建议，不是正式预警。",
    ]
    if feeds:
        notes.append(f"数据注入 {feeds} 条，只进入演练通道。")
    if rewinds:
        notes.append(f"演练中倒回 {rewinds} 次，被倒回的部分不计分。")
    if refused:
        notes.append(f"有 {refused} 条指令未采纳，原因见事件日志。")
    return notes


def _is_inject(alert: DrillEvent, standing: Sequence[DrillEvent]) -> bool:
    episode = alert.detail.get("episode", "")
    return any(
        e.kind is DrillEventKind.INJECT and e.detail.get("episode") == episode and e.minute == alert.minute
        for e in standing
    )


def _who(plan: Plan, member: str) -> str:
    found = plan.member(member)
    return found.name if found is not None else member


def _name(plan: Plan, member: str) -> str:
    found = plan.member(member)
    return found.role if found is not None else member


def _at(minute: float | None) -> str:
    """Drill time as hours:minutes; a dash where there is none.

    >>> _at(95.4), _at(None)
    ('1:35', '—')
    """
    if minute is None:
        return "—"
    whole = int(minute)
    return f"{whole // 60}:{whole % 60:02d}"


def _span_zh(minutes: float) -> str:
    """A span as people say it.

    >>> _span_zh(12.4), _span_zh(90), _span_zh(0.5)
    ('12 分钟', '1.5 小时', '不足 1 分钟')
    """
    if minutes < 1:
        return "不足 1 分钟"
    return f"{minutes:.0f} 分钟" if minutes < 90 else f"{minutes / 60:.1f} 小时".replace(".0 ", " ")
