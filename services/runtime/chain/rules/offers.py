"""Offers of the register name products, takers and ways of the chain; coal says its grade; what has expired or must be blended is named."""

from collections.abc import Iterator

from schemas.chain import CoalQuality
from schemas.supplier_offer import SupplierOffer
from services.runtime.chain.draft import Draft, Placed
from services.runtime.chain.problem import Problem, problem
from services.runtime.chain.rules.references import Trade, trade_of, unknown_names
from services.runtime.chain.vocabulary import COALS, Behaviour

_GRADE = ("heat", "ash", "sulphur")
_NAMES = {
    "heat": ("热值（kcal/kg）", "a heat value (kcal/kg)"),
    "ash": ("灰分（%）", "ash (%)"),
    "sulphur": ("硫分（%）", "sulphur (%)"),
}


def check_offers(draft: Draft) -> Iterator[Problem]:
    """Only where offers.csv is kept."""
    trade = trade_of(draft)
    products = {node.product for node in trade.nodes.values()}
    accepted = {(q.value.node, q.value.product): q.value for q in draft.qualities if q.value.role == "consumer"}
    begins = draft.heading.valid_from.date()
    for item in draft.offers:
        offer = item.value
        yield from unknown_names(item.place, trade.nodes, products, product=offer.product)
        yield from _targets(item, trade, products)
        yield from _ways(item, trade)
        if not item.is_sound:
            continue
        if offer.valid_until <= begins:
            yield problem("offer_expired", item.place, "valid_until", offer.valid_until, valid_from=begins)
        yield from _grade(item, accepted)


def _targets(item: Placed[SupplierOffer], trade: Trade, products: set[str]) -> Iterator[Problem]:
    offer = item.value
    for target in offer.targets:
        unknown = list(unknown_names(item.place, trade.nodes, products, targets=target))
        yield from unknown
        if not unknown and offer.product in products and offer.product not in trade.can_take(target):
            known = ", ".join(sorted(trade.can_take(target))) or "–"
            yield problem("cannot_take", item.place, "targets", offer.product, node=target, known=known)


def _ways(item: Placed[SupplierOffer], trade: Trade) -> Iterator[Problem]:
    for way in item.value.via:
        unknown = list(unknown_names(item.place, trade.nodes, set(), via=way))
        yield from unknown
        if not unknown and trade.behaviour(way) is not Behaviour.TRANSIT:
            yield problem("offer_via", item.place, "via", way)


def _grade(item: Placed[SupplierOffer], accepted: dict[tuple[str, str], CoalQuality]) -> Iterator[Problem]:
    offer = item.value
    stated = {"heat": offer.heat_kcal_per_kg, "ash": offer.ash_percent, "sulphur": offer.sulphur_percent}
    missing = [name for name in _GRADE if stated[name] is None]
    if offer.product in COALS and missing:
        yield problem("offer_grade", item.place, missing[0], "", product=offer.product)
        return
    for target in offer.targets:
        quality = accepted.get((target, offer.product))
        for name in _GRADE if quality else ():
            low, high, value = getattr(quality, f"{name}_low"), getattr(quality, f"{name}_high"), stated[name]
            if value is not None and not low <= value <= high:
                zh, en = _NAMES[name]
                facts = {
                    "consumer": target,
                    "low": f"{low:g}",
                    "high": f"{high:g}",
                    "property_zh": zh,
                    "property_en": en,
                }
                yield problem("offer_quality", item.place, name, f"{value:g}", **facts)
