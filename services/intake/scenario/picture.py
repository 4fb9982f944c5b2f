"""A life as a picture: stock over its minimum for the holdings that matter, as an HTML page with inline SVG."""

from collections.abc import Callable
from html import escape

import numpy as np

from services.intake.scenario.layout import Floats
from services.intake.scenario.scenario import Scenario
from services.intake.scenario.trace import Trace
from services.intake.scenario.truth import Break, Event
from services.intake.scenario.world import World

_WIDTH, _HEIGHT, _LEFT, _TOP = 860, 150, 70, 24
_MOST = 12


def page_of(scenario: Scenario, world: World, trace: Trace, events: list[Event]) -> str:
    """HTML page: one chart per broken holding, and the thinnest others; a red line marks the break, a grey band each disruption."""
    charts = "\n".join(_chart(hold, scenario, world, trace, events) for hold in _holdings(world, trace, events))
    title = escape(f"{scenario.name_zh} | {scenario.name_en}")
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font:14px sans-serif;margin:24px;color:#222}svg{display:block;margin:10px 0}</style></head>"
        f"<body><h1>{title}</h1><p>{escape(scenario.summary_zh)}<br>{escape(scenario.summary_en)}</p>"
        f"<p>纵轴：真实库存／最低库存；横轴：天。True stock over minimum, by day. seed {world.seed}, mismatch {world.mismatch}</p>"
        f"{charts}</body></html>\n"
    )


def _holdings(world: World, trace: Trace, events: list[Event]) -> list[int]:
    """Broken ones by time, then those whose cover fell furthest."""
    layout, stock = world.layout, trace.column("stock")
    broken = [layout.hold(e.node, e.product) for e in events if e.kind is not Break.GRAVER]
    judged = np.flatnonzero(layout.hold_is_input & (layout.hold_minimum > 0))
    fall = stock[0, judged] / layout.hold_minimum[judged] - stock[:, judged].min(axis=0) / layout.hold_minimum[judged]
    thin = judged[np.argsort(-fall / np.maximum(stock[0, judged] / layout.hold_minimum[judged], 1e-9))].tolist()
    return list(dict.fromkeys([*broken, *thin]))[:_MOST]


def _chart(hold: int, scenario: Scenario, world: World, trace: Trace, events: list[Event]) -> str:
    layout = world.layout
    node, product = layout.hold_keys[hold]
    scale = (
        layout.hold_minimum[hold] if layout.hold_minimum[hold] > 0 else max(float(world.equilibrium.hold[hold]), 1e-9)
    )
    ratio = trace.column("stock")[:, hold] / scale
    top = max(1.2, float(ratio.max()) * 1.05)
    first, last = trace.first_hour, trace.last_hour

    def x_of(hour: float) -> float:
        return _LEFT + (hour - first) / (last - first) * (_WIDTH - _LEFT - 10)

    def y_of(value: float) -> float:
        return _TOP + (1.0 - value / top) * (_HEIGHT - _TOP - 20)

    parts = [
        f'<rect x="{x_of(max(d.start_h, first)):.1f}" y="{_TOP}" height="{_HEIGHT - _TOP - 20}" fill="#ddd" '
        f'width="{max(1.0, x_of(min(d.start_h + d.ramp_h + d.hold_h, last)) - x_of(d.start_h)):.1f}"><title>{escape(d.name_zh)}</title></rect>'
        for d in scenario.disruptions
        if first <= d.start_h < last
    ]
    parts.append(
        f'<line x1="{_LEFT}" x2="{_WIDTH - 10}" y1="{y_of(1.0):.1f}" y2="{y_of(1.0):.1f}" stroke="#c60" stroke-dasharray="4 3"/>'
    )
    parts.append(
        f'<polyline fill="none" stroke="#036" stroke-width="1.5" points="{_points(ratio, x_of, y_of, first)}"/>'
    )
    parts += [
        f'<line x1="{x_of(e.hour):.1f}" x2="{x_of(e.hour):.1f}" y1="{_TOP}" y2="{_HEIGHT - 20}" stroke="#c00" stroke-width="2"/>'
        for e in events
        if (e.node, e.product) == (node, product) and e.kind is not Break.GRAVER
    ]
    days = range(-(-first // 24), last // 24 + 1, max(1, (last - first) // 24 // 12))
    parts += [f'<text x="{x_of(24 * d):.1f}" y="{_HEIGHT - 4}" font-size="11">{d}</text>' for d in days]
    name = next(n for n in layout.chain.nodes if n.id == node)
    label = escape(f"{name.name_zh} {node} {product}")
    return f'<svg width="{_WIDTH}" height="{_HEIGHT}"><text x="0" y="14" font-size="13">{label}</text>{"".join(parts)}</svg>'


def _points(ratio: Floats, x_of: Callable[[float], float], y_of: Callable[[float], float], first: int) -> str:
    return " ".join(f"{x_of(first + i):.1f},{y_of(float(v)):.1f}" for i, v in enumerate(ratio) if i % 3 == 0)
