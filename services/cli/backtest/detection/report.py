"""What detectors alarmed at over all scenarios: figures, lines for a terminal, and a page."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from msgspec import Struct

from services.cli.backtest.detection.lives import VOTE, Lived, medians
from services.cli.detect.bank import DETECTOR_WORDS

_STYLE = """
body { font: 14px/1.5 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #1c2733; max-width: 1100px; margin: 20px auto; }
table { border-collapse: collapse; margin: 8px 0; } th, td { border: 1px solid #cfd6dc; padding: 3px 8px; text-align: right; }
th:first-child, td:first-child { text-align: left; } th { background: #f0f3f5; } .small { color: #5a6b7b; font-size: 12px; }
"""
HEADS = (
    "检测器 detector",
    "扰动序列报警 moved series alarmed",
    "延迟中位 h median delay",
    "断链前本处报警 breaks, alarm at the place",
    "提前中位 h median lead",
    "断链前链上报警 breaks, alarm in the chain",
    "提前中位 h median lead",
    "误报/序列月 false per series-month",
)


class Row(Struct, frozen=True):
    """Of one detector: series moved by a crisis that alarmed, of how many, median delay; breaks with an alarm before them at the place, and in the
    chain, with median leads; false alarms a series-month in quiet scenarios (all where there is no quiet one). NaN is told as null."""

    detector: str
    moved: int
    alarmed: int
    delay_h: float | None
    breaks: int
    at_place: int
    lead_h: float | None
    in_chain: int
    chain_lead_h: float | None
    false_per_series_month: float | None


class Report(Struct, frozen=True):
    """Rows by detector, the vote last; crises called defects; what was said of them; what was played."""

    alpha: float
    scenarios: list[str]
    quiet: list[str]
    rows: list[Row]
    moved: int
    called_defects: int
    said: list[str]


def report_of(lives: Sequence[Lived], quiet: Sequence[str], names: Sequence[str], alpha: float) -> Report:
    """Sums over all lives; those named ``quiet`` give the false alarms, all where none is."""
    calm = [life for life in lives if life.name in quiet] or list(lives)
    rows = [_row(name, lives, calm) for name in (*names, VOTE)]
    said = [line for life in lives for line in life.said if line.startswith("  ")]
    return Report(
        alpha,
        [life.name for life in lives],
        [life.name for life in calm],
        rows,
        sum(life.moved for life in lives),
        sum(life.explained for life in lives),
        said,
    )


def lines(report: Report) -> Iterator[str]:
    """For a terminal."""
    yield f"情景 scenarios: {', '.join(report.scenarios)}；误报取自 false alarms from: {', '.join(report.quiet)}；α = {report.alpha:g}"
    yield ""
    for number, head in enumerate(HEADS[1:], start=1):
        yield f"  ({number}) {head}"
    yield ""
    yield f"{'检测器 detector':<28}" + "".join(f"{f'({n})':>12}" for n in range(1, len(HEADS)))
    for row in report.rows:
        first, *cells = _cells(row)
        wide = sum(ord(c) > 0x2E80 for c in first)  # characters from here on take two places
        yield f"{first:<{30 - wide}}" + "".join(f"{c:>12}" for c in cells)
    yield ""
    yield f"真危机被当作差错 crises called defects: {report.called_defects} / {report.moved} 个被扰动序列 series moved by a crisis"
    yield from report.said


def page_of(report: Report) -> str:
    """One self-contained page."""
    head = "".join(f"<th>{escape(h)}</th>" for h in HEADS)
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in _cells(row)) + "</tr>" for row in report.rows)
    said = "".join(f"<li>{escape(line)}</li>" for line in report.said)
    return (
        "<!doctype html><html lang='zh-CN'><head><meta charset='utf-8'><title>检测器回测 Backtest of detectors</title>"
        f"<style>{_STYLE}</style></head><body><h1>检测器回测 Backtest of detectors</h1>"
        f"<p>情景 scenarios: {escape(', '.join(report.scenarios))}；α = {report.alpha:g}；"
        f"误报取自 false alarms from: {escape(', '.join(report.quiet))}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>真危机被当作差错 crises called defects: <b>{report.called_defects}</b> / {report.moved}</p><ul>{said}</ul>"
        "<p class=small>报送按到达次序逐行判断；扰动序列：危机使其偏离无危机时五分之一以上；提前：从最早的报警到断链。 Reports are judged as they "
        "arrive; a series is moved when the crisis takes it a fifth of its usual away from the life without it; lead: from the first alarm to the "
        "break.</p></body></html>\n"
    )


def _row(name: str, lives: Sequence[Lived], calm: Sequence[Lived]) -> Row:
    sightings = [s for life in lives for s in life.sightings]
    breaks = [b for life in lives for b in life.breaks]
    delays = [s.delay_h[name] for s in sightings if name in s.delay_h]
    here = [b.lead_h[name] for b in breaks if name in b.lead_h]
    chain = [b.chain_lead_h[name] for b in breaks if name in b.chain_lead_h]
    months = sum(life.series_months for life in calm)
    false = sum(life.false[name] for life in calm) / months if months else math.nan
    middle = [_known(float(medians(values)[1])) for values in (delays, here, chain)]
    return Row(
        name,
        len(sightings),
        len(delays),
        middle[0],
        len(breaks),
        len(here),
        middle[1],
        len(chain),
        middle[2],
        _known(false),
    )


def _cells(row: Row) -> list[str]:
    zh, _ = DETECTOR_WORDS.get(row.detector, ("表决", "vote"))
    return [
        f"{zh} {row.detector}",
        f"{row.alarmed}/{row.moved}",
        _shown(row.delay_h, "{:.0f}"),
        f"{row.at_place}/{row.breaks}",
        _shown(row.lead_h, "{:.0f}"),
        f"{row.in_chain}/{row.breaks}",
        _shown(row.chain_lead_h, "{:.0f}"),
        _shown(row.false_per_series_month, "{:.4f}"),
    ]


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _shown(value: float | None, form: str) -> str:
    return "—" if value is None else form.format(value)
