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

LANES = 32
"""Scenarios computed together, so that most time goes into straight loops over them."""

SERVED_SHARE = 0.98
_TRUST_H = 36.0
_LEAST_TRUST = 0.05
_THIN = 0.5
_TINY = 1e-9

ACCOUNT_NUMBERS = (
    "target",
    "minimum",
    "maximum",
    "demand",
    "through",
    "leaving",
    "coming_at_rest",
    "made_share",
    "floor",
)
TARGET, MINIMUM, MAXIMUM, DEMAND, THROUGH, LEAVING, COMING_AT_REST, MADE_SHARE, FLOOR = range(9)
ACCOUNT_INDICES = ("in_first", "claim_first", "claim_of_use", "maker", "node", "has_stock", "is_input")
IN_FIRST, CLAIM_FIRST, CLAIM_OF_USE, MAKER, NODE, HAS_STOCK, IS_INPUT = range(7)
LINK_NUMBERS = ("link_gain", "link_capacity", "link_release", "link_weight", "link_flow")
LINK_GAIN, LINK_CAPACITY, LINK_RELEASE, LINK_WEIGHT, LINK_FLOW = range(5)
LINK_INDICES = ("in_link", "claim_of_link", "lead_row", "ring_first", "ring_rows")
IN_LINK, CLAIM_OF_LINK, LEAD_ROW, RING_FIRST, RING_ROWS = range(5)
CLAIM_INDICES = ("claim_link", "claim_rank")
CLAIM_LINK, CLAIM_RANK = range(2)
INPUT_NUMBERS = ("input_per_unit", "input_loss")
INPUT_PER_UNIT, INPUT_LOSS = range(2)
INPUT_INDICES = ("input_account", "input_claim")
INPUT_ACCOUNT, INPUT_CLAIM = range(2)
NODE_INDICES = ("node_is_shared", "node_is_limited")
NODE_IS_SHARED, NODE_IS_LIMITED = range(2)
ACCOUNT_ROWS = (
    "stock",
    "highest",
    "expected",
    "coming",
    "waiting",
    "due_in",
    "wish",
    "limit",
    "order",
    "free_order",
    "incoming",
    "asked",
    "wanted",
    "served",
    "output",
    "unserved",
    "own_rate",
    "thin_h",
    "low_since",
    "full_since",
    "short_since",
)
(
    STOCK,
    HIGHEST,
    EXPECTED,
    COMING,
    WAITING,
    DUE_IN,
    WISH,
    LIMIT,
    ORDER,
    FREE_ORDER,
    INCOMING,
    ASKED,
    WANTED,
    SERVED,
    OUTPUT,
    UNSERVED,
    OWN_RATE,
    THIN_H,
    LOW_SINCE,
    FULL_SINCE,
    SHORT_SINCE,
) = range(21)
LINK_ROWS = ("held", "passed", "goal", "before", "weight", "trust")
HELD, PASSED, GOAL, BEFORE, WEIGHT, TRUST = range(6)
MAKER_ROWS = ("make", "made_sum")
MAKE, MADE_SUM = range(2)
NODE_ROWS = ("node_rate", "node_left")
NODE_RATE, NODE_LEFT = range(2)

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Bools = NDArray[np.bool_]
_F = TypeVar("_F", bound=Callable[..., object])


def _compiled(function: _F) -> _F:
    return njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)  # type: ignore[no-any-return]


def _part(function: _F) -> _F:
    return njit(nogil=True, error_model="numpy", _nrt=False)(function)  # type: ignore[no-any-return]


class Plan(NamedTuple):
    """The network, laid out: accounts in the order goods flow, links by source, claims by account and urgency.

    Numbers and indices of one kind of thing stand in one array, a row for each name below: few arrays compile faster than many.
    """

    accounts: int
    links: int
    nodes: int
    account_number: _Floats
    account_index: _Ints
    link_number: _Floats
    link_index: _Ints
    claim_index: _Ints
    claim_contract: _Floats
    input_number: _Floats
    input_index: _Ints
    input_first: _Ints
    maker_capacity: _Floats
    node_capacity: _Floats
    node_index: _Ints
    arrival_index: _Ints
    arrival_weight: _Floats
    arrival_part: _Floats
    late_link: _Ints


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


class Frame(NamedTuple):
    """Working memory of a block: (rows named below, members, LANES)."""

    account: _Floats
    link: _Floats
    maker: _Floats
    node: _Floats
    claim: _Floats
    ring: _Floats
    late_rate: _Floats
    row: _Floats


def _inlined(function: _F) -> _F:
    return njit(inline="always", error_model="numpy", _nrt=False)(function)  # type: ignore[no-any-return]


@_part
def _clear(row):  # type: ignore[no-untyped-def]
    lanes = len(row)
    for s in range(lanes):
        row[s] = 0.0


@_part
def _add(into, row):  # type: ignore[no-untyped-def]
    lanes = len(into)
    for s in range(lanes):
        into[s] += row[s]


@_part
def _add_times(into, factor, row):  # type: ignore[no-untyped-def]
    lanes = len(into)
    for s in range(lanes):
        into[s] += factor * row[s]


@_part
def _sum(total, rows, begin, end):  # type: ignore[no-untyped-def]
    _clear(total)
    for q in range(begin, end):
        _add(total, rows[q])


@_part
def _advance(low, high, weight, passed, held):  # type: ignore[no-untyped-def]
    """Move what was sent before this step and arrives in it to the end of the link."""
    lanes = len(low)
    for s in range(lanes):
        until = max(low[s] + weight * (high[s] - low[s]), passed[s])
        held[s] += until - passed[s]
        passed[s] = until


@_part
def _count_coming(coming, gain, now, passed, held):  # type: ignore[no-untyped-def]
    lanes = len(coming)
    for s in range(lanes):
        coming[s] += gain * (now[s] - passed[s] + held[s])


@_part
def _arrive(p, f, k, cursor):  # type: ignore[no-untyped-def]
    """What each link brings in this step of what was sent before it, and what is on its way to each account."""
    for a in range(p.accounts):
        _clear(f.account[COMING, a])
        _clear(f.account[WAITING, a])
        _clear(f.account[DUE_IN, a])
        for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
            link = p.link_index[IN_LINK, at]
            row, first, rows = (
                p.link_index[LEAD_ROW, link],
                p.link_index[RING_FIRST, link],
                p.link_index[RING_ROWS, link],
            )
            index, gain = p.arrival_index[row, k], p.link_number[LINK_GAIN, link]
            low, high, now = first + index % rows, first + (index + 1) % rows, first + cursor % rows
            _add_times(f.account[WAITING, a], gain, f.link[HELD, link])
            _advance(f.ring[low], f.ring[high], p.arrival_weight[row, k], f.link[PASSED, link], f.link[HELD, link])
            if p.account_index[HAS_STOCK, a]:
                _count_coming(f.account[COMING, a], gain, f.ring[now], f.link[PASSED, link], f.link[HELD, link])
            if p.account_index[IS_INPUT, a]:
                _add_times(f.account[DUE_IN, a], gain, f.link[HELD, link])


@_part
def _limit_node(p, f, a, links, factor, dt):  # type: ignore[no-untyped-def]
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


@_inlined
def _wishes(p, f, e, a, k, dt, s0):  # type: ignore[no-untyped-def]
    """All that is asked of an account, cut to what its node can hand on."""
    lanes = f.row.shape[1]
    links, wish, limit = f.row[0], f.account[WISH, a], f.account[LIMIT, a]
    use = p.account_index[CLAIM_OF_USE, a]
    if use >= 0:
        asked, need, factor = f.claim[use], p.account_number[DEMAND, a] * dt, e.factors[e.of_use[a], k, s0 : s0 + LANES]
        for s in range(lanes):
            asked[s] = need * factor[s]
    _clear(links)
    _clear(wish)
    for q in range(p.account_index[CLAIM_FIRST, a], p.account_index[CLAIM_FIRST, a + 1]):
        _add(links if p.claim_index[CLAIM_LINK, q] >= 0 else wish, f.claim[q])
    _limit_node(p, f, a, links, e.factors[e.of_node[p.account_index[NODE, a]], k, s0 : s0 + LANES], dt)
    for s in range(lanes):
        wish[s] += min(links[s], limit[s])


@_inlined
def _amount(p, f, ways, a, dt, is_open):  # type: ignore[no-untyped-def]
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


@_inlined
def _ask_maker(p, f, e, ways, a, k, dt, s0):  # type: ignore[no-untyped-def]
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
            _hold_back(p, f, ways, make, of, k, p.input_number[INPUT_PER_UNIT, i])
    for i in range(begin, end):
        claim, per_unit = f.claim[p.input_index[INPUT_CLAIM, i]], p.input_number[INPUT_PER_UNIT, i]
        for s in range(lanes):
            claim[s] = per_unit * make[s]


@_part
def _hold_back(p, f, ways, make, of, k, per_unit):  # type: ignore[no-untyped-def]
    """Cut the wish of a maker to what an input has, and in the mode that throttles further as its stock falls below psi of its target."""
    lanes = f.row.shape[1]
    stock, due = f.account[STOCK, of], f.account[DUE_IN, of]
    if not _is_quick(p, of, k):
        for s in range(lanes):
            make[s] = min(make[s], (stock[s] + due[s]) / per_unit)
    if ways.psi > 0.0:
        enough = ways.psi * p.account_number[TARGET, of]
        for s in range(lanes):
            make[s] *= min(1.0, stock[s] / enough)


@_inlined
def _is_quick(p, a, k):  # type: ignore[no-untyped-def]
    """True when something sent in this step may still arrive in it."""
    quick = p.account_index[MAKER, a] >= 0
    for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
        quick = quick or p.arrival_part[p.link_index[LEAD_ROW, p.link_index[IN_LINK, at]], k] > 0.0
    return quick


@_inlined
def _ask_links(p, f, e, a, k, dt, s0):  # type: ignore[no-untyped-def]
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


@_part
def _goals(p, f, ways, a, dt):  # type: ignore[no-untyped-def]
    """Where the shares of the links into an account are moving: to those that deliver; dormant ones wake when the stock has long been thin."""
    lanes = f.row.shape[1]
    thin, stock, whole = f.account[THIN_H, a], f.account[STOCK, a], f.row[0]
    wake = p.account_number[MINIMUM, a] + _THIN * (p.account_number[TARGET, a] - p.account_number[MINIMUM, a])
    for s in range(lanes):
        thin[s] = max(0.0, thin[s] + (dt if stock[s] < wake else -2.0 * dt))
    _clear(whole)
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
        _add(whole, goal)


@_part
def _ask_trusted(p, f, e, ways, a, k, dt, s0):  # type: ignore[no-untyped-def]
    """Orders split by shares that move; what a full link cannot take goes to those in use that have room."""
    lanes = f.row.shape[1]
    whole, missing, room, order = f.row[0], f.row[1], f.row[2], f.account[ORDER, a]
    bought, move = 1.0 - p.account_number[MADE_SHARE, a], 1.0 - np.exp(-ways.reroute * dt)
    _goals(p, f, ways, a, dt)
    _clear(room)
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
        _add_times(missing, -gain, claim)
        _add(room, goal)
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


@_part
def _order(p, f, e, ways, k, dt, s0):  # type: ignore[no-untyped-def]
    """Follow the wishes from the users up to the sources; where a loop was opened, a link is asked what it was asked a step ago."""
    lanes = f.row.shape[1]
    for j in range(len(p.late_link)):
        claim, rate = f.claim[p.link_index[CLAIM_OF_LINK, p.late_link[j]]], f.late_rate[j]
        for s in range(lanes):
            claim[s] = rate[s] * dt
    for back in range(p.accounts):
        a = p.accounts - 1 - back
        _wishes(p, f, e, a, k, dt, s0)
        _amount(p, f, ways, a, dt, e.factors[e.of_node[p.account_index[NODE, a]], k, s0 : s0 + LANES])
        if p.account_index[MAKER, a] >= 0:
            _ask_maker(p, f, e, ways, a, k, dt, s0)
        if ways.is_adaptive:
            _ask_trusted(p, f, e, ways, a, k, dt, s0)
        else:
            _ask_links(p, f, e, a, k, dt, s0)
    for j in range(len(p.late_link)):
        claim, rate = f.claim[p.link_index[CLAIM_OF_LINK, p.late_link[j]]], f.late_rate[j]
        for s in range(lanes):
            rate[s] = claim[s] / dt
    _open_nodes(p, f, e, k, dt, s0)


@_part
def _open_nodes(p, f, e, k, dt, s0):  # type: ignore[no-untyped-def]
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
        _clear(f.node[NODE_RATE, n])
    for a in range(p.accounts):
        if p.node_index[NODE_IS_SHARED, p.account_index[NODE, a]]:
            _add(f.node[NODE_RATE, p.account_index[NODE, a]], f.account[OWN_RATE, a])


@_part
def _land_from(incoming, gain, held, release, factor, is_open):  # type: ignore[no-untyped-def]
    """What may land from a link in this step: nothing while it or the node at its end is closed."""
    lanes = len(incoming)
    for s in range(lanes):
        able = release * factor[s] if is_open[s] > 0.0 else 0.0
        incoming[s] += gain * min(held[s], able)


@_part
def _unload(held, back, release, factor, is_open):  # type: ignore[no-untyped-def]
    lanes = len(held)
    for s in range(lanes):
        able = release * factor[s] if is_open[s] > 0.0 else 0.0
        held[s] = max(0.0, held[s] - min(held[s], able) * back[s])


@_inlined
def _land(p, f, e, a, k, dt, s0):  # type: ignore[no-untyped-def]
    """What may land at an account: what waited and what arrives, as far as its links and its node are open."""
    incoming, is_open = f.account[INCOMING, a], e.factors[e.of_node[p.account_index[NODE, a]], k, s0 : s0 + LANES]
    _clear(incoming)
    for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
        link = p.link_index[IN_LINK, at]
        part, held = p.arrival_part[p.link_index[LEAD_ROW, link], k], f.link[HELD, link]
        if part > 0.0:
            claim = f.claim[p.link_index[CLAIM_OF_LINK, link]]
            _add_times(held, part, claim)
            _add_times(f.link[PASSED, link], part, claim)
        factor = e.factors[e.of_link[link], k, s0 : s0 + LANES]
        _land_from(
            incoming, p.link_number[LINK_GAIN, link], held, p.link_number[LINK_RELEASE, link] * dt, factor, is_open
        )


@_inlined
def _make(p, f, a):  # type: ignore[no-untyped-def]
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
    _add(f.maker[MADE_SUM, c], made)
    for i in range(p.input_first[c], p.input_first[c + 1]):
        claim, per_unit = f.claim[p.input_index[INPUT_CLAIM, i]], p.input_number[INPUT_PER_UNIT, i]
        for s in range(lanes):
            claim[s] = min(claim[s], per_unit * made[s])


@_part
def _is_above(total, limit):  # type: ignore[no-untyped-def]
    lanes = len(total)
    above = 0
    for s in range(lanes):
        above += 1 if total[s] > limit[s] else 0
    return above > 0


@_inlined
def _cut_links(p, f, ways, a):  # type: ignore[no-untyped-def]
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
    _clear(total)
    for q in range(begin, end):
        if p.claim_index[CLAIM_LINK, q] >= 0:
            _add(total, f.claim[q])
    if _is_above(total, limit):
        _cut(p, f, ways.by_contract, begin, end, limit, True)
        _sum(f.account[WANTED, a], f.claim, begin, end)


@_part
def _cut(p, f, by_contract, begin, end, limit, links_only):  # type: ignore[no-untyped-def]
    """Cut claims to a limit: contracts first where they count, then class by class in proportion."""
    lanes = f.row.shape[1]
    first, left, ratio, total = f.row[3], f.row[4], f.row[5], f.row[2]
    for s in range(lanes):
        left[s] = limit[s]
        first[s] = 0.0
    if by_contract:
        for q in range(begin, end):
            if not links_only or p.claim_index[CLAIM_LINK, q] >= 0:
                _add_times(first, p.claim_contract[q], f.claim[q])
        for s in range(lanes):
            granted = min(first[s], left[s])
            left[s] -= granted
            first[s] = granted / first[s] if first[s] > 0.0 else 0.0
    at = begin
    while at < end:
        stop = at
        _clear(total)
        while stop < end and p.claim_index[CLAIM_RANK, stop] == p.claim_index[CLAIM_RANK, at]:
            if not links_only or p.claim_index[CLAIM_LINK, stop] >= 0:
                _add_times(total, 1.0 - p.claim_contract[stop] if by_contract else 1.0, f.claim[stop])
            stop += 1
        for s in range(lanes):
            ratio[s] = min(1.0, left[s] / total[s]) if total[s] > 0.0 else 1.0
            left[s] = max(0.0, left[s] - total[s] * ratio[s])
        for q in range(at, stop):
            if not links_only or p.claim_index[CLAIM_LINK, q] >= 0:
                contract, claim = p.claim_contract[q] if by_contract else 0.0, f.claim[q]
                for s in range(lanes):
                    claim[s] *= contract * first[s] + (1.0 - contract) * ratio[s]
        at = stop


@_inlined
def _hand_out(p, f, ways, a):  # type: ignore[no-untyped-def]
    """Serve the claims on an account out of stock, arrivals and output."""
    lanes = f.row.shape[1]
    begin, end, use = (
        p.account_index[CLAIM_FIRST, a],
        p.account_index[CLAIM_FIRST, a + 1],
        p.account_index[CLAIM_OF_USE, a],
    )
    asked, wanted, served, available = f.account[ASKED, a], f.account[WANTED, a], f.account[SERVED, a], f.row[6]
    stock, incoming, output = f.account[STOCK, a], f.account[INCOMING, a], f.account[OUTPUT, a]
    _sum(asked, f.claim, begin, end)
    for s in range(lanes):
        wanted[s] = asked[s]
    if end > begin:
        _cut_links(p, f, ways, a)
    for s in range(lanes):
        available[s] = stock[s] + incoming[s] + output[s]
        served[s] = wanted[s]
    if _is_above(wanted, available):
        if use >= 0:
            _add(f.account[UNSERVED, a], f.claim[use])
        _cut(p, f, ways.by_contract, begin, end, available, False)
        if use >= 0:
            _add_times(f.account[UNSERVED, a], -1.0, f.claim[use])
        _sum(served, f.claim, begin, end)


@_inlined
def _send(p, f, a, cursor):  # type: ignore[no-untyped-def]
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
                _add_times(f.node[NODE_LEFT, node], -1.0, claim)


@_part
def _serve(p, f, e, ways, k, dt, cursor, s0):  # type: ignore[no-untyped-def]
    """Follow the goods from the sources down to the users."""
    for a in range(p.accounts):
        _land(p, f, e, a, k, dt, s0)
        if p.account_index[MAKER, a] >= 0:
            _make(p, f, a)
        _hand_out(p, f, ways, a)
        _send(p, f, a, cursor)


@_part
def _trust(p, f, dt):  # type: ignore[no-untyped-def]
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


@_part
def _settle(p, f, e, ways, r, k, t, dt, s0):  # type: ignore[no-untyped-def]
    """Close the books of the step: what finds no room goes back to the end of its link; note limits crossed inside the step."""
    lanes = f.row.shape[1]
    memory = 1.0 - np.exp(-ways.memory * dt)
    for a in range(p.accounts):
        stock, expected, wish = f.account[STOCK, a], f.account[EXPECTED, a], f.account[WISH, a]
        out, left, back = f.account[SERVED, a], f.row[1], f.row[2]
        if p.account_index[IS_INPUT, a]:
            out = f.row[3]
            _sum(out, f.claim, p.account_index[CLAIM_FIRST, a], p.account_index[CLAIM_FIRST, a + 1])
        _balance(left, stock, f.account[INCOMING, a], f.account[OUTPUT, a], out)
        is_open = e.factors[e.of_node[p.account_index[NODE, a]], k, s0 : s0 + LANES]
        _turn_back(left, back, f.account[HIGHEST, a], f.account[INCOMING, a])
        for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
            link = p.link_index[IN_LINK, at]
            factor = e.factors[e.of_link[link], k, s0 : s0 + LANES]
            _unload(f.link[HELD, link], back, p.link_number[LINK_RELEASE, link] * dt, factor, is_open)
        if _is_notable(p, f, a, left):
            for s in range(lanes):
                _note(p, f, ways, r, a, s, t, dt, s0, left[s])
        for s in range(lanes):
            expected[s] += (wish[s] / dt - expected[s]) * memory
            stock[s] = left[s]


@_part
def _balance(left, stock, incoming, output, out):  # type: ignore[no-untyped-def]
    lanes = len(left)
    for s in range(lanes):
        left[s] = max(0.0, stock[s] + incoming[s] + output[s] - out[s])


@_part
def _turn_back(left, back, highest, incoming):  # type: ignore[no-untyped-def]
    """Cut a stock to its limit; ``back`` is the part of what would land that finds room."""
    lanes = len(left)
    for s in range(lanes):
        excess = min(max(0.0, left[s] - highest[s]), incoming[s])
        back[s] = 1.0 - excess / incoming[s] if excess > 0.0 else 1.0
        left[s] -= excess


@_inlined
def _is_notable(p, f, a, left):  # type: ignore[no-untyped-def]
    """True when some scenario is, or has just been, at a limit or short of something."""
    lanes = f.row.shape[1]
    low, asked, served, highest = (
        p.account_number[MINIMUM, a] * (1.0 - _TINY),
        f.account[ASKED, a],
        f.account[SERVED, a],
        f.account[HIGHEST, a],
    )
    low_since, full_since, short_since = f.account[LOW_SINCE, a], f.account[FULL_SINCE, a], f.account[SHORT_SINCE, a]
    found = 0
    for s in range(lanes):
        found += 1 if served[s] < asked[s] * (1.0 - 1e-7) else 0
    for s in range(lanes):
        found += 1 if left[s] < low or left[s] >= highest[s] * (1.0 - _TINY) else 0
    for s in range(lanes):
        found += 1 if min(low_since[s], full_since[s], short_since[s]) < np.inf else 0
    return found > 0


@_part
def _note(p, f, ways, r, a, s, t, dt, s0, after):  # type: ignore[no-untyped-def]
    """Note when an account passes its minimum, runs empty or full, or serves too little."""
    before, wanted, served, at = f.account[STOCK, a, s], f.account[WANTED, a, s], f.account[SERVED, a, s], s0 + s
    fall = wanted - f.account[INCOMING, a, s] - f.account[OUTPUT, a, s]
    to_empty = t + dt * min(1.0, before / fall) if fall > 0.0 else t
    low = p.account_number[MINIMUM, a]
    is_unmet = wanted - served > 1e-7 * wanted and after <= _TINY * max(wanted, p.account_number[TARGET, a])
    if is_unmet:
        r.to_zero[a, at] = min(r.to_zero[a, at], to_empty)
    is_low = low > 0.0 and after < low * (1.0 - _TINY)
    to_low = t + dt * min(1.0, max(0.0, before - low) / fall) if fall > 0.0 else t
    _hold(f.account[LOW_SINCE, a], s, is_low, to_low, t + dt - ways.hold_h, r.to_minimum[a], at)
    high = f.account[HIGHEST, a, s]
    rise = after + max(0.0, f.account[FREE_ORDER, a, s] - f.account[ORDER, a, s]) - before
    rise += max(0.0, before + f.account[INCOMING, a, s] + f.account[OUTPUT, a, s] - served - high)
    is_full = (
        high < 1e300
        and p.account_index[HAS_STOCK, a]
        and after >= high * (1.0 - _TINY)
        and before + rise > high * (1.0 + _TINY)
    )
    to_full = t + dt * min(1.0, max(0.0, high - before) / rise) if rise > 0.0 else t
    _hold(f.account[FULL_SINCE, a], s, is_full, to_full, t + dt - ways.hold_h, r.to_maximum[a], at)
    is_short = served < SERVED_SHARE * f.account[ASKED, a, s] * (1.0 - _TINY)
    _hold(
        f.account[SHORT_SINCE, a],
        s,
        is_short,
        to_empty if is_unmet else t,
        t + dt - ways.short_hold_h,
        r.to_short[a],
        at,
    )


@_part
def _hold(since, s, is_so, begin, latest, result, at):  # type: ignore[no-untyped-def]
    """Remember since when something is so; it counts once that was at or before ``latest``."""
    if not is_so:
        since[s] = np.inf
        return
    since[s] = min(since[s], begin)
    if since[s] <= latest:
        result[at] = min(result[at], since[s])


@_part
def _copy(into, rows, s0):  # type: ignore[no-untyped-def]
    lanes = rows.shape[1]
    for i in range(len(into)):
        for s in range(lanes):
            into[i, s0 + s] = rows[i, s]


@_part
def _record(p, f, r, mark, cursor, s0):  # type: ignore[no-untyped-def]
    """Copy amounts at the end of a step."""
    lanes = f.row.shape[1]
    _copy(r.stock[mark], f.account[STOCK], s0)
    _copy(r.unserved[mark], f.account[UNSERVED], s0)
    _copy(r.made[mark], f.maker[MADE_SUM], s0)
    if len(r.sent) > 0:
        _copy(r.held[mark], f.link[HELD], s0)
        for link in range(p.links):
            after = f.ring[p.link_index[RING_FIRST, link] + (cursor + 1) % p.link_index[RING_ROWS, link]]
            for s in range(lanes):
                r.sent[mark, link, s0 + s] = after[s] - f.link[BEFORE, link, s]
                r.moving[mark, link, s0 + s] = after[s] - f.link[PASSED, link, s]


def frame_of(p: Plan) -> Frame:
    """Fresh working memory for one block."""
    return Frame(
        account=np.zeros((len(ACCOUNT_ROWS), p.accounts, LANES)),
        link=np.zeros((len(LINK_ROWS), p.links, LANES)),
        maker=np.zeros((len(MAKER_ROWS), len(p.maker_capacity), LANES)),
        node=np.zeros((len(NODE_ROWS), p.nodes, LANES)),
        claim=np.zeros((p.claim_index.shape[1], LANES)),
        ring=np.zeros((int(p.link_index[RING_FIRST, p.links]), LANES)),
        late_rate=np.zeros((len(p.late_link), LANES)),
        row=np.zeros((7, LANES)),
    )


@_part
def _begin(p, f, start, before, s0):  # type: ignore[no-untyped-def]
    """Set the frame to the state at hour 0."""
    lanes = f.row.shape[1]
    f.account[FULL_SINCE] = np.inf
    f.account[SHORT_SINCE] = np.inf
    f.link[TRUST] = 1.0
    for a in range(p.accounts):
        for s in range(lanes):
            f.account[STOCK, a, s] = start.stock[a, s0 + s]
            f.account[HIGHEST, a, s] = max(p.account_number[MAXIMUM, a], f.account[STOCK, a, s])
            f.account[EXPECTED, a, s] = start.expected[a, s0 + s]
            f.account[OWN_RATE, a, s] = p.account_number[LEAVING, a]
            f.node[NODE_RATE, p.account_index[NODE, a], s] += p.account_number[LEAVING, a]
            f.account[LOW_SINCE, a, s] = (
                0.0 if f.account[STOCK, a, s] < p.account_number[MINIMUM, a] * (1.0 - _TINY) else np.inf
            )
    for j in range(len(p.late_link)):
        f.late_rate[j, :] = p.link_number[LINK_FLOW, p.late_link[j]]
    for link in range(p.links):
        first, rows = p.link_index[RING_FIRST, link], p.link_index[RING_ROWS, link]
        for s in range(lanes):
            f.link[HELD, link, s] = start.held[link, s0 + s]
            f.link[BEFORE, link, s] = start.transit[link, s0 + s]
            f.link[WEIGHT, link, s] = p.link_number[LINK_WEIGHT, link]
        for back in range(rows):
            row = f.ring[first + (before - back) % rows]
            for s in range(lanes):
                row[s] = start.sent_before[first + back] * start.transit[link, s0 + s]


@_compiled
def run_block(p, f, ways, e, start, hours, mark_of_step, before, r, s0):  # type: ignore[no-untyped-def]
    """Simulate the scenarios from ``s0`` to ``s0 + LANES`` and fill the results. ``before`` is the number of hourly knots before hour 0."""
    lanes = f.row.shape[1]
    _begin(p, f, start, before, s0)
    for k in range(len(hours) - 1):
        t, dt, cursor = hours[k], hours[k + 1] - hours[k], before + k
        _arrive(p, f, k, cursor)
        _order(p, f, e, ways, k, dt, s0)
        _serve(p, f, e, ways, k, dt, cursor, s0)
        if ways.is_adaptive:
            _trust(p, f, dt)
        _settle(p, f, e, ways, r, k, t, dt, s0)
        if mark_of_step[k] >= 0:
            _record(p, f, r, mark_of_step[k], cursor, s0)
    for a in range(p.accounts):
        for s in range(lanes):
            r.to_minimum[a, s0 + s] = min(r.to_minimum[a, s0 + s], f.account[LOW_SINCE, a, s])
            r.to_maximum[a, s0 + s] = min(r.to_maximum[a, s0 + s], f.account[FULL_SINCE, a, s])
            r.to_short[a, s0 + s] = min(r.to_short[a, s0 + s], f.account[SHORT_SINCE, a, s])
