"""How the cost of a full forecast grows with nodes, links and scenarios, as numbers and as a picture."""

import math
import time
from collections.abc import Sequence
from html import escape

from detectors.network.generated import generate_network
from services.cli.bench.risk_case import SEED, case

Growth = list[tuple[str, list[tuple[int, float]]]]
"""Per panel: its title, and seconds at each size."""

_WIDTH, _HEIGHT, _PAD = 300, 220, 44
_INK, _MARK, _SOFT = "#1c2733", "#0b6fb8", "#b9c6d1"
_SIZES = (250, 500, 1000, 2000)


def growth(workers: int) -> Growth:
    """One full forecast at each size."""
    return [
        ("节点 nodes (4 links each, 64 scenarios)", [(n, _seconds(n, 4 * n, 64, workers)) for n in _SIZES]),
        (
            "通道 links (1,000 nodes, 64 scenarios)",
            [(m, _seconds(1000, m, 64, workers)) for m in (2000, 4000, 8000, 16000)],
        ),
        (
            "情景 scenarios (1,000 nodes, 4,000 links)",
            [(s, _seconds(1000, 4000, s, workers)) for s in (32, 64, 128, 256)],
        ),
    ]


def _seconds(nodes: int, links: int, scenarios: int, workers: int) -> float:
    engine, state, courses = case(generate_network(nodes, links, SEED), scenarios)
    begin = time.perf_counter()
    engine.run(state, courses, workers=workers)
    return time.perf_counter() - begin


def said(found: Growth) -> list[str]:
    """A line of words per panel."""
    return [f"{title}: " + ", ".join(f"{size:,} → {seconds:.2f} s" for size, seconds in line) for title, line in found]


def picture(found: Growth) -> str:
    """One SVG, a panel each, both axes logarithmic; the grey line is cost in proportion to size."""
    panels = "".join(
        f"<g transform='translate({at * _WIDTH} 0)'>{_panel(title, line)}</g>" for at, (title, line) in enumerate(found)
    )
    width = _WIDTH * len(found)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{_HEIGHT}' viewBox='0 0 {width} {_HEIGHT}' "
        f"font-family='sans-serif'><rect width='{width}' height='{_HEIGHT}' fill='#fff'/>{panels}</svg>\n"
    )


def _panel(title: str, line: Sequence[tuple[int, float]]) -> str:
    first, last = line[0], line[-1]
    straight = [(size, first[1] * size / first[0]) for size in (first[0], last[0])]
    seconds = [s for _, s in [*line, *straight]]
    low, high = math.log(min(seconds) / 1.3), math.log(max(seconds) * 1.3)

    def place(size: float, value: float) -> tuple[float, float]:
        across = math.log(size / first[0]) / math.log(last[0] / first[0])
        up = (math.log(value) - low) / (high - low)
        return _PAD + across * (_WIDTH - 2 * _PAD), _HEIGHT - _PAD - up * (_HEIGHT - 2 * _PAD)

    def points(values: Sequence[tuple[int, float]]) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*v) for v in values))

    dots = "".join(
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{_MARK}'/>"
        f"<text x='{x:.1f}' y='{y - 7:.1f}' text-anchor='middle' font-size='11' fill='{_INK}'>{value:.2g} s</text>"
        f"<text x='{x:.1f}' y='{_HEIGHT - _PAD + 15}' text-anchor='middle' font-size='11' fill='{_INK}'>{size:,}</text>"
        for (x, y), size, value in ((place(s, v), s, v) for s, v in line)
    )
    return (
        f"<path d='M{_PAD} {_PAD}V{_HEIGHT - _PAD}H{_WIDTH - _PAD}' fill='none' stroke='{_INK}'/>"
        f"<text x='{_WIDTH / 2}' y='18' text-anchor='middle' font-size='12' fill='{_INK}'>{escape(title)}</text>"
        f"<polyline points='{points(straight)}' fill='none' stroke='{_SOFT}'/>"
        f"<polyline points='{points(line)}' fill='none' stroke='{_MARK}'/>{dots}"
    )
