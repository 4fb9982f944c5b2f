"""Days-of-cover forecast that follows the chain downstream.

Every account is a fluid queue. With cumulative supply A (stock included) and cumulative wish D, what leaves it is
X(t) = D(t) + min(0, min over s ≤ t of A(s) − D(s)) (reflection map): everything asked for while there is stock, afterwards what comes in.
What leaves over a link arrives a lead time later and is the supply of the next account. Each place runs until its stock is empty; what is
short is shared in proportion. A full tank is reported, its push-back upstream is not followed.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from detectors.network.conditions import Conditions
from detectors.network.grid import Floats, forecast_grid
from detectors.network.structure import Structure, Unit

SERVED_SHARE = 0.98
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of one account. Hours from now; infinite means not within the horizon.

    ``hours_to_short`` is when less than 98 % of the wish is served. ``net_rate`` is wish minus supply per hour, averaged until the minimum
    is reached (or over the first day), as a share of the wish: above 0 the stock falls.
    """

    hours_to_minimum: float
    hours_to_zero: float
    hours_to_maximum: float
    hours_to_short: float
    deficit_share: float


class Forecast:
    """A forecast that is kept: ``update`` recomputes only what a change reaches, and gives exactly what ``run`` would.

    ``conditions`` may be changed by the caller between calls. Memory: six curves of the grid per account and two per link.
    """

    def __init__(self, structure: Structure, conditions: Conditions, hours: Floats | None = None) -> None:
        self.structure = structure
        self.conditions = conditions
        self.hours = forecast_grid() if hours is None else hours
        shape = (structure.account_count, len(self.hours))
        self.supply = np.zeros(shape)
        self.wish = np.zeros(shape)
        self.served = np.zeros(shape)
        self.made = np.zeros(shape)
        self.sent = np.zeros((len(structure.links), len(self.hours)))

    def run(self) -> None:
        """Compute everything."""
        self.sent[:] = -1.0
        for unit in self.structure.order:
            self._compute(self.structure.units[unit])

    def update(self, accounts: Iterable[int], links: Iterable[int] = ()) -> set[int]:
        """Recompute after the conditions of these accounts and links changed; return every account recomputed."""
        s = self.structure
        dirty = {int(s.unit_of[a]) for a in accounts}
        for link in links:
            dirty |= {int(s.unit_of[s.links[link].source]), int(s.unit_of[s.links[link].target])}
        heap = [int(s.position[u]) for u in dirty]
        heapq.heapify(heap)
        touched: set[int] = set()
        done: set[int] = set()
        while heap:
            position = heapq.heappop(heap)
            if position in done:
                continue
            done.add(position)
            unit = s.units[s.order[position]]
            touched.update(unit.accounts())
            for link in self._compute(unit):
                if link not in s.feedback:
                    heapq.heappush(heap, int(s.position[s.unit_of[s.links[link].target]]))
        return touched

    def stock(self, account: int) -> Floats:
        """Stock at every knot of the grid."""
        return np.asarray(np.maximum(self.supply[account] - self.served[account], 0.0), dtype=np.float64)

    def arrivals(self, link: int) -> Floats:
        """Cumulative arrivals at the target: what is under way first, then what is sent."""
        lead = self.structure.links[link].lead_h
        sent = self._wish_of_link(link) if link in self.structure.feedback else self.sent[link]
        if lead == 0.0:
            return np.asarray(sent)
        past = self.conditions.past_flow[link] * np.minimum(self.hours, lead)
        return np.asarray(past + np.interp(self.hours - lead, self.hours, sent, left=0.0))

    def outlook(self, account: int) -> Outlook:
        """When the account reaches its limits."""
        c = self.conditions
        minimum, maximum = float(c.minimum[account]), float(c.maximum[account])
        stock = self.stock(account)
        free = stock[:-1] + np.diff(self.supply[account]) - np.diff(self.wish[account])
        short = self._short(account)
        to_minimum = _fall(self.hours, stock, free, minimum) if minimum > 0 else short
        return Outlook(
            hours_to_minimum=to_minimum,
            hours_to_zero=_fall(self.hours, stock, free, 0.0) if stock[0] > 0 else short,
            hours_to_maximum=_rise(self.hours, stock, free, maximum),
            hours_to_short=short,
            deficit_share=self._deficit(account, to_minimum),
        )

    def _short(self, account: int) -> float:
        wish, served = np.diff(self.wish[account]), np.diff(self.served[account])
        short = np.flatnonzero(served < SERVED_SHARE * wish - 1e-9)
        return float(self.hours[short[0]]) if len(short) else _NEVER

    def _deficit(self, account: int, until: float) -> float:
        span = min(max(until, 24.0), float(self.hours[-1]))
        wish = float(np.interp(span, self.hours, self.wish[account]))
        supply = float(np.interp(span, self.hours, self.supply[account])) - float(self.conditions.stock[account])
        return (wish - supply) / wish if wish > 0 else 0.0

    def _wish_of_link(self, link: int) -> Floats:
        return self.conditions.flow.cumulative(link, self.hours)

    def _compute(self, unit: Unit) -> list[int]:
        """Recompute a unit; return the links whose curve changed."""
        changed: list[int] = []
        if unit.inputs:
            made = self._convert(unit)
            for account, _ in unit.inputs:
                changed += self._send(account)
        else:
            made = self.conditions.production.cumulative(unit.output, self.hours)
        self.made[unit.output] = made
        self._queue(unit.output, self._incoming(unit.output) + made, self._own_wish(unit.output))
        return changed + self._send(unit.output)

    def _incoming(self, account: int) -> Floats:
        total = np.full(len(self.hours), float(self.conditions.stock[account]))
        for link in self.structure.in_links[account]:
            total += self.arrivals(link)
        return total

    def _own_wish(self, account: int) -> Floats:
        wish = self.conditions.use.cumulative(account, self.hours)
        for link in self.structure.out_links[account]:
            wish = wish + self._wish_of_link(link)
        return wish

    def _queue(self, account: int, supply: Floats, wish: Floats) -> None:
        self.supply[account] = supply
        self.wish[account] = wish
        missing = np.minimum.accumulate(np.minimum(supply - wish, 0.0))
        self.served[account] = wish + missing

    def _convert(self, unit: Unit) -> Floats:
        """Cumulative production: the wish, cut by whichever input is short; inputs that wait for another keep their stock."""
        wanted = self.conditions.production.cumulative(unit.output, self.hours)
        supplies, others, short = [], [], []
        for account, per_unit in unit.inputs:
            supplies.append(self._incoming(account) + self.conditions.production.cumulative(account, self.hours))
            others.append(self._own_wish(account))
            self._queue(account, supplies[-1], others[-1] + per_unit * wanted)
            short.append(bool(self.served[account][-1] < self.wish[account][-1] * (1.0 - 1e-12)))
        if not any(short):
            return wanted
        if sum(short) == 1:
            account = unit.inputs[short.index(True)][0]
            share = _served_share(self.wish[account], self.served[account])
            made = np.concatenate([[0.0], np.cumsum(np.diff(wanted) * share)])
        else:
            made = _least(wanted, [p for _, p in unit.inputs], supplies, others)
        for (account, per_unit), supply, other, is_short in zip(unit.inputs, supplies, others, short, strict=True):
            self._queue(account, supply, other + per_unit * made)
            if is_short:
                self.wish[account] = other + per_unit * wanted
        return made

    def _send(self, account: int) -> list[int]:
        links = self.structure.out_links[account]
        if not links:
            return []
        is_short = self.served[account][-1] < self.wish[account][-1] * (1.0 - 1e-12)
        share = _served_share(self.wish[account], self.served[account]) if is_short else None
        changed = []
        for link in links:
            curve = self._wish_of_link(link)
            if share is not None:
                curve = np.concatenate([[0.0], np.cumsum(np.diff(curve) * share)])
            if not np.array_equal(curve, self.sent[link]):
                self.sent[link] = curve
                changed.append(link)
        return changed


def _served_share(wish: Floats, served: Floats) -> Floats:
    asked = np.diff(wish)
    return np.clip(np.divide(np.diff(served), asked, out=np.ones_like(asked), where=asked > 0), 0.0, 1.0)


def _least(wanted: Floats, per_unit: list[float], supplies: list[Floats], others: list[Floats]) -> Floats:
    """Production step by step when several inputs run short: what the scarcest of them allows."""
    made = np.zeros(len(wanted))
    for k in range(1, len(wanted)):
        step = wanted[k] - wanted[k - 1]
        for unit, supply, other in zip(per_unit, supplies, others, strict=True):
            step = min(step, (supply[k] - other[k]) / unit - made[k - 1]) if unit > 0 else step
        made[k] = made[k - 1] + max(step, 0.0)
    return made


def _fall(hours: Floats, stock: Floats, free: Floats, limit: float) -> float:
    """First hour below ``limit``; ``free`` is where the stock would stand at the end of each step if it could go below zero."""
    slack = 1e-9 * max(1.0, abs(limit), abs(float(stock[0])))
    if stock[0] < limit - slack:
        return 0.0
    below = np.flatnonzero(free < limit - slack)
    if not len(below):
        return _NEVER
    k = int(below[0])
    part = (stock[k] - limit) / (stock[k] - free[k]) if stock[k] > free[k] else 0.0
    return float(hours[k] + max(0.0, part) * (hours[k + 1] - hours[k]))


def _rise(hours: Floats, stock: Floats, free: Floats, limit: float) -> float:
    return _fall(hours, -stock, -free, -limit) if np.isfinite(limit) else _NEVER
