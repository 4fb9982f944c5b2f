"""Orders, followed from the users up to the sources."""

import numpy as np

from detectors.network.kernel.plan import (
    ASKED_ROW,
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
    GOAL,
    HAS_STOCK,
    HIGHEST,
    IN_FIRST,
    IN_LINK,
    INPUT_ACCOUNT,
    INPUT_CLAIM,
    INPUT_LOSS,
    INPUT_PER_UNIT,
    LANES,
    LEAD_ROW,
    LIMIT,
    LINK_CAPACITY,
    LINK_GAIN,
    LINK_WEIGHT,
    MADE_SHARE,
    MAKE,
    MAKER,
    MINIMUM,
    NODE,
    NODE_IS_LIMITED,
    NODE_IS_SHARED,
    NODE_LEFT,
    NODE_RATE,
    ORDER,
    OWN_RATE,
    STOCK,
    TARGET,
    THIN_H,
    THROUGH,
    TRUST,
    WAITING,
    WEIGHT,
    WISH,
    Events,
    Floats,
    Frame,
    Plan,
    Ways,
    inlined,
    part,
)
from detectors.network.kernel.memory import give
from detectors.network.kernel.rows import add, add_times, clear

_TRUST_H = 36.0
_LEAST_TRUST = 0.05
_THIN = 0.5


@part
def limit_node(p: Plan, f: Frame, a: int, links: Floats, factor: Floats, dt: float) -> None:
    """What the node can hand on of this account: its capacity, shared with its other accounts as they asked a step ago."""
    lanes = f.row.shape[1]
    node, limit = p.account_index[NODE, a], f.account[LIMIT, a]
    if not p.node_index[NODE_IS_LIMITED, node]:
        for s in range(lanes):
            limit[s] = 1e300 if factor[s] > 0.0 else 0.0
        return
    capacity, own, whole = p.node_capacity[node] * dt, f.account[OWN_RATE, a], f.node[NODE_RATE, node]
    for s in range(lanes):
        limit[s] = capacity * factor[s]
    if p.node_index[NODE_IS_SHARED, node]:
        for s in range(lanes):
            rate = links[s] / dt
            both = max(0.0, whole[s] - own[s]) + rate
            limit[s] *= rate / both if both > 0.0 else 1.0
        for s in range(lanes):
            own[s] = links[s] / dt


@inlined
def wishes(p: Plan, f: Frame, e: Events, a: int, k: int, dt: float, s0: int) -> None:
    """All that is asked of an account, cut to what its node can hand on."""
    lanes = f.row.shape[1]
    links, wish, limit = f.row[0], f.account[WISH, a], f.account[LIMIT, a]
    use = p.account_index[CLAIM_OF_USE, a]
    if use >= 0:
        asked, need, factor = f.claim[use], p.account_number[DEMAND, a] * dt, e.factors[e.of_use[a], k, s0 : s0 + LANES]
        for s in range(lanes):
            asked[s] = need * factor[s]
    clear(links)
    clear(wish)
    for q in range(p.account_index[CLAIM_FIRST, a], p.account_index[CLAIM_FIRST, a + 1]):
        add(links if p.claim_index[CLAIM_LINK, q] >= 0 else wish, f.claim[q])
    limit_node(p, f, a, links, e.factors[e.of_node[p.account_index[NODE, a]], k, s0 : s0 + LANES], dt)
    for s in range(lanes):
        wish[s] += min(links[s], limit[s])


@inlined
def amount(p: Plan, f: Frame, ways: Ways, a: int, dt: float, is_open: Floats) -> None:
    """What an account orders in all: what leaves it and a part of what its stock lacks; a place without stock asks for what is asked of it."""
    lanes = f.row.shape[1]
    free, stock, wish, waiting, order = (
        f.account[FREE_ORDER, a],
        f.account[STOCK, a],
        f.account[WISH, a],
        f.account[WAITING, a],
        f.account[ORDER, a],
    )
    if p.account_index[HAS_STOCK, a]:
        restock, floor, through = (
            1.0 - np.exp(-ways.restock * dt),
            p.account_number[FLOOR, a] * dt,
            p.account_number[THROUGH, a],
        )
        aim, most, expected, coming = (
            p.account_number[TARGET, a] + p.account_number[COMING_AT_REST, a],
            ways.catch_up * dt,
            f.account[EXPECTED, a],
            f.account[COMING, a],
        )
        for s in range(lanes):
            wanted = expected[s] * dt + (aim - stock[s] - coming[s]) * restock
            free[s] = max(0.0, min(max(wanted, floor * expected[s]), most * max(through, expected[s])))
    else:
        for s in range(lanes):
            free[s] = max(0.0, wish[s] - stock[s] - waiting[s])
    highest = f.account[HIGHEST, a]
    for s in range(lanes):
        order[s] = highest[s] - stock[s] + wish[s] - waiting[s]
    for s in range(lanes):
        order[s] = max(0.0, min(free[s], order[s])) if is_open[s] > 0.0 else 0.0


@inlined
def ask_maker(p: Plan, f: Frame, e: Events, ways: Ways, a: int, k: int, dt: float, s0: int) -> None:
    """The maker's part of an order, and what it wants of its inputs."""
    lanes = f.row.shape[1]
    c = p.account_index[MAKER, a]
    share, capacity, make, order = (
        p.account_number[MADE_SHARE, a],
        p.maker_capacity[c] * dt,
        f.maker[MAKE, c],
        f.account[ORDER, a],
    )
    own, place = (
        e.factors[e.of_maker[c], k, s0 : s0 + LANES],
        e.factors[e.of_node[p.account_index[NODE, a]], k, s0 : s0 + LANES],
    )
    for s in range(lanes):
        make[s] = min(share * order[s], capacity * own[s] * place[s])
    begin, end = p.input_first[c], p.input_first[c + 1]
    for i in range(begin, end):
        of = p.input_index[INPUT_ACCOUNT, i]
        if p.account_index[HAS_STOCK, of] and p.input_number[INPUT_LOSS, i] < 0.0:
            hold_back(p, f, ways, make, of, k, p.input_number[INPUT_PER_UNIT, i])
    for i in range(begin, end):
        claim, per_unit = f.claim[p.input_index[INPUT_CLAIM, i]], p.input_number[INPUT_PER_UNIT, i]
        for s in range(lanes):
            claim[s] = per_unit * make[s]


@part
def hold_back(p: Plan, f: Frame, ways: Ways, make: Floats, of: int, k: int, per_unit: float) -> None:
    """Cut the wish of a maker to what an input has, and in the mode that throttles further as its stock falls below psi of its target."""
    lanes = f.row.shape[1]
    stock, due = f.account[STOCK, of], f.account[DUE_IN, of]
    enough, cuts = ways.psi * p.account_number[TARGET, of], 0
    if not is_quick(p, of, k):
        for s in range(lanes):
            able = (stock[s] + due[s]) / per_unit
            cuts += 1 if able < make[s] else 0
            make[s] = min(make[s], able)
    if ways.psi > 0.0:
        for s in range(lanes):
            cuts += 1 if stock[s] < enough else 0
            make[s] *= min(1.0, stock[s] / enough)
    if cuts > 0:
        f.is_tight[of] = 1


@inlined
def is_quick(p: Plan, a: int, k: int) -> bool:
    """True when something sent in this step may still arrive in it."""
    quick = bool(p.account_index[MAKER, a] >= 0)
    for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
        quick = quick or p.arrival_part[p.link_index[LEAD_ROW, p.link_index[IN_LINK, at]], k] > 0.0
    return quick


@inlined
def ask_links(p: Plan, f: Frame, e: Events, a: int, k: int, dt: float, s0: int) -> None:
    """Orders split by the normal shares."""
    lanes = f.row.shape[1]
    order = f.account[ORDER, a]
    for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
        link = p.link_index[IN_LINK, at]
        claim, factor = f.claim[p.link_index[CLAIM_OF_LINK, link]], e.factors[e.of_link[link], k, s0 : s0 + LANES]
        share, capacity = (
            p.link_number[LINK_WEIGHT, link] / p.link_number[LINK_GAIN, link],
            p.link_number[LINK_CAPACITY, link] * dt,
        )
        for s in range(lanes):
            claim[s] = min(order[s] * share, capacity * factor[s])


@part
def goals(p: Plan, f: Frame, ways: Ways, a: int, dt: float) -> None:
    """Where the shares of the links into an account are moving: to those that deliver; dormant ones wake when the stock has long been thin."""
    lanes = f.row.shape[1]
    thin, stock, whole = f.account[THIN_H, a], f.account[STOCK, a], f.row[0]
    wake = p.account_number[MINIMUM, a] + _THIN * (p.account_number[TARGET, a] - p.account_number[MINIMUM, a])
    for s in range(lanes):
        thin[s] = max(0.0, thin[s] + (dt if stock[s] < wake else -2.0 * dt))
    clear(whole)
    for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
        link = p.link_index[IN_LINK, at]
        base, goal, trust = p.link_number[LINK_WEIGHT, link], f.link[GOAL, link], f.link[TRUST, link]
        asleep = min(
            0.5,
            p.link_number[LINK_CAPACITY, link]
            * p.link_number[LINK_GAIN, link]
            / max(p.account_number[THROUGH, a], 1e-300),
        )
        for s in range(lanes):
            usual = asleep if base <= 0.0 and thin[s] > ways.dormant_after_h else base
            goal[s] = usual * max(trust[s], _LEAST_TRUST)
        add(whole, goal)


@part
def ask_trusted(p: Plan, f: Frame, e: Events, ways: Ways, a: int, k: int, dt: float, s0: int) -> None:
    """Orders split by shares that move; what a full link cannot take goes to those in use that have room."""
    lanes = f.row.shape[1]
    whole, missing, room, order = f.row[0], f.row[1], f.row[2], f.account[ORDER, a]
    bought, move = 1.0 - p.account_number[MADE_SHARE, a], 1.0 - np.exp(-ways.reroute * dt)
    goals(p, f, ways, a, dt)
    clear(room)
    for s in range(lanes):
        missing[s] = order[s] * bought
    for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
        link = p.link_index[IN_LINK, at]
        claim, factor = f.claim[p.link_index[CLAIM_OF_LINK, link]], e.factors[e.of_link[link], k, s0 : s0 + LANES]
        capacity, gain, weight, goal, trust = (
            p.link_number[LINK_CAPACITY, link] * dt,
            p.link_number[LINK_GAIN, link],
            f.link[WEIGHT, link],
            f.link[GOAL, link],
            f.link[TRUST, link],
        )
        for s in range(lanes):
            aim = goal[s] / whole[s] * bought if whole[s] > 0.0 else 0.0
            weight[s] += (aim - weight[s]) * move
        for s in range(lanes):
            claim[s] = min(order[s] * weight[s] / gain, capacity * factor[s])
        for s in range(lanes):
            spare = min(1e12, capacity * factor[s] - claim[s]) * trust[s]
            goal[s] = spare * gain if weight[s] > 0.0 else 0.0
        add_times(missing, -gain, claim)
        add(room, goal)
    for s in range(lanes):
        room[s] = min(1.0, max(0.0, missing[s]) / room[s]) if room[s] > 0.0 else 0.0
    for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
        link = p.link_index[IN_LINK, at]
        claim, goal, gain = (
            f.claim[p.link_index[CLAIM_OF_LINK, link]],
            f.link[GOAL, link],
            p.link_number[LINK_GAIN, link],
        )
        for s in range(lanes):
            claim[s] += goal[s] * room[s] / gain


@part
def order(p: Plan, f: Frame, e: Events, ways: Ways, k: int, dt: float, s0: int) -> None:
    """Follow the wishes from the users up to the sources; where a loop was opened, a link is asked what it was asked a step ago."""
    lanes = f.row.shape[1]
    give(p, f, e, ASKED_ROW, k, s0)
    for j in range(len(p.late_link)):
        claim, rate = f.claim[p.link_index[CLAIM_OF_LINK, p.late_link[j]]], f.late_rate[j]
        for s in range(lanes):
            claim[s] = rate[s] * dt
    for back in range(p.accounts):
        a = p.accounts - 1 - back
        wishes(p, f, e, a, k, dt, s0)
        amount(p, f, ways, a, dt, e.factors[e.of_node[p.account_index[NODE, a]], k, s0 : s0 + LANES])
        if p.account_index[MAKER, a] >= 0:
            ask_maker(p, f, e, ways, a, k, dt, s0)
        if ways.is_adaptive:
            ask_trusted(p, f, e, ways, a, k, dt, s0)
        else:
            ask_links(p, f, e, a, k, dt, s0)
    give(p, f, e, ASKED_ROW, k, s0)
    for j in range(len(p.late_link)):
        claim, rate = f.claim[p.link_index[CLAIM_OF_LINK, p.late_link[j]]], f.late_rate[j]
        for s in range(lanes):
            rate[s] = claim[s] / dt
    open_nodes(p, f, e, k, dt, s0)


@part
def open_nodes(p: Plan, f: Frame, e: Events, k: int, dt: float, s0: int) -> None:
    """Sum what was asked of nodes with several accounts, and set what each may hand on in this step."""
    lanes = f.row.shape[1]
    for n in range(p.nodes):
        left, factor, capacity = (
            f.node[NODE_LEFT, n],
            e.factors[e.of_node[n], k, s0 : s0 + LANES],
            p.node_capacity[n] * dt,
        )
        for s in range(lanes):
            left[s] = capacity * factor[s]
        clear(f.node[NODE_RATE, n])
    for a in range(p.accounts):
        if p.node_index[NODE_IS_SHARED, p.account_index[NODE, a]]:
            add(f.node[NODE_RATE, p.account_index[NODE, a]], f.account[OWN_RATE, a])


@part
def trust(p: Plan, f: Frame, dt: float) -> None:
    """How much of its orders each link delivers, remembered for a day and a half."""
    lanes = f.row.shape[1]
    move = 1.0 - np.exp(-dt / _TRUST_H)
    for a in range(p.accounts):
        order = f.account[ORDER, a]
        for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
            link = p.link_index[IN_LINK, at]
            claim, weight, trust, gain = (
                f.claim[p.link_index[CLAIM_OF_LINK, link]],
                f.link[WEIGHT, link],
                f.link[TRUST, link],
                p.link_number[LINK_GAIN, link],
            )
            for s in range(lanes):
                meant = order[s] * weight[s]
                delivered = min(1.0, gain * claim[s] / meant) if meant > 0.0 else trust[s]
                trust[s] += (delivered - trust[s]) * move
