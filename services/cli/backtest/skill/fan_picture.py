"""The tale of one place as one SVG that needs nothing else: stock with its fans over the strip of levels, chances of a break below."""

from datetime import timedelta

import numpy as np

from services.cli.backtest.skill.drawing import GRID, INK, SOFT, ZONE, Scale, drawing, path, round_step, scale, text
from services.cli.backtest.skill.fan import Fan, Tale
from services.cli.backtest.skill.ground import BLOCKED, Floats
from services.cli.backtest.skill.play import STOCK_AHEAD

_WIDTH, _LEFT, _RIGHT = 920.0, 70.0, 20.0
_TOP, _STOCK_H, _STRIP_H, _CHANCE_H = 78.0, 250.0, 12.0, 110.0
_STRIP = _TOP + _STOCK_H + 8
_CHANCE = _STRIP + _STRIP_H + 50
_HEIGHT = _CHANCE + _CHANCE_H + 34
_PANELS = ((_TOP, _STRIP + _STRIP_H), (_CHANCE, _CHANCE + _CHANCE_H))
_COLOURS = ("#c9ced3", "#8fb996", "#3f7fd1", "#e0b000", "#e8710a", "#c8202b")
_WORDS = ("不明 unknown", "正常 normal", "蓝 blue", "黄 yellow", "橙 orange", "红 red")
_CURVES = {"72": ("#0b6fb8", ""), "168": ("#7a4fa3", "7 4"), "336": ("#5a6b7b", "2 3")}


def picture_of(tale: Tale) -> str:
    """The SVG."""
    first, last = float(tale.issued[0]), float(tale.hours[-1])
    x = scale(first, last, _LEFT, _WIDTH - _RIGHT)
    values = [*tale.stock.tolist(), tale.limit, *(v for f in tale.fans for v in (*f.low, *f.high))]
    low, high = min(values), max(values)
    pad = 0.06 * (high - low or 1.0)
    y = scale(low - pad, high + pad, _TOP + _STOCK_H, _TOP)
    parts = [
        f"<clipPath id='inside'><rect x='{_LEFT:g}' y='{_TOP:g}' width='{_WIDTH - _LEFT - _RIGHT:g}' height='{_STOCK_H:g}'/></clipPath>",
        _head(tale),
        _days(tale, x, first, last),
        _amounts(tale, y, low, high),
        f"<g clip-path='url(#inside)'>{''.join(_fan(f, x, y) for f in tale.fans)}{_truth(tale, x, y)}</g>",
        _moments(tale, x),
        _happenings(tale, x, first),
        _strip(tale, x),
        _chances(tale, x),
    ]
    return drawing(_WIDTH, _HEIGHT, parts)


def _head(tale: Tale) -> str:
    zh, en = tale.title
    limit = ("上限", "maximum") if tale.key[2] == BLOCKED else ("最低库存", "minimum")
    fate = (
        f"实际断链 broke D{tale.broke_h / 24:.1f}"
        if tale.broke_h is not None
        else f"未断链 no break; 最近处为{limit[0]} {tale.nearest:.2f} 倍 closest {tale.nearest:.2f} × {limit[1]}, D{tale.nearest_h / 24:.1f}"
    )
    ink = f"stroke='{INK}' stroke-width='2'"
    legend = (
        "<g font-size='11'>"
        f"{path([(_LEFT, 58), (_LEFT + 22, 58)], ink)}{text(_LEFT + 28, 62, '真实库存 true stock')}"
        f"<rect x='{_LEFT + 150}' y='52' width='22' height='12' fill='{_COLOURS[2]}' opacity='0.35'/>"
        f"{text(_LEFT + 178, 62, '预报 P10–P90，7 天，颜色为发布时的级别 forecast over 7 d, in the colour of the level when issued')}</g>"
    )
    return (
        text(_LEFT, 20, f"{zh} {en}", "font-size='15' font-weight='bold'")
        + text(_LEFT, 40, f"{tale.scenario}, seed {tale.seed} · {fate}", f"fill='{SOFT}'")
        + legend
    )


def _days(tale: Tale, x: Scale, first: float, last: float) -> str:
    """Dates in China under both panels, a line each."""
    days = int((last - first) / 24)
    every = next(n for n in (1, 2, 4, 7, 14, 28) if days / n <= 12 or n == 28)
    parts = []
    for day in range(int(np.ceil(first / 24)), int(last // 24) + 1):
        if day % every:
            continue
        at = x(24.0 * day)
        date = (tale.start + timedelta(days=day)).astimezone(ZONE)
        parts.append(path([(at, _TOP), (at, _TOP + _STOCK_H)], f"stroke='{GRID}'"))
        parts.append(path([(at, _CHANCE), (at, _CHANCE + _CHANCE_H)], f"stroke='{GRID}'"))
        parts.append(text(at, _CHANCE + _CHANCE_H + 16, f"{date:%m-%d}", "text-anchor='middle' font-size='11'"))
        parts.append(
            text(at, _CHANCE + _CHANCE_H + 29, f"D{day}", f"text-anchor='middle' font-size='10' fill='{SOFT}'")
        )
    return "".join(parts)


def _amounts(tale: Tale, y: Scale, low: float, high: float) -> str:
    """Amounts at the left (万吨 10,000 t for large stocks) and the limit."""
    is_large = tale.unit == "t" and high >= 1e5
    divisor, unit = (1e4, "万吨 10⁴ t") if is_large else (1.0, tale.unit)
    step = round_step((high - low) / 5)
    parts = [text(10, _TOP - 8, unit, f"font-size='11' fill='{SOFT}'")]
    value = step * np.ceil(low / step)
    while value <= high:
        at = y(float(value))
        parts.append(path([(_LEFT, at), (_WIDTH - _RIGHT, at)], f"stroke='{GRID}'"))
        parts.append(text(_LEFT - 6, at + 4, f"{value / divisor:,.4g}", "text-anchor='end' font-size='11'"))
        value += step
    at = y(tale.limit)
    word = "上限 maximum" if tale.key[2] == BLOCKED else "最低库存 minimum"
    parts.append(
        path([(_LEFT, at), (_WIDTH - _RIGHT, at)], "stroke='#c8202b' stroke-width='1.5' stroke-dasharray='6 4'")
    )
    parts.append(text(_LEFT + 6, at - 5, word, "fill='#c8202b' font-size='11'"))
    parts.append(
        path(
            [(_LEFT, _TOP), (_LEFT, _TOP + _STOCK_H), (_WIDTH - _RIGHT, _TOP + _STOCK_H)],
            f"fill='none' stroke='{INK}'",
        )
    )
    return "".join(parts)


def _fan(fan: Fan, x: Scale, y: Scale) -> str:
    hours = [fan.hour, *(fan.hour + float(h) for h in STOCK_AHEAD)]
    upper = [(x(h), y(v)) for h, v in zip(hours, (fan.stock, *fan.high), strict=True)]
    lower = [(x(h), y(v)) for h, v in zip(hours, (fan.stock, *fan.low), strict=True)]
    colour = _COLOURS[fan.height + 1]
    outline = f"fill='{colour}' fill-opacity='0.28' stroke='{colour}' stroke-width='1'"
    return (
        path([*upper, *reversed(lower)], outline)
        + f"<circle cx='{upper[0][0]:.1f}' cy='{upper[0][1]:.1f}' r='3' fill='{colour}'/>"
    )


def _truth(tale: Tale, x: Scale, y: Scale) -> str:
    points = [(x(float(h)), y(float(v))) for h, v in zip(tale.hours, tale.stock, strict=True)]
    return path(points, f"fill='none' stroke='{INK}' stroke-width='2'")


def _moments(tale: Tale, x: Scale) -> str:
    """The first warning and the true break, as upright lines with words."""
    words = []
    if tale.warned_h is not None:
        words.append((tale.warned_h, "预警 warned", "#a06a00", "end"))
    if tale.broke_h is not None:
        lead = f"，提前 lead {tale.broke_h - tale.warned_h:.0f} h" if tale.warned_h is not None else ""
        words.append((tale.broke_h, f"断链 broke{lead}", "#c8202b", "start"))
    parts = []
    for row, (hour, word, colour, anchor) in enumerate(words):
        at = x(hour)
        beside = at + (5 if anchor == "start" else -5)
        line = f"stroke='{colour}' stroke-width='1.5'"
        parts += [path([(at, top), (at, end)], line) for top, end in _PANELS]
        parts.append(
            text(beside, _TOP + 14 + 16 * row, word, f"fill='{colour}' text-anchor='{anchor}' font-weight='bold'")
        )
    return "".join(parts)


def _happenings(tale: Tale, x: Scale, first: float) -> str:
    """What begins in the scenario, at its hour, above the floor of the upper panel."""
    parts = []
    for row, (hour, name) in enumerate(h for h in tale.happenings if h[0] > first):
        at, floor = x(hour), _TOP + _STOCK_H
        halo = f"paint-order='stroke' stroke='#fff' stroke-width='3' fill='{SOFT}' font-size='11'"
        parts.append(path([(at, floor), (at - 4, floor - 8), (at + 4, floor - 8)], f"fill='{SOFT}'"))
        parts.append(text(at + 7, floor - 6 - 15 * row, name, halo))
    return "".join(parts)


def _strip(tale: Tale, x: Scale) -> str:
    """The level at each hour of issue, until the next."""
    issued = tale.issued.tolist()
    ends = [*issued[1:], float(tale.hours[-1])]
    parts = [
        f"<rect x='{x(begin):.1f}' y='{_STRIP:g}' width='{x(end) - x(begin) + 0.3:.1f}' height='{_STRIP_H:g}' fill='{_COLOURS[height + 1]}'/>"
        for begin, end, height in zip(issued, ends, tale.height, strict=True)
    ]
    parts.append(text(_LEFT - 6, _STRIP + 10, "级别 level", "text-anchor='end' font-size='11'"))
    used = sorted(set(tale.height))
    for place, height in enumerate(used):
        at, row = _LEFT + 105 * place, _STRIP + _STRIP_H + 8
        parts.append(f"<rect x='{at:g}' y='{row:g}' width='12' height='10' fill='{_COLOURS[height + 1]}'/>")
        parts.append(text(at + 17, row + 9, _WORDS[height + 1], "font-size='11'"))
    return "".join(parts)


def _chances(tale: Tale, x: Scale) -> str:
    y = scale(0.0, 1.0, _CHANCE + _CHANCE_H, _CHANCE)
    parts = [text(_LEFT, _CHANCE - 8, "断链概率 chance of a break within", "font-size='11'")]
    for value in (0.0, 0.5, 1.0):
        parts.append(path([(_LEFT, y(value)), (_WIDTH - _RIGHT, y(value))], f"stroke='{GRID}'"))
        parts.append(text(_LEFT - 6, y(value) + 4, f"{value:g}", "text-anchor='end' font-size='11'"))
    for place, (horizon, (colour, dash)) in enumerate(_CURVES.items()):
        line = f"fill='none' stroke='{colour}' stroke-width='1.8' stroke-dasharray='{dash}'"
        parts += [path(run, line) for run in _runs(tale, horizon, x, y)]
        at = _LEFT + 225 + 150 * place
        parts.append(path([(at, _CHANCE - 12), (at + 24, _CHANCE - 12)], line))
        days = f"{int(horizon) // 24} d" if int(horizon) > 72 else f"{horizon} h"
        parts.append(text(at + 30, _CHANCE - 8, f"{days} (最高 max {tale.most(horizon):.2f})", "font-size='11'"))
    parts.append(
        path(
            [(_LEFT, _CHANCE), (_LEFT, _CHANCE + _CHANCE_H), (_WIDTH - _RIGHT, _CHANCE + _CHANCE_H)],
            f"fill='none' stroke='{INK}'",
        )
    )
    return "".join(parts)


def _runs(tale: Tale, horizon: str, x: Scale, y: Scale) -> list[list[tuple[float, float]]]:
    """Points of a curve, parted where nothing was given."""
    values: Floats = tale.chance[horizon]
    runs: list[list[tuple[float, float]]] = [[]]
    for hour, value in zip(tale.issued.tolist(), values.tolist(), strict=True):
        if np.isfinite(value):
            runs[-1].append((x(hour), y(value)))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
