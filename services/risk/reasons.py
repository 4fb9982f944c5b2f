"""In words: the state of a place, and the smallest change that would avoid its break."""

import math

import numpy as np

from schemas.assessment import Hazard
from schemas.chain import Series
from services.risk.blueprint import ARRIVING, Blueprint
from services.risk.prospect import Prospect
from services.risk.state.doubt import Doubt
from services.risk.state.reading import DISTRUSTED, HEARD, Reading
from services.runtime.chain.vocabulary import PRODUCT_ZH

_AVOID_H = 336.0
_LEFT = 0.1


def lead_in_words(hours: float) -> tuple[str, str]:
    """A time ahead as people say it: hours up to three days, days beyond.

    >>> lead_in_words(30), lead_in_words(82)
    (('30 小时', '30 h'), ('3.4 天', '3.4 d'))
    """
    return (f"{hours:.0f} 小时", f"{hours:.0f} h") if hours < 72 else (f"{hours / 24:.1f} 天", f"{hours / 24:.1f} d")


def state_in_words(
    blueprint: Blueprint, account: int, hazard: Hazard, stock: float, cover: tuple[str, str], hours: float
) -> tuple[str, str]:
    """What is there and when the limit is reached; ``cover`` tells how long it lasts, in both languages."""
    node_id, product = blueprint.places[account]
    node, limits = blueprint.nodes[node_id], blueprint.stocks.get(account)
    unit = limits.unit if limits else ""
    cover_zh, cover_en = cover
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


def doubt_in_words(doubt: Doubt) -> tuple[str, str]:
    """That a reading is anomalous and stands alone."""
    series = doubt.series
    name_zh, name_en = series.name_zh or series.id, series.name_en or series.id
    told, should = amount(doubt.value), f"{amount(doubt.expected)} {series.unit}"
    if doubt.is_stock:
        return (
            f"异常读数: {name_zh} {told}，与前值和收支不符(应约 {should})，信任减半",
            f"anomalous reading: {name_en} {told} disagrees with what lay there, came and left (about {should}); trusted by half",
        )
    return (
        f"异常读数: {name_zh} {told}(通常约 {should})，尚无其他读数佐证，信任减半",
        f"anomalous reading: {name_en} {told} (usually about {should}) is not yet borne out by another; trusted by half",
    )


def contradiction_in_words(series: Series) -> tuple[str, str]:
    """That a series disagrees with the others and is not believed."""
    return (
        f"矛盾数据: {series.name_zh or series.id}与其他报数长期不平衡，已按其他报数估计",
        f"contradicted: {series.name_en or series.id} disagrees with all other reports over weeks; their balance is believed",
    )


def trust_in_words(reading: Reading) -> list[tuple[str, str]]:
    """Why what a reading tells is known less surely than usual; empty where it is not."""
    found = [distrust_in_words(reading)] if reading.feed.score < DISTRUSTED else []
    if reading.heard < 1.0:
        name_zh, name_en = reading.series.name_zh or reading.series.id, reading.series.name_en or reading.series.id
        is_sure = reading.heard >= HEARD
        sure_zh, sure_en = ("已核实", "verified") if is_sure else ("未核实", "not verified")
        zh = f"{name_zh}为电话接报读数，{sure_zh}，区间放宽"
        found.append((zh, f"{name_en} was read over the telephone, {sure_en}; it is known less surely"))
    return found


def distrust_in_words(reading: Reading) -> tuple[str, str]:
    """That a feed is trusted little, and the dearest reason."""
    series, feed = reading.series, reading.feed
    why_zh, why_en = (feed.reasons[0].zh, feed.reasons[0].en) if feed.reasons else ("", "")
    return (
        f"报送信任度低: {series.name_zh or series.id} {feed.score:.2f}({why_zh})，区间放宽",
        f"feed trusted little: {series.name_en or series.id} {feed.score:.2f} ({why_en}); what it tells is known less surely",
    )


def unknown_in_words(missing: list[Reading], distrusted: list[Reading]) -> tuple[str, str]:
    """Why a state is unknown: there is no usable input, or one that cannot be believed."""
    if distrusted and not missing:
        words = [distrust_in_words(r) for r in distrusted]
        return (
            "数据不可信，不能判为正常。" + "；".join(zh for zh, _ in words),
            "what is reported cannot be believed enough to call it normal. " + "; ".join(en for _, en in words),
        )
    names_zh = "、".join(r.series.name_zh or r.series.id for r in missing) or "定额库存为零"
    names_en = ", ".join(r.series.name_en or r.series.id for r in missing) or "the normative stock is zero"
    return f"缺少可用数据({names_zh})", f"no usable input ({names_en})"


def slip_in_words(series: Series) -> tuple[str, str]:
    """That the decimal point of a stock stands wrong and was moved back."""
    return (
        f"矛盾数据: {series.name_zh or series.id}小数点疑似错位，已按移回后的数使用，请填报单位核实",
        f"contradicted: the decimal point of {series.name_en or series.id} seems to stand wrong; it is used with the point moved back",
    )


def estimated_change(
    blueprint: Blueprint, prospect: Prospect, account: int, hazard: Hazard, unit: str
) -> tuple[str, str]:
    """The least amount more (or to take away) by which nine futures in ten stay inside the limits for 14 days, and by when; read off the futures as
    they are, without running them again: an estimate.
    """
    found, network = prospect.trajectories, prospect.world.living.network
    inside = found.marks <= _AVOID_H
    stock = found.stock[:, inside, account]
    if hazard is Hazard.BLOCKED:
        gap = (stock - 0.97 * network.maximum[account]).max(axis=1)
    else:
        gap = (network.minimum[account] - stock + found.unserved[:, inside, account]).max(axis=1)
    total = float(np.quantile(gap, 1.0 - _LEFT))
    if not math.isfinite(total) or total <= 0:
        return "", ""
    first = float(np.quantile(prospect.hours[hazard][:, account], _LEFT, method="lower"))
    by_zh, by_en = lead_in_words(first) if math.isfinite(first) and first > 0 else ("立即", "at once")
    when_zh, when_en = (f"{by_zh}内" if first > 0 else by_zh), (f"within {by_en}" if first > 0 else by_en)
    if hazard is Hazard.BLOCKED:
        return (
            f"建议{when_zh}共多外运或少生产约 {amount(total)} {unit}，14 天内胀库概率低于一成(估算)",
            f"suggested: ship or cut about {amount(total)} {unit} {when_en}; then it overflows within 14 days in less than one future in "
            "ten (estimate)",
        )
    return (
        f"建议{when_zh}共增供或压减用量约 {amount(total)} {unit}，14 天内低于最低库存的概率低于一成(估算)",
        f"suggested: about {amount(total)} {unit} more supply or less use {when_en}; then it falls below its minimum within 14 days in less than one "
        "future in ten (estimate)",
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
