"""The proven plan 补链方案 of one place in rows and words: what to bring, what it does to the chance of a break, who else suffers, what load goes."""

from msgspec import Struct

from services.risk.analysis.remedy_advice import Move, move_of
from services.risk.analysis.words import unit
from services.risk.blueprint import Blueprint
from services.risk.foresight import DAY_H
from services.risk.remedy.avoidance import Avoider
from services.risk.remedy.relief import Outcome, Relief, relief_of
from services.runtime.chain.vocabulary import PRODUCT_ZH

_BOUNDS_TOLD = 3


class Giver(Struct, frozen=True, kw_only=True):
    """Who gives from stock, and the hours of own use given away (None where nothing of it is used in normal times)."""

    node: str
    name_zh: str
    name_en: str
    amount: float
    hours_of_cover: float | None


class Sufferer(Struct, frozen=True, kw_only=True):
    """A place whose probability of a break within 14 days rises with the plan."""

    node: str
    name_zh: str
    name_en: str
    product: str
    before: float
    after: float


class Hindrance(Struct, frozen=True, kw_only=True):
    """What holds the plan back: the kind of limit (``spare``, ``shared``, ``blend`` …) and what it is of."""

    bound: str
    of_zh: str
    of_en: str


class Plan(Struct, frozen=True, kw_only=True):
    """The plan for a place, tried on the futures that warned. Probabilities are those of a break within 14 days: as it stands, with what is
    brought, with the load reduction too; below ``limit`` is enough. ``lacking``, ``brought`` and ``reduction`` are amounts by day in ``unit``,
    planned to be enough with the probability ``sure``; ``use`` is what the place takes in a usual day."""

    node: str
    name_zh: str
    name_en: str
    product: str
    unit: str
    use: float
    limit: float
    sure: float
    before: Outcome
    with_plan: Outcome
    with_reduction: Outcome
    is_needed: bool
    is_enough: bool
    lacking: list[float]
    brought: list[float]
    moves: list[Move]
    cost_cny: float
    givers: list[Giver]
    sufferers: list[Sufferer]
    reduction: list[float]
    reduction_loss_cny: float
    hindrances: list[Hindrance]
    text_zh: str
    text_en: str


def plan_of(avoider: Avoider, account: int) -> Plan:
    """Plan for a place and prove it. Raises ValueError for a place that keeps no stock with a minimum."""
    b, relief = avoider.blueprint, relief_of(avoider, account)
    zh, en = _words(b, relief)
    node = b.nodes[relief.place[0]]
    return Plan(
        node=node.id,
        name_zh=node.name_zh,
        name_en=node.name_en,
        product=relief.place[1],
        unit=b.stocks[account].unit,
        use=DAY_H * float(avoider.prospect.world.living.rest.through[account]),
        limit=relief.limit,
        sure=relief.sure,
        before=relief.before,
        with_plan=relief.with_plan,
        with_reduction=relief.with_reduction,
        is_needed=relief.is_needed,
        is_enough=relief.is_enough,
        lacking=relief.lacking,
        brought=relief.brought(),
        moves=[move_of(b, m) for m in relief.proposal.measures],
        cost_cny=relief.proposal.cost_cny,
        givers=_givers(b, relief),
        sufferers=_sufferers(b, relief),
        reduction=relief.reduction,
        reduction_loss_cny=sum(r.loss_cny for r in relief.proposal.reductions),
        hindrances=_hindrances(b, relief),
        text_zh=zh,
        text_en=en,
    )


def _givers(b: Blueprint, relief: Relief) -> list[Giver]:
    return [
        Giver(
            node=s.place[0],
            name_zh=b.nodes[s.place[0]].name_zh,
            name_en=b.nodes[s.place[0]].name_en,
            amount=s.amount,
            hours_of_cover=s.hours_of_cover,
        )
        for s in relief.proposal.sufferers
    ]


def _sufferers(b: Blueprint, relief: Relief) -> list[Sufferer]:
    return [
        Sufferer(
            node=h.place[0],
            name_zh=b.nodes[h.place[0]].name_zh,
            name_en=b.nodes[h.place[0]].name_en,
            product=h.place[1],
            before=h.before,
            after=h.after,
        )
        for h in relief.harmed
    ]


def _hindrances(b: Blueprint, relief: Relief) -> list[Hindrance]:
    found = []
    for hindrance in relief.proposal.hindrances[:_BOUNDS_TOLD]:
        words = hindrance.of.split()
        zh = " ".join(b.nodes[w].name_zh if w in b.nodes else w for w in words)
        en = " ".join(b.nodes[w].name_en if w in b.nodes else w for w in words)
        found.append(Hindrance(bound=hindrance.bound.value, of_zh=zh, of_en=en))
    return found


def _words(b: Blueprint, relief: Relief) -> tuple[str, str]:
    node = b.nodes[relief.place[0]]
    zh = f"{node.name_zh} {PRODUCT_ZH.get(relief.place[1], relief.place[1])}"
    en = f"{node.name_en} {relief.place[1].replace('_', ' ')}"
    before, brought, reduced = (x.chance for x in (relief.before, relief.with_plan, relief.with_reduction))
    if not relief.is_needed:
        return (
            f"{zh}：14 天内不缺，断供概率 {before:.0%}",
            f"{en}: nothing lacks within 14 d, probability of a break {before:.0%}",
        )
    amount, of = sum(relief.brought()), unit(b.stocks[b.account[relief.place]].unit)
    what_zh = f"到货 {amount:,.0f} {of} 后 {brought:.0%}" if relief.proposal.measures else "无替代"
    what_en = (
        f"{brought:.0%} with {amount:,.0f} {of} brought" if relief.proposal.measures else "no alternative can bring any"
    )
    cut = max(relief.reduction)
    more_zh, more_en = (
        (f"，再压减 {cut:,.0f} {of}/d 后 {reduced:.0%}", f", {reduced:.0%} with load reduced by {cut:,.0f} {of}/d")
        if cut > 0
        else ("", "")
    )
    return (
        f"{zh}：建议，14 天断供概率 {before:.0%}，{what_zh}{more_zh}",
        f"{en}: suggested; probability of a break within 14 d {before:.0%}, {what_en}{more_en}",
    )
