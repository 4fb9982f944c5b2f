"""Alarm rates against what they should be as one SVG: a panel for each kind of quiet series."""

import math

from services.cli.backtest.skill.drawing import GRID, INK, SOFT, drawing, path, scale, text
from services.cli.bench.calibration.measuring import ALPHAS, Curve

_SIDE, _GAP, _LEFT, _TOP = 230.0, 44.0, 56.0, 96.0
_ACROSS = 3
_LEAST = 1e-5
_WORDS = {
    "normal": "正态 normal",
    "heavy": "厚尾 heavy tails",
    "skewed": "偏斜 skewed",
    "clinging": "自相关 autocorrelated",
    "daily": "日周期 daily cycle",
}
_COLOURS = (
    "#0b6fb8",
    "#c8202b",
    "#3f8f5a",
    "#e8710a",
    "#7a4fa3",
    "#8a6d1f",
    "#1aa3a3",
    "#c0508f",
    "#5a6b7b",
    "#6b8e23",
)


def picture(curves: list[Curve]) -> str:
    """The SVG: solid lines calibrated, dotted lines the detectors' own p-values, grey band half to twice what is said."""
    kinds = list(dict.fromkeys(c.kind for c in curves))
    names = list(dict.fromkeys(c.detector for c in curves))
    parts = [
        text(_LEFT, 22, "平静序列上的报警率 Alarm rate on quiet series", "font-size='15' font-weight='bold'"),
        text(
            _LEFT,
            42,
            "横轴: 设定的虚警率 α · 纵轴: 实际报警率 · 实线: 校准后, 虚线: 检测器自身的 p 值",
            f"fill='{SOFT}'",
        ),
        text(
            _LEFT,
            58,
            "across: α asked for · up: rate seen · solid: calibrated, dotted: the detectors' own p-values",
            f"fill='{SOFT}'",
        ),
    ]
    for i, name in enumerate(names):
        colour = _COLOURS[i % len(_COLOURS)]
        x, y = _LEFT + 150.0 * (i % 5), 76.0 + 14.0 * (i // 5)
        parts += [
            path([(x, y - 4), (x + 18, y - 4)], f"stroke='{colour}' stroke-width='2'"),
            text(x + 23, y, name, "font-size='11'"),
        ]
    top = _TOP + 14.0 * ((len(names) - 1) // 5)
    for i, kind in enumerate(kinds):
        at = (_LEFT + (i % _ACROSS) * (_SIDE + _GAP), top + (i // _ACROSS) * (_SIDE + _GAP + 10))
        parts.append(_panel(kind, [c for c in curves if c.kind == kind], names, *at))
    rows = math.ceil(len(kinds) / _ACROSS)
    return drawing(_LEFT + _ACROSS * (_SIDE + _GAP), top + rows * (_SIDE + _GAP + 10), parts)


def _panel(kind: str, curves: list[Curve], names: list[str], left: float, top: float) -> str:
    x = scale(math.log10(min(ALPHAS)), -1.0, left, left + _SIDE)
    y = scale(math.log10(_LEAST), 0.0, top + _SIDE, top)
    parts = [text(left, top - 5, _WORDS.get(kind, kind), "font-weight='bold'")]
    ends = (math.log10(min(ALPHAS)), -1.0)
    band = [(x(e), y(e + math.log10(2))) for e in ends] + [(x(e), y(e - math.log10(2))) for e in reversed(ends)]
    parts.append(path(band, f"fill='{GRID}' stroke='none'"))
    for power in range(-5, 1):
        parts.append(path([(left, y(power)), (left + _SIDE, y(power))], f"stroke='{GRID}'"))
        parts.append(text(left - 6, y(power) + 4, f"1e{power}", "text-anchor='end' font-size='10'"))
    middle = "text-anchor='middle' font-size='10'"
    parts += [text(x(power), top + _SIDE + 14, f"1e{power}", middle) for power in range(-4, 0)]
    parts.append(path([(x(e), y(e)) for e in ends], f"stroke='{INK}' stroke-width='0.7'"))
    for curve in curves:
        colour = _COLOURS[names.index(curve.detector) % len(_COLOURS)]
        for rates, dots in ((curve.rates, ""), (curve.own_rates, "stroke-dasharray='2 4'")):
            points = [(x(math.log10(a)), y(math.log10(max(r, _LEAST)))) for a, r in zip(ALPHAS, rates, strict=True)]
            parts.append(path(points, f"stroke='{colour}' stroke-width='1.6' fill='none' {dots}"))
    return "".join(parts)
