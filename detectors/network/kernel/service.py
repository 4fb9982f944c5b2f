"""Goods, followed from the sources down to the users."""

from detectors.network.kernel.plan import (
    ASKED,
    CLAIM_FIRST,
    CLAIM_LINK,
    CLAIM_OF_LINK,
    CLAIM_OF_USE,
    CLAIM_RANK,
    HELD,
    HIGHEST,
    IN_FIRST,
    IN_LINK,
    INCOMING,
    INPUT_CLAIM,
    INPUT_LOSS,
    INPUT_PER_UNIT,
    LANES,
    LEAD_ROW,
    LIMIT,
    LINK_GAIN,
    LINK_RELEASE,
    MADE_SUM,
    MAKE,
    MAKER,
    NODE,
    NODE_IS_LIMITED,
    NODE_IS_SHARED,
    NODE_LEFT,
    OUTPUT,
    PASSED,
    RING_FIRST,
    RING_ROWS,
    SERVED,
    STOCK,
    UNSERVED,
    WANTED,
    WISH,
    Events,
    Floats,
    Frame,
    Plan,
    Ways,
    inlined,
    part,
)
from detectors.network.kernel.rows import add, add_times, add_up, clear, is_above


@part
def land_from(incoming: Floats, gain: float, held: Floats, release: float, factor: Floats, is_open: Floats) -> None:
    """What may land from a link in this step: nothing while it or the node at its end is closed."""
    lanes = len(incoming)
    for s in range(lanes):
        able = release * factor[s] if is_open[s] > 0.0 else 0.0
        incoming[s] += gain * min(held[s], able)


@inlined
def land(p: Plan, f: Frame, e: Events, a: int, k: int, dt: float, s0: int) -> None:
    """What may land at an account: what waited and what arrives, as far as its links and its node are open."""
    incoming, is_open = f.account[INCOMING, a], e.factors[e.of_node[p.account_index[NODE, a]], k, s0 : s0 + LANES]
    clear(incoming)
    for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
        link = p.link_index[IN_LINK, at]
        part, held = p.arrival_part[p.link_index[LEAD_ROW, link], k], f.link[HELD, link]
        if part > 0.0:
            claim = f.claim[p.link_index[CLAIM_OF_LINK, link]]
            add_times(held, part, claim)
            add_times(f.link[PASSED, link], part, claim)
        factor = e.factors[e.of_link[link], k, s0 : s0 + LANES]
        land_from(
            incoming, p.link_number[LINK_GAIN, link], held, p.link_number[LINK_RELEASE, link] * dt, factor, is_open
        )


@inlined
def make(p: Plan, f: Frame, a: int) -> None:
    """Output of a maker: its wish, cut by room and inputs; what it was granted and does not use stays where it is."""
    lanes = f.row.shape[1]
    c = p.account_index[MAKER, a]
    made, make, room, cut = f.account[OUTPUT, a], f.maker[MAKE, c], f.row[0], f.row[1]
    highest, stock, incoming, wish = (
        f.account[HIGHEST, a],
        f.account[STOCK, a],
        f.account[INCOMING, a],
        f.account[WISH, a],
    )
    for s in range(lanes):
        room[s] = max(0.0, highest[s] - stock[s] - incoming[s] + wish[s])
    for s in range(lanes):
        made[s] = min(make[s], room[s])
        cut[s] = 1.0
    for i in range(p.input_first[c], p.input_first[c + 1]):
        claim, per_unit, loss = (
            f.claim[p.input_index[INPUT_CLAIM, i]],
            p.input_number[INPUT_PER_UNIT, i],
            p.input_number[INPUT_LOSS, i],
        )
        if loss < 0.0:
            for s in range(lanes):
                made[s] = min(made[s], claim[s] / per_unit)
        else:
            for s in range(lanes):
                cut[s] *= 1.0 - loss * (1.0 - min(1.0, claim[s] / (per_unit * make[s]))) if make[s] > 0.0 else 1.0
    for s in range(lanes):
        made[s] *= cut[s]
    add(f.maker[MADE_SUM, c], made)
    for i in range(p.input_first[c], p.input_first[c + 1]):
        claim, per_unit = f.claim[p.input_index[INPUT_CLAIM, i]], p.input_number[INPUT_PER_UNIT, i]
        for s in range(lanes):
            claim[s] = min(claim[s], per_unit * made[s])


@inlined
def cut_links(p: Plan, f: Frame, ways: Ways, a: int) -> None:
    """Cut what the links ask to what the node can hand on."""
    lanes = f.row.shape[1]
    begin, end, node, limit, total = (
        p.account_index[CLAIM_FIRST, a],
        p.account_index[CLAIM_FIRST, a + 1],
        p.account_index[NODE, a],
        f.account[LIMIT, a],
        f.row[2],
    )
    if p.node_index[NODE_IS_SHARED, node] and p.node_index[NODE_IS_LIMITED, node]:
        left = f.node[NODE_LEFT, node]
        for s in range(lanes):
            limit[s] = min(limit[s], left[s])
    clear(total)
    for q in range(begin, end):
        if p.claim_index[CLAIM_LINK, q] >= 0:
            add(total, f.claim[q])
    if is_above(total, limit):
        f.is_tight[a] = 1
        cut(p, f, ways.by_contract, begin, end, limit, True)
        add_up(f.account[WANTED, a], f.claim, begin, end)


@part
def cut(p: Plan, f: Frame, by_contract: bool, begin: int, end: int, limit: Floats, links_only: bool) -> None:
    """Cut claims to a limit: contracts first where they count, then class by class in proportion."""
    lanes = f.row.shape[1]
    first, left = f.row[3], f.row[4]
    for s in range(lanes):
        left[s] = limit[s]
        first[s] = 0.0
    if by_contract:
        grant_contracts(p, f, begin, end, links_only)
    at = begin
    while at < end:
        stop = at
        while stop < end and p.claim_index[CLAIM_RANK, stop] == p.claim_index[CLAIM_RANK, at]:
            stop += 1
        grant_class(p, f, by_contract, at, stop, links_only)
        at = stop


@part
def grant_contracts(p: Plan, f: Frame, begin: int, end: int, links_only: bool) -> None:
    """The part of all contracts that can be met."""
    lanes = f.row.shape[1]
    first, left = f.row[3], f.row[4]
    for q in range(begin, end):
        if not links_only or p.claim_index[CLAIM_LINK, q] >= 0:
            add_times(first, p.claim_contract[q], f.claim[q])
    for s in range(lanes):
        granted = min(first[s], left[s])
        left[s] -= granted
        first[s] = granted / first[s] if first[s] > 0.0 else 0.0


@part
def grant_class(p: Plan, f: Frame, by_contract: bool, begin: int, end: int, links_only: bool) -> None:
    """Cut one class of claims, less their contracts, to what is left."""
    lanes = f.row.shape[1]
    first, left, ratio, total = f.row[3], f.row[4], f.row[5], f.row[2]
    clear(total)
    for q in range(begin, end):
        if not links_only or p.claim_index[CLAIM_LINK, q] >= 0:
            add_times(total, 1.0 - p.claim_contract[q] if by_contract else 1.0, f.claim[q])
    for s in range(lanes):
        ratio[s] = min(1.0, left[s] / total[s]) if total[s] > 0.0 else 1.0
        left[s] = max(0.0, left[s] - total[s] * ratio[s])
    for q in range(begin, end):
        if not links_only or p.claim_index[CLAIM_LINK, q] >= 0:
            contract, claim = p.claim_contract[q] if by_contract else 0.0, f.claim[q]
            for s in range(lanes):
                claim[s] *= contract * first[s] + (1.0 - contract) * ratio[s]


@inlined
def hand_out(p: Plan, f: Frame, ways: Ways, a: int) -> None:
    """Serve the claims on an account out of stock, arrivals and output."""
    lanes = f.row.shape[1]
    begin, end, use = (
        p.account_index[CLAIM_FIRST, a],
        p.account_index[CLAIM_FIRST, a + 1],
        p.account_index[CLAIM_OF_USE, a],
    )
    asked, wanted, served, available = f.account[ASKED, a], f.account[WANTED, a], f.account[SERVED, a], f.row[6]
    stock, incoming, output = f.account[STOCK, a], f.account[INCOMING, a], f.account[OUTPUT, a]
    add_up(asked, f.claim, begin, end)
    for s in range(lanes):
        wanted[s] = asked[s]
    if end > begin:
        cut_links(p, f, ways, a)
    for s in range(lanes):
        available[s] = stock[s] + incoming[s] + output[s]
        served[s] = wanted[s]
    if is_above(wanted, available):
        f.is_tight[a] = 1
        if use >= 0:
            add(f.account[UNSERVED, a], f.claim[use])
        cut(p, f, ways.by_contract, begin, end, available, False)
        if use >= 0:
            add_times(f.account[UNSERVED, a], -1.0, f.claim[use])
        add_up(served, f.claim, begin, end)


@inlined
def send(p: Plan, f: Frame, a: int, cursor: int) -> None:
    """Put on their way what the links of an account take."""
    lanes = f.row.shape[1]
    node = p.account_index[NODE, a]
    is_shared = p.node_index[NODE_IS_SHARED, node]
    for q in range(p.account_index[CLAIM_FIRST, a], p.account_index[CLAIM_FIRST, a + 1]):
        link = p.claim_index[CLAIM_LINK, q]
        if link >= 0:
            first, rows = p.link_index[RING_FIRST, link], p.link_index[RING_ROWS, link]
            now, after, claim = f.ring[first + cursor % rows], f.ring[first + (cursor + 1) % rows], f.claim[q]
            for s in range(lanes):
                after[s] = now[s] + claim[s]
            if is_shared:
                add_times(f.node[NODE_LEFT, node], -1.0, claim)


@part
def serve(p: Plan, f: Frame, e: Events, ways: Ways, k: int, dt: float, cursor: int, s0: int) -> None:
    """Follow the goods from the sources down to the users."""
    for a in range(p.accounts):
        land(p, f, e, a, k, dt, s0)
        if p.account_index[MAKER, a] >= 0:
            make(p, f, a)
        hand_out(p, f, ways, a)
        send(p, f, a, cursor)
