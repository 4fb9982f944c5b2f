"""The report as lines for a terminal."""

from collections.abc import Iterator

from services.cli.backtest.skill.report import Report

CLASS_WORDS = {"first": "断链 breaks", "cause": "按根源 per root cause", "graver": "严重 graver"}
SCORE_WORDS = (
    ("pod", "命中率 POD", "{:.3f}"),
    ("pod_foreseeable", "可预见 POD foreseeable", "{:.3f}"),
    ("far", "空报率 FAR", "{:.3f}"),
    ("far_with_late", "含迟报 FAR, late counted", "{:.3f}"),
    ("csi", "CSI", "{:.3f}"),
    ("csi_foreseeable", "可预见 CSI foreseeable", "{:.3f}"),
    ("lead_median_h", "提前量中位 lead median h", "{:.0f}"),
    ("lead_p10_h", "提前量 P10 lead h", "{:.0f}"),
    ("early_lead_median_h", "早有征兆 lead, cause ≥ 96 h known, h", "{:.0f}"),
    ("false_per_node_month", "空报/节点月 false per node-month", "{:.4f}"),
)
_FAILURES = 30


def lines(report: Report) -> Iterator[str]:
    """Every line of the report."""
    yield (
        f"{report.played} 个情景 scenarios, 失配 mismatch {report.mismatch}, 规则 rules {report.rules_version}, "
        f"{report.tick_h} h 一判 ticks; 平静 quiet {report.quiet_node_years} 节点年 node-years"
    )
    if report.unjudged:
        yield f"未研判 never judged: {report.unjudged} 个账户 accounts that can break; 情况不明 unknown {report.unknown_share:.2%}"
    for name in report.scores:
        yield ""
        yield from _class_lines(report, name)
    yield ""
    yield from _brier_lines(report)
    yield ""
    yield from _coverage_lines(report)
    yield ""
    yield from _target_lines(report)
    yield ""
    yield from _failure_lines(report)


def _class_lines(report: Report, name: str) -> Iterator[str]:
    scores, between = report.scores[name], report.intervals[name]

    def count(of: str) -> str:
        return f"{scores[of] or 0:.0f}"

    yield (
        f"{CLASS_WORDS[name]}: {count('events')} 次 events ({count('foreseeable')} 可预见 foreseeable), {count('hits')} 命中 hits, "
        f"{count('false_alarms')} 空报 false, {count('late')} 迟报 late, {count('undecided')} 未定 undecided"
    )
    for score, label, form in SCORE_WORDS:
        low, high = (shown(x, form) for x in between.get(score, (None, None)))
        yield f"  {label:<44} {shown(scores[score], form):>8}  [{low}, {high}]"


def _brier_lines(report: Report) -> Iterator[str]:
    yield "Brier  " + "".join(f"{h + ' h':>12}" for h in report.brier)
    for name in next(iter(report.brier.values())):
        if name not in ("skill", "cases", "occurred"):
            yield f"  {name:<12}" + "".join(f"{shown(b[name], '{:.6f}'):>12}" for b in report.brier.values())
    yield "  技巧 skill  " + "".join(f"{shown(b['skill'], '{:+.3f}'):>12}" for b in report.brier.values())
    yield "  对照 over   " + "".join(f"{name:>12}" for name in report.best_baseline.values())
    pairs = (report.brier_intervals.get(h, (None, None)) for h in report.brier)
    yield "  95 %        " + "".join(f"{'[' + ', '.join(shown(x, '{:+.2f}') for x in p) + ']':>16}" for p in pairs)
    yield "  发生/例 came " + "".join(f"{b['occurred']:.0f}/{b['cases']:.0f}".rjust(16) for b in report.brier.values())


def _coverage_lines(report: Report) -> Iterator[str]:
    yield "80 % 区间覆盖 coverage of 80 % intervals (share of cases)"
    for quantity, by_scale in report.coverage.items():
        cells = (
            f"{scale} {shown(share, '{:.3f}')} ({cases:,.0f})" if cases else f"{scale} 未给 not given"
            for scale, (cases, share) in by_scale.items()
        )
        yield f"  {quantity:<14}" + "   ".join(cells)


def _target_lines(report: Report) -> Iterator[str]:
    yield "目标 Targets (set for mismatch 1)"
    for t in report.targets:
        mark = "无法判断 not known" if t.is_met is None else "达到 met" if t.is_met else "未达 not met"
        span = " ".join(f"{sign} {x:g}" for sign, x in (("≥", t.least), ("≤", t.most)) if x is not None)
        yield f"  {t.name:<32} {shown(t.value, '{:.3f}'):>8}  {span:<16} {mark}"


def _failure_lines(report: Report) -> Iterator[str]:
    shown = report.failures[:_FAILURES]
    yield f"漏报与空报 misses and false alarms: {len(report.failures)}" + (
        f", 前 first {_FAILURES}" if len(shown) < len(report.failures) else ""
    )
    for f in shown:
        what = "漏 miss " if f.what == "miss" else "空 false"
        yield f"  {what} {f.scenario:<20} {f.at:>6} {f.node:<7} {f.product:<14} {f.hazard:<8} {f.cause:<10} {f.note[:70]}"


def shown(value: float | str | None, form: str) -> str:
    """A number as text; a dash for none."""
    return "—" if value is None else form.format(value)
