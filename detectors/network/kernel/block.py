"""The compiled heart of the simulation: one block of scenarios, step by step.

Within a step goods pass on from account to account, so orders are followed from the users up and goods from the sources down. The scenario
is the innermost index of every array; a block has LANES of them. What a link cannot land waits at its end, so that mass is kept exactly.
"""

import hashlib
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numba import njit

from detectors.network.kernel.books import record, settle
from detectors.network.kernel.memory import give, keep
from detectors.network.kernel.orders import order, trust
from detectors.network.kernel.plan import (
    ACCOUNT_INDICES,
    ACCOUNT_NUMBERS,
    ACCOUNT_ROWS,
    ASKED_ROW,
    BEFORE,
    COMING,
    DUE_IN,
    EXPECTED,
    FULL_SINCE,
    HAS_STOCK,
    HELD,
    HIGHEST,
    IN_FIRST,
    IN_LINK,
    IS_INPUT,
    LANES,
    LEAD_ROW,
    LEAVING,
    LINK_FLOW,
    LINK_GAIN,
    LINK_INDICES,
    LINK_NUMBERS,
    LINK_ROWS,
    LINK_WEIGHT,
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
    part,
)
from detectors.network.kernel.rows import add_times, clear
from detectors.network.kernel.service import serve

_F = TypeVar("_F", bound=Callable[..., object])


def _stamp() -> str:
    """A digest of all parts: numba looks only at the file of the function it keeps, so this makes it see changes of the others."""
    digest = hashlib.sha256(
        repr((LANES, ACCOUNT_ROWS, ACCOUNT_NUMBERS, ACCOUNT_INDICES, LINK_ROWS, LINK_NUMBERS, LINK_INDICES)).encode()
    )
    for function in PARTS:
        code = function.__code__
        plain = [c for c in code.co_consts if isinstance(c, int | float | str)]
        digest.update(code.co_code)
        digest.update(repr((code.co_name, code.co_names, plain)).encode())
    return digest.hexdigest()


def _compiled(function: _F) -> _F:
    return njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload, no-any-return]  # _nrt is not in its types


@part
def advance(low: Floats, high: Floats, weight: float, passed: Floats, held: Floats) -> None:
    """Move what was sent before this step and arrives in it to the end of the link."""
    lanes = len(low)
    for s in range(lanes):
        until = max(low[s] + weight * (high[s] - low[s]), passed[s])
        held[s] += until - passed[s]
        passed[s] = until


@part
def count_coming(coming: Floats, gain: float, now: Floats, passed: Floats, held: Floats) -> None:
    lanes = len(coming)
    for s in range(lanes):
        coming[s] += gain * (now[s] - passed[s] + held[s])


@part
def arrive(p: Plan, f: Frame, k: int, cursor: int) -> None:
    """What each link brings in this step of what was sent before it, and what is on its way to each account."""
    for a in range(p.accounts):
        clear(f.account[COMING, a])
        clear(f.account[WAITING, a])
        clear(f.account[DUE_IN, a])
        for at in range(p.account_index[IN_FIRST, a], p.account_index[IN_FIRST, a + 1]):
            link = p.link_index[IN_LINK, at]
            row, first, rows = (
                p.link_index[LEAD_ROW, link],
                p.link_index[RING_FIRST, link],
                p.link_index[RING_ROWS, link],
            )
            index, gain = p.arrival_index[row, k], p.link_number[LINK_GAIN, link]
            low, high, now = first + index % rows, first + (index + 1) % rows, first + cursor % rows
            add_times(f.account[WAITING, a], gain, f.link[HELD, link])
            advance(f.ring[low], f.ring[high], p.arrival_weight[row, k], f.link[PASSED, link], f.link[HELD, link])
            if p.account_index[HAS_STOCK, a]:
                count_coming(f.account[COMING, a], gain, f.ring[now], f.link[PASSED, link], f.link[HELD, link])
            if p.account_index[IS_INPUT, a]:
                add_times(f.account[DUE_IN, a], gain, f.link[HELD, link])


@part
def begin(p: Plan, f: Frame, start: Start, before: int, s0: int) -> None:
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
                0.0 if f.account[STOCK, a, s] < p.account_number[MINIMUM, a] * (1.0 - TINY) else np.inf
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
        lanes = f.row.shape[1]
        if len(stamp) == 0:
            return
        begin(p, f, start, before, s0)
        for k in range(len(hours) - 1):
            t, dt, cursor = hours[k], hours[k + 1] - hours[k], before + k
            arrive(p, f, k, cursor)
            order(p, f, e, ways, k, dt, s0)
            if len(r.kept) > 0:
                keep(p, f, r.kept[s0 // LANES, k], ASKED_ROW)
            serve(p, f, e, ways, k, dt, cursor, s0)
            give(p, f, e, TAKEN_ROW, k, s0)
            if len(r.kept) > 0:
                keep(p, f, r.kept[s0 // LANES, k], TAKEN_ROW)
            if ways.is_adaptive:
                trust(p, f, dt)
            settle(p, f, e, ways, r, k, t, dt, s0)
            if mark_of_step[k] >= 0:
                record(p, f, r, mark_of_step[k], cursor, s0)
        for a in range(p.accounts):
            r.is_tight[a, s0 // LANES] = f.is_tight[a]
            for s in range(lanes):
                r.to_minimum[a, s0 + s] = min(r.to_minimum[a, s0 + s], f.account[LOW_SINCE, a, s])
                r.to_maximum[a, s0 + s] = min(r.to_maximum[a, s0 + s], f.account[FULL_SINCE, a, s])
                r.to_short[a, s0 + s] = min(r.to_short[a, s0 + s], f.account[SHORT_SINCE, a, s])

    return run_block


run_block = _kernel(_stamp())
"""Simulates one block of scenarios; see the inner function for its arguments."""
