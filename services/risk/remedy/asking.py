"""From a live prospect to the question of a remedy: what works, flows and can be given over the next 14 days, and what lacks."""

from datetime import timedelta, timezone

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from detectors.network.course import Target
from detectors.network.uncertainty import Floats
from schemas.chain import Chain
from services.risk.blueprint import Blueprint, Place
from services.risk.foresight import DAY_H, Foresight
from services.risk.remedy.question import Lack, Question, Way
from services.runtime.clock import from_us

DAYS = 14
CHINA = timezone(timedelta(hours=8))
_STANDS_STILL = 0.05
_GIVEN_SURELY = 0.25
_OF_DAYS = 0.25
_LEAST_VALUE = 1.0
_GONE = 0.05


class Circumstances(Struct, frozen=True):
    """Means over futures and the next 14 days: the chain with capacities as they are on all but a quarter of the days (what stands still for longer
    is ``lost``), flows per day, stocks now, what must be kept of them."""

    chain: Chain
    flows: dict[Way, float]
    stocks: dict[Place, float]
    kept: dict[Place, float]
    lost: frozenset[str]


def circumstances_of(blueprint: Blueprint, foresight: Foresight) -> Circumstances:
    """What a remedy may count on. Of a stock only that is free which in three futures of four is never needed above the minimum."""
    b, living = blueprint, foresight.prospect.world.living
    factor = {node: _works(foresight, node, b) for node in b.nodes}
    sent = foresight.sent()[:, :DAYS].mean(axis=(0, 1))
    flows: dict[Way, float] = {}
    for number, link in enumerate(b.links):
        flows[(link.source, link.target, link.product)] = float(sent[number])
    lowest = np.quantile(foresight.stock()[:, : DAYS + 1].min(axis=1), _GIVEN_SURELY, axis=0)
    stocks, kept = {}, {}
    for account in b.stocks:
        now = float(foresight.prospect.world.stock.value[account])
        free = max(0.0, float(lowest[account] - living.network.minimum[account]))
        stocks[b.places[account]] = now
        kept[b.places[account]] = max(0.0, now - free)
    nodes = [replace(n, capacity=n.capacity * factor[n.id]) for n in b.chain.nodes]
    lost = frozenset(node for node, works in factor.items() if works < _STANDS_STILL)
    return Circumstances(replace(b.chain, nodes=nodes), flows, stocks, kept, lost)


def question_of(
    blueprint: Blueprint, foresight: Foresight, circumstances: Circumstances, account: int, needed: Floats
) -> Question:
    """How to bring what is ``needed`` at an account: amounts that must have come by the end of each of DAYS days."""
    c = circumstances
    return Question(
        chain=c.chain,
        now=from_us(foresight.prospect.world.as_of_us).astimezone(CHINA),
        edges_h=[DAY_H * day for day in range(DAYS + 1)],
        lacks=[_lack(blueprint, foresight, account, needed)],
        stocks=c.stocks,
        flows=c.flows,
        kept=c.kept,
        lost_nodes=c.lost,
    )


def needed_at(blueprint: Blueprint, foresight: Foresight, account: int, sure: float) -> Floats:
    """How much more must have come by the end of each day (DAYS) so that with probability ``sure`` the stock stands at its minimum and all that is
    usually drawn from it is drawn."""
    found, network = foresight.found, foresight.prospect.world.living.network
    is_used_up = network.demand[account] > 0
    missed = (
        found.unserved[:, :DAYS, account] if is_used_up else _not_drawn(blueprint, foresight, account).cumsum(axis=1)
    )
    return shortfall(found.stock[:, :DAYS, account] - missed, float(network.minimum[account]), sure)


def shortfall(stock: Floats, minimum: float, sure: float) -> Floats:
    """How far stocks (S, DAYS) fall below the minimum by each day, at the quantile ``sure`` of the futures; never less than the day before."""
    return np.maximum.accumulate(np.quantile(np.maximum(minimum - stock, 0.0), sure, axis=0))


def _not_drawn(b: Blueprint, foresight: Foresight, account: int) -> Floats:
    """What makers and links would usually draw on a day and do not because the stock is gone (S, DAYS)."""
    living = foresight.prospect.world.living
    usual = DAY_H * float(living.rest.through[account])
    stock = foresight.stock()[:, : DAYS + 1, account]
    came = foresight.arrived()[:, :DAYS, b.structure.in_links[account]].sum(axis=2)
    maker = living.maker_of.get(account)
    if maker is not None:
        came = came + np.diff(foresight.found.made[:, :DAYS, maker], axis=1, prepend=0.0)
    drawn = came - np.diff(stock, axis=1)
    return np.asarray(np.where(stock[:, 1:] < _GONE * usual, np.maximum(usual - drawn, 0.0), 0.0))


def _lack(b: Blueprint, foresight: Foresight, account: int, needed: Floats) -> Lack:
    links = b.structure.in_links[b.arrival_of.get(account, account)]
    landed = foresight.arrived()[:, :DAYS, links].sum(axis=2).mean(axis=0)
    maximum = float(foresight.prospect.world.living.network.maximum[account])
    ahead = maximum - foresight.found.stock[:, :DAYS, account].mean(axis=0)
    return Lack(
        place=b.places[account],
        amounts=np.diff(needed, prepend=0.0).tolist(),
        arriving=np.maximum(landed, 0.0).tolist(),
        value_cny=max(value_of(b, account), _LEAST_VALUE),
        room=np.maximum(ahead, 0.0).tolist() if np.isfinite(maximum) else None,
    )


def value_of(b: Blueprint, account: int) -> float:
    """CNY lost per unit that lacks at an account: of its own use, or of what it would have been made into."""
    made = [(c.output, per_unit) for c in b.converters for i, per_unit in c.inputs if i == account]
    node = b.nodes[b.places[account][0]]
    if not made:
        return node.value_cny_per_unit
    return max(b.nodes[b.places[output][0]].value_cny_per_unit / per_unit for output, per_unit in made)


def _works(foresight: Foresight, node: str, b: Blueprint) -> float:
    """Factor on what a node can do, surpassed on three days of four."""
    living = foresight.prospect.world.living
    factor = foresight.factor(Target.NODE, living.node_index[node])
    maker = living.maker_of.get(b.account[(node, b.nodes[node].product)])
    if maker is not None:
        factor = factor * foresight.factor(Target.MAKER, maker)
    return float(np.quantile(factor[:, :DAYS].mean(axis=0), _OF_DAYS))
