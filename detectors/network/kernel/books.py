"""The end of a step: what finds no room turns back, limits crossed are noted, amounts are recorded."""

import numpy as np

from detectors.network.kernel.plan import (
    ASKED,
    BEFORE,
    CLAIM_FIRST,
    CLAIM_OF_LINK,
    EXPECTED,
    FLOOR,
    FOLLOW,
    FREE_ORDER,
    FULL_SINCE,
    HAS_STOCK,
    HELD,
    HIGHEST,
    INCOMING,
    IS_INPUT,
    LANES,
    LEAD_ROW,
    LINK_RELEASE,
    LOW_SINCE,
    MADE_SUM,
    MINIMUM,
    NEW_KNOT,
    NODE,
    ORDER,
    OUTPUT,
    PASSED,
    RING_FIRST,
    SENT,
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
    straight,
)
from detectors.network.kernel.rows import add, clear, copy_from, factors, whole

SERVED_SHARE = 0.98


@straight
def square(
    here: Floats,
    before: Floats,
    room_left: Floats,
    out: Floats,
    is_notable: Floats,
    dt: float,
    memory: float,
    follow: float,
    low: float,
    full: float,
) -> int:
    """The stock after a step, and the part of the arrivals that finds room; which and how many scenarios are short or at a limit."""
    notable = 0
    for s in range(whole(out)):
        was, incoming, highest = here[STOCK + s], here[INCOMING + s], here[HIGHEST + s]
        left = max(0.0, was + incoming + here[OUTPUT + s] - out[s])
        excess = min(max(0.0, left - highest), incoming)
        room_left[s] = 1.0 - excess / incoming if excess > 0.0 else 1.0
        left -= excess
        before[s] = was
        here[STOCK + s] = left
        rate = here[WISH + s] / dt
        here[EXPECTED + s] = max(here[EXPECTED + s] + (rate - here[EXPECTED + s]) * memory, follow * rate)
        is_short = here[SERVED + s] < here[ASKED + s] * (1.0 - 1e-7)
        is_at_limit = left < low or left >= highest * full
        is_notable[s] = 1.0 if is_short or is_at_limit else 0.0
        notable += 1 if is_short or is_at_limit else 0
    return notable


@inlined
def is_since(here: Floats, s: int) -> bool:
    """True when an account is at a limit, or short, since some hour."""
    since: float = min(here[LOW_SINCE + s], min(here[FULL_SINCE + s], here[SHORT_SINCE + s]))
    return since < np.inf


@inlined
def settle(
    p: Plan, f: Frame, e: Events, ways: Ways, r: Results, a: int, memory: float, t: float, dt: float, s0: int
) -> None:
    """Close the books of an account: what finds no room is to go back to the end of its link; note limits crossed inside the step."""
    here = f.account[a]
    if memory > 0.0 and p.account_number[a, FLOOR] < 0.0:
        memory = 1.0
    out, is_notable = f.row[3], f.row[4]
    if p.account_index[a, IS_INPUT]:
        clear(out)
        for q in range(p.account_index[a, CLAIM_FIRST], p.account_index[a + 1, CLAIM_FIRST]):
            add(out, f.claim[q])
    else:
        copy_from(out, here, SERVED)
    low = p.account_number[a, MINIMUM] * (1.0 - TINY)
    notable = square(
        here, f.row[0], f.row[1], out, is_notable, dt, memory, p.account_number[a, FOLLOW], low, 1.0 - TINY
    )
    if notable > 0 or f.is_noted[a] > 0:
        f.is_noted[a] = 0
        for s in range(LANES):
            if is_notable[s] > 0.0 or is_since(here, s):
                note(p, f, ways, r, a, s, t, dt, s0)
                if is_since(here, s):
                    f.is_noted[a] = 1


@straight
def unload(way: Floats, room_left: Floats, factor: Floats, is_open: Floats, release: float) -> None:
    """What finds no room stays at the end of a link."""
    for s in range(whole(factor)):
        able, held = release * factor[s] if is_open[s] > 0.0 else 0.0, way[HELD + s]
        way[HELD + s] = max(0.0, held - min(held, able) * room_left[s])


@straight
def send(way: Floats, claim: Floats, knot: Floats) -> None:
    """Put on its way what was granted: the next knot of the curve of what was sent."""
    for s in range(whole(claim)):
        sent = way[SENT + s] + claim[s]
        way[SENT + s] = sent
        knot[s] = sent


@inlined
def close_link(p: Plan, f: Frame, e: Events, link: int, a: int, k: int, dt: float, s0: int) -> None:
    """Unload what finds room at the end of a link, and put on its way what was granted."""
    way = f.link[link]
    is_open, factor = (
        factors(e, e.of_node[p.account_index[a, NODE]], k, s0),
        factors(e, e.of_link[link], k, s0),
    )
    unload(way, f.row[1], factor, is_open, p.link_number[link, LINK_RELEASE] * dt)
    knot = f.ring[p.link_index[link, RING_FIRST] + p.arrival_row[k, p.link_index[link, LEAD_ROW], NEW_KNOT]]
    send(way, f.claim[p.link_index[link, CLAIM_OF_LINK]], knot)


@inlined
def note(p: Plan, f: Frame, ways: Ways, r: Results, a: int, s: int, t: float, dt: float, s0: int) -> None:
    """Note when an account passes its minimum, runs empty or full, or serves too little."""
    here, at = f.account[a], s0 + s
    before, after, wanted, served = f.row[0][s], here[STOCK + s], here[WANTED + s], here[SERVED + s]
    fall = wanted - here[INCOMING + s] - here[OUTPUT + s]
    to_empty = t + dt * min(1.0, before / fall) if fall > 0.0 else t
    low = p.account_number[a, MINIMUM]
    is_unmet = wanted - served > 1e-7 * wanted and after <= TINY * max(wanted, p.account_number[a, TARGET])
    if is_unmet:
        r.to_zero[a, at] = min(r.to_zero[a, at], to_empty)
    is_low = low > 0.0 and after < low * (1.0 - TINY)
    to_low = t + dt * min(1.0, max(0.0, before - low) / fall) if fall > 0.0 else t
    hold(here, LOW_SINCE + s, is_low, to_low, t + dt - ways.hold_h, r.to_minimum[a], at)
    high = here[HIGHEST + s]
    rise = after + max(0.0, here[FREE_ORDER + s] - here[ORDER + s]) - before
    rise += max(0.0, before + here[INCOMING + s] + here[OUTPUT + s] - served - high)
    is_full = (
        high < 1e300
        and p.account_index[a, HAS_STOCK]
        and after >= high * (1.0 - TINY)
        and before + rise > high * (1.0 + TINY)
    )
    to_full = t + dt * min(1.0, max(0.0, high - before) / rise) if rise > 0.0 else t
    hold(here, FULL_SINCE + s, is_full, to_full, t + dt - ways.hold_h, r.to_maximum[a], at)
    is_short = served < SERVED_SHARE * here[ASKED + s] * (1.0 - TINY)
    hold(
        here,
        SHORT_SINCE + s,
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
def copy(into: Floats, members: Floats, row: int, s0: int) -> None:
    for i in range(len(into)):
        for s in range(LANES):
            into[i, s0 + s] = members[i, row + s]


@part
def record(p: Plan, f: Frame, r: Results, mark: int, s0: int) -> None:
    """Copy amounts at the end of a step."""
    lanes = f.row.shape[1]
    copy(r.stock[mark], f.account, STOCK, s0)
    copy(r.unserved[mark], f.account, UNSERVED, s0)
    copy(r.made[mark], f.maker, MADE_SUM, s0)
    if len(r.sent) > 0:
        copy(r.held[mark], f.link, HELD, s0)
        for link in range(p.links):
            way = f.link[link]
            for s in range(lanes):
                r.sent[mark, link, s0 + s] = way[SENT + s] - way[BEFORE + s]
                r.moving[mark, link, s0 + s] = way[SENT + s] - way[PASSED + s]
