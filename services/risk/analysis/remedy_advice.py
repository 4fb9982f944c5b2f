"""A remedy 补链 in words and rows: what to bring from where, by when, and what load remains to be reduced. 建议, never 指令."""

from collections.abc import Sequence

from msgspec import Struct, structs

from detectors.network.course import Target
from services.risk.analysis.lacks import questions_of
from services.risk.analysis.part import link_part, node_part
from services.risk.analysis.scene import Scene
from services.risk.analysis.words import unit
from services.risk.blueprint import Blueprint
from services.risk.reasons import amount, lead_in_words
from services.risk.remedy import Proposal, Question, propose
from services.risk.remedy.candidates import Kind
from services.risk.remedy.proposal import Measure
from services.runtime.chain.vocabulary import PRODUCT_ZH

NONE_NEEDED = "none_needed"
COVERED = "covered"
PARTLY = "partly"
WITHOUT = "without_alternative"
_TOLD = 3
_CLOSED = 0.05


class Move(Struct, frozen=True, kw_only=True):
    """Bring ``total`` in all, at most ``most_per_day``, of a product to a node from a source; the first arrives after ``lead_h``."""

    source: str
    source_zh: str
    to: str
    to_zh: str
    product: str
    how: str
    most_per_day: float
    total: float
    unit: str
    lead_h: float
    cost_cny: float
    contact: str
    is_dormant: bool = False


class Advice(Struct, frozen=True, kw_only=True):
    """``state``: nothing needed, covered, partly covered, or 无替代. ``open_cny`` is the loss that remains, ``cost_cny`` what the moves cost."""

    state: str
    text_zh: str
    text_en: str
    moves: list[Move] = []
    cost_cny: float = 0.0
    open_cny: float = 0.0
    reduce: list[str] = []


def advise(blueprint: Blueprint, questions: Sequence[Question]) -> Advice:
    """The advice for questions that are ever wider: the first that can be covered counts, else the widest. Raises ValueError for one without
    sense."""
    if not questions:
        return Advice(
            state=NONE_NEEDED, text_zh="30 天内库存可支撑，无需补链", text_en="stocks last 30 d; no remedy needed"
        )
    for question in questions:
        found = propose(question)
        if found.is_covered:
            break
    moves = sorted((move_of(blueprint, m) for m in found.measures), key=lambda m: -m.total)
    reduce = [r.place[0] for r in found.reductions]
    zh, en = _words(blueprint, found, moves)
    state = COVERED if found.is_covered else PARTLY if moves else WITHOUT
    return Advice(
        state=state,
        text_zh=zh,
        text_en=en,
        moves=moves,
        cost_cny=round(found.cost_cny, -3),
        open_cny=round(found.loss_cny, -3),
        reduce=reduce,
    )


def move_of(b: Blueprint, measure: Measure) -> Move:
    """A measure as a row."""
    way = measure.way
    offers = {o.id: o for o in b.chain.offers}
    links = {(k.source, k.target, k.product): k for k in b.links}
    link = links.get((way.source, *way.place))
    is_offer = way.kind is Kind.REGISTER
    end = b.nodes[way.place[0]]
    own = end.unit if way.place[1] == end.product or link is None else link.unit
    return Move(
        source=way.source,
        source_zh=offers[way.source].enterprise if is_offer else b.nodes[way.source].name_zh,
        to=way.place[0],
        to_zh=end.name_zh,
        product=way.place[1],
        how=way.kind.value,
        most_per_day=round(measure.most_per_day, 1),
        total=round(sum(measure.amounts), 1),
        unit=(offers[way.source].unit if is_offer else own).removesuffix("/d"),
        lead_h=way.lead_h,
        cost_cny=round(measure.cost_cny, -3),
        contact=offers[way.source].contact if is_offer else (link.contact if link else ""),
        is_dormant=way.is_dormant,
    )


_HOW_ZH = {"register": "配套企业", "output": "增供", "stock": "调库存"}


def _words(b: Blueprint, found: Proposal, moves: list[Move]) -> tuple[str, str]:
    told_zh, told_en = [], []
    for move in moves[:_TOLD]:
        lead_zh, lead_en = lead_in_words(move.lead_h)
        product = PRODUCT_ZH.get(move.product, move.product)
        told_zh.append(
            f"{_HOW_ZH[move.how]} {move.source_zh} → {move.to_zh} {product} 至多 {amount(move.most_per_day)} {unit(move.unit)}/d（{lead_zh}到）"
        )
        told_en.append(
            f"{move.source} → {move.to} {move.product.replace('_', ' ')} up to {amount(move.most_per_day)} {move.unit}/d (in {lead_en})"
        )
    rest_zh, rest_en = _rest(b, found)
    if not told_zh:
        return (
            f"无替代；建议按最小损失压减负荷：{rest_zh}",
            f"no alternative; suggested: reduce load at least loss: {rest_en}",
        )
    more = len(moves) - _TOLD
    tail_zh, tail_en = (f"等 {len(moves)} 项", f" and {more} more") if more > 0 else ("", "")
    text_zh = "建议：" + "；".join(told_zh) + tail_zh
    text_en = "suggested: " + "; ".join(told_en) + tail_en
    if found.is_covered:
        return text_zh, text_en
    return f"{text_zh}；仍有缺口：{rest_zh}", f"{text_en}; still open: {rest_en}"


def _rest(b: Blueprint, found: Proposal) -> tuple[str, str]:
    """Who has to reduce load, those without any alternative first."""
    worst = sorted(found.reductions, key=lambda r: (not r.is_without_alternative, -r.loss_cny))[:_TOLD]
    zh = [b.nodes[r.place[0]].name_zh + ("（无替代）" if r.is_without_alternative else "") for r in worst]
    en = [b.nodes[r.place[0]].name_en + (" (no alternative)" if r.is_without_alternative else "") for r in worst]
    more_zh = f"等 {len(found.reductions)} 处" if len(found.reductions) > _TOLD else ""
    more_en = f" and {len(found.reductions) - _TOLD} more" if len(found.reductions) > _TOLD else ""
    return "、".join(zh) + more_zh, ", ".join(en) + more_en


def advice_for(scene: Scene, node: str) -> Advice:
    """Advice for what a node will lack by what is disturbed now, against a world in which nothing is. Raises KeyError for an unknown node."""
    b, world = scene.blueprint, scene.world
    told = range(len(world.disturbed))
    quiet, found = scene.each(scene.futures(world), [[], list(told)])
    gone = [link_part(b, d.index) if d.target is Target.LINK else node_part(b, d.node) for d in world.disturbed]
    closed = {d.node for d in world.disturbed if d.factor <= _CLOSED and d.target is Target.NODE}
    here = b.nodes[node].id
    questions = [
        structs.replace(q, lacks=[lack for lack in q.lacks if lack.place[0] == here])
        for q in questions_of(b, world, quiet, found, gone, closed)
    ]
    return advise(b, [q for q in questions if q.lacks][:1])
