"""The smallest change in words 建议: how much, over which links, by when, at what cost; or how far it reaches and what holds it back."""

import math

from detectors.network.smallest_change import Load
from schemas.assessment import Hazard
from services.risk.blueprint import Blueprint
from services.risk.reasons import amount, lead_in_words
from services.risk.remedy.avoidance import Avoidance, Avoider, Bound, Way

_NAMED = 3
_BOUNDS = {
    Bound.LINK: ("线路能力", "capacity of the link"),
    Bound.NODE: ("起点能力", "capacity of the place it leaves"),
    Bound.SUPPLY: ("供方余量", "what the supplier can give"),
}
Words = tuple[str, str]


def smallest_change_in_words(avoider: Avoider, account: int, hazard: Hazard) -> Words:
    """Chinese and English; empty where nothing need or can be changed. The futures are run again for each place that is asked for, once per prospect:
    ask at yellow and above only.
    """
    found = avoider.avoid(account, hazard)
    if found is None:
        return "", ""
    if hazard is Hazard.BLOCKED:
        return _less(avoider, found)
    return _enough(avoider.blueprint, found) if found.change.is_enough else _not_enough(avoider.blueprint, found)


def _enough(b: Blueprint, found: Avoidance) -> Words:
    """Of a place under its minimum the amount brings it back, of another it keeps it from breaking."""
    change, unit = found.change, _unit(b, found.account)
    over_zh, over_en = _over(b, found)
    by_zh, by_en = lead_in_words(found.by_h)
    cost_zh, cost_en = _money(change.money)
    if found.is_broken:
        return (
            f"已低于最低库存，建议 {by_zh}内{over_zh}共多到货约 {amount(change.amount)} {unit}({cost_zh})，届时回到最低库存的概率 "
            f"{1 - change.chance:.0%}",
            f"below its minimum now; suggested: within {by_en} about {amount(change.amount)} {unit} more{over_en} ({cost_en}); then it is back at "
            f"its minimum with a probability of {1 - change.chance:.0%}",
        )
    return (
        f"建议 {by_zh}内{over_zh}共多到货约 {amount(change.amount)} {unit}({cost_zh})，14 天断供概率由 {found.before:.0%} 降到 "
        f"{change.chance:.0%}，低于黄色限值 {found.limit:.0%}",
        f"suggested: within {by_en} about {amount(change.amount)} {unit} more{over_en} ({cost_en}); the probability of a break within 14 d falls "
        f"from {found.before:.0%} to {change.chance:.0%}, below the yellow limit of {found.limit:.0%}",
    )


def _not_enough(b: Blueprint, found: Avoidance) -> Words:
    change, unit = found.change, _unit(b, found.account)
    by_zh, by_en = lead_in_words(found.by_h)
    if change.amount <= 0:
        return (
            f"现有和备用线路 {by_zh}内均无法多到货(线路中断、已满或在途时间过长)，建议查补链方案",
            f"no existing or dormant link can bring more within {by_en} (cut, full, or too long on the way); suggested: see the remedy plan",
        )
    over_zh, over_en = _over(b, found)
    later_zh, later_en = ("仍低于最低库存", "it stays below its minimum") if found.is_broken else _later(change.delay_h)
    bound_zh, bound_en = _bounds(b, found)
    left_zh, left_en = "14 天断供概率仍为 ", "the probability of a break within 14 d stays"
    if found.is_broken:
        left_zh, left_en = "届时未恢复的概率 ", "not back by then with a probability of"
    return (
        f"建议 {by_zh}内{over_zh}多到货，但最多约 {amount(change.amount)} {unit}，{later_zh}，{left_zh}{change.chance:.0%}；"
        f"受限于{bound_zh}，不足部分建议查补链方案",
        f"suggested: within {by_en} more{over_en}, yet at most about {amount(change.amount)} {unit}: {later_en}, {left_en} "
        f"{change.chance:.0%}; held back by {bound_en}; for the rest see the remedy plan",
    )


def _less(avoider: Avoider, found: Avoidance) -> Words:
    change, unit = found.change, _unit(avoider.blueprint, found.account)
    is_made = found.account in avoider.prospect.world.living.maker_of
    by_zh, by_en = lead_in_words(found.by_h)
    if not change.is_enough:
        what_zh, what_en = ("停产", "no output") if is_made else ("停止进货", "no deliveries")
        return (
            f"{by_zh}内{what_zh}仍不足以避免胀库，建议同时增加外运",
            f"even {what_en} for {by_en} does not keep it from overflowing; suggested: ship more as well",
        )
    what_zh, what_en = ("少生产", "make") if is_made else ("少进货", "take in")
    return (
        f"建议 {by_zh}内{what_zh}约 {amount(change.amount)} {unit}，14 天胀库概率由 {found.before:.0%} 降到 {change.chance:.0%}，"
        f"低于黄色限值 {found.limit:.0%}",
        f"suggested: {what_en} about {amount(change.amount)} {unit} less within {by_en}; the probability of overflowing within 14 d falls from "
        f"{found.before:.0%} to {change.chance:.0%}, below the yellow limit of {found.limit:.0%}",
    )


def _over(b: Blueprint, found: Avoidance) -> Words:
    """The links, largest load first."""
    loads = sorted(found.change.loads, key=lambda load: -load.amount)[:_NAMED]
    zh = "、".join(_load(b, found.ways[k.link], k)[0] for k in loads)
    en = ", ".join(_load(b, found.ways[k.link], k)[1] for k in loads)
    return f"经{zh}", f" by way of {en}"


def _load(b: Blueprint, way: Way, load: Load) -> Words:
    node, sent = b.nodes[way.source], amount(load.amount / way.worth)
    asleep = ("备用 ", "dormant, ") if way.is_dormant else ("", "")
    contact = f" {way.contact}" if way.contact else ""
    return f"{node.name_zh}({asleep[0]}{sent}{contact})", f"{node.name_en} ({asleep[1]}{sent})"


def _bounds(b: Blueprint, found: Avoidance) -> Words:
    """What binds, of the links with the most room."""
    binding = sorted((found.ways[n] for n in found.change.binding), key=lambda w: -w.room)[:_NAMED]
    zh = "、".join(f"{b.nodes[w.source].name_zh}({_BOUNDS[w.bound][0]})" for w in binding)
    en = ", ".join(f"{b.nodes[w.source].name_en} ({_BOUNDS[w.bound][1]})" for w in binding)
    return zh, en


def _later(hours: float) -> Words:
    if math.isinf(hours):
        return "断供推迟到 14 天以后(中位)", "the break moves beyond 14 d (median)"
    if hours < 1:
        return "断供几乎不推迟", "the break comes hardly later"
    zh, en = lead_in_words(hours)
    return f"断供推迟 {zh}(中位)", f"the break comes {en} later (median)"


def _money(cny: float) -> Words:
    return f"约 {amount(cny / 1e4)} 万元", f"about CNY {amount(cny)}"


def _unit(b: Blueprint, account: int) -> str:
    limits = b.stocks.get(account)
    return limits.unit if limits else ""
