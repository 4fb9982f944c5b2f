"""Shares of a receiver's need sum to one; a dormant alternate says what it takes to wake it."""

from collections import defaultdict
from collections.abc import Iterator

from schemas.chain import Link
from services.runtime.chain.draft import Draft, Placed
from services.runtime.chain.problem import Problem, problem
from services.runtime.chain.rules.references import trade_of
from services.runtime.chain.vocabulary import Behaviour

SHARE_TOLERANCE = 0.005
_DORMANT_WANTS = (("lead_time_h", "lead_time_h"), ("cost_cny_per_unit", "cost_cny_per_unit"), ("contact", "contact"))


def check_shares(draft: Draft) -> Iterator[Problem]:
    """Normal shares per (receiver, product) sum to 1±0.005; a need has at least one normal link."""
    trade = trade_of(draft)
    groups: dict[tuple[str, str], list[Placed[Link]]] = defaultdict(list)
    for item in draft.links:
        groups[item.value.target, item.value.product].append(item)
    for (target, product), items in groups.items():
        if target not in trade.nodes or not all(item.is_sound for item in items):
            continue
        total = sum(item.value.share_normal for item in items)
        is_need = product in trade.inputs[target] or trade.behaviour(target) is Behaviour.DEMAND
        if total == 0 and is_need:
            yield problem("dormant_only", items[0].place, "share_normal", 0, to=target, product=product)
        elif total > 0 and abs(total - 1) > SHARE_TOLERANCE:
            lines = ", ".join(str(item.place.line) for item in items if item.value.share_normal > 0)
            yield problem(
                "share_sum", items[-1].place, "share_normal", f"{total:.4g}", to=target, product=product, lines=lines
            )


def check_dormant(draft: Draft) -> Iterator[Problem]:
    """A link with share 0 has capacity, lead time, cost, contact and an end of validity after the chain's own beginning."""
    begins = draft.heading.valid_from.date()
    for item in draft.links:
        link = item.value
        if link.share_normal > 0 or not item.is_sound:
            continue
        if link.capacity <= 0:
            yield problem("dormant_incomplete", item.place, "capacity", link.capacity, wanted="capacity > 0")
        for attribute, column in _DORMANT_WANTS:
            if not getattr(link, attribute):
                yield problem("dormant_incomplete", item.place, column, getattr(link, attribute), wanted=column)
        if link.valid_until is None:
            yield problem("dormant_incomplete", item.place, "valid_until", "", wanted="valid_until")
        elif link.valid_until <= begins:
            yield problem("dormant_expired", item.place, "valid_until", link.valid_until, valid_from=begins)
