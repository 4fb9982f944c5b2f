"""The pictures of the report as SVG: when each step was due and done, and how fast each kind of step was. Pure."""

from collections.abc import Sequence
from html import escape

from services.runtime.debrief.report import Bar, Pair

_WIDTH, _LEFT, _ROW = 1000, 250, 30
_FONT = "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Micro Hei, WenQuanYi Zen Hei, Droid Sans Fallback"
_INK, _SOFT, _GRID, _ALLOWED = "#1b2733", "#66737f", "#dfe4e8", "#c5d3e6"
COLOURS = {"on_time": "#3f8f5b", "late": "#f07d00", "missed": "#c8202b", "void": "#8b96a0"}
_WORDS = {"on_time": "按时", "late": "超时", "missed": "未做", "void": "作废"}


def time_picture(bars: Sequence[Bar], axis: Sequence[tuple[float, str]]) -> str:
    """One row for each expectation: the time allowed as a pale bar, the deed as a dot, what was missed as a cross at its deadline."""
    height = 34 + _ROW * len(bars) + 26
    parts = [_grid(part, word, height) for part, word in axis]
    parts += [_row(bar, 34 + _ROW * n) for n, bar in enumerate(bars)]
    return _svg(height, [*parts, _legend(height - 8)])


def speed_picture(pairs: Sequence[Pair]) -> str:
    """Two bars for each kind of step: median time taken and median time allowed."""
    height = 46 * len(pairs) + 30
    parts = [part for n, pair in enumerate(pairs) for part in _pair(pair, 8 + 46 * n)]
    key = (
        f'<rect x="{_LEFT}" y="{height - 17}" width="14" height="10" fill="#2f6fde"/>{_text(_LEFT + 20, height - 8, "实际用时（中位）", 14, _SOFT)}'
        f'<rect x="{_LEFT + 180}" y="{height - 17}" width="14" height="10" fill="{_ALLOWED}"/>'
        f"{_text(_LEFT + 200, height - 8, '时限（中位）', 14, _SOFT)}"
    )
    return _svg(height, [*parts, key])


def _x(part: float) -> float:
    return _LEFT + part * (_WIDTH - _LEFT - 60)


def _grid(part: float, word: str, height: int) -> str:
    x = _x(part)
    line = f'<line x1="{x:.1f}" y1="26" x2="{x:.1f}" y2="{height - 28}" stroke="{_GRID}"/>'
    return line + _text(x, 18, word, 14, _SOFT, "middle")


def _row(bar: Bar, y: int) -> str:
    left, right = _x(bar.start), _x(bar.due)
    colour = COLOURS.get(bar.outcome, _SOFT)
    parts = [
        _text(_LEFT - 12, y + 15, bar.label, 15, _INK, "end"),
        f'<rect x="{left:.1f}" y="{y + 3}" width="{max(3.0, right - left):.1f}" height="14" rx="3" fill="{_ALLOWED}"/>',
    ]
    if bar.done is not None:
        at = _x(bar.done)
        parts.append(
            f'<line x1="{left:.1f}" y1="{y + 10}" x2="{at:.1f}" y2="{y + 10}" stroke="{colour}" stroke-width="3"/>'
        )
        parts.append(f'<circle cx="{at:.1f}" cy="{y + 10}" r="7" fill="{colour}"/>')
    else:
        for a, b in ((-6, 6), (6, -6)):
            line = f'x1="{right + a:.1f}" y1="{y + 4}" x2="{right + b:.1f}" y2="{y + 16}"'
            parts.append(f'<line {line} stroke="{colour}" stroke-width="4"/>')
    end = max(right, _x(bar.done) if bar.done is not None else 0.0)
    parts.append(_text(end + 14, y + 15, _WORDS.get(bar.outcome, ""), 13, colour))
    return "".join(parts)


def _pair(pair: Pair, y: int) -> list[str]:
    wide = _WIDTH - _LEFT - 170
    return [
        _text(_LEFT - 12, y + 22, f"{pair.label}（按时 {pair.on_time}）", 15, _INK, "end"),
        f'<rect x="{_LEFT}" y="{y}" width="{max(2.0, pair.took_part * wide):.1f}" height="15" fill="#2f6fde"/>',
        _text(_LEFT + pair.took_part * wide + 8, y + 13, pair.took, 14, _INK),
        f'<rect x="{_LEFT}" y="{y + 18}" width="{max(2.0, pair.allowed_part * wide):.1f}" height="15" fill="{_ALLOWED}"/>',
        _text(_LEFT + pair.allowed_part * wide + 8, y + 31, pair.allowed, 14, _SOFT),
    ]


def _legend(y: int) -> str:
    x = _LEFT
    parts = [
        f'<rect x="{x}" y="{y - 11}" width="26" height="11" rx="3" fill="{_ALLOWED}"/>',
        _text(x + 32, y, "时限", 14, _SOFT),
    ]
    for n, name in enumerate(("on_time", "late", "missed")):
        at = x + 110 + 90 * n
        parts.append(f'<circle cx="{at}" cy="{y - 5}" r="6" fill="{COLOURS[name]}"/>')
        parts.append(_text(at + 12, y, _WORDS[name], 14, _SOFT))
    return "".join(parts)


def _text(x: float, y: float, words: str, size: int, colour: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(height: int, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="{_FONT}">'
    return head + "".join(parts) + "</svg>"
