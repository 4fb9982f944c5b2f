"""Quiet text for a phone, Chinese first: what, where, time left, how sure, why, do what by when. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from schemas.alert import Alert, AlertState
from schemas.chain import Node
from schemas.lane import LaneKind, kind_of
from schemas.level import LEVEL_ZH
from services.response.terms import HAZARD_ZH
from services.runtime.chain.vocabulary import PRODUCT_ZH

_BEIJING = timezone(timedelta(hours=8))
_MARK = {LaneKind.LIVE: ("", ""), LaneKind.DRILL: ("【演练】", "EXERCISE "), LaneKind.REPLAY: ("【回放】", "REPLAY ")}
_HORIZONS_D = (3, 14)
_HAZARD_EN = {
    "starved": "runs short",
    "blocked": "has no room left",
    "silent": "sends no data",
    "distrusted": "sends data in doubt",
}


def message(alert: Alert, nodes: Mapping[str, Node], plan: tuple[str, str], action: tuple[str, str]) -> tuple[str, str]:
    """The whole message in Chinese and English. ``plan`` is the playbook's name, ``action`` what to do by when; each (zh, en)."""
    head_zh, head_en = headline(alert, nodes)
    left_zh, left_en = time_left(alert)
    sure_zh, sure_en = _sure(alert)
    why_zh, why_en = _why(alert, nodes)
    zh = (
        head_zh,
        f"剩余：{left_zh}",
        f"把握：{sure_zh}",
        f"原因：{why_zh}",
        f"请办：{action[0]}",
        f"预案：{plan[0]}",
    )
    en = (
        head_en,
        f"Left: {left_en}",
        f"How sure: {sure_en}",
        f"Why: {why_en}",
        f"Do: {action[1]}",
        f"Plan: {plan[1]}",
    )
    return "\n".join(zh), "\n".join(en)


def headline(alert: Alert, nodes: Mapping[str, Node]) -> tuple[str, str]:
    """What and where. The colour is 系统研判, a proposal."""
    mark_zh, mark_en = _MARK[kind_of(alert.lane)]
    name_zh, name_en = _name(alert.node, nodes)
    product_zh = PRODUCT_ZH.get(alert.product, alert.product)
    hazard_zh = HAZARD_ZH[alert.hazard.value]
    is_closed = alert.state is AlertState.CLOSED
    word_zh, word_en = ("解除", "closed") if is_closed else (LEVEL_ZH[alert.level], alert.level.value)
    return (
        f"{mark_zh}【系统研判·{word_zh}】{name_zh} {product_zh} {hazard_zh}风险",
        f"{mark_en}[system proposal: {word_en}] {name_en}: {alert.product} {_HAZARD_EN[alert.hazard.value]}",
    )


def time_left(alert: Alert) -> tuple[str, str]:
    """Median time to the limit, and to zero where it is known; days of cover beside it."""
    limit_zh, limit_en = ("上限", "the limit") if alert.hazard.value == "blocked" else ("最低库存", "the minimum")
    if alert.hours_to_minimum_p50 is None:
        zh, en = f"预测期内未到{limit_zh}", f"{limit_en} is not reached within the horizon"
    elif alert.hours_to_minimum_p50 <= 0:
        zh, en = f"已到{limit_zh}", f"{limit_en} is reached already"
    else:
        at = stamp(alert.as_of + timedelta(hours=alert.hours_to_minimum_p50))
        zh = f"约 {_span(alert.hours_to_minimum_p50)[0]}到{limit_zh}（{at}）"
        en = f"about {_span(alert.hours_to_minimum_p50)[1]} to {limit_en} ({at})"
    if alert.hours_to_zero_p50 is not None and alert.hazard.value == "starved":
        zh, en = (
            f"{zh}，约 {_span(alert.hours_to_zero_p50)[0]}用尽",
            f"{en}, about {_span(alert.hours_to_zero_p50)[1]} to zero",
        )
    cover_zh, cover_en = _cover(alert)
    return f"{zh}{cover_zh}", f"{en}{cover_en}"


def stamp(moment: datetime) -> str:
    """Beijing time, as people write it.

    >>> from datetime import UTC
    >>> stamp(datetime(2026, 1, 5, 4, 0, tzinfo=UTC))
    '01-05 12:00'
    """
    return moment.astimezone(_BEIJING).strftime("%m-%d %H:%M")


def short_line(text_zh: str, text_en: str, recipient: str) -> str:
    """One line for a terminal: to whom, what, time left, what to do; English headline behind."""
    zh, en = text_zh.splitlines(), text_en.splitlines()
    chosen = [zh[0], *(line for line in zh[1:] if line.startswith(("剩余：", "请办：")))]
    return f"📣 通知 → {recipient}: {' | '.join(chosen)} || {en[0]}"


def _cover(alert: Alert) -> tuple[str, str]:
    """How long the stock lasts and by which measure; nothing where a place has no room left: there it is not what is short."""
    days, physical = alert.cover_days, alert.cover_days_physical
    if days is None or alert.hazard.value == "blocked":
        return "", ""
    if alert.heat_kcal_per_kg is not None:
        beside_zh, beside_en = (
            (f"（实物 {physical:.1f} 天）", f" ({physical:.1f} days of tonnes)") if physical is not None else ("", "")
        )
        return f"；热量可用 {days:.1f} 天{beside_zh}", f"; {days:.1f} days of heat cover now{beside_en}"
    if physical is not None:
        return (
            f"；可用 {days:.1f} 天（实物，热值不明）",
            f"; {days:.1f} days of cover now (tonnes, heat value unknown)",
        )
    return f"；可用 {days:.1f} 天", f"; {days:.1f} days of cover now"


def _why(alert: Alert, nodes: Mapping[str, Node]) -> tuple[str, str]:
    if len(alert.path) < 2:
        return alert.reason_zh or "未说明", alert.reason_en or "not stated"
    path_zh = " → ".join(_name(node, nodes)[0] for node in alert.path)
    path_en = " → ".join(_name(node, nodes)[1] for node in alert.path)
    return f"传导 {path_zh}。{alert.reason_zh}", f"path {path_en}. {alert.reason_en}"


def _sure(alert: Alert) -> tuple[str, str]:
    """How probable the break is, and from when to when the limit may be reached in eight cases of ten."""
    word_zh = HAZARD_ZH[alert.hazard.value]
    told = [(days, alert.probability[str(24 * days)]) for days in _HORIZONS_D if str(24 * days) in alert.probability]
    if not told:
        return "按当前库存和趋势研判，未给概率", "judged by present stock and trend; no probability is given"
    zh = f"{word_zh}概率 " + "，".join(f"{days} 天内 {chance:.0%}" for days, chance in told)
    en = "probability of a break " + ", ".join(f"{chance:.0%} within {days} d" for days, chance in told)
    early, late = alert.hours_to_minimum_p10, alert.hours_to_minimum_p90
    if early is None or early <= 0:
        return zh, en
    if late is None:
        return f"{zh}；九成情形不早于 {_span(early)[0]}后", f"{en}; not before {_span(early)[1]} in nine cases of ten"
    return (
        f"{zh}；八成情形在 {_span(early)[0]}至 {_span(late)[0]}后",
        f"{en}; after {_span(early)[1]} to {_span(late)[1]} in eight cases of ten",
    )


def _name(node: str, nodes: Mapping[str, Node]) -> tuple[str, str]:
    found = nodes.get(node)
    return (found.name_zh, found.name_en) if found is not None else (node, node)


def _span(hours: float) -> tuple[str, str]:
    return (f"{hours:.0f} 小时", f"{hours:.0f} h") if hours < 48 else (f"{hours / 24:.1f} 天", f"{hours / 24:.1f} d")
