"""The value curve as a picture: what paging at the best and at a fixed threshold is worth, over ratios of cost to loss. Pure."""

import numpy as np

from detectors.skill import Choice, Deciding, value
from services.cli.backtest.skill.drawing import GRID, INK, SOFT, drawing, path, scale, text

WIDTH, HEIGHT = 720.0, 420.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 70.0, 690.0, 60.0, 350.0
_LEAST = 0.001
RATIOS = np.geomspace(_LEAST, 0.9, 181)
_BEST, _FIXED = "#b5432e", "#2f6f9f"


def value_picture(rates: Deciding, choice: Choice, horizon: str) -> str:
    """The picture as SVG."""
    values = value(rates, RATIOS)
    chosen = int(np.argmin(np.abs(rates.threshold - choice.threshold)))
    across, up = scale(np.log10(_LEAST), 0.0, _LEFT, _RIGHT), scale(0.0, 1.0, _BOTTOM, _TOP)
    parts = [
        text(
            _LEFT,
            26,
            f"预警的价值曲线：{horizon} 小时内断链 Value of warnings, break within {horizon} h",
            "font-size='15'",
        )
    ]
    for level in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(path([(_LEFT, up(level)), (_RIGHT, up(level))], f"stroke='{GRID}' fill='none'"))
        parts.append(text(_LEFT - 8, up(level) + 4, f"{level:g}", f"text-anchor='end' fill='{SOFT}'"))
    marks = [(across(float(np.log10(ratio))), f"{ratio:g}") for ratio in (0.001, 0.01, 0.1, 0.5)]
    parts += [text(x, _BOTTOM + 18, words, f"text-anchor='middle' fill='{SOFT}'") for x, words in marks]
    parts.append(
        text(
            _LEFT,
            _BOTTOM + 38,
            "误报代价 ÷ 漏报代价 cost of a false page over that of a missed break",
            f"fill='{SOFT}'",
        )
    )
    for row, colour in ((values.max(axis=0), _BEST), (values[chosen], _FIXED)):
        points = [(across(np.log10(r)), up(v)) for r, v in zip(RATIOS.tolist(), row.tolist(), strict=True) if v >= 0]
        if len(points) > 1:
            parts.append(path(points, f"stroke='{colour}' stroke-width='2' fill='none'"))
    at = across(np.log10(max(choice.alpha, _LEAST)))
    parts.append(path([(at, _TOP), (at, _BOTTOM)], f"stroke='{INK}' stroke-dasharray='3 3' fill='none'"))
    parts.append(text(at + 4, _TOP - 6, f"1:{1 / choice.alpha:.0f}", f"fill='{INK}'"))
    parts.append(text(_LEFT, HEIGHT - 12, "每个比值取最优门限 best threshold at each ratio", f"fill='{_BEST}'"))
    parts.append(text(380, HEIGHT - 12, f"门限固定为 threshold fixed at {choice.threshold:.2g}", f"fill='{_FIXED}'"))
    return drawing(WIDTH, HEIGHT, parts)
