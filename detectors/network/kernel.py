"""The compiled heart of the simulation: one block of scenarios, step by step.

Within a step goods pass on from account to account, so orders are followed from the users up and goods from the sources down. The scenario is the
innermost index of every array; a block has LANES of them. What a link cannot land waits at its end, so that mass is kept exactly. All in this one
file: numba sees changes of a compiled function only in its own file.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

LANES = 16
"""Scenarios computed together: two cache lines of eight."""

SERVED_SHARE = 0.98
_TRUST_H = 36.0
_LEAST_TRUST = 0.05
_THIN = 0.5
_TINY = 1e-9

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Bools = NDArray[np.bool_]
_F = TypeVar("_F", bound=Callable[..., object])


def _compiled(function: _F) -> _F:
    return njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]


def _separate(function: _F) -> _F:
    return njit(nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]


def _inlined(function: _F) -> _F:
    return njit(inline="always", error_model="numpy")(function)  # type: ignore[no-any-return]


class Plan(NamedTuple):
    """The network, laid out: accounts in the order goods flow, links by source, claims by account and urgency."""

    in_first: _Ints
    in_link: _Ints
    claim_first: _Ints
    claim_link: _Ints
    claim_rank: _Ints
    claim_contract: _Floats
    claim_of_link: _Ints
    claim_of_use: _Ints
    maker: _Ints
    input_first: _Ints
    input_account: _Ints
    input_claim: _Ints
    input_per_unit: _Floats
    input_loss: _Floats
    maker_capacity: _Floats
    node: _Ints
    node_capacity: _Floats
    node_is_shared: _Bools
    node_is_limited: _Bools
    target: _Floats
    minimum: _Floats
    maximum: _Floats
    demand: _Floats
    through: _Floats
    leaving: _Floats
    coming_at_rest: _Floats
    made_share: _Floats
    has_stock: _Bools
    floor: _Floats
    link_end: _Ints
    link_gain: _Floats
    link_capacity: _Floats
    link_release: _Floats
    link_weight: _Floats
    lead_row: _Ints
    arrival_index: _Ints
    arrival_weight: _Floats
    arrival_part: _Floats
    ring_first: _Ints
    ring_rows: _Ints


class Ways(NamedTuple):
    """The habits as numbers; what is off is 0 (``memory``, ``restock``, ``reroute`` are rates per hour) or infinite."""

    memory: float
    restock: float
    catch_up: float
    psi: float
    by_contract: bool
    is_adaptive: bool
    reroute: float
    dormant_after_h: float
    hold_h: float
    short_hold_h: float


class Events(NamedTuple):
    """``factors`` (R + 1, K, S), the last row all 1, and the row of each node, maker, link and use."""

    factors: _Floats
    of_node: _Ints
    of_maker: _Ints
    of_link: _Ints
    of_use: _Ints


class Start(NamedTuple):
    """Initial amounts (…, S); ``sent_before`` is the curve of what was sent before now, as part of what is under way, per row of the rings."""

    stock: _Floats
    transit: _Floats
    held: _Floats
    expected: _Floats
    sent_before: _Floats


class Results(NamedTuple):
    """Filled by the run: hours (A, S), amounts at marks (H, …, S); arrays of links have no marks when they are not wanted."""

    to_minimum: _Floats
    to_zero: _Floats
    to_maximum: _Floats
    to_short: _Floats
    stock: _Floats
    unserved: _Floats
    made: _Floats
    sent: _Floats
    held: _Floats
    moving: _Floats


class _Frame(NamedTuple):
    """Working memory of a block; (…, LANES)."""

    stock: _Floats
    highest: _Floats
    expected: _Floats
    coming: _Floats
    waiting: _Floats
    due_in: _Floats
    wish: _Floats
    limit: _Floats
    order: _Floats
    free_order: _Floats
    incoming: _Floats
    wanted: _Floats
    asked: _Floats
    served: _Floats
    output: _Floats
    unserved: _Floats
    claim: _Floats
    due: _Floats
    held: _Floats
    passed: _Floats
    landing: _Floats
    ring: _Floats
    make: _Floats
    made_sum: _Floats
    sent_sum: _Floats
    own_rate: _Floats
    node_rate: _Floats
    node_left: _Floats
    weight: _Floats
    trust: _Floats
    thin_h: _Floats
    low_since: _Floats
    full_since: _Floats
    short_since: _Floats
    row: _Floats


@_separate
def _arrive(p, f, k, cursor):  # type: ignore[no-untyped-def]
    """What each link brings in this step of what was sent before it, and what is on its way to each account."""
    for a in range(len(p.target)):
        for s in range(LANES):
            f.coming[a, s] = 0.0
            f.waiting[a, s] = 0.0
            f.due_in[a, s] = 0.0
        for at in range(p.in_first[a], p.in_first[a + 1]):
            link = p.in_link[at]
            row, first, rows = p.lead_row[link], p.ring_first[link], p.ring_rows[link]
            index, weight, gain = p.arrival_index[row, k], p.arrival_weight[row, k], p.link_gain[link]
            low, high, now = first + index % rows, first + (index + 1) % rows, first + cursor % rows
            for s in range(LANES):
                until = max(f.ring[low, s] + weight * (f.ring[high, s] - f.ring[low, s]), f.passed[link, s])
                due = until - f.passed[link, s]
                f.coming[a, s] += gain * (f.ring[now, s] - f.passed[link, s] + f.held[link, s])
                f.waiting[a, s] += gain * f.held[link, s]
                f.due_in[a, s] += gain * (due + f.held[link, s])
                f.due[link, s] = due
                f.passed[link, s] = until


@_inlined
def _wishes(p, f, e, a, k, dt, s0):  # type: ignore[no-untyped-def]
    """All that is asked of an account, cut to what its node can hand on."""
    links, other = f.row[0], f.row[1]
    use, node = p.claim_of_use[a], p.node[a]
    for s in range(LANES):
        links[s] = 0.0
        other[s] = 0.0
    if use >= 0:
        event = e.of_use[a]
        for s in range(LANES):
            f.claim[use, s] = p.demand[a] * dt * e.factors[event, k, s0 + s]
    for q in range(p.claim_first[a], p.claim_first[a + 1]):
        into = links if p.claim_link[q] >= 0 else other
        for s in range(LANES):
            into[s] += f.claim[q, s]
    event, capacity = e.of_node[node], p.node_capacity[node] * dt
    for s in range(LANES):
        f.limit[a, s] = capacity * e.factors[event, k, s0 + s]
    if not p.node_is_limited[node]:
        for s in range(LANES):
            f.limit[a, s] = 1e300 if e.factors[event, k, s0 + s] > 0.0 else 0.0
    if p.node_is_shared[node]:
        for s in range(LANES):
            others = max(0.0, f.node_rate[node, s] - f.own_rate[a, s])
            both = others + links[s] / dt
            f.limit[a, s] *= links[s] / dt / both if both > 0.0 else 1.0
    for s in range(LANES):
        f.own_rate[a, s] = links[s] / dt
        f.wish[a, s] = other[s] + min(links[s], f.limit[a, s])


@_inlined
def _amount(p, f, e, ways, a, k, dt, s0):  # type: ignore[no-untyped-def]
    """What an account orders in all: what leaves it and a part of what its stock lacks; a place without stock asks for what is asked of it."""
    event = e.of_node[p.node[a]]
    if p.has_stock[a]:
        restock, floor = 1.0 - np.exp(-ways.restock * dt), p.floor[a]
        for s in range(LANES):
            base = f.expected[a, s] * dt
            gap = p.target[a] - f.stock[a, s] + p.coming_at_rest[a] - f.coming[a, s]
            most = ways.catch_up * max(p.through[a], f.expected[a, s]) * dt
            f.free_order[a, s] = min(max(base + gap * restock, floor * base), most)
    else:
        for s in range(LANES):
            f.free_order[a, s] = f.wish[a, s] - f.stock[a, s] - f.waiting[a, s]
    for s in range(LANES):
        space = f.highest[a, s] - f.stock[a, s] + f.wish[a, s] - f.waiting[a, s]
        f.free_order[a, s] = max(0.0, f.free_order[a, s])
        order = max(0.0, min(f.free_order[a, s], space))
        f.order[a, s] = order if e.factors[event, k, s0 + s] > 0.0 else 0.0


@_inlined
def _ask_maker(p, f, e, ways, a, k, dt, s0):  # type: ignore[no-untyped-def]
    """The maker's part of an order, and what it wants of its inputs."""
    c = p.maker[a]
    share, capacity = p.made_share[a], p.maker_capacity[c] * dt
    event, place = e.of_maker[c], e.of_node[p.node[a]]
    for s in range(LANES):
        able = capacity * e.factors[event, k, s0 + s] * e.factors[place, k, s0 + s]
        f.make[c, s] = min(share * f.order[a, s], able)
    cut = f.row[0]
    for s in range(LANES):
        cut[s] = 1.0
    for i in range(p.input_first[c], p.input_first[c + 1]):
        of = p.input_account[i]
        if p.has_stock[of] and p.input_loss[i] < 0.0:
            enough = max(ways.psi * p.target[of], 1e-300)
            if ways.psi > 0.0:
                for s in range(LANES):
                    cut[s] = min(cut[s], f.stock[of, s] / enough)
            if not _is_quick(p, of, k):
                for s in range(LANES):
                    f.make[c, s] = min(f.make[c, s], (f.stock[of, s] + f.due_in[of, s]) / p.input_per_unit[i])
    for s in range(LANES):
        f.make[c, s] *= cut[s]
    for i in range(p.input_first[c], p.input_first[c + 1]):
        q, per_unit = p.input_claim[i], p.input_per_unit[i]
        for s in range(LANES):
            f.claim[q, s] = per_unit * f.make[c, s]


@_inlined
def _is_quick(p, a, k):  # type: ignore[no-untyped-def]
    """True when something sent in this step may still arrive in it."""
    quick = p.maker[a] >= 0
    for at in range(p.in_first[a], p.in_first[a + 1]):
        quick = quick or p.arrival_part[p.lead_row[p.in_link[at]], k] > 0.0
    return quick


@_inlined
def _ask_links(p, f, e, a, k, dt, s0):  # type: ignore[no-untyped-def]
    """Orders split by the normal shares."""
    for at in range(p.in_first[a], p.in_first[a + 1]):
        link = p.in_link[at]
        q, event = p.claim_of_link[link], e.of_link[link]
        share, capacity = p.link_weight[link] / p.link_gain[link], p.link_capacity[link] * dt
        for s in range(LANES):
            f.claim[q, s] = min(f.order[a, s] * share, capacity * e.factors[event, k, s0 + s])


@_inlined
def _ask_trusted(p, f, e, ways, a, k, dt, s0):  # type: ignore[no-untyped-def]
    """Orders split by shares that move to links that deliver; what a full link cannot take goes to those with room; dormant links wake."""
    whole, missing, room = f.row[0], f.row[1], f.row[2]
    begin, end = p.in_first[a], p.in_first[a + 1]
    wake, move = p.minimum[a] + _THIN * (p.target[a] - p.minimum[a]), 1.0 - np.exp(-ways.reroute * dt)
    for s in range(LANES):
        thin = f.thin_h[a, s] + dt if f.stock[a, s] < wake else f.thin_h[a, s] - 2.0 * dt
        f.thin_h[a, s] = max(0.0, thin)
        whole[s] = 0.0
        missing[s] = f.order[a, s] * (1.0 - p.made_share[a])
        room[s] = 0.0
    for at in range(begin, end):
        link = p.in_link[at]
        asleep = min(0.5, p.link_capacity[link] * p.link_gain[link] / max(p.through[a], 1e-300))
        for s in range(LANES):
            base = p.link_weight[link]
            if base <= 0.0 and f.thin_h[a, s] > ways.dormant_after_h:
                base = asleep
            f.landing[link, s] = base * max(f.trust[link, s], _LEAST_TRUST)
            whole[s] += f.landing[link, s]
    for at in range(begin, end):
        link = p.in_link[at]
        q, event, capacity = p.claim_of_link[link], e.of_link[link], p.link_capacity[link] * dt
        for s in range(LANES):
            goal = f.landing[link, s] / whole[s] * (1.0 - p.made_share[a]) if whole[s] > 0.0 else 0.0
            f.weight[link, s] += (goal - f.weight[link, s]) * move
            able = capacity * e.factors[event, k, s0 + s]
            f.claim[q, s] = min(f.order[a, s] * f.weight[link, s] / p.link_gain[link], able)
            missing[s] -= f.claim[q, s] * p.link_gain[link]
            f.landing[link, s] = (able - f.claim[q, s]) * f.trust[link, s] if f.weight[link, s] > 0.0 else 0.0
            f.landing[link, s] = min(f.landing[link, s], 1e12)
            room[s] += f.landing[link, s] * p.link_gain[link]
    for at in range(begin, end):
        link = p.in_link[at]
        q = p.claim_of_link[link]
        for s in range(LANES):
            if room[s] > 0.0 and missing[s] > 0.0:
                f.claim[q, s] += f.landing[link, s] * min(1.0, missing[s] / room[s])


@_separate
def _order(p, f, e, ways, k, dt, s0):  # type: ignore[no-untyped-def]
    """Follow the wishes from the users up to the sources."""
    for back in range(len(p.target)):
        a = len(p.target) - 1 - back
        _wishes(p, f, e, a, k, dt, s0)
        _amount(p, f, e, ways, a, k, dt, s0)
        if p.maker[a] >= 0:
            _ask_maker(p, f, e, ways, a, k, dt, s0)
        if ways.is_adaptive:
            _ask_trusted(p, f, e, ways, a, k, dt, s0)
        else:
            _ask_links(p, f, e, a, k, dt, s0)
    f.node_rate[:] = 0.0
    for a in range(len(p.target)):
        for s in range(LANES):
            f.node_rate[p.node[a], s] += f.own_rate[a, s]
    for n in range(len(p.node_capacity)):
        event, capacity = e.of_node[n], p.node_capacity[n] * dt
        for s in range(LANES):
            f.node_left[n, s] = capacity * e.factors[event, k, s0 + s]


@_inlined
def _land(p, f, e, a, k, dt, s0):  # type: ignore[no-untyped-def]
    """What may land at an account: what waited and what arrives, as far as its links and its node are open."""
    place = e.of_node[p.node[a]]
    for s in range(LANES):
        f.incoming[a, s] = 0.0
    for at in range(p.in_first[a], p.in_first[a + 1]):
        link = p.in_link[at]
        q, event, release = p.claim_of_link[link], e.of_link[link], p.link_release[link] * dt
        part, gain = p.arrival_part[p.lead_row[link], k], p.link_gain[link]
        for s in range(LANES):
            here = f.held[link, s] + f.due[link, s] + part * f.claim[q, s]
            able = release * e.factors[event, k, s0 + s] if e.factors[place, k, s0 + s] > 0.0 else 0.0
            f.held[link, s] = here
            f.landing[link, s] = min(here, able)
            f.incoming[a, s] += gain * f.landing[link, s]
            f.passed[link, s] += part * f.claim[q, s]


@_inlined
def _make(p, f, a):  # type: ignore[no-untyped-def]
    """Output of a maker: its wish, cut by room and inputs; what it was granted and does not use stays where it is."""
    c = p.maker[a]
    made, cut = f.output[a], f.row[0]
    for s in range(LANES):
        room = f.highest[a, s] - f.stock[a, s] - f.incoming[a, s] + f.wish[a, s]
        made[s] = min(f.make[c, s], max(0.0, room))
        cut[s] = 1.0
    for i in range(p.input_first[c], p.input_first[c + 1]):
        q, per_unit, loss = p.input_claim[i], p.input_per_unit[i], p.input_loss[i]
        for s in range(LANES):
            if loss < 0.0:
                made[s] = min(made[s], f.claim[q, s] / per_unit)
            elif f.make[c, s] > 0.0:
                cut[s] *= 1.0 - loss * (1.0 - min(1.0, f.claim[q, s] / (per_unit * f.make[c, s])))
    for s in range(LANES):
        made[s] *= cut[s]
        f.made_sum[c, s] += made[s]
    for i in range(p.input_first[c], p.input_first[c + 1]):
        q, per_unit = p.input_claim[i], p.input_per_unit[i]
        for s in range(LANES):
            f.claim[q, s] = min(f.claim[q, s], per_unit * made[s])


@_inlined
def _share_out(p, f, ways, begin, end, limit, links_only):  # type: ignore[no-untyped-def]
    """Cut the claims from ``begin`` to ``end`` to the limit: contracts first where they count, then class by class in proportion."""
    total = f.row[2]
    for s in range(LANES):
        total[s] = 0.0
    for q in range(begin, end):
        if not links_only or p.claim_link[q] >= 0:
            for s in range(LANES):
                total[s] += f.claim[q, s]
    is_short = False
    for s in range(LANES):
        is_short |= total[s] > limit[s]
    if is_short:
        _cut(p, f, ways.by_contract, begin, end, limit, links_only)


@_inlined
def _cut(p, f, by_contract, begin, end, limit, links_only):  # type: ignore[no-untyped-def]
    first, left, ratio, total = f.row[3], f.row[4], f.row[5], f.row[2]
    for s in range(LANES):
        left[s] = limit[s]
        first[s] = 0.0
    if by_contract:
        for q in range(begin, end):
            if not links_only or p.claim_link[q] >= 0:
                for s in range(LANES):
                    first[s] += p.claim_contract[q] * f.claim[q, s]
        for s in range(LANES):
            granted = min(first[s], left[s])
            left[s] -= granted
            first[s] = granted / first[s] if first[s] > 0.0 else 0.0
    q = begin
    while q < end:
        stop = q
        for s in range(LANES):
            total[s] = 0.0
        while stop < end and p.claim_rank[stop] == p.claim_rank[q]:
            if not links_only or p.claim_link[stop] >= 0:
                rest = 1.0 - p.claim_contract[stop] if by_contract else 1.0
                for s in range(LANES):
                    total[s] += rest * f.claim[stop, s]
            stop += 1
        for s in range(LANES):
            ratio[s] = min(1.0, left[s] / total[s]) if total[s] > 0.0 else 1.0
            left[s] = max(0.0, left[s] - total[s] * ratio[s])
        for at in range(q, stop):
            if not links_only or p.claim_link[at] >= 0:
                contract = p.claim_contract[at] if by_contract else 0.0
                for s in range(LANES):
                    f.claim[at, s] *= contract * first[s] + (1.0 - contract) * ratio[s]
        q = stop


@_inlined
def _hand_out(p, f, ways, a, cursor):  # type: ignore[no-untyped-def]
    """Serve the claims on an account out of stock, arrivals and output, and put on their way what its links take."""
    begin, end, node, use = p.claim_first[a], p.claim_first[a + 1], p.node[a], p.claim_of_use[a]
    available = f.row[6]
    for s in range(LANES):
        f.asked[a, s] = 0.0
        f.wanted[a, s] = 0.0
        f.served[a, s] = 0.0
        available[s] = f.stock[a, s] + f.incoming[a, s] + f.output[a, s]
    for q in range(begin, end):
        for s in range(LANES):
            f.asked[a, s] += f.claim[q, s]
    if p.node_is_shared[node] and p.node_is_limited[node]:
        for s in range(LANES):
            f.limit[a, s] = min(f.limit[a, s], f.node_left[node, s])
    _share_out(p, f, ways, begin, end, f.limit[a], True)
    for q in range(begin, end):
        for s in range(LANES):
            f.wanted[a, s] += f.claim[q, s]
    if use >= 0:
        for s in range(LANES):
            f.unserved[a, s] += f.claim[use, s]
    _share_out(p, f, ways, begin, end, available, False)
    if use >= 0:
        for s in range(LANES):
            f.unserved[a, s] -= f.claim[use, s]
    for q in range(begin, end):
        link = p.claim_link[q]
        for s in range(LANES):
            f.served[a, s] += f.claim[q, s]
        if link >= 0:
            first, rows = p.ring_first[link], p.ring_rows[link]
            now, after = first + cursor % rows, first + (cursor + 1) % rows
            for s in range(LANES):
                f.ring[after, s] = f.ring[now, s] + f.claim[q, s]
                f.node_left[node, s] -= f.claim[q, s]


@_separate
def _serve(p, f, e, ways, k, dt, cursor, s0):  # type: ignore[no-untyped-def]
    """Follow the goods from the sources down to the users."""
    for a in range(len(p.target)):
        _land(p, f, e, a, k, dt, s0)
        if p.maker[a] >= 0:
            _make(p, f, a)
        _hand_out(p, f, ways, a, cursor)


@_separate
def _trust(p, f, dt):  # type: ignore[no-untyped-def]
    """How much of its orders each link delivers, remembered for a day and a half."""
    move = 1.0 - np.exp(-dt / _TRUST_H)
    for a in range(len(p.target)):
        for at in range(p.in_first[a], p.in_first[a + 1]):
            link = p.in_link[at]
            q = p.claim_of_link[link]
            for s in range(LANES):
                meant = f.order[a, s] * f.weight[link, s] / p.link_gain[link]
                if meant > 0.0:
                    f.trust[link, s] += (min(1.0, f.claim[q, s] / meant) - f.trust[link, s]) * move


@_inlined
def _close(p, f, ways, r, a, t, dt, s0):  # type: ignore[no-untyped-def]
    """Close the books of an account: what finds no room goes back to the end of its link; note limits crossed inside the step."""
    out, back = f.row[0], f.row[1]
    for s in range(LANES):
        out[s] = 0.0
    for q in range(p.claim_first[a], p.claim_first[a + 1]):
        for s in range(LANES):
            out[s] += f.claim[q, s]
    memory = 1.0 - np.exp(-ways.memory * dt)
    for s in range(LANES):
        left = f.stock[a, s] + f.incoming[a, s] + f.output[a, s] - out[s]
        excess = min(max(0.0, left - f.highest[a, s]), f.incoming[a, s])
        back[s] = 1.0 - excess / f.incoming[a, s] if excess > 0.0 else 1.0
        after = max(0.0, left - excess)
        _note(p, f, ways, r, a, s, t, dt, s0, after, excess)
        f.expected[a, s] += (f.wish[a, s] / dt - f.expected[a, s]) * memory
        f.stock[a, s] = after
    for at in range(p.in_first[a], p.in_first[a + 1]):
        link = p.in_link[at]
        for s in range(LANES):
            f.held[link, s] = max(0.0, f.held[link, s] - f.landing[link, s] * back[s])


@_inlined
def _note(p, f, ways, r, a, s, t, dt, s0, after, excess):  # type: ignore[no-untyped-def]
    """Note when an account passes its minimum, runs empty or full, or serves too little."""
    before, wanted, served = f.stock[a, s], f.wanted[a, s], f.served[a, s]
    fall = wanted - f.incoming[a, s] - f.output[a, s]
    low = p.minimum[a]
    is_unmet = wanted - served > 1e-7 * wanted and after <= _TINY * max(wanted, p.target[a])
    if is_unmet and r.to_zero[a, s0 + s] == np.inf:
        r.to_zero[a, s0 + s] = t + dt * min(1.0, before / fall) if fall > 0.0 else t
    if low > 0.0 and after < low * (1.0 - _TINY):
        if f.low_since[a, s] == np.inf:
            f.low_since[a, s] = t + dt * min(1.0, max(0.0, before - low) / fall) if fall > 0.0 else t
        if t + dt - f.low_since[a, s] >= ways.hold_h:
            r.to_minimum[a, s0 + s] = min(r.to_minimum[a, s0 + s], f.low_since[a, s])
    else:
        f.low_since[a, s] = np.inf
    high = f.highest[a, s]
    rise = after + excess + max(0.0, f.free_order[a, s] - f.order[a, s]) - before
    if high < 1e300 and p.has_stock[a] and after >= high * (1.0 - _TINY) and before + rise > high * (1.0 + _TINY):
        if f.full_since[a, s] == np.inf:
            f.full_since[a, s] = t + dt * min(1.0, max(0.0, high - before) / rise)
        if t + dt - f.full_since[a, s] >= ways.hold_h:
            r.to_maximum[a, s0 + s] = min(r.to_maximum[a, s0 + s], f.full_since[a, s])
    else:
        f.full_since[a, s] = np.inf
    if served < SERVED_SHARE * f.asked[a, s] * (1.0 - _TINY):
        if f.short_since[a, s] == np.inf:
            f.short_since[a, s] = t + dt * min(1.0, before / fall) if is_unmet and fall > 0.0 else t
        if t + dt - f.short_since[a, s] >= ways.short_hold_h:
            r.to_short[a, s0 + s] = min(r.to_short[a, s0 + s], f.short_since[a, s])
    else:
        f.short_since[a, s] = np.inf


@_separate
def _settle(p, f, ways, r, t, dt, s0):  # type: ignore[no-untyped-def]
    """Close all books of the step."""
    for a in range(len(p.target)):
        _close(p, f, ways, r, a, t, dt, s0)


@_separate
def _record(p, f, r, mark, cursor, s0):  # type: ignore[no-untyped-def]
    """Copy amounts at the end of a step."""
    for a in range(len(p.target)):
        for s in range(LANES):
            r.stock[mark, a, s0 + s] = f.stock[a, s]
            r.unserved[mark, a, s0 + s] = f.unserved[a, s]
    for c in range(len(p.maker_capacity)):
        for s in range(LANES):
            r.made[mark, c, s0 + s] = f.made_sum[c, s]
    if len(r.sent) > 0:
        for link in range(len(p.link_end)):
            after = p.ring_first[link] + (cursor + 1) % p.ring_rows[link]
            for s in range(LANES):
                r.sent[mark, link, s0 + s] = f.ring[after, s] - f.sent_sum[link, s]
                r.held[mark, link, s0 + s] = f.held[link, s]
                r.moving[mark, link, s0 + s] = f.ring[after, s] - f.passed[link, s]


@_separate
def _frame(p):  # type: ignore[no-untyped-def]
    """Fresh working memory."""
    accounts, links, makers, nodes = len(p.target), len(p.link_end), len(p.maker_capacity), len(p.node_capacity)

    return _Frame(
        stock=np.zeros((accounts, LANES)),
        highest=np.zeros((accounts, LANES)),
        expected=np.zeros((accounts, LANES)),
        coming=np.zeros((accounts, LANES)),
        waiting=np.zeros((accounts, LANES)),
        due_in=np.zeros((accounts, LANES)),
        wish=np.zeros((accounts, LANES)),
        limit=np.zeros((accounts, LANES)),
        order=np.zeros((accounts, LANES)),
        free_order=np.zeros((accounts, LANES)),
        incoming=np.zeros((accounts, LANES)),
        wanted=np.zeros((accounts, LANES)),
        asked=np.zeros((accounts, LANES)),
        served=np.zeros((accounts, LANES)),
        output=np.zeros((accounts, LANES)),
        unserved=np.zeros((accounts, LANES)),
        claim=np.zeros((len(p.claim_link), LANES)),
        due=np.zeros((links, LANES)),
        held=np.zeros((links, LANES)),
        passed=np.zeros((links, LANES)),
        landing=np.zeros((links, LANES)),
        ring=np.zeros((p.ring_first[-1], LANES)),
        make=np.zeros((makers, LANES)),
        made_sum=np.zeros((makers, LANES)),
        sent_sum=np.zeros((links, LANES)),
        own_rate=np.zeros((accounts, LANES)),
        node_rate=np.zeros((nodes, LANES)),
        node_left=np.zeros((nodes, LANES)),
        weight=np.zeros((links, LANES)),
        trust=np.ones((links, LANES)),
        thin_h=np.zeros((accounts, LANES)),
        low_since=np.full((accounts, LANES), np.inf),
        full_since=np.full((accounts, LANES), np.inf),
        short_since=np.full((accounts, LANES), np.inf),
        row=np.zeros((7, LANES)),
    )


@_separate
def _begin(p, f, start, before, s0):  # type: ignore[no-untyped-def]
    """Set the frame to the state at hour 0."""
    for a in range(len(p.target)):
        for s in range(LANES):
            f.stock[a, s] = start.stock[a, s0 + s]
            f.highest[a, s] = max(p.maximum[a], f.stock[a, s])
            f.expected[a, s] = start.expected[a, s0 + s]
            f.own_rate[a, s] = p.leaving[a]
            f.node_rate[p.node[a], s] += p.leaving[a]
            f.low_since[a, s] = 0.0 if f.stock[a, s] < p.minimum[a] * (1.0 - _TINY) else np.inf
    for link in range(len(p.link_end)):
        first, rows = p.ring_first[link], p.ring_rows[link]
        for s in range(LANES):
            f.held[link, s] = start.held[link, s0 + s]
            f.sent_sum[link, s] = start.transit[link, s0 + s]
            f.weight[link, s] = p.link_weight[link]
        for back in range(rows):
            at = first + (before - back) % rows
            for s in range(LANES):
                f.ring[at, s] = start.sent_before[first + back] * start.transit[link, s0 + s]


@_compiled
def run_block(p, ways, e, start, hours, mark_of_step, before, r, s0):  # type: ignore[no-untyped-def]
    """Simulate the scenarios from ``s0`` to ``s0 + LANES`` and fill the results. ``before`` is the number of hourly knots before hour 0."""
    f = _frame(p)
    _begin(p, f, start, before, s0)
    for k in range(len(hours) - 1):
        t, dt, cursor = hours[k], hours[k + 1] - hours[k], before + k
        _arrive(p, f, k, cursor)
        _order(p, f, e, ways, k, dt, s0)
        _serve(p, f, e, ways, k, dt, cursor, s0)
        if ways.is_adaptive:
            _trust(p, f, dt)
        _settle(p, f, ways, r, t, dt, s0)
        if mark_of_step[k] >= 0:
            _record(p, f, r, mark_of_step[k], cursor, s0)
    for a in range(len(p.target)):
        for s in range(LANES):
            r.to_minimum[a, s0 + s] = min(r.to_minimum[a, s0 + s], f.low_since[a, s])
            r.to_maximum[a, s0 + s] = min(r.to_maximum[a, s0 + s], f.full_since[a, s])
            r.to_short[a, s0 + s] = min(r.to_short[a, s0 + s], f.short_since[a, s])
