"""Pieces of pictures as SVG text: scales, words, lines; a picture needs nothing else to be looked at."""

from collections.abc import Callable, Sequence
from html import escape
from zoneinfo import ZoneInfo

import numpy as np

INK, SOFT, GRID = "#1c2733", "#5a6b7b", "#dde3e8"
ZONE = ZoneInfo("Asia/Shanghai")
_FONT = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif"

Scale = Callable[[float], float]
"""From a value to a place on the picture."""


def drawing(width: float, height: float, parts: Sequence[str]) -> str:
    """The whole picture on white."""
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width:g}' height='{height:g}' viewBox='0 0 {width:g} {height:g}' "
        f'font-family="{_FONT}" font-size="12" fill="{INK}">'
        f"<rect width='{width:g}' height='{height:g}' fill='#fff'/>{''.join(parts)}</svg>\n"
    )


def scale(low: float, high: float, begin: float, end: float) -> Scale:
    """From ``low`` to ``high`` onto ``begin`` to ``end``."""
    return lambda value: begin + (value - low) / (high - low) * (end - begin)


def text(x: float, y: float, words: str, more: str = "") -> str:
    """Words at a place; ``more`` attributes."""
    return f"<text x='{x:.1f}' y='{y:.1f}' {more}>{escape(words)}</text>"


def path(points: Sequence[tuple[float, float]], more: str) -> str:
    """A line through points; ``more`` attributes."""
    return f"<path d='M{'L'.join(f'{a:.1f} {b:.1f}' for a, b in points)}' {more}/>"


def round_step(wanted: float) -> float:
    """A round step of at least so much.

    >>> round_step(170.0), round_step(0.3)
    (200.0, 0.5)
    """
    size = 10.0 ** np.floor(np.log10(max(wanted, 1e-9)))
    return float(next(n * size for n in (1.0, 2.0, 5.0, 10.0) if n * size >= wanted))
