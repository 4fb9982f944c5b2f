"""An order split over the links into an account: by the normal shares, or by shares that move to those that deliver."""

import numpy as np

from detectors.network.kernel.plan import (
    CLAIM_OF_LINK,
    IN_FIRST,
    LANES,
    LINK_CAPACITY,
    LINK_GAIN,
    LINK_WEIGHT,
    MADE_SHARE,
    MINIMUM,
    ORDER,
    POOLED,
    STOCK,
    TARGET,
    THIN_H,
    THROUGH,
    TRUST,
    WEIGHT,
    Events,
    Floats,
    Frame,
    Plan,
    Ways,
    inlined,
    straight,
)
from detectors.network.kernel.rows import clear, factors, set_times_at, whole

TRUST_H = 36.0
POOL_TRUST_H = 360.0
_LEAST_TRUST = 0.05
_LEAST_IN_POOL = 0.005
_THIN = 0.5
_WHOLE = 1.0 - 1e-9


@straight
def ask(claim: Floats, here: Floats, share: float, capacity: float, factor: Floats) -> None:
    for s in range(whole(claim)):
        claim[s] = min(here[ORDER + s] * share, capacity * factor[s])


@inlined
def ask_links(p: Plan, f: Frame, e: Events, a: int, k: int, dt: float, s0: int) -> None:
    """Orders split by the normal shares."""
    here = f.account[a]
    for link in range(p.account_index[a, IN_FIRST], p.account_index[a + 1, IN_FIRST]):
        claim, factor = f.claim[p.link_index[link, CLAIM_OF_LINK]], factors(e, e.of_link[link], k, s0)
        share, capacity = (
            p.link_number[link, LINK_WEIGHT] / p.link_number[link, LINK_GAIN],
            p.link_number[link, LINK_CAPACITY] * dt,
        )
        ask(claim, here, share, capacity, factor)


@straight
def thin(here: Floats, wake: float, dt: float) -> None:
    """How long the stock has been thin."""
    for s in range(LANES):
        here[THIN_H + s] = max(0.0, here[THIN_H + s] + (dt if here[STOCK + s] < wake else -2.0 * dt))


@straight
def set_goal(goal: Floats, way: Floats, total: Floats, usual: float, least: float) -> None:
    for s in range(whole(total)):
        goal[s] = usual * max(way[TRUST + s], least)
        total[s] += goal[s]


@straight
def set_goal_asleep(
    goal: Floats, way: Floats, total: Floats, here: Floats, base: float, asleep: float, dormant_after_h: float
) -> None:
    for s in range(whole(total)):
        usual = asleep if here[THIN_H + s] > dormant_after_h else base
        goal[s] = usual * max(way[TRUST + s], _LEAST_TRUST)
        total[s] += goal[s]


@inlined
def goals(p: Plan, f: Frame, ways: Ways, a: int, dt: float) -> None:
    """Where the shares of the links into an account are moving: to those that deliver; dormant ones wake when the stock has long been thin."""
    here, total, first = f.account[a], f.row[0], p.account_index[a, IN_FIRST]
    wake = p.account_number[a, MINIMUM] + _THIN * (p.account_number[a, TARGET] - p.account_number[a, MINIMUM])
    least = _LEAST_IN_POOL if p.account_number[a, POOLED] > 0.0 else _LEAST_TRUST
    thin(here, wake, dt)
    clear(total)
    for link in range(p.account_index[a, IN_FIRST], p.account_index[a + 1, IN_FIRST]):
        base = p.link_number[link, LINK_WEIGHT]
        if base > 0.0:
            set_goal(f.goal[link - first], f.link[link], total, base, least)
        else:
            asleep = min(
                0.5,
                p.link_number[link, LINK_CAPACITY]
                * p.link_number[link, LINK_GAIN]
                / max(p.account_number[a, THROUGH], 1e-300),
            )
            set_goal_asleep(f.goal[link - first], f.link[link], total, here, base, asleep, ways.dormant_after_h)


@straight
def ask_moved(
    claim: Floats,
    goal: Floats,
    here: Floats,
    way: Floats,
    total: Floats,
    missing: Floats,
    room: Floats,
    factor: Floats,
    bought: float,
    move: float,
    gain: float,
    capacity: float,
) -> None:
    """Move the share of a link to its goal and ask by it; ``room`` and the goal are then what it could take beyond."""
    for s in range(whole(claim)):
        aim = goal[s] / total[s] * bought if total[s] > 0.0 else 0.0
        weight = way[WEIGHT + s] + (aim - way[WEIGHT + s]) * move
        able = capacity * factor[s]
        asked = min(here[ORDER + s] * weight / gain, able)
        spare = min(1e12, able - asked) * way[TRUST + s]
        way[WEIGHT + s] = weight
        claim[s] = asked
        goal[s] = spare * gain if weight > 0.0 else 0.0
        room[s] += goal[s]
        missing[s] -= gain * asked


@straight
def fill(room: Floats, missing: Floats) -> None:
    for s in range(whole(room)):
        room[s] = min(1.0, max(0.0, missing[s]) / room[s]) if room[s] > 0.0 else 0.0


@straight
def ask_more(claim: Floats, goal: Floats, room: Floats, gain: float) -> None:
    for s in range(whole(claim)):
        claim[s] += goal[s] * room[s] / gain


@inlined
def ask_trusted(p: Plan, f: Frame, e: Events, ways: Ways, a: int, k: int, dt: float, reroute: float, s0: int) -> None:
    """Orders split by shares that move; what a full link cannot take goes to those in use that have room."""
    here, total, missing, room, first = f.account[a], f.row[0], f.row[1], f.row[2], p.account_index[a, IN_FIRST]
    bought, move = 1.0 - p.account_number[a, MADE_SHARE], reroute if p.account_number[a, POOLED] <= 0.0 else 1.0
    goals(p, f, ways, a, dt)
    clear(room)
    set_times_at(missing, bought, here, ORDER)
    for link in range(p.account_index[a, IN_FIRST], p.account_index[a + 1, IN_FIRST]):
        claim, factor = f.claim[p.link_index[link, CLAIM_OF_LINK]], factors(e, e.of_link[link], k, s0)
        capacity, gain = p.link_number[link, LINK_CAPACITY] * dt, p.link_number[link, LINK_GAIN]
        goal = f.goal[link - first]
        ask_moved(claim, goal, here, f.link[link], total, missing, room, factor, bought, move, gain, capacity)
    fill(room, missing)
    for link in range(p.account_index[a, IN_FIRST], p.account_index[a + 1, IN_FIRST]):
        ask_more(f.claim[p.link_index[link, CLAIM_OF_LINK]], f.goal[link - first], room, p.link_number[link, LINK_GAIN])


@straight
def trust_link(way: Floats, here: Floats, claim: Floats, gain: float, move: float) -> None:
    for s in range(whole(claim)):
        meant, trusted = here[ORDER + s] * way[WEIGHT + s], way[TRUST + s]
        delivered = min(1.0, gain * claim[s] / meant) if meant > 0.0 else trusted
        way[TRUST + s] = trusted + (delivered - trusted) * move


@straight
def trust_link_in_pool(
    way: Floats, here: Floats, claim: Floats, factor: Floats, able: float, gain: float, rise: float
) -> None:
    for s in range(whole(claim)):
        meant, trusted = min(here[ORDER + s] * way[WEIGHT + s], able * factor[s]), way[TRUST + s]
        delivered = min(1.0, gain * claim[s] / meant) if meant > 0.0 else 1.0
        is_whole = delivered > _WHOLE
        way[TRUST + s] = trusted + (1.0 - trusted) * rise if is_whole else max(trusted, _LEAST_IN_POOL) * delivered


@inlined
def trust(p: Plan, f: Frame, e: Events, link: int, a: int, k: int, dt: float, move: float, s0: int) -> None:
    """How much of its orders a link delivers, remembered for a day and a half. Where suppliers are pooled, how much of its usual share it can
    bring: what it fails to is asked of the others in the next step, and comes back over weeks, for each try to ask more may be a shortage."""
    claim, gain = f.claim[p.link_index[link, CLAIM_OF_LINK]], p.link_number[link, LINK_GAIN]
    if p.account_number[a, POOLED] > 0.0:
        able, rise = p.link_number[link, LINK_CAPACITY] * gain * dt, 1.0 - np.exp(-dt / POOL_TRUST_H)
        factor = factors(e, e.of_link[link], k, s0)
        trust_link_in_pool(f.link[link], f.account[a], claim, factor, able, gain, rise)
    else:
        trust_link(f.link[link], f.account[a], claim, gain, move)
