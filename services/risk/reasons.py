"""Why, in words: the state of a place, the way a shortage came, and the smallest change that would avoid it."""

import math

from detectors.network import Forecast, Origin, Trail
from schemas.assessment import Cause, Hazard
from schemas.chain import Series
from services.risk.blueprint import ARRIVING, Blueprint
from services.risk.evidence import Evidence

PRODUCT_ZH = {
    "steam_coal": "动力煤",
    "raw_coal": "原煤",
    "coking_coal": "焦煤",
    "methanol": "甲醇",
    "polyolefin": "聚烯烃",
    "urea": "尿素",
    "ethylene_glycol": "乙二醇",
    "oil_products": "油品",
    "sng": "煤制气",
    "coke": "焦炭",
    "electricity": "电力",
    "water": "水",
}
_LEVEL_WORD = {1: ("蓝色", "blue"), 2: ("黄色", "yellow"), 3: ("橙色", "orange"), 4: ("红色", "red")}
_AVOID_H = 14 * 24.0
_FROM_H = 24.0


def causes_of(blueprint: Blueprint, evidence: Evidence, trails: list[Trail]) -> list[Cause]:
    """At most three causes in words, with notices and warnings on the way; their shares are of the loss that was traced."""
    total = sum(t.loss for t in trails)
    return [_cause(blueprint, evidence, t, t.loss / total) for t in trails[:3]]


def _cause(blueprint: Blueprint, evidence: Evidence, trail: Trail, share: float) -> Cause:
    path = path_of(blueprint, trail)
    names_zh = " → ".join(blueprint.nodes[n].name_zh for n in path)
    names_en = " → ".join(blueprint.nodes[n].name_en for n in path)
    what_zh, what_en = _what(blueprint, trail, round(100 * trail.remains))
    notice_zh, notice_en = _notices(blueprint, evidence, path)
    return Cause(
        node=path[0],
        path=path,
        text_zh=f"{what_zh}(传导: {names_zh}){notice_zh}",
        text_en=f"{what_en} (path: {names_en}){notice_en}",
        share=round(share, 3),
    )


def path_of(blueprint: Blueprint, trail: Trail) -> list[str]:
    """Nodes from the origin to the place judged, each once."""
    accounts = list(trail.accounts)
    if trail.link is not None:
        accounts.insert(0, blueprint.structure.links[trail.link].source)
    nodes: list[str] = []
    for account in accounts:
        node = blueprint.places[account][0]
        if node not in nodes:
            nodes.append(node)
    return nodes


def _what(blueprint: Blueprint, trail: Trail, percent: int) -> tuple[str, str]:
    if trail.link is not None:
        link = blueprint.links[trail.link]
        source, target = blueprint.nodes[link.source], blueprint.nodes[link.target]
        return (
            f"{source.name_zh}至{target.name_zh}流量为正常的 {percent}%",
            f"the flow {source.name_en} to {target.name_en} is at {percent} % of normal",
        )
    node = blueprint.nodes[blueprint.places[trail.accounts[0]][0]]
    if trail.origin is Origin.USE:
        return f"{node.name_zh}用量为正常的 {percent}%", f"use at {node.name_en} is {percent} % of normal"
    return f"{node.name_zh}产量为正常的 {percent}%", f"output of {node.name_en} is at {percent} % of normal"


def _notices(blueprint: Blueprint, evidence: Evidence, path: list[str]) -> tuple[str, str]:
    zh, en = [], []
    for node in path:
        series = blueprint.of_node[node].capacity_factor if node in blueprint.of_node else None
        value = _newest(evidence, series)
        if value is not None and value < 0.97:
            zh.append(f"{blueprint.nodes[node].name_zh}通告能力 {value:.0%}")
            en.append(f"{blueprint.nodes[node].name_en} announced capacity {value:.0%}")
        for hazard in blueprint.hazards.get(blueprint.nodes[node].admin_code, ()):
            level = _newest(evidence, hazard)
            if level is not None and round(level) in _LEVEL_WORD:
                word_zh, word_en = _LEVEL_WORD[round(level)]
                zh.append(f"{blueprint.nodes[node].name_zh}有{word_zh}{hazard.name_zh}")
                en.append(f"{word_en} {hazard.name_en} at {blueprint.nodes[node].name_en}")
    return ("；" + "，".join(zh) if zh else "", "; " + ", ".join(en) if en else "")


def _newest(evidence: Evidence, series: Series | None) -> float | None:
    history = evidence.of(series.id) if series else None
    row = history.newest(evidence.known_us) if history else None
    return row.value if row else None


def lead_in_words(hours: float) -> tuple[str, str]:
    """A time ahead as people say it: hours up to three days, days beyond.

    >>> lead_in_words(30), lead_in_words(82)
    (('30 小时', '30 h'), ('3.4 天', '3.4 d'))
    """
    return (f"{hours:.0f} 小时", f"{hours:.0f} h") if hours < 72 else (f"{hours / 24:.1f} 天", f"{hours / 24:.1f} d")


def state_in_words(
    blueprint: Blueprint, account: int, hazard: Hazard, stock: float, cover_days: float | None, hours: float
) -> tuple[str, str]:
    """What is there and when the limit is reached."""
    node_id, product = blueprint.places[account]
    node, limits = blueprint.nodes[node_id], blueprint.stocks.get(account)
    unit = limits.unit if limits else ""
    cover_zh = f"，可用 {cover_days:.1f} 天" if cover_days is not None else ""
    cover_en = f", {cover_days:.1f} days of cover" if cover_days is not None else ""
    product_zh = PRODUCT_ZH.get(product, product)
    held_zh = f"库存 {amount(stock)} {unit}{cover_zh}" if limits else "无库存缓冲"
    held_en = f"stock {amount(stock)} {unit}{cover_en}" if limits else "no stock to draw on"
    limit = ("上限", "its maximum") if hazard is Hazard.BLOCKED else ("最低库存", "its minimum")
    if hours <= 0:
        when_zh, when_en = f"已越过{limit[0]}", f"already past {limit[1]}"
    elif math.isfinite(hours):
        lead_zh, lead_en = lead_in_words(hours)
        when_zh, when_en = f"预计 {lead_zh}后到{limit[0]}", f"reaches {limit[1]} in {lead_en}"
    else:
        when_zh, when_en = f"预测期内不到{limit[0]}", f"does not reach {limit[1]} within the horizon"
    return (
        f"{node.name_zh}{product_zh}: {held_zh}，{when_zh}",
        f"{node.name_en} {product.replace('_', ' ')}: {held_en}, {when_en}",
    )


def smallest_change(
    blueprint: Blueprint, forecast: Forecast, account: int, hazard: Hazard, unit: str
) -> tuple[str, str]:
    """The least extra amount per day (or the least to take away) that keeps the stock inside its limits for 14 days."""
    c = forecast.conditions
    free = forecast.supply[account] - forecast.wish[account]
    inside = (forecast.hours >= _FROM_H) & (forecast.hours <= _AVOID_H)
    if hazard is Hazard.BLOCKED:
        gap = (free[inside] - c.maximum[account]) / forecast.hours[inside]
    else:
        gap = (c.minimum[account] - free[inside]) / forecast.hours[inside]
    daily = 24 * float(gap.max())
    if not math.isfinite(daily) or daily <= 0:
        return "", ""
    if hazard is Hazard.BLOCKED:
        return (
            f"建议每日多外运或少生产 {amount(daily)} {unit}，14 天内不胀库",
            f"suggested: ship {amount(daily)} {unit} a day more or make as much less, and nothing overflows within 14 days",
        )
    return (
        f"建议每日增供或压减用量 {amount(daily)} {unit}，14 天内不低于最低库存",
        f"suggested: {amount(daily)} {unit} a day more supply or less use keeps it above its minimum for 14 days",
    )


def amount(value: float) -> str:
    """A quantity with at most three significant digits and thousands separators.

    >>> amount(519790.2), amount(3.14159)
    ('520,000', '3.14')
    """
    if value == 0 or not math.isfinite(value):
        return "0"
    digits = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    return f"{rounded:,.{max(0, digits)}f}"


def is_shown(product: str) -> bool:
    """False for the inner accounts of arrivals."""
    return not product.endswith(ARRIVING)
