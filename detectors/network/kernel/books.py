"""The end of a step: what finds no room turns back, limits crossed are noted, amounts are recorded."""

import numpy as np

from detectors.network.kernel.plan import (
    ASKED,
    BEFORE,
    CLAIM_FIRST,
    EXPECTED,
    FREE_ORDER,
    FULL_SINCE,
    HAS_STOCK,
    HELD,
    HIGHEST,
    IN_FIRST,
    IN_LINK,
    INCOMING,
    IS_INPUT,
    LANES,
    LINK_RELEASE,
    LOW_SINCE,
    MADE_SUM,
    MINIMUM,
    NODE,
    ORDER,
    OUTPUT,
    PASSED,
    RING_FIRST,
    RING_ROWS,
    SERVED,
    SHORT_SINCE,
    STOCK,
    TARGET,
    TINY,
    UNSERVED,
    WANTED,
    WISH,
    Events,
    Floats,
    Frame,
    Plan,
    Results,
    Ways,
    inlined,
    part,
)
from detectors.network.kernel.rows import add_up

SERVED_SHARE = 0.98


@part
def unload(held: Floats, back: Floats, release: float, factor: Floats, is_open: Floats) -> None:
    lanes = len(held)
    for s in range(lanes):
        able = release * factor[s] if is_open[s] > 0.0 else 0.0
        held[s] = max(0.0, held[s] - min(held[s], able) * back[s])


@part
def settle(p: Plan, f: Frame, e: Events, ways: Ways, r: Results, k: int, t: float, dt: float, s0: int) -> None:
    """Close the books of the step: what finds no room goes back to the end of its link; note limits crossed inside the step."""
    lanes = f.row.shape[1]
    memory = 1.0 - np.exp(-ways.memory * dt)
    for a in range(p.accounts):
        stock, expected, wish = f.account[STOCK, a], f.account[EXPECTED, a], f.account[WISH, a]
        out, left, back = f.account[SERVED, a], f.row[1], f.row[2]
        if p.account_index[IS_INPUT, a]:
            out = f.row[3]
            add_up(out, f.claim, p.account_index[CLAIM_FIRST, a], p.account_index[CLAIM_FIRST, a + 1])
        balance(left, stock, f.account[INCOMING, a], f.account[OUTPUT, a], out)
        is_open = e.factors[e.of_node[p.account_index[NODE, a]], k, s0 : s0 + LANES]
        turn_back(left, back, f.account[HIGHEST, a], f.account[INCOMING, a])
        for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
            link = p.link_index[IN_LINK, at]
            factor = e.factors[e.of_link[link], k, s0 : s0 + LANES]
            unload(f.link[HELD, link], back, p.link_number[LINK_RELEASE, link] * dt, factor, is_open)
        if is_notable(p, f, a, left):
            for s in range(lanes):
                note(p, f, ways, r, a, s, t, dt, s0, left[s])
        for s in range(lanes):
            expected[s] += (wish[s] / dt - expected[s]) * memory
            stock[s] = left[s]


@part
def balance(left: Floats, stock: Floats, incoming: Floats, output: Floats, out: Floats) -> None:
    lanes = len(left)
    for s in range(lanes):
        left[s] = max(0.0, stock[s] + incoming[s] + output[s] - out[s])


@part
def turn_back(left: Floats, back: Floats, highest: Floats, incoming: Floats) -> None:
    """Cut a stock to its limit; ``back`` is the part of what would land that finds room."""
    lanes = len(left)
    for s in range(lanes):
        excess = min(max(0.0, left[s] - highest[s]), incoming[s])
        back[s] = 1.0 - excess / incoming[s] if excess > 0.0 else 1.0
        left[s] -= excess


@inlined
def is_notable(p: Plan, f: Frame, a: int, left: Floats) -> bool:
    """True when some scenario is, or has just been, at a limit or short of something."""
    lanes = f.row.shape[1]
    low, asked, served, highest = (
        p.account_number[MINIMUM, a] * (1.0 - TINY),
        f.account[ASKED, a],
        f.account[SERVED, a],
        f.account[HIGHEST, a],
    )
    low_since, full_since, short_since = f.account[LOW_SINCE, a], f.account[FULL_SINCE, a], f.account[SHORT_SINCE, a]
    found = 0
    for s in range(lanes):
        found += 1 if served[s] < asked[s] * (1.0 - 1e-7) else 0
    for s in range(lanes):
        found += 1 if left[s] < low or left[s] >= highest[s] * (1.0 - TINY) else 0
    for s in range(lanes):
        found += 1 if min(low_since[s], full_since[s], short_since[s]) < np.inf else 0
    return found > 0


@part
def note(p: Plan, f: Frame, ways: Ways, r: Results, a: int, s: int, t: float, dt: float, s0: int, after: float) -> None:
    """Note when an account passes its minimum, runs empty or full, or serves too little."""
    before, wanted, served, at = f.account[STOCK, a, s], f.account[WANTED, a, s], f.account[SERVED, a, s], s0 + s
    fall = wanted - f.account[INCOMING, a, s] - f.account[OUTPUT, a, s]
    to_empty = t + dt * min(1.0, before / fall) if fall > 0.0 else t
    low = p.account_number[MINIMUM, a]
    is_unmet = wanted - served > 1e-7 * wanted and after <= TINY * max(wanted, p.account_number[TARGET, a])
    if is_unmet:
        r.to_zero[a, at] = min(r.to_zero[a, at], to_empty)
    is_low = low > 0.0 and after < low * (1.0 - TINY)
    to_low = t + dt * min(1.0, max(0.0, before - low) / fall) if fall > 0.0 else t
    hold(f.account[LOW_SINCE, a], s, is_low, to_low, t + dt - ways.hold_h, r.to_minimum[a], at)
    high = f.account[HIGHEST, a, s]
    rise = after + max(0.0, f.account[FREE_ORDER, a, s] - f.account[ORDER, a, s]) - before
    rise += max(0.0, before + f.account[INCOMING, a, s] + f.account[OUTPUT, a, s] - served - high)
    is_full = (
        high < 1e300
        and p.account_index[HAS_STOCK, a]
        and after >= high * (1.0 - TINY)
        and before + rise > high * (1.0 + TINY)
    )
    to_full = t + dt * min(1.0, max(0.0, high - before) / rise) if rise > 0.0 else t
    hold(f.account[FULL_SINCE, a], s, is_full, to_full, t + dt - ways.hold_h, r.to_maximum[a], at)
    is_short = served < SERVED_SHARE * f.account[ASKED, a, s] * (1.0 - TINY)
    hold(
        f.account[SHORT_SINCE, a],
        s,
        is_short,
        to_empty if is_unmet else t,
        t + dt - ways.short_hold_h,
        r.to_short[a],
        at,
    )


@part
def hold(since: Floats, s: int, is_so: bool, begin: float, latest: float, result: Floats, at: int) -> None:
    """Remember since when something is so; it counts once that was at or before ``latest``."""
    if not is_so:
        since[s] = np.inf
        return
    since[s] = min(since[s], begin)
    if since[s] <= latest:
        result[at] = min(result[at], since[s])


@part
def copy(into: Floats, rows: Floats, s0: int) -> None:
    lanes = rows.shape[1]
    for i in range(len(into)):
        for s in range(lanes):
            into[i, s0 + s] = rows[i, s]


@part
def record(p: Plan, f: Frame, r: Results, mark: int, cursor: int, s0: int) -> None:
    """Copy amounts at the end of a step."""
    lanes = f.row.shape[1]
    copy(r.stock[mark], f.account[STOCK], s0)
    copy(r.unserved[mark], f.account[UNSERVED], s0)
    copy(r.made[mark], f.maker[MADE_SUM], s0)
    if len(r.sent) > 0:
        copy(r.held[mark], f.link[HELD], s0)
        for link in range(p.links):
            after = f.ring[p.link_index[RING_FIRST, link] + (cursor + 1) % p.link_index[RING_ROWS, link]]
            for s in range(lanes):
                r.sent[mark, link, s0 + s] = after[s] - f.link[BEFORE, link, s]
                r.moving[mark, link, s0 + s] = after[s] - f.link[PASSED, link, s]
