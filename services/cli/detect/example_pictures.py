"""What a detector sees and what it misses as one SVG of two panels."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from services.cli.backtest.skill.drawing import GRID, INK, SOFT, drawing, path, scale, text
from services.cli.detect.examples import ALPHA, CASES, Scene, scene_of
from services.cli.detect.picture import ALARM, BAND, LINE
from services.cli.detect.quality_examples import QUALITY, quality_scene
from services.cli.detect.related_examples import ALPHA as RELATED_ALPHA
from services.cli.detect.related_examples import RELATED, related_scene

_WIDTH, _HEIGHT, _GAP, _TOP = 440.0, 170.0, 28.0, 62.0
_LINE = _TOP + _HEIGHT + 16.0
_LINES = (LINE, "#3f8f5a", "#8a5fb0")


def names() -> list[str]:
    """All detectors that have a picture."""
    return [*CASES, *RELATED]


def example_picture(detector: str) -> str:
    """The picture of a detector. Raises KeyError for one that has none."""
    if detector in CASES:
        scenes, alpha = [scene_of(detector, case) for case in CASES[detector]], ALPHA
    else:
        make, *cases = RELATED[detector]
        scenes, alpha = [related_scene(make, case) for case in cases], RELATED_ALPHA
    parts = [text(10, 18, detector, "font-size='14' font-weight='bold'")]
    words = f"红点 p ≤ {alpha:g} red dots · 虚线 事件开始 dashed: it begins · 浅蓝 预期区间 pale blue: band expected"
    parts.append(text(2 * _WIDTH + _GAP + 10, 18, words, f"text-anchor='end' font-size='11' fill='{SOFT}'"))
    for number, scene in enumerate(scenes):
        parts += _panel(scene, 10.0 + number * (_WIDTH + _GAP), "看得见 sees" if number == 0 else "看不到 misses")
    return drawing(2 * _WIDTH + _GAP + 20, _TOP + _HEIGHT + 12, parts)


def quality_picture() -> str:
    """The picture of data quality: one line of two panels for each of its detectors."""
    words = "红点 判为差错的报送 red dots: reports called wrong · 虚线 事件开始 dashed: it begins"
    parts = [text(2 * _WIDTH + _GAP + 10, 18, words, f"text-anchor='end' font-size='11' fill='{SOFT}'")]
    for line, (detector, seen, missed) in enumerate(QUALITY):
        parts.append(f"<g transform='translate(0 {line * _LINE:.0f})'>")
        parts.append(text(10, 18, detector, "font-size='14' font-weight='bold'"))
        parts += _panel(quality_scene(seen), 10.0, "看得见 sees")
        parts += _panel(quality_scene(missed), 10.0 + _WIDTH + _GAP, "不算差错 not called wrong")
        parts.append("</g>")
    return drawing(2 * _WIDTH + _GAP + 20, len(QUALITY) * _LINE, parts)


def write_pictures(folder: Path) -> Iterator[Path]:
    """Draw all of them, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {f"detector-{name}": lambda name=name: example_picture(name) for name in names()}
    for stem, draw in (pictures | {"data-quality": quality_picture}).items():
        target = folder / f"{stem}.svg"
        target.write_text(draw(), encoding="utf-8")
        yield target


def _panel(scene: Scene, left: float, head: str) -> Iterator[str]:
    rows = len(scene.lines)
    x = scale(0.0, rows - 1.0, left, left + _WIDTH)
    seen = np.isfinite(scene.low)
    late = seen & (np.arange(rows) > rows // 4)
    ends = [np.quantile(scene.low[late], 0.05), np.quantile(scene.high[late], 0.95)] if late.any() else []
    low, high = min(float(scene.lines.min()), *ends, float("inf")), max(float(scene.lines.max()), *ends, -float("inf"))
    room = 0.05 * (high - low)
    y = scale(low - room, high + room, _TOP + _HEIGHT, _TOP)

    def at(row: int, value: float) -> tuple[float, float]:
        return x(float(row)), min(max(y(value), _TOP), _TOP + _HEIGHT)

    yield text(left, 38, f"{head}：{scene.zh}", f"font-weight='bold' fill='{INK}'")
    yield text(left, 54, scene.en, f"font-size='11' fill='{SOFT}'")
    yield f"<rect x='{left}' y='{_TOP}' width='{_WIDTH}' height='{_HEIGHT}' fill='none' stroke='{GRID}'/>"
    known = np.flatnonzero(seen).tolist()
    if len(known) > 1:
        band = [at(r, float(scene.high[r])) for r in known] + [at(r, float(scene.low[r])) for r in reversed(known)]
        yield path(band, f"fill='{BAND}' stroke='none'")
    begin = x(float(scene.event))
    yield path([(begin, _TOP), (begin, _TOP + _HEIGHT)], f"stroke='{SOFT}' stroke-dasharray='4 3'")
    for line, colour in zip(scene.lines.T, _LINES, strict=False):
        yield path([at(r, float(v)) for r, v in enumerate(line)], f"fill='none' stroke='{colour}' stroke-width='1'")
    for row in scene.told:
        a, b = at(row, float(scene.lines[row, 0]))
        yield f"<circle cx='{a:.1f}' cy='{b:.1f}' r='2.6' fill='{ALARM}'/>"
