"""A proof as one SVG: the true stock with and without the plan above, what the plan does day by day below."""

from datetime import timedelta

import numpy as np

from services.cli.backtest.proof.carried import DAY_H
from services.cli.backtest.proof.proof import Floats, Proof
from services.cli.backtest.skill.drawing import GRID, INK, SOFT, ZONE, Scale, drawing, path, round_step, scale, text
from services.runtime.chain.vocabulary import PRODUCT_ZH

_WIDTH, _LEFT, _RIGHT = 920.0, 70.0, 20.0
_TOP, _STOCK_H, _PLAN_H = 92.0, 270.0, 90.0
_PLAN = _TOP + _STOCK_H + 48
_HEIGHT = _PLAN + _PLAN_H + 36
_FAR_RIGHT = 640.0
_HELPED, _BROKEN, _BROUGHT, _CUT = "#12805c", "#c8202b", "#3f7fd1", "#e8a13a"


def picture_of(proof: Proof) -> str:
    """The SVG."""
    first, last = _span(proof)
    x = scale(first, last, _LEFT, _WIDTH - _RIGHT)
    shown = (proof.hours >= first) & (proof.hours <= last)
    values = np.concatenate([proof.without.stock[shown], proof.helped.stock[shown], [proof.minimum]])
    low, high = float(values.min()), float(values.max())
    pad = 0.08 * (high - low or 1.0)
    y = scale(low - pad, high + pad, _TOP + _STOCK_H, _TOP)
    lives = (
        _line(proof.hours[shown], proof.without.stock[shown], x, y, f"stroke='{INK}'"),
        _line(proof.hours[shown], proof.helped.stock[shown], x, y, f"stroke='{_HELPED}' stroke-dasharray='9 4'"),
    )
    parts = [_head(proof), _days(proof, x, first, last), _amounts(proof, y, low, high), *lives]
    parts += [_moments(proof, x), _happenings(proof, x, first), _doings(proof, x)]
    return drawing(_WIDTH, _HEIGHT, parts)


def _span(proof: Proof) -> tuple[float, float]:
    """From three days before the plan to the end of what it does, and a little more."""
    days = len(proof.plan.brought)
    return max(float(proof.hours[0]), DAY_H * (proof.day - 4)), min(
        float(proof.hours[-1]), DAY_H * (proof.day + days + 3)
    )


def _head(proof: Proof) -> str:
    plan = proof.plan
    product = PRODUCT_ZH.get(plan.product, plan.product)
    return (
        text(_LEFT, 20, f"{plan.name_zh}{product}：执行补链方案前后的真实库存", "font-size='15' font-weight='bold'")
        + text(_LEFT, 38, f"{plan.name_en}, {plan.product.replace('_', ' ')}: true stock without and with the plan")
        + text(_LEFT, 56, f"{proof.scenario}, seed {proof.seed} · {_fate(proof)}", f"fill='{SOFT}'")
        + path([(_LEFT, 72), (_LEFT + 26, 72)], f"stroke='{INK}' stroke-width='2'")
        + text(_LEFT + 32, 76, "无方案 without", "font-size='11'")
        + path([(_LEFT + 150, 72), (_LEFT + 176, 72)], f"stroke='{_HELPED}' stroke-width='2' stroke-dasharray='9 4'")
        + text(_LEFT + 182, 76, "执行方案 with the plan", "font-size='11'")
    )


def _fate(proof: Proof) -> str:
    if proof.without.broke_h is None:
        return "未断供 it does not break"
    if proof.is_prevented:
        return "情景结束前不再断供 no break before the end of the scenario"
    return f"断供推迟 {(proof.gained_h or 0.0) / DAY_H:.1f} 天 the break comes {(proof.gained_h or 0.0) / DAY_H:.1f} d later"


def _days(proof: Proof, x: Scale, first: float, last: float) -> str:
    """Dates in China under both panels."""
    parts = []
    for day in range(int(np.ceil(first / DAY_H)), int(last // DAY_H) + 1, 2):
        at = x(DAY_H * day)
        date = (proof.start + timedelta(days=day)).astimezone(ZONE)
        for top, end in ((_TOP, _TOP + _STOCK_H), (_PLAN, _PLAN + _PLAN_H)):
            parts.append(path([(at, top), (at, end)], f"stroke='{GRID}'"))
        below = _PLAN + _PLAN_H
        parts.append(text(at, below + 16, f"{date:%m-%d}", "text-anchor='middle' font-size='11'"))
        parts.append(text(at, below + 29, f"D{day}", f"text-anchor='middle' font-size='10' fill='{SOFT}'"))
    return "".join(parts)


def _unit(proof: Proof, high: float) -> tuple[float, str]:
    """Large amounts are told in 万吨 (10,000 t)."""
    return (1e4, "万吨 10⁴ t") if proof.plan.unit == "t" and high >= 1e4 else (1.0, proof.plan.unit)


def _amounts(proof: Proof, y: Scale, low: float, high: float) -> str:
    """Amounts at the left, and the minimum."""
    divisor, unit = _unit(proof, high)
    step = round_step((high - low) / 5)
    parts = [text(10, _TOP - 6, unit, f"font-size='11' fill='{SOFT}'")]
    for value in np.arange(step * np.ceil(low / step), high, step).tolist():
        parts.append(path([(_LEFT, y(value)), (_WIDTH - _RIGHT, y(value))], f"stroke='{GRID}'"))
        parts.append(text(_LEFT - 6, y(value) + 4, f"{value / divisor:,.4g}", "text-anchor='end' font-size='11'"))
    at = y(proof.minimum)
    parts.append(
        path([(_LEFT, at), (_WIDTH - _RIGHT, at)], f"stroke='{_BROKEN}' stroke-width='1.5' stroke-dasharray='2 3'")
    )
    parts.append(text(_LEFT + 6, at - 5, "最低库存 minimum", f"fill='{_BROKEN}' font-size='11'"))
    parts.append(_frame(_TOP, _STOCK_H))
    return "".join(parts)


def _frame(top: float, height: float) -> str:
    corner = [(_LEFT, top), (_LEFT, top + height), (_WIDTH - _RIGHT, top + height)]
    return path(corner, f"fill='none' stroke='{INK}'")


def _line(hours: Floats, stock: Floats, x: Scale, y: Scale, stroke: str) -> str:
    points = [(x(float(h)), y(float(v))) for h, v in zip(hours[::3], stock[::3], strict=True)]
    return path(points, f"fill='none' stroke-width='2' {stroke}")


def _moments(proof: Proof, x: Scale) -> str:
    """When the plan was made, and both breaks."""
    told = [(DAY_H * proof.day, f"D{proof.day:g} 定方案 plan made", SOFT, "end")]
    for life, word, colour in (
        (proof.without, "无方案断供 broke without", _BROKEN),
        (proof.helped, "执行方案断供 broke with the plan", _HELPED),
    ):
        if life.broke_h is not None:
            anchor = "end" if x(life.broke_h) > _FAR_RIGHT else "start"
            told.append((life.broke_h, f"{word} D{life.broke_h / DAY_H:.1f}", colour, anchor))
    parts = []
    for row, (hour, word, colour, anchor) in enumerate(told):
        at, halo = x(hour), "paint-order='stroke' stroke='#fff' stroke-width='3' font-weight='bold'"
        beside = at + (5 if anchor == "start" else -5)
        parts.append(path([(at, _TOP), (at, _PLAN + _PLAN_H)], f"stroke='{colour}' stroke-width='1.5'"))
        parts.append(text(beside, _TOP + 14 + 17 * row, word, f"fill='{colour}' text-anchor='{anchor}' {halo}"))
    return "".join(parts)


def _happenings(proof: Proof, x: Scale, first: float) -> str:
    """What begins in the scenario, above the floor of the upper panel."""
    parts, floor = [], _TOP + _STOCK_H
    for row, (hour, name) in enumerate(h for h in proof.happenings if h[0] > first):
        at, halo = x(hour), f"paint-order='stroke' stroke='#fff' stroke-width='3' fill='{SOFT}' font-size='11'"
        parts.append(path([(at, floor), (at - 4, floor - 8), (at + 4, floor - 8)], f"fill='{SOFT}'"))
        parts.append(text(at + 7, floor - 6 - 15 * row, name, halo))
    return "".join(parts)


def _doings(proof: Proof, x: Scale) -> str:
    """What the plan brings and what load it reduces, by day, one beside the other."""
    rows = (
        (proof.plan.brought, _BROUGHT, "到货 brought", 0.1),
        (proof.plan.reduction, _CUT, "压减用量 load reduced", 0.5),
    )
    most = max((max(amounts, default=0.0) for amounts, *_ in rows), default=0.0) or 1.0
    divisor, unit = _unit(proof, most)
    y = scale(0.0, 1.15 * most, _PLAN + _PLAN_H, _PLAN)
    parts = [text(10, _PLAN - 8, f"{unit}/d", f"font-size='11' fill='{SOFT}'")]
    for value in np.arange(0.0, 1.15 * most, round_step(most / 2)).tolist():
        parts.append(text(_LEFT - 6, y(value) + 4, f"{value / divisor:,.4g}", "text-anchor='end' font-size='11'"))
        parts.append(path([(_LEFT, y(value)), (_WIDTH - _RIGHT, y(value))], f"stroke='{GRID}'"))
    for place, (amounts, colour, word, offset) in enumerate(rows):
        at = _LEFT + 90 + 190 * place
        parts.append(f"<rect x='{at:g}' y='{_PLAN - 18:g}' width='12' height='11' fill='{colour}'/>")
        parts.append(text(at + 18, _PLAN - 8, word, "font-size='11'"))
        for day, amount in enumerate(amounts):
            left, right = (x(DAY_H * (proof.day + day + offset + w)) for w in (0.0, 0.4))
            if amount > 0 and right <= _WIDTH - _RIGHT:
                parts.append(
                    f"<rect x='{left:.1f}' y='{y(amount):.1f}' width='{right - left:.1f}' "
                    f"height='{_PLAN + _PLAN_H - y(amount):.1f}' fill='{colour}'/>"
                )
    parts.append(_frame(_PLAN, _PLAN_H))
    return "".join(parts)
