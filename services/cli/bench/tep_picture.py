"""The Tennessee Eastman benchmark as pictures: rates over alpha, and what is seen when."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from detectors.series.related.limits import ALPHA
from services.cli.backtest.skill.drawing import GRID, INK, SOFT, Scale, drawing, path, scale, text
from services.cli.bench.tep_files import QUIET_ROWS, STEP_MIN
from services.cli.bench.tep_run import ALPHAS, UNSEEABLE, TepScored

_SEEN, _QUIET, _BEFORE = "#12805c", "#c8202b", "#e8a13a"
_PANEL_W, _PANEL_H, _TOP, _LEFT = 400.0, 250.0, 60.0, 56.0
_STRIP_H, _STRIPS_LEFT, _STRIPS_W = 20.0, 170.0, 720.0
_SHADES = ("#f2f5f7", "#f6d9a8", "#eda35c", "#d8572f", "#8f1414")
"""From p > 0.05 over 0.05, alpha, 1e-5 to below 1e-10."""


def alpha_picture(scored: TepScored) -> str:
    """Left: mean detection. Right: false alarms on the quiet run and before the faults, beside the rate asked for; both over alpha."""
    x = scale(math.log10(ALPHAS[-1]), math.log10(ALPHAS[0]), _LEFT, _LEFT + _PANEL_W)
    lowest = math.floor(20 * min(scored.mean_detection(a) for a in ALPHAS)) / 20
    seen = scale(lowest, 1.0, _TOP + _PANEL_H, _TOP)
    step = 0.01 if 1.0 - lowest <= 0.1 else 0.05
    marks = np.arange(lowest, 1.0 + 1e-9, step).tolist()
    left = _axes(x, seen, marks, "平均检出率 mean detection (%)") + _curve(scored.mean_detection, x, seen, _SEEN)
    right_x = scale(
        math.log10(ALPHAS[-1]), math.log10(ALPHAS[0]), 2 * _LEFT + _PANEL_W + 20, 2 * _LEFT + 2 * _PANEL_W + 20
    )
    most = max(ALPHAS[0], *(max(scored.far(a), scored.far_prefault(a)) for a in ALPHAS))
    rate = scale(0.0, most, _TOP + _PANEL_H, _TOP)
    right = _axes(right_x, rate, np.arange(0, most + 1e-9, 0.01).tolist(), "误报率 false alarms (%)")
    for told, colour in (
        (lambda a: a, SOFT),
        (scored.far, _QUIET),
        (scored.far_prefault, _BEFORE),
    ):
        right += _curve(told, right_x, rate, colour)
    legend = "".join(
        path([(at, 18), (at + 24, 18)], f"stroke='{colour}' stroke-width='2.5'")
        + text(at + 30, 22, words, "font-size='11'")
        for at, colour, words in (
            (570.0, SOFT, "应有 as asked"),
            (682.0, _QUIET, "正常段 d00_te"),
            (796.0, _BEFORE, "故障前 before faults"),
        )
    )
    title = text(
        _LEFT,
        22,
        "TEP：阈值只用正常数据 limits from normal data alone；横轴 α, log scale",
        "font-size='14' font-weight='bold'",
    )
    return drawing(3 * _LEFT + 2 * _PANEL_W + 20, _TOP + _PANEL_H + 50, [title, legend, left, right])


def _axes(x: Scale, y: Scale, marks: list[float], title: str) -> str:
    first, last = x(math.log10(ALPHAS[-1])), x(math.log10(ALPHAS[0]))
    parts = [text(first, _TOP - 10, title, f"font-size='11' fill='{SOFT}'")]
    for value in marks:
        parts.append(path([(first, y(value)), (last, y(value))], f"stroke='{GRID}'"))
        parts.append(text(first - 6, y(value) + 4, f"{100 * value:.0f}", "text-anchor='end' font-size='11'"))
    for alpha in ALPHAS:
        at = x(math.log10(alpha))
        parts.append(path([(at, _TOP), (at, _TOP + _PANEL_H)], f"stroke='{GRID}'"))
        parts.append(text(at, _TOP + _PANEL_H + 16, f"{alpha:g}", "text-anchor='middle' font-size='10'"))
    shipped = x(math.log10(ALPHA))
    parts.append(path([(shipped, _TOP), (shipped, _TOP + _PANEL_H)], f"stroke='{INK}' stroke-dasharray='3 3'"))
    parts.append(text(shipped, _TOP + _PANEL_H + 32, "出厂 α shipped", "text-anchor='middle' font-size='10'"))
    return "".join(parts)


def _curve(told: Callable[[float], float], x: Scale, y: Scale, colour: str) -> str:
    points = [(x(math.log10(a)), y(told(a))) for a in ALPHAS]
    dots = "".join(f"<circle cx='{a:.1f}' cy='{b:.1f}' r='3' fill='{colour}'/>" for a, b in points)
    return path(points, f"fill='none' stroke='{colour}' stroke-width='2.5'") + dots


def strips_picture(scored: TepScored) -> str:
    """One strip per run, time to the right, darker is more unusual; the line marks where faults begin."""
    runs = [("d00_te 正常 normal", scored.quiet)] + [(_word(f), p) for f, p in scored.faults.items()]
    rows = max(len(p) for _, p in runs)
    x, floor = scale(0, rows, _STRIPS_LEFT, _STRIPS_LEFT + _STRIPS_W), _TOP + _STRIP_H * len(runs)
    parts = [
        text(
            16,
            22,
            "TEP：每次运行中每一步有多反常 how unusual each row of each run is",
            "font-size='14' font-weight='bold'",
        ),
        _shades_legend(),
    ]
    for number, (word, p_values) in enumerate(runs):
        top = _TOP + _STRIP_H * number
        parts.append(text(_STRIPS_LEFT - 8, top + 14, word, "text-anchor='end' font-size='11'"))
        parts.append(_strip(p_values, x, top))
    at = x(QUIET_ROWS)
    parts.append(path([(at, _TOP - 6), (at, floor)], f"stroke='{INK}' stroke-width='1.5'"))
    parts.append(text(at + 4, _TOP - 4, "故障开始 faults begin", "font-size='11'"))
    parts += [
        text(x(hour * 60 / STEP_MIN), floor + 16, f"{hour} h", "text-anchor='middle' font-size='11'")
        for hour in range(0, rows * STEP_MIN // 60 + 1, 8)
    ]
    return drawing(_STRIPS_LEFT + _STRIPS_W + 24, floor + 28, parts)


def _word(fault: int) -> str:
    return f"故障 fault {fault}" + (" *" if fault in UNSEEABLE else "")


def _strip(p_values: NDArray[np.float64], x: Scale, top: float) -> str:
    """Neighbouring rows of one shade are drawn as one box."""
    shade = np.searchsorted([-0.05, -ALPHA, -1e-5, -1e-10], -p_values, side="left")
    edges = np.flatnonzero(np.diff(shade)) + 1
    begins, ends = [0, *edges.tolist()], [*edges.tolist(), len(shade)]
    return "".join(
        f"<rect x='{x(begin):.1f}' y='{top + 1:.0f}' width='{x(end) - x(begin):.1f}' height='{_STRIP_H - 3:.0f}' "
        f"fill='{_SHADES[int(shade[begin])]}'/>"
        for begin, end in zip(begins, ends, strict=True)
    )


def _shades_legend() -> str:
    words = ("p > 0.05", "≤ 0.05", f"≤ {ALPHA:g} 报警 alarm", "≤ 10⁻⁵", "≤ 10⁻¹⁰")
    return "".join(
        f"<rect x='{at}' y='32' width='12' height='12' fill='{colour}' stroke='{GRID}'/>"
        + text(at + 17, 42, word, "font-size='11'")
        for at, colour, word in zip((400, 490, 560, 705, 775), _SHADES, words, strict=True)
    )
