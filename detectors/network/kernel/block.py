"""The compiled heart of the simulation: one block of scenarios, step by step.

Within a step goods pass on from account to account, so orders are followed from the users up and goods from the sources down. The scenario
is the innermost index of every array; a block has LANES of them. What a link cannot land waits at its end, so that mass is kept exactly.
"""

import hashlib
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numba import njit

from detectors.network.kernel.books import close_link, record, settle
from detectors.network.kernel.fetch import fetch_closing, fetch_links
from detectors.network.kernel.memory import give, keep
from detectors.network.kernel.orders import order
from detectors.network.kernel.plan import (
    ACCOUNT_INDICES,
    ACCOUNT_NUMBERS,
    ACCOUNT_ROWS,
    ARRIVAL_ROWS,
    ARRIVAL_SHARES,
    ASKED_ROW,
    BEFORE,
    CLOSING_FIRST,
    COMING,
    DUE_IN,
    EXPECTED,
    FULL_SINCE,
    HELD,
    HIGH_KNOT,
    HIGHEST,
    IN_FIRST,
    IS_INPUT,
    KNOT_WEIGHT,
    LANES,
    LEAD_ROW,
    LEAVING,
    LINK_FLOW,
    LINK_GAIN,
    LINK_INDICES,
    LINK_NUMBERS,
    LINK_ROWS,
    LINK_WEIGHT,
    LOW_KNOT,
    LOW_SINCE,
    MAXIMUM,
    MINIMUM,
    NODE,
    NODE_RATE,
    OWN_RATE,
    PARTS,
    PASSED,
    RING_FIRST,
    RING_ROWS,
    SENT,
    SHORT_SINCE,
    STOCK,
    TAKEN_ROW,
    TINY,
    TRUST,
    WAITING,
    WEIGHT,
    Events,
    Floats,
    Frame,
    Ints,
    Plan,
    Results,
    Start,
    Ways,
    inlined,
    part,
    straight,
)
from detectors.network.kernel.rows import clear_at, whole
from detectors.network.kernel.service import serve
from detectors.network.kernel.shares import TRUST_H, trust

_F = TypeVar("_F", bound=Callable[..., object])


def _stamp() -> str:
    """A digest of all parts: numba looks only at the file of the function it keeps, so this makes it see changes of the others."""
    digest = hashlib.sha256(
        repr((LANES, ACCOUNT_ROWS, ACCOUNT_NUMBERS, ACCOUNT_INDICES, LINK_ROWS, LINK_NUMBERS, LINK_INDICES)).encode()
        + repr((ARRIVAL_ROWS, ARRIVAL_SHARES)).encode()
    )
    for function in PARTS:
        code = function.__code__
        plain = [c for c in code.co_consts if isinstance(c, int | float | str)]
        digest.update(code.co_code)
        digest.update(repr((code.co_name, code.co_names, plain)).encode())
    return digest.hexdigest()


def _compiled(function: _F) -> _F:
    return njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload, no-any-return]  # _nrt is not in its types


@straight
def advance(here: Floats, way: Floats, gain: float, low: Floats, high: Floats, weight: float) -> None:
    """Move what was sent before this step and arrives in it to the end of its link; count what waits there and what is still to come."""
    for s in range(whole(low)):
        held, passed = way[HELD + s], way[PASSED + s]
        here[WAITING + s] += gain * held
        until = max(low[s] + weight * (high[s] - low[s]), passed)
        held += until - passed
        way[HELD + s] = held
        way[PASSED + s] = until
        here[COMING + s] += gain * (way[SENT + s] - until + held)


@straight
def advance_whole(here: Floats, way: Floats, gain: float, low: Floats) -> None:
    """The same where the arrivals of the step end at a knot of the curve of what was sent."""
    for s in range(whole(low)):
        held, passed = way[HELD + s], way[PASSED + s]
        here[WAITING + s] += gain * held
        until = max(low[s], passed)
        held += until - passed
        way[HELD + s] = held
        way[PASSED + s] = until
        here[COMING + s] += gain * (way[SENT + s] - until + held)


@straight
def due(here: Floats, way: Floats, gain: float) -> None:
    for s in range(LANES):
        here[DUE_IN + s] += gain * way[HELD + s]


@inlined
def arrive(p: Plan, f: Frame, link: int, a: int, k: int) -> None:
    """What a link brings in this step of what was sent before it, and what is on its way to the account at its end."""
    here, way = f.account[a], f.link[link]
    row, first, gain = p.link_index[link, LEAD_ROW], p.link_index[link, RING_FIRST], p.link_number[link, LINK_GAIN]
    weight, low = p.arrival_share[k, row, KNOT_WEIGHT], f.ring[first + p.arrival_row[k, row, LOW_KNOT]]
    if weight > 0.0:
        advance(here, way, gain, low, f.ring[first + p.arrival_row[k, row, HIGH_KNOT]], weight)
    else:
        advance_whole(here, way, gain, low)
    if p.account_index[a, IS_INPUT]:
        due(here, way, gain)


@inlined
def expect_nothing(f: Frame, a: int) -> None:
    """Begin to count anew what is on its way to an account."""
    here = f.account[a]
    clear_at(here, COMING)
    clear_at(here, WAITING)
    clear_at(here, DUE_IN)


@part
def arrive_everywhere(p: Plan, f: Frame, k: int) -> None:
    """The arrivals of a whole step."""
    for a in range(p.accounts):
        expect_nothing(f, a)
        for link in range(p.account_index[a, IN_FIRST], p.account_index[a + 1, IN_FIRST]):
            arrive(p, f, link, a, k)


@inlined
def close(
    p: Plan,
    f: Frame,
    e: Events,
    ways: Ways,
    r: Results,
    a: int,
    k: int,
    t: float,
    dt: float,
    memory: float,
    move: float,
    s0: int,
    goes_on: bool,
) -> None:
    """Close the books of an account and of the links into it."""
    settle(p, f, e, ways, r, a, memory, t, dt, s0)
    expect_nothing(f, a)
    for link in range(p.account_index[a, IN_FIRST], p.account_index[a + 1, IN_FIRST]):
        if ways.is_adaptive:
            trust(p, f, e, link, a, k, dt, move, s0)
        close_link(p, f, e, link, a, k, dt, s0)
        if goes_on:
            arrive(p, f, link, a, k + 1)


@part
def pass_down(
    p: Plan,
    f: Frame,
    e: Events,
    ways: Ways,
    r: Results,
    k: int,
    t: float,
    dt: float,
    s0: int,
    goes_on: bool,
) -> None:
    """Follow the goods from the sources down to the users. An account is closed as soon as nothing more is drawn from it and, where the step
    ``goes_on``, at once with the arrivals of the next, while all is at hand.
    """
    last, memory, move = p.accounts - 1, 1.0 - np.exp(-ways.memory * dt), 1.0 - np.exp(-dt / TRUST_H)
    for a in range(p.accounts):
        fetch_links(p, f, min(a + 1, last))
        fetch_closing(p, f, min(a + 1, last), k)
        serve(p, f, e, ways, a, k, dt, s0)
        if a == last:
            give(p, f, e, TAKEN_ROW, k, s0)
        for j in range(p.account_index[a, CLOSING_FIRST], p.account_index[a + 1, CLOSING_FIRST]):
            close(p, f, e, ways, r, p.closing[j], k, t, dt, memory, move, s0, goes_on)


@part
def begin(p: Plan, f: Frame, start: Start, before: int, s0: int) -> None:
    """Set the frame to the state at hour 0."""
    for a in range(p.accounts):
        here, node = f.account[a], f.node[p.account_index[a, NODE]]
        low = p.account_number[a, MINIMUM] * (1.0 - TINY)
        f.is_noted[a] = 1
        for s in range(LANES):
            here[STOCK + s] = start.stock[a, s0 + s]
            here[HIGHEST + s] = max(p.account_number[a, MAXIMUM], here[STOCK + s])
            here[EXPECTED + s] = start.expected[a, s0 + s]
            here[OWN_RATE + s] = p.account_number[a, LEAVING]
            node[NODE_RATE + s] += p.account_number[a, LEAVING]
            here[LOW_SINCE + s] = 0.0 if here[STOCK + s] < low else np.inf
            here[FULL_SINCE + s] = np.inf
            here[SHORT_SINCE + s] = np.inf
    for j in range(len(p.late_link)):
        f.late_rate[j, :] = p.link_number[p.late_link[j], LINK_FLOW]
    for link in range(p.links):
        first, rows, way = p.link_index[link, RING_FIRST], p.link_index[link, RING_ROWS], f.link[link]
        for s in range(LANES):
            way[HELD + s] = start.held[link, s0 + s]
            way[BEFORE + s] = start.transit[link, s0 + s]
            way[WEIGHT + s] = p.link_number[link, LINK_WEIGHT]
            way[TRUST + s] = 1.0
        for back in range(rows):
            row = f.ring[first + (before - back) % rows]
            for s in range(LANES):
                row[s] = start.sent_before[first + back] * start.transit[link, s0 + s]
        now = f.ring[first + before % rows]
        for s in range(LANES):
            way[SENT + s] = now[s]


@part
def finish(p: Plan, f: Frame, r: Results, s0: int) -> None:
    """What was so at the end of the run counts, however short."""
    for a in range(p.accounts):
        here = f.account[a]
        r.is_tight[a, s0 // LANES] = f.is_tight[a]
        for s in range(LANES):
            r.to_minimum[a, s0 + s] = min(r.to_minimum[a, s0 + s], here[LOW_SINCE + s])
            r.to_maximum[a, s0 + s] = min(r.to_maximum[a, s0 + s], here[FULL_SINCE + s])
            r.to_short[a, s0 + s] = min(r.to_short[a, s0 + s], here[SHORT_SINCE + s])


def _kernel(stamp: str) -> Callable[..., None]:
    @_compiled
    def run_block(
        p: Plan,
        f: Frame,
        ways: Ways,
        e: Events,
        start: Start,
        hours: Floats,
        mark_of_step: Ints,
        before: int,
        r: Results,
        s0: int,
    ) -> None:
        """Simulate the scenarios from ``s0`` to ``s0 + LANES`` and fill the results. ``before`` counts the hourly knots before hour 0."""
        if len(stamp) == 0:
            return
        begin(p, f, start, before, s0)
        arrive_everywhere(p, f, 0)
        steps = len(hours) - 1
        for k in range(steps):
            t, dt = hours[k], hours[k + 1] - hours[k]
            order(p, f, e, ways, k, dt, s0)
            keep(p, f, r, ASKED_ROW, k, s0)
            is_marked = mark_of_step[k] >= 0
            pass_down(p, f, e, ways, r, k, t, dt, s0, not is_marked and k + 1 < steps)
            keep(p, f, r, TAKEN_ROW, k, s0)
            if is_marked:
                record(p, f, r, mark_of_step[k], s0)
                if k + 1 < steps:
                    arrive_everywhere(p, f, k + 1)
        finish(p, f, r, s0)

    return run_block


run_block = _kernel(_stamp())
"""Simulates one block of scenarios; see the inner function for its arguments."""
