"""The loop over rows of :mod:`detectors.series.quality.balance`. One file, so that its compiled form knows when a piece changed."""

from typing import Any

import numpy as np

from detectors.series.compiled import compiled, part
from detectors.series.detector import NEVER_US
from detectors.series.parts import median_of
from detectors.series.quality.kinds import Event, Kind

RING = 24
_OPENED, _CLOSED, _ADOPTED = int(Event.OPENED), int(Event.CLOSED), int(Event.ADOPTED)
_IMBALANCE, _SLIP, _UNIT = int(Kind.MASS_IMBALANCE), int(Kind.DECIMAL_SLIP), int(Kind.UNIT_SWITCH)
_REVISED = int(Event.REVISED)
_DAY_US = 86_400e6
_GAP = 1.6
"""A flow that stays away for so many of its intervals is not known meanwhile."""
_CLIPPED = 4.0
_CALM = 3
"""Balances in a row that must be right again."""
_ADOPTS = 10
_TIES = 3
_MENDS = 2.0
"""A flow with its point moved mends the balance when it leaves so few spreads."""
_USUAL = 3.3
"""Times over or under its usual from which a flow is unusual."""
_UNIT_FROM = 3

# numbers: warm_up, gross, drift, lasting, stock_share, flow_share
_WARM, _GROSS, _DRIFT, _LASTING, _OF_STOCK, _OF_FLOW = range(6)


@part
def _flowed(p: Any, at: int, t: int, rate: float) -> None:
    """A flow told for the time since its last row; it belongs to this balance up to the stock ahead, and to the next beyond."""
    if p.until_us[at] != NEVER_US:
        gap = float(t - p.until_us[at])
        p.step_us[at] = (
            gap if p.step_us[at] <= 0 else p.step_us[at] + 0.2 * (min(gap, 2 * p.step_us[at]) - p.step_us[at])
        )
        if gap > _GAP * p.step_us[at]:
            p.is_broken = 1
        start = p.until_us[at]
        edge = p.ahead_us if p.has_ahead else t
        before = min(max(edge - start, 0), t - start)
        p.now[at] += rate * before / _DAY_US
        p.next[at] += rate * (t - start - before) / _DAY_US
        same = rate == p.rate[at] and rate != 0
        p.ties[at] = min(p.ties[at] + 1, 100) if same else 0
    p.rate[at] = rate
    p.until_us[at] = t


@part
def _look_ahead(p: Any, flows: int, stock: float, t: int) -> None:
    """A new stock; flows that were told beyond it are moved to the next balance."""
    for at in range(flows):
        p.now[at] += p.next[at]
        p.next[at] = 0.0
        if p.until_us[at] > t:
            beyond = p.rate[at] * (p.until_us[at] - t) / _DAY_US
            p.next[at] = beyond
            p.now[at] -= beyond
    p.ahead, p.ahead_us, p.has_ahead = stock, t, 1


@part
def _is_complete(p: Any, flows: int) -> bool:
    """True when all flows were told up to the stock ahead."""
    if not p.has_ahead:
        return False
    slack = 0.02 * (p.ahead_us - p.stock_us)
    missing = 0
    for at in range(flows):
        missing += 1 if p.until_us[at] == NEVER_US or p.until_us[at] < p.ahead_us - slack else 0
    return missing == 0


@part
def _begin(p: Any, flows: int, stock: float, t: int) -> None:
    """A balance begins at this stock."""
    p.stock, p.stock_us, p.has_stock, p.has_ahead, p.is_broken = stock, t, 1, 0, 0
    for at in range(flows):
        p.now[at] = p.next[at]
        p.next[at] = 0.0


@part
def _slipped(p: Any, flows: int, residual: float, spread: float) -> Any:
    """The power of ten by which one flow is wrong, and which: its point moved back alone mends the balance. Power 0 when none or several do."""
    power, which, found = 0, 0, 0
    for at in range(flows):
        told, usual = p.now[at], p.usual[at]
        if told == 0 or usual <= 0 or usual / _USUAL < abs(told) < usual * _USUAL:
            continue
        for k in range(-4, 5):
            mended = told * 10.0**-k
            if (
                k != 0
                and usual / _USUAL < abs(mended) < usual * _USUAL
                and abs(residual + told - mended) < _MENDS * spread
            ):
                power, which, found = k, at, found + 1
    return (power, which) if found == 1 else (0, 0)


@part
def _point_moved(p: Any, power: int, at: int) -> int:
    """A balance with a slipped flow: the event, -1 when it goes on. What lasts is a unit."""
    if p.kind == 0:
        p.kind, p.bad, p.since_us, p.power, p.member = _SLIP, 1, p.ahead_us, power, at
        return _OPENED
    p.bad += 1
    if p.kind == _SLIP and p.bad >= _UNIT_FROM:
        p.kind = _UNIT
        return _REVISED
    return -1


@part
def _judged(p: Any, flows: int, residual: float, turnover: float, numbers: Any) -> Any:
    """The event of a balance, 0 for none, -1 while a finding goes on, and whether the residual may be learnt."""
    n = min(p.seen, RING)
    work = np.empty(RING)
    for i in range(n):
        work[i] = p.ring[i]
    middle = median_of(work, n)
    for i in range(n):
        work[i] = abs(work[i] - middle)
    spread_of = 1.4826 * median_of(work, n)
    least = numbers[_OF_STOCK] * max(abs(p.stock), abs(p.ahead)) + numbers[_OF_FLOW] * turnover
    spread = max(spread_of, least, 1e-9)
    z = (residual - middle) / spread
    if p.kind == _SLIP or p.kind == _UNIT or (p.kind == 0 and abs(z) > _CLIPPED):
        power, at = _slipped(p, flows, residual - middle, spread)
        if power != 0:
            return _point_moved(p, power, at), False
        if p.kind != 0:
            return _CLOSED, True
    if p.up == 0 and p.down == 0:
        p.drifting_us = p.ahead_us
    clipped = min(max(z, -_CLIPPED), _CLIPPED)
    p.up = max(0.0, p.up + clipped - numbers[_DRIFT])
    p.down = max(0.0, p.down - clipped - numbers[_DRIFT])
    is_gross, lasts = abs(z) > numbers[_GROSS], max(p.up, p.down) > numbers[_LASTING]
    if p.kind == 0:
        if not (is_gross or lasts):
            return 0, abs(z) < numbers[_GROSS]
        p.kind, p.bad, p.calm = _IMBALANCE, 1, 0
        p.since_us = p.drifting_us if lasts else p.ahead_us
        return _OPENED, False
    p.calm = p.calm + 1 if abs(z) < 3.0 else 0
    p.bad += 1
    if p.calm >= _CALM or (p.calm > 0 and not lasts and p.bad <= 3):
        p.up, p.down = 0.0, 0.0
        return _CLOSED, True
    return (_ADOPTED, True) if p.bad >= _ADOPTS else (-1, False)


@part
def _learn(p: Any, residual: float) -> None:
    p.ring[p.seen % RING] = residual
    p.seen = p.seen + 1 if p.seen < 1_000_000_000 else p.seen - 999_999_960


@part
def _moved(p: Any, net: float) -> None:
    """How far flows should have carried a stock since it last changed."""
    if p.ahead == p.stock:
        p.moved += net
        p.most_moved = max(p.most_moved, abs(p.moved))
    else:
        p.moved, p.most_moved = 0.0, 0.0


@part
def _has_tie(p: Any, flows: int) -> bool:
    """True while a flow, or the stock, tells one value over and over: that has its own name."""
    ties = 1 if p.ahead == p.stock else 0
    for at in range(flows):
        ties += 1 if p.ties[at] >= _TIES else 0
    return ties > 0


@part
def _told(p: Any, flows: int, at: int, t: int, value: float, sign: float) -> float:
    """Take a stock (``at`` -1) or a flow in; for a stock, by what share of itself flows should have moved it since it last changed."""
    if at >= 0:
        if p.until_us[at] == NEVER_US or t > p.until_us[at]:
            _flowed(p, at, t, sign * value)
    elif not p.has_stock:
        _begin(p, flows, value, t)
    elif t > p.stock_us:
        _look_ahead(p, flows, value, t)
        return p.most_moved / max(abs(p.stock), 1e-9) if p.seen > 0 else np.nan
    return np.nan


@part
def _balanced(p: Any, flows: int, numbers: Any) -> Any:
    """Judge a complete balance and begin the next: the event, and the residual as a share of what went through."""
    net, turnover = 0.0, 0.0
    for at in range(flows):
        net += p.now[at]
        turnover += abs(p.now[at])
    residual = p.ahead - p.stock - net
    _moved(p, net)
    event, is_learnt = 0, not _has_tie(p, flows)
    if not p.is_broken and is_learnt:
        if p.seen >= numbers[_WARM]:
            event, is_learnt = _judged(p, flows, residual, turnover, numbers)
        if is_learnt:
            _learn(p, residual)
    for at in range(flows):
        size = min(abs(p.now[at]), 3.0 * p.usual[at]) if p.usual[at] > 0 else abs(p.now[at])
        if p.kind != _SLIP and p.kind != _UNIT and size > 0:
            p.usual[at] += np.float32(0.15 if p.usual[at] > 0 else 1.0) * np.float32(size - p.usual[at])
    share = residual / max(turnover, 0.01 * abs(p.stock), 1e-9)
    _begin(p, flows, p.ahead, p.ahead_us)
    return event, share


@compiled
def judge_rows(
    state: Any, slots: Any, times: Any, values: Any, is_fed: Any,
    stocks: Any, members: Any, flows: Any, first: Any, place: Any, position: Any, sign: Any, numbers: Any,
    kinds: Any, events: Any, since: Any, evidence: Any, factor: Any, moved: Any, stock: Any,
) -> None:  # fmt: skip
    """Judge and learn rows in order; fills the last seven columns."""
    for i in range(len(slots)):
        if not is_fed[i]:
            continue
        for e in range(first[slots[i]], first[slots[i] + 1]):
            p, n = state[place[e]], flows[place[e]]
            should = _told(p, n, position[e], times[i], values[i], sign[e])
            moved[i] = should if position[e] < 0 else moved[i]
            if not _is_complete(p, n):
                continue
            event, share = _balanced(p, n, numbers)
            if p.kind != 0:
                kinds[i], events[i], since[i] = p.kind, max(event, 0), p.since_us
                evidence[i], stock[i] = share, stocks[place[e]]
                if p.kind != _IMBALANCE:
                    # The flow is to blame: its own slot, how far it is off, and how to mend it.
                    stock[i], evidence[i] = members[place[e], p.member], 10.0**p.power
                    factor[i] = 10.0**-p.power
            if event in (_CLOSED, _ADOPTED):
                p.kind, p.up, p.down = 0, 0.0, 0.0
