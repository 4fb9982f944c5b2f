"""Open risks day by day, as a drawing."""

from services.console.papers.known import Known
from services.console.papers.words import CHINA

_LEVELS = (
    ("blue", "蓝", "#2f6fde"),
    ("yellow", "黄", "#e6b800"),
    ("orange", "橙", "#f07d00"),
    ("red", "红", "#c8202b"),
    ("unknown", "不明", "#8b96a0"),
)
_WIDTH, _HEIGHT, _LEFT, _FOOT, _TOP = 720, 190, 34, 24, 26


def course(known: Known) -> str:
    """Stacked bars of open episodes per level at the end of each day, as SVG; each part is numbered, for eyes that tell no colours apart."""
    days = known.open_by_day
    most = max([sum(counts.values()) for _, counts in days], default=0)
    room, step = _HEIGHT - _FOOT - _TOP, (_WIDTH - _LEFT - 6) / max(len(days), 1)
    unit = room / max(most, 1)
    parts = [_legend(), f"<line x1='{_LEFT}' y1='{_TOP + room}' x2='{_WIDTH}' y2='{_TOP + room}' stroke='#c9d1d8'/>"]
    parts.append(f"<text x='4' y='{_TOP + 6}'>{most}</text><text x='4' y='{_TOP + room}'>0</text>")
    for number, (day, counts) in enumerate(days):
        x, y = _LEFT + number * step + 0.12 * step, float(_TOP + room)
        for name, _, colour in _LEVELS:
            count = counts.get(name, 0)
            if not count:
                continue
            y -= count * unit
            parts.append(
                f"<rect x='{x:.1f}' y='{y:.1f}' width='{0.76 * step:.1f}' height='{count * unit:.1f}' fill='{colour}' stroke='#fff'/>"
            )
            if unit * count > 11 and step > 14:
                parts.append(
                    f"<text x='{x + 0.38 * step:.1f}' y='{y + count * unit / 2 + 4:.1f}' text-anchor='middle' fill='#fff'>{count}</text>"
                )
        if number % max(1, len(days) // 10) == 0:
            parts.append(f"<text x='{x:.1f}' y='{_HEIGHT - 8}'>{day.astimezone(CHINA):%m-%d}</text>")
    body = "".join(parts)
    frame = f"viewBox='0 0 {_WIDTH} {_HEIGHT}' font-size='11' font-family='sans-serif' fill='#1b2733'"
    return f"<svg xmlns='http://www.w3.org/2000/svg' {frame}>{body}</svg>"


def _legend() -> str:
    return "".join(
        f"<rect x='{_LEFT + i * 64}' y='6' width='11' height='11' fill='{colour}'/><text x='{_LEFT + i * 64 + 16}' y='16'>{zh}</text>"
        for i, (_, zh, colour) in enumerate(_LEVELS)
    )
