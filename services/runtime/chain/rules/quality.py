"""Coal fits its fire: the normal blend that reaches a consumer is inside what he accepts; a source that is not alone is named."""

from collections.abc import Iterator

from schemas.chain import CoalQuality
from services.runtime.chain.draft import Draft, Placed
from services.runtime.chain.origins import Origins
from services.runtime.chain.problem import Problem, problem
from services.runtime.chain.rules.references import Trade, trade_of
from services.runtime.chain.vocabulary import COALS, Behaviour

_PROPERTIES = (
    ("heat", "热值（kcal/kg）", "a heat value (kcal/kg)"),
    ("ash", "灰分（%）", "ash (%)"),
    ("sulphur", "硫分（%）", "sulphur (%)"),
)
_LEAST_WEIGHT = 1e-6
_EPSILON = 1e-9


class _Coal:
    """Grades of the sources, and the sources behind what arrives."""

    def __init__(self, draft: Draft, trade: Trade) -> None:
        self.source = {(q.value.node, q.value.product): q.value for q in draft.qualities if q.value.role == "source"}
        origins = Origins((item.value for item in draft.links), lambda node: trade.behaviour(node) is Behaviour.TRANSIT)
        self.arriving, self.leaving = origins.arriving, origins.leaving


def check_quality(draft: Draft) -> Iterator[Problem]:
    """Only where quality.csv is kept."""
    if not draft.qualities:
        return
    trade = trade_of(draft)
    coal = _Coal(draft, trade)
    yield from _orders(draft)
    yield from _missing(draft, trade, coal)
    for item in draft.qualities:
        if item.value.role == "consumer":
            yield from _blend(item, coal)
            yield from _alternates(item, draft, coal)


def _orders(draft: Draft) -> Iterator[Problem]:
    for item in draft.qualities:
        for name, _, _ in _PROPERTIES:
            low, high = _range(item.value, name)
            if low > high:
                yield problem("quality_order", item.place, f"{name}_low", f"{low:g} > {high:g}")


def _missing(draft: Draft, trade: Trade, coal: _Coal) -> Iterator[Problem]:
    consumers = {(q.value.node, q.value.product) for q in draft.qualities if q.value.role == "consumer"}
    for item in draft.nodes:
        node, behaviour = item.value, trade.behaviour(item.value.id)
        makes_coal = behaviour in {Behaviour.SOURCE, Behaviour.TRANSFORM} and node.product in COALS
        used = {node.product} if behaviour is Behaviour.DEMAND else trade.inputs[node.id]
        lacking = [p for p in sorted(used & set(COALS)) if (node.id, p) not in consumers]
        if makes_coal and (node.id, node.product) not in coal.source:
            lacking.append(node.product)
        for product in lacking:
            yield problem("quality_missing", item.place, "id", node.id, node=node.id, product=product)


def _range(quality: CoalQuality, name: str) -> tuple[float, float]:
    return getattr(quality, f"{name}_low"), getattr(quality, f"{name}_high")


def _typical(quality: CoalQuality, name: str) -> float:
    return sum(_range(quality, name)) / 2


def _facts(accepted: CoalQuality, name: str, zh: str, en: str) -> dict[str, str]:
    low, high = _range(accepted, name)
    return {
        "consumer": accepted.node,
        "property_zh": zh,
        "property_en": en,
        "low": f"{low:g}",
        "high": f"{high:g}",
    }


def _blend(item: Placed[CoalQuality], coal: _Coal) -> Iterator[Problem]:
    accepted = item.value
    weights = coal.arriving(accepted.node, accepted.product)
    known = {s: w for s, w in weights.items() if (s, accepted.product) in coal.source and w > _LEAST_WEIGHT}
    total = sum(known.values())
    if not total:
        return
    for name, zh, en in _PROPERTIES:
        low, high = _range(accepted, name)
        facts = _facts(accepted, name, zh, en)
        values = {source: _typical(coal.source[source, accepted.product], name) for source in known}
        blend = sum(known[source] * value for source, value in values.items()) / total
        if not low - _EPSILON <= blend <= high + _EPSILON:
            yield problem("blend_outside", item.place, f"{name}_low", f"{blend:.4g}", **facts)
            continue
        for source, value in values.items():
            if not low <= value <= high:
                given = f"{source} {value:g}"
                yield problem(
                    "blend_needed", item.place, f"{name}_low", given, source=source, blend=f"{blend:.4g}", **facts
                )


def _alternates(item: Placed[CoalQuality], draft: Draft, coal: _Coal) -> Iterator[Problem]:
    accepted = item.value
    for placed in draft.links:
        link = placed.value
        if link.share_normal > 0 or (link.target, link.product) != (accepted.node, accepted.product):
            continue
        for source in coal.leaving(link.source, link.product):
            quality = coal.source.get((source, link.product))
            for name, zh, en in _PROPERTIES if quality else ():
                low, high = _range(accepted, name)
                value = _typical(quality, name) if quality else low
                if not low <= value <= high:
                    facts = _facts(accepted, name, zh, en)
                    yield problem(
                        "dormant_quality", placed.place, "from", f"{source} {value:g}", source=source, **facts
                    )
