"""Orders, followed from the users up to the sources."""

import numpy as np

from detectors.network.kernel.memory import give, watch
from detectors.network.kernel.plan import (
    ASKED_ROW,
    AT_ONCE,
    CLAIM_FIRST,
    CLAIM_LINK,
    CLAIM_OF_LINK,
    CLAIM_OF_USE,
    COMING,
    COMING_AT_REST,
    DEMAND,
    DUE_IN,
    EXPECTED,
    FLOOR,
    FREE_ORDER,
    HAS_STOCK,
    HIGHEST,
    IN_FIRST,
    INPUT_ACCOUNT,
    INPUT_CLAIM,
    INPUT_LOSS,
    INPUT_PER_UNIT,
    LANES,
    LEAD_ROW,
    LIMIT,
    MADE_SHARE,
    MAKE,
    MAKER,
    NODE,
    NODE_IS_LIMITED,
    NODE_IS_SHARED,
    NODE_LEFT,
    NODE_RATE,
    ORDER,
    OWN_RATE,
    STOCK,
    TARGET,
    THROUGH,
    WAITING,
    WISH,
    Events,
    Floats,
    Frame,
    Plan,
    Ways,
    inlined,
    part,
    straight,
)
from detectors.network.kernel.rows import add, add_at, clear, clear_at, factors, set_times_at, whole
from detectors.network.kernel.shares import ask_links, ask_trusted

CALM = float(np.e)
"""A surplus is worked off over so many times the way of what is ordered: quicker, and orders would swing (the delayed loop x' = -p x(t - L) is
without overshoot for p L up to 1/e; Hayes 1950, Sterman 1989 on orders that forget what is under way)."""


@inlined
def is_free(p: Plan, e: Events, a: int) -> bool:
    """True when the node of an account hands on whatever is asked: it has no limit and nothing happens to it."""
    node = p.account_index[a, NODE]
    return not p.node_index[node, NODE_IS_LIMITED] and e.of_node[node] == len(e.at) - 1


@straight
def limit(here: Floats, factor: Floats, capacity: float) -> None:
    for s in range(whole(factor)):
        here[LIMIT + s] = capacity * factor[s]


@straight
def close_or_open(here: Floats, factor: Floats) -> None:
    for s in range(whole(factor)):
        here[LIMIT + s] = 1e300 if factor[s] > 0.0 else 0.0


@straight
def share_node(here: Floats, node: Floats, links: Floats, dt: float) -> None:
    for s in range(whole(links)):
        rate = links[s] / dt
        both = max(0.0, node[NODE_RATE + s] - here[OWN_RATE + s]) + rate
        here[LIMIT + s] *= rate / both if both > 0.0 else 1.0
        here[OWN_RATE + s] = rate


@inlined
def limit_node(p: Plan, f: Frame, a: int, factor: Floats, dt: float) -> None:
    """What the node can hand on of this account: its capacity, shared with its other accounts as they asked a step ago."""
    node, here = p.account_index[a, NODE], f.account[a]
    if not p.node_index[node, NODE_IS_LIMITED]:
        close_or_open(here, factor)
        return
    limit(here, factor, p.node_capacity[node] * dt)
    if p.node_index[node, NODE_IS_SHARED]:
        share_node(here, f.node[node], f.row[0], dt)


@straight
def wish_at_most(here: Floats, links: Floats) -> None:
    for s in range(whole(links)):
        here[WISH + s] += min(links[s], here[LIMIT + s])


@straight
def set_times(into: Floats, amount: float, factor: Floats) -> None:
    for s in range(whole(factor)):
        into[s] = amount * factor[s]


@inlined
def wishes(p: Plan, f: Frame, e: Events, a: int, k: int, dt: float, s0: int) -> None:
    """All that is asked of an account, cut to what its node can hand on."""
    here, use, links = f.account[a], p.account_index[a, CLAIM_OF_USE], f.row[0]
    if use >= 0:
        set_times(f.claim[use], p.account_number[a, DEMAND] * dt, factors(e, e.of_use[a], k, s0))
    clear(links)
    clear_at(here, WISH)
    for q in range(p.account_index[a, CLAIM_FIRST], p.account_index[a + 1, CLAIM_FIRST]):
        if p.claim_index[q, CLAIM_LINK] >= 0:
            add(links, f.claim[q])
        else:
            add_at(here, WISH, f.claim[q])
    if is_free(p, e, a):
        add_at(here, WISH, links)
    else:
        limit_node(p, f, a, factors(e, e.of_node[p.account_index[a, NODE]], k, s0), dt)
        wish_at_most(here, links)


@straight
def restock_order(
    here: Floats, dt: float, restock: float, floor: float, most: float, through: float, aim: float
) -> None:
    for s in range(LANES):
        expected = here[EXPECTED + s]
        wanted = expected * dt + (aim - here[STOCK + s] - here[COMING + s]) * restock
        here[FREE_ORDER + s] = max(0.0, min(max(wanted, floor * expected), most * max(through, expected)))


@straight
def hand_on_order(here: Floats, part: float) -> None:
    for s in range(LANES):
        here[FREE_ORDER + s] = max(0.0, here[WISH + s] - part * (here[STOCK + s] + here[WAITING + s]))


@straight
def fit_order(here: Floats, is_open: Floats, part: float) -> None:
    for s in range(whole(is_open)):
        room = here[HIGHEST + s] - here[STOCK + s] + here[WISH + s] - part * here[WAITING + s]
        here[ORDER + s] = max(0.0, min(here[FREE_ORDER + s], room)) if is_open[s] > 0.0 else 0.0


@inlined
def amount(p: Plan, f: Frame, ways: Ways, a: int, dt: float, restock: float, is_open: Floats) -> None:
    """What an account orders in all: what leaves it and a part of what its stock lacks. A place without stock asks for what is asked of it, less
    what lies there too much, a little at each step: what it cancels now is missing only when it would have come."""
    here = f.account[a]
    if p.account_index[a, HAS_STOCK]:
        floor, through = p.account_number[a, FLOOR] * dt, p.account_number[a, THROUGH]
        aim, most = p.account_number[a, TARGET] + p.account_number[a, COMING_AT_REST], ways.catch_up * dt
        restock_order(here, dt, restock, floor, most, through, aim)
        fit_order(here, is_open, 1.0)
    else:
        through, coming = p.account_number[a, THROUGH], p.account_number[a, COMING_AT_REST]
        part = dt / (dt + CALM * coming / through) if through > 0.0 else 1.0
        hand_on_order(here, part)
        fit_order(here, is_open, part)


@straight
def plan_output(maker: Floats, here: Floats, share: float, capacity: float, own: Floats, place: Floats) -> None:
    for s in range(whole(own)):
        maker[MAKE + s] = min(share * here[ORDER + s], capacity * own[s] * place[s])


@inlined
def ask_maker(p: Plan, f: Frame, e: Events, ways: Ways, a: int, k: int, dt: float, s0: int) -> None:
    """The maker's part of an order, and what it wants of its inputs."""
    c = p.account_index[a, MAKER]
    maker = f.maker[c]
    own, place = (
        factors(e, e.of_maker[c], k, s0),
        factors(e, e.of_node[p.account_index[a, NODE]], k, s0),
    )
    plan_output(maker, f.account[a], p.account_number[a, MADE_SHARE], p.maker_capacity[c] * dt, own, place)
    begin, end = p.input_first[c], p.input_first[c + 1]
    for i in range(begin, end):
        of = p.input_index[i, INPUT_ACCOUNT]
        if p.account_index[of, HAS_STOCK] and p.input_number[i, INPUT_LOSS] < 0.0:
            hold_back(p, f, ways, maker, of, k, p.input_number[i, INPUT_PER_UNIT])
    for i in range(begin, end):
        set_times_at(f.claim[p.input_index[i, INPUT_CLAIM]], p.input_number[i, INPUT_PER_UNIT], maker, MAKE)


@straight
def make_able(maker: Floats, there: Floats, per_unit: float, lanes: Floats) -> int:
    cuts = 0
    for s in range(whole(lanes)):
        able = (there[STOCK + s] + there[DUE_IN + s]) / per_unit
        cuts += 1 if able < maker[MAKE + s] else 0
        maker[MAKE + s] = min(maker[MAKE + s], able)
    return cuts


@straight
def throttle(maker: Floats, there: Floats, enough: float, lanes: Floats) -> int:
    cuts = 0
    for s in range(whole(lanes)):
        cuts += 1 if there[STOCK + s] < enough else 0
        maker[MAKE + s] *= min(1.0, there[STOCK + s] / enough)
    return cuts


@inlined
def hold_back(p: Plan, f: Frame, ways: Ways, maker: Floats, of: int, k: int, per_unit: float) -> None:
    """Cut the wish of a maker to what an input has, and in the mode that throttles further as its stock falls below psi of its target."""
    there, cuts = f.account[of], 0
    if not is_quick(p, of, k):
        cuts += make_able(maker, there, per_unit, f.row[0])
    if ways.psi > 0.0:
        cuts += throttle(maker, there, ways.psi * p.account_number[of, TARGET], f.row[0])
    if cuts > 0:
        f.is_tight[of] = 1


@inlined
def is_quick(p: Plan, a: int, k: int) -> bool:
    """True when something sent in this step may still arrive in it."""
    quick = bool(p.account_index[a, MAKER] >= 0)
    for link in range(p.account_index[a, IN_FIRST], p.account_index[a + 1, IN_FIRST]):
        quick = quick or p.arrival_share[k, p.link_index[link, LEAD_ROW], AT_ONCE] > 0.0
    return quick


@part
def order(p: Plan, f: Frame, e: Events, ways: Ways, k: int, dt: float, s0: int) -> None:
    """Follow the wishes from the users up to the sources; where a loop was opened, a link is asked what it was asked a step ago."""
    lanes = f.row.shape[1]
    give(p, f, e, ASKED_ROW, k, s0)
    watch(p, f, ways)
    for j in range(len(p.late_link)):
        claim, rate = f.claim[p.link_index[p.late_link[j], CLAIM_OF_LINK]], f.late_rate[j]
        for s in range(lanes):
            claim[s] = rate[s] * dt
    restock, reroute = 1.0 - np.exp(-ways.restock * dt), 1.0 - np.exp(-ways.reroute * dt)
    for back in range(p.accounts):
        a = p.accounts - 1 - back
        wishes(p, f, e, a, k, dt, s0)
        amount(p, f, ways, a, dt, restock, factors(e, e.of_node[p.account_index[a, NODE]], k, s0))
        if p.account_index[a, MAKER] >= 0:
            ask_maker(p, f, e, ways, a, k, dt, s0)
        if ways.is_adaptive:
            ask_trusted(p, f, e, ways, a, k, dt, reroute, s0)
        else:
            ask_links(p, f, e, a, k, dt, s0)
    if len(p.late_link) > 0:
        give(p, f, e, ASKED_ROW, k, s0)
    for j in range(len(p.late_link)):
        claim, rate = f.claim[p.link_index[p.late_link[j], CLAIM_OF_LINK]], f.late_rate[j]
        for s in range(lanes):
            rate[s] = claim[s] / dt
    open_nodes(p, f, e, k, dt, s0)


@part
def open_nodes(p: Plan, f: Frame, e: Events, k: int, dt: float, s0: int) -> None:
    """Sum what was asked of limited nodes with several accounts, and set what each may hand on in this step."""
    lanes = f.row.shape[1]
    for n in range(p.nodes):
        if p.node_index[n, NODE_IS_SHARED] and p.node_index[n, NODE_IS_LIMITED]:
            node, factor, capacity = f.node[n], factors(e, e.of_node[n], k, s0), p.node_capacity[n] * dt
            for s in range(lanes):
                node[NODE_LEFT + s] = capacity * factor[s]
                node[NODE_RATE + s] = 0.0
    for a in range(p.accounts):
        n = p.account_index[a, NODE]
        if p.node_index[n, NODE_IS_SHARED] and p.node_index[n, NODE_IS_LIMITED]:
            node, here = f.node[n], f.account[a]
            for s in range(lanes):
                node[NODE_RATE + s] += here[OWN_RATE + s]
