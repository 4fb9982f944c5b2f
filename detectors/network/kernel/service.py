"""Goods, followed from the sources down to the users."""

from detectors.network.kernel.orders import is_free
from detectors.network.kernel.plan import (
    ASKED,
    AT_ONCE,
    CLAIM_FIRST,
    CLAIM_LINK,
    CLAIM_OF_LINK,
    CLAIM_OF_USE,
    CLAIM_RANK,
    HELD,
    HIGHEST,
    IN_FIRST,
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
    straight,
)
from detectors.network.kernel.rows import (
    add,
    add_times,
    add_times_at,
    add_up_at,
    clear,
    clear_at,
    copy_from,
    factors,
    is_above,
    whole,
)

PLENTY = 1e300


@straight
def land_from(here: Floats, way: Floats, gain: float, release: float, factor: Floats, is_open: Floats) -> None:
    """What may land from a link in this step: nothing while it or the node at its end is closed."""
    for s in range(whole(factor)):
        able = release * factor[s] if is_open[s] > 0.0 else 0.0
        here[INCOMING + s] += gain * min(way[HELD + s], able)


@straight
def pass_through(way: Floats, claim: Floats, part: float) -> None:
    """What is sent in this step and arrives in it."""
    for s in range(whole(claim)):
        way[HELD + s] += part * claim[s]
        way[PASSED + s] += part * claim[s]


@inlined
def land(p: Plan, f: Frame, e: Events, a: int, k: int, dt: float, s0: int) -> None:
    """What may land at an account: what waited and what arrives, as far as its links and its node are open."""
    here, is_open = f.account[a], factors(e, e.of_node[p.account_index[a, NODE]], k, s0)
    clear_at(here, INCOMING)
    for link in range(p.account_index[a, IN_FIRST], p.account_index[a + 1, IN_FIRST]):
        part, way = p.arrival_share[k, p.link_index[link, LEAD_ROW], AT_ONCE], f.link[link]
        if part > 0.0:
            pass_through(way, f.claim[p.link_index[link, CLAIM_OF_LINK]], part)
        factor = factors(e, e.of_link[link], k, s0)
        land_from(here, way, p.link_number[link, LINK_GAIN], p.link_number[link, LINK_RELEASE] * dt, factor, is_open)


@straight
def begin_output(here: Floats, maker: Floats, cut: Floats) -> None:
    for s in range(whole(cut)):
        room = max(0.0, here[HIGHEST + s] - here[STOCK + s] - here[INCOMING + s] + here[WISH + s])
        here[OUTPUT + s] = min(maker[MAKE + s], room)
        cut[s] = 1.0


@straight
def need(here: Floats, claim: Floats, per_unit: float) -> None:
    for s in range(whole(claim)):
        here[OUTPUT + s] = min(here[OUTPUT + s], claim[s] / per_unit)


@straight
def weaken(cut: Floats, maker: Floats, claim: Floats, per_unit: float, loss: float) -> None:
    for s in range(whole(cut)):
        wish = maker[MAKE + s]
        cut[s] *= 1.0 - loss * (1.0 - min(1.0, claim[s] / (per_unit * wish))) if wish > 0.0 else 1.0


@straight
def end_output(here: Floats, maker: Floats, cut: Floats) -> None:
    for s in range(whole(cut)):
        here[OUTPUT + s] *= cut[s]
        maker[MADE_SUM + s] += here[OUTPUT + s]


@straight
def use(here: Floats, claim: Floats, per_unit: float) -> None:
    for s in range(whole(claim)):
        claim[s] = min(claim[s], per_unit * here[OUTPUT + s])


@inlined
def make(p: Plan, f: Frame, a: int) -> None:
    """Output of a maker: its wish, cut by room and inputs; what it was granted and does not use stays where it is."""
    c = p.account_index[a, MAKER]
    here, maker, cut = f.account[a], f.maker[c], f.row[1]
    begin_output(here, maker, cut)
    for i in range(p.input_first[c], p.input_first[c + 1]):
        claim, per_unit, loss = (
            f.claim[p.input_index[i, INPUT_CLAIM]],
            p.input_number[i, INPUT_PER_UNIT],
            p.input_number[i, INPUT_LOSS],
        )
        if loss < 0.0:
            need(here, claim, per_unit)
        else:
            weaken(cut, maker, claim, per_unit, loss)
    end_output(here, maker, cut)
    for i in range(p.input_first[c], p.input_first[c + 1]):
        use(here, f.claim[p.input_index[i, INPUT_CLAIM]], p.input_number[i, INPUT_PER_UNIT])


@straight
def lower(here: Floats, node: Floats) -> None:
    """An account hands on no more than its node has left."""
    for s in range(LANES):
        here[LIMIT + s] = min(here[LIMIT + s], node[NODE_LEFT + s])


@straight
def limit_cut(left: Floats, total: Floats, here: Floats) -> None:
    """What the node can hand on, without end in scenarios where that is enough: they are not to change because another is cut."""
    for s in range(whole(left)):
        left[s] = here[LIMIT + s] if total[s] > here[LIMIT + s] else PLENTY


@inlined
def cut_links(p: Plan, f: Frame, ways: Ways, a: int) -> None:
    """Cut what the links ask to what the node can hand on."""
    begin, end, node = p.account_index[a, CLAIM_FIRST], p.account_index[a + 1, CLAIM_FIRST], p.account_index[a, NODE]
    here, total = f.account[a], f.row[2]
    if p.node_index[node, NODE_IS_SHARED] and p.node_index[node, NODE_IS_LIMITED]:
        lower(here, f.node[node])
    clear(total)
    for q in range(begin, end):
        if p.claim_index[q, CLAIM_LINK] >= 0:
            add(total, f.claim[q])
    if is_above(total, here, LIMIT):
        f.is_tight[a] = 1
        limit_cut(f.row[4], total, here)
        cut(p, f, ways.by_contract, begin, end, True)
        add_up_at(here, WANTED, f.claim, begin, end)


@part
def cut(p: Plan, f: Frame, by_contract: bool, begin: int, end: int, links_only: bool) -> None:
    """Cut claims to what is left (row 4): contracts first where they count, then class by class in proportion."""
    clear(f.row[3])
    if by_contract:
        grant_contracts(p, f, begin, end, links_only)
    at = begin
    while at < end:
        stop = at
        while stop < end and p.claim_index[stop, CLAIM_RANK] == p.claim_index[at, CLAIM_RANK]:
            stop += 1
        grant_class(p, f, by_contract, at, stop, links_only)
        at = stop


@straight
def grant_first(first: Floats, left: Floats) -> None:
    """Of ``first``, the sum of contracts, the part that can be met by what is ``left``."""
    for s in range(whole(first)):
        granted = min(first[s], left[s])
        left[s] -= granted
        first[s] = granted / first[s] if first[s] > 0.0 else 0.0


@part
def grant_contracts(p: Plan, f: Frame, begin: int, end: int, links_only: bool) -> None:
    """The part of all contracts that can be met."""
    first = f.row[3]
    for q in range(begin, end):
        if not links_only or p.claim_index[q, CLAIM_LINK] >= 0:
            add_times(first, p.claim_contract[q], f.claim[q])
    grant_first(first, f.row[4])


@straight
def grant_rest(ratio: Floats, left: Floats, total: Floats) -> None:
    """The part of a ``total`` that can be met by what is ``left``."""
    for s in range(whole(ratio)):
        ratio[s] = min(1.0, left[s] / total[s]) if total[s] > 0.0 else 1.0
        left[s] = max(0.0, left[s] - total[s] * ratio[s])


@straight
def shrink(claim: Floats, contract: float, first: Floats, ratio: Floats) -> None:
    """Cut a claim; so reckoned that a scenario in which all is met keeps its numbers to the last bit, whoever is cut beside it."""
    for s in range(whole(claim)):
        claim[s] *= ratio[s] + contract * (first[s] - ratio[s])


@straight
def miss(here: Floats, before: Floats, claim: Floats) -> None:
    """Own use that is not served."""
    for s in range(whole(claim)):
        here[UNSERVED + s] += before[s] - claim[s]


@part
def grant_class(p: Plan, f: Frame, by_contract: bool, begin: int, end: int, links_only: bool) -> None:
    """Cut one class of claims, less their contracts, to what is left."""
    first, left, ratio, total = f.row[3], f.row[4], f.row[5], f.row[2]
    clear(total)
    for q in range(begin, end):
        if not links_only or p.claim_index[q, CLAIM_LINK] >= 0:
            add_times(total, 1.0 - p.claim_contract[q] if by_contract else 1.0, f.claim[q])
    grant_rest(ratio, left, total)
    for q in range(begin, end):
        if not links_only or p.claim_index[q, CLAIM_LINK] >= 0:
            shrink(f.claim[q], p.claim_contract[q] if by_contract else 0.0, first, ratio)


@straight
def want_all(here: Floats) -> None:
    for s in range(LANES):
        here[WANTED + s] = here[ASKED + s]


@straight
def weigh(here: Floats, available: Floats) -> int:
    """What is at hand for all that is wanted, without end where it is enough; in how many scenarios it is too little."""
    short = 0
    for s in range(whole(available)):
        has = here[STOCK + s] + here[INCOMING + s] + here[OUTPUT + s]
        here[SERVED + s] = here[WANTED + s]
        available[s] = has if here[WANTED + s] > has else PLENTY
        short += 1 if here[WANTED + s] > has else 0
    return short


@inlined
def hand_out(p: Plan, f: Frame, e: Events, ways: Ways, a: int) -> None:
    """Serve the claims on an account out of stock, arrivals and output."""
    begin, end, own = (
        p.account_index[a, CLAIM_FIRST],
        p.account_index[a + 1, CLAIM_FIRST],
        p.account_index[a, CLAIM_OF_USE],
    )
    here = f.account[a]
    add_up_at(here, ASKED, f.claim, begin, end)
    want_all(here)
    if end > begin and not is_free(p, e, a):
        cut_links(p, f, ways, a)
    if weigh(here, f.row[4]) > 0:
        f.is_tight[a] = 1
        if own >= 0:
            copy_from(f.row[6], f.claim[own], 0)
        cut(p, f, ways.by_contract, begin, end, False)
        if own >= 0:
            miss(here, f.row[6], f.claim[own])
        add_up_at(here, SERVED, f.claim, begin, end)


@inlined
def leave(p: Plan, f: Frame, a: int) -> None:
    """Take what the links of an account carry off from what its node can still hand on."""
    node = p.account_index[a, NODE]
    if p.node_index[node, NODE_IS_SHARED] and p.node_index[node, NODE_IS_LIMITED]:
        for q in range(p.account_index[a, CLAIM_FIRST], p.account_index[a + 1, CLAIM_FIRST]):
            if p.claim_index[q, CLAIM_LINK] >= 0:
                add_times_at(f.node[node], NODE_LEFT, -1.0, f.claim[q])


@inlined
def serve(p: Plan, f: Frame, e: Events, ways: Ways, a: int, k: int, dt: float, s0: int) -> None:
    """What lands and is made at an account goes to those who draw from it."""
    land(p, f, e, a, k, dt, s0)
    if p.account_index[a, MAKER] >= 0:
        make(p, f, a)
    hand_out(p, f, e, ways, a)
    leave(p, f, a)
