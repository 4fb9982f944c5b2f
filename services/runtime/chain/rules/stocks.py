"""Stocks stand where goods are, in the right role, with minimum < normal < maximum."""

from collections.abc import Iterator

from schemas.chain import Stock
from services.runtime.chain.draft import Draft, Placed
from services.runtime.chain.problem import Problem, problem
from services.runtime.chain.rules.references import Trade, trade_of
from services.runtime.chain.vocabulary import Behaviour


def check_stocks(draft: Draft) -> Iterator[Problem]:
    """Order of the days, product held, role. The delivered layout may have a minimum equal to its normal."""
    trade = trade_of(draft)
    for item in draft.stocks:
        stock = item.value
        if not item.is_sound:
            continue
        is_low_right = stock.days_min < stock.days_normal or (
            draft.is_delivered and stock.days_min == stock.days_normal
        )
        if not (is_low_right and stock.days_normal < stock.days_max):
            given = f"{stock.days_min:g} / {stock.days_normal:g} / {stock.days_max:g}"
            yield problem("stock_order", item.place, "days_normal", given)
        if stock.node in trade.nodes:
            yield from _holding(item, trade)


def _holding(item: Placed[Stock], trade: Trade) -> Iterator[Problem]:
    stock = item.value
    made, used = trade.can_send(stock.node), trade.can_take(stock.node)
    if stock.product not in made | used:
        known = ", ".join(sorted(made | used)) or "–"
        yield problem("stock_not_held", item.place, "product", stock.product, node=stock.node, known=known)
        return
    wanted = "input"
    if trade.behaviour(stock.node) is not Behaviour.DEMAND and stock.product in made:
        wanted = "both" if trade.behaviour(stock.node) is Behaviour.TRANSIT else "output"
    if stock.role != wanted:
        yield problem("wrong_role", item.place, "role", stock.role, wanted=wanted)
