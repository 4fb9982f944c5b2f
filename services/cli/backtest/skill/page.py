"""The report as one page that needs nothing else: tables, and charts as SVG."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from services.cli.backtest.skill.report import Report
from services.cli.backtest.skill.words import CLASS_WORDS, SCORE_WORDS, shown

_STYLE = """body{font:14px/1.5 system-ui,sans-serif;margin:2em auto;max-width:1100px;color:#1c2733}
table{border-collapse:collapse;margin:.6em 0 1.6em}td,th{padding:.15em .7em;text-align:right;border-bottom:1px solid #dde3e8}
td:first-child,th:first-child,td.t{text-align:left}th{background:#f2f5f7}svg{background:#fff;border:1px solid #dde3e8;margin:.3em .6em .3em 0}
.row{display:flex;flex-wrap:wrap}.small{color:#5a6b7b}h2{margin-top:1.6em}"""
_WIDTH, _HEIGHT, _PAD = 330, 250, 38
_INK, _MARK, _BAD, _SOFT = "#1c2733", "#0b6fb8", "#c2410c", "#b9c6d1"


def page_of(report: Report) -> str:
    """HTML of a report."""
    return "\n".join(
        (
            "<!doctype html><html lang='zh'><meta charset='utf-8'><title>链警回测 Lianjing backtest</title>",
            f"<style>{_STYLE}</style><h1>回测与预报技巧 Backtest and forecast skill</h1>",
            _heading(report),
            *(_class_table(report, name) for name in report.scores),
            "<h2>目标 Targets</h2>",
            _target_table(report),
            "<h2>Brier 评分 Brier score</h2>",
            _brier_table(report),
            "<h2>可靠性 Reliability</h2><p class='small'>横轴为预报概率，纵轴为实际发生比例，圆面积为例数（对数）。"
            " Forecast probability against share that occurred; area of a dot is the logarithm of its cases.</p>",
            "<div class='row'>",
            *(_reliability(horizon, bins) for horizon, bins in report.reliability.items()),
            "</div><h2>提前量 Lead times of hits</h2>",
            _histogram(report.leads),
            "<h2>80 % 区间覆盖 Coverage of 80 % intervals</h2>",
            _coverage_table(report),
            "<h2>各情景 Each scenario</h2><div class='row'>",
            _scenario_bars(report),
            "</div>",
            _scenario_table(report),
            "<h2>何处失手 Where it fails: misses and false alarms</h2>",
            _failure_table(report),
            "</html>",
        )
    )


def _heading(report: Report) -> str:
    return (
        f"<p>{report.played} 个情景 scenarios, 失配 mismatch {report.mismatch}, 规则 rules {escape(report.rules_version)}, "
        f"链条 chain {escape(report.chain_version[:12])}, 每 every {report.tick_h} h. 平静 quiet: {report.quiet_node_years} 节点年 node-years. "
        f"未研判账户 accounts never judged: {report.unjudged}; 情况不明 unknown: {report.unknown_share:.2%}.<br>"
        f"<span class='small'>基线训练于 baselines trained on: {escape(', '.join(report.trained_on))}</span></p>"
    )


def _class_table(report: Report, name: str) -> str:
    scores, between = report.scores[name], report.intervals[name]
    counts = ("events", "foreseeable", "hits", "foreseeable_hits", "false_alarms", "late", "undecided")
    rows = [(n.replace("_", " "), shown(scores[n], "{:.0f}"), "") for n in counts]
    for score, label, form in SCORE_WORDS:
        low, high = (shown(x, form) for x in between.get(score, (None, None)))
        rows.append((label, shown(scores[score], form), f"{low} – {high}"))
    return f"<h2>{CLASS_WORDS[name]}</h2>" + _table(("", "值 value", "95 %"), rows)


def _brier_table(report: Report) -> str:
    names = list(next(iter(report.brier.values())))
    rows = []
    for name in names:
        form = "{:+.3f}" if name == "skill" else "{:.0f}" if name in ("cases", "occurred") else "{:.6f}"
        rows.append((name, *(shown(b[name], form) for b in report.brier.values())))
    rows.append(("best", *report.best_baseline.values()))
    pairs = (report.brier_intervals.get(h, (None, None)) for h in report.brier)
    rows.append(("skill 95 %", *(" – ".join(shown(x, "{:+.3f}") for x in pair) for pair in pairs)))
    return _table(("", *(f"{h} h" for h in report.brier)), rows)


def _target_table(report: Report) -> str:
    marks = {None: "无法判断 not known", True: "达到 met", False: "未达 not met"}
    rows = [
        (t.name, shown(t.value, "{:.3f}"), shown(t.least, "≥ {:g}"), shown(t.most, "≤ {:g}"), marks[t.is_met])
        for t in report.targets
    ]
    return _table(("", "值 value", "", "", ""), rows)


def _coverage_table(report: Report) -> str:
    scales = list(next(iter(report.coverage.values())))
    rows = [
        (q, *(f"{shown(s, '{:.3f}')} ({n:,.0f})" if n else "未给 not given" for n, s in by.values()))
        for q, by in report.coverage.items()
    ]
    return _table(("", *scales), rows)


def _scenario_table(report: Report) -> str:
    names = ["scenario", "seed", "days", "events", "hits", "foreseeable", "foreseeable_hits", "false_alarms", "late"]
    names += ["pod", "far", "csi", "lead_median_h", "causes", "causes_foretold"]
    rows = [
        tuple("—" if s[n] is None else f"{s[n]:g}" if n != "scenario" else s[n] for n in names)
        for s in report.scenarios
    ]
    return _table(names, rows)


def _failure_table(report: Report) -> str:
    names = ["what", "scenario", "node", "product", "hazard", "at", "cause", "foreseeable", "shown before h"]
    names += ["72 h before, P(72 h)", "lasted h", "stock / limit", "note"]
    rows = [
        (
            "漏 miss" if f.what == "miss" else "空 false",
            *(f.scenario, f.node, f.product, f.hazard, f.at, f.cause),
            "—" if f.is_foreseeable is None else "是 yes" if f.is_foreseeable else "否 no",
            *(shown(f.shown_before_h, "{:.0f}"), shown(f.probability_before, "{:.3f}"), shown(f.lasted_h, "{:.0f}")),
            *(shown(f.margin, "{:.2f}"), f.note),
        )
        for f in report.failures
    ]
    return _table(names, rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _reliability(horizon: str, bins: Sequence[tuple[float, float, float]]) -> str:
    def place(p: float, o: float) -> tuple[float, float]:
        return _PAD + p * (_WIDTH - 2 * _PAD), _HEIGHT - _PAD - o * (_HEIGHT - 2 * _PAD)

    (x0, y0), (x1, y1) = place(0, 0), place(1, 1)
    points = [(place(p, o), n) for p, o, n in bins]
    line = " ".join(f"{x:.1f},{y:.1f}" for (x, y), _ in points)
    dots = "".join(
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{2 + 1.1 * len(str(int(n))):.1f}' fill='{_MARK}'><title>{n:,.0f}</title></circle>"
        for (x, y), n in points
    )
    return _svg(
        f"<path d='M{x0} {y0}L{x1} {y1}' stroke='{_SOFT}'/><polyline points='{line}' fill='none' stroke='{_MARK}'/>{dots}"
        + _frame(
            f"{horizon} h",
            [(place(v, 0)[0], f"{v:g}") for v in (0, 0.5, 1)],
            [(place(0, v)[1], f"{v:g}") for v in (0, 0.5, 1)],
        )
    )


def _histogram(leads: Sequence[float]) -> str:
    edges = list(range(0, 337, 24))
    counts = [sum(low < x <= high for x in leads) for low, high in pairwise(edges)]
    most = max([*counts, 1])
    width = (2 * _WIDTH - 2 * _PAD) / len(counts)
    bars = "".join(
        f"<rect x='{_PAD + i * width + 1:.1f}' y='{_HEIGHT - _PAD - n / most * (_HEIGHT - 2 * _PAD):.1f}' width='{width - 2:.1f}' "
        f"height='{n / most * (_HEIGHT - 2 * _PAD):.1f}' fill='{_MARK}'><title>{n}</title></rect>"
        for i, n in enumerate(counts)
    )
    ticks = [(_PAD + i * width, str(edges[i])) for i in range(0, len(edges), 2)]
    return _svg(bars + _frame("小时 hours", ticks, [(_PAD, str(most))], 2 * _WIDTH), 2 * _WIDTH)


def _scenario_bars(report: Report) -> str:
    """Hits, misses and false alarms of every scenario with any, as one stacked bar each."""
    rows = [s for s in report.scenarios if s["events"] or s["false_alarms"]]
    most = max([s["events"] + s["false_alarms"] for s in rows], default=1)
    height = 14
    parts: list[str] = []
    for i, s in enumerate(rows):
        x, y = 190.0, 24 + i * height
        parts.append(
            f"<text x='184' y='{y + 10}' text-anchor='end' font-size='11'>{escape(str(s['scenario'])[-28:])}@{s['seed']}</text>"
        )
        for n, colour in ((s["hits"], _MARK), (s["events"] - s["hits"], _INK), (s["false_alarms"], _BAD)):
            parts.append(
                f"<rect x='{x:.1f}' y='{y}' width='{n / most * 640:.1f}' height='{height - 3}' fill='{colour}'><title>{n:g}</title></rect>"
            )
            x += n / most * 640
    words = ((_MARK, "命中 hits"), (_INK, "漏 misses"), (_BAD, "空报 false alarms"))
    key = "".join(
        f"<text x='{190 + 130 * i}' y='14' font-size='12' fill='{c}'>■ {w}</text>" for i, (c, w) in enumerate(words)
    )
    return _svg(key + "".join(parts), 850, 34 + height * len(rows))


def _frame(
    title: str, across: Sequence[tuple[float, str]], up: Sequence[tuple[float, str]], width: int = _WIDTH
) -> str:
    def parts() -> Iterator[str]:
        yield f"<path d='M{_PAD} {_PAD}V{_HEIGHT - _PAD}H{width - _PAD}' fill='none' stroke='{_INK}'/>"
        yield f"<text x='{width / 2}' y='20' text-anchor='middle' font-size='13'>{escape(title)}</text>"
        for x, text in across:
            yield f"<text x='{x:.1f}' y='{_HEIGHT - _PAD + 16}' text-anchor='middle' font-size='11'>{text}</text>"
        for y, text in up:
            yield f"<text x='{_PAD - 5}' y='{y + 4:.1f}' text-anchor='end' font-size='11'>{text}</text>"

    return "".join(parts())


def _svg(inside: str, width: int = _WIDTH, height: int = _HEIGHT) -> str:
    return f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}'>{inside}</svg>"
