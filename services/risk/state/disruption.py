"""What is disturbed now, as far as reports, rates and notices tell.

A place is disturbed when it says so (its capacity factor), or when it lately works well below its usual rate though its inputs are there, its
output has room and its suppliers deliver. A notice gives a disturbance an end, or, where nothing is seen yet, a chance of one. A user is
disturbed when it uses lastingly more or less than usual.
"""

import math

from msgspec import Struct, structs

from detectors.network.course import Target
from schemas.chain import Node, Series
from services.risk.blueprint import Blueprint
from services.risk.evidence import DAY_US, HOUR_US, Evidence, History
from services.risk.heat import heat_need
from services.risk.state.estimate import Floats
from services.risk.state.learnt import Learnt
from services.risk.state.network import Living, is_bridge
from services.risk.state.notices import Ending, Notice, endings, notices
from services.risk.state.priors import Priors
from services.risk.state.told import Told
from services.risk.state.usual import LEAST_DAYS, Usual
from services.runtime.chain.area import covers

_DISTURBED = 0.97
_LOW, _SURELY_LOW = 0.85, 0.65
_WINDOW_H = 6
_BACK = 400
_USE_LEAST = 0.035
_YELLOW = 2
_REMEMBERED_H = 240.0
_UNSEEN_H = 8.0  # what a notice announced and nobody has seen hours after its onset becomes unlikely


class Disturbed(Struct, frozen=True, kw_only=True):
    """One disturbance: what it acts on, the node it stands at, the factor that is left (of capacity, or on use), how many hours it has lasted,
    hours to its beginning (0: now) and to its announced end (None: not announced), and the chance that it is real. ``why`` is what told of it.
    Where it ``is_overdue`` the announced end has passed, and ``ends_h`` is the middle of how long it may still last. ``rivals`` are other endings
    that may hold instead, each with its chance. ``told`` is what an officer was told of it, which then decides its end."""

    name: str
    target: Target
    index: int
    node: str
    kind: str
    factor: float
    since_h: float
    starts_h: float = 0.0
    ends_h: float | None = None
    chance: float = 1.0
    is_easing: bool = False
    is_overdue: bool = False
    rivals: tuple[Ending, ...] = ()
    told: Told | None = None
    why: str = ""


def disturbances(
    blueprint: Blueprint,
    evidence: Evidence,
    living: Living,
    learnt: Learnt,
    priors: Priors,
    as_of_us: int,
    worth: Floats,
) -> list[Disturbed]:
    """Everything disturbed at a moment, by node, strongest evidence first: what is seen, then what is only announced. ``worth`` (A) of a tonne at
    hand in usual ones: more tonnes of poorer coal are the same use."""
    watch = _Watch(blueprint, evidence, living, learnt, as_of_us, worth)
    told = notices(blueprint, evidence, as_of_us)
    found: list[Disturbed] = []
    for node in blueprint.nodes.values():
        seen = watch.announced(node) or watch.inferred(node)
        if seen is not None:
            found.append(_with_ends(seen, endings(node, seen.since_h, told, priors, blueprint)))
    found += watch.uses(priors)
    seen_at = {d.node for d in found}
    for notice in told:
        found += [d for d in _possible(blueprint, living, notice, priors) if d.node not in seen_at]
    return found


class _Watch:
    """Looks at one moment."""

    def __init__(
        self, b: Blueprint, evidence: Evidence, living: Living, learnt: Learnt, as_of_us: int, worth: Floats
    ) -> None:
        self._worth = worth
        self.b, self.evidence, self.living, self.learnt, self.as_of_us = b, evidence, living, learnt, as_of_us
        self._rate = {n: self._relative_rate(node) for n, node in b.nodes.items()}

    def announced(self, node: Node) -> Disturbed | None:
        """By the place's own capacity factor, corrected by what it has handled since."""
        watch = self.b.of_node.get(node.id)
        series = watch.capacity_factor if watch else None
        history = self.evidence.of(series.id) if series else None
        newest = history.newest(self.as_of_us) if history else None
        if history is None or newest is None or newest.value >= _DISTURBED:
            return None
        points = history.points(self.as_of_us, 16 * 24 * HOUR_US)
        begun_us = points[0][0]
        lowest = newest.value
        for at_us, value in reversed(points):
            if value >= _DISTURBED:
                begun_us = self._begun(node, at_us, begun_us)
                break
            begun_us, lowest = at_us, min(lowest, value)
        factor, usual = newest.value, self._usual_share(node)
        rate = self._rate[node.id]
        if rate is not None and usual > 0 and (self.as_of_us - newest.observed_us) > _WINDOW_H * HOUR_US:
            lived = rate * usual
            if lived > factor + 0.1:
                factor = lived if rate < 0.93 else 1.0
        if factor >= _DISTURBED:
            return None
        return self._at(node, factor, self._hours(begun_us), f"{series.id if series else ''}", factor > lowest + 0.03)

    def _begun(self, node: Node, fit_us: int, unfit_us: int) -> int:
        """When a place that was last fit at one report and no longer at the next began to fail: when its meter first fell, else half way."""
        series = self._meter(node)
        history = self.evidence.of(series.id) if series else None
        rate = self._rate[node.id]
        if series is None or history is None or rate is None or rate >= 0.9:
            return fit_us + (unfit_us - fit_us) // 2
        return min(max(self._low_since(history, series), fit_us), unfit_us)

    def inferred(self, node: Node) -> Disturbed | None:
        """By what it lately handled against its usual, when nothing around it explains the difference."""
        rate, usual = self._rate[node.id], self._usual_share(node)
        limit = _SURELY_LOW if node.id in self.b.of_node and self.b.of_node[node.id].capacity_factor else _LOW
        if rate is None or rate >= limit or usual <= 0 or node.kind == "demand" or self._is_explained(node):
            return None
        series = self._meter(node)
        history = self.evidence.of(series.id) if series else None
        if series is None or history is None or self.learnt.usual[series.id].days < LEAST_DAYS:
            return None  # against what is merely configured a quiet season would look like a standstill
        begun_us = self._low_since(history, series)
        if self._was_declared_fit(node, begun_us):
            return None
        return self._at(node, min(1.0, rate * usual), self._hours(begun_us), series.id, False)

    def uses(self, priors: Priors) -> list[Disturbed]:
        """Users that use lastingly more or less than usual."""
        del priors
        found = []
        for account in range(len(self.b.places)):
            series = self.b.of_account[account].use
            usual = self.learnt.usual.get(series.id) if series else None
            history = self.evidence.of(series.id) if series else None
            if self.b.normal_use[account] <= 0 or series is None or usual is None or history is None or usual.rate <= 0:
                continue
            lasting = self._lasting(history, usual)
            factor = heat_need(lasting, 1.0, float(self._worth[account])) if lasting is not None else 1.0
            if abs(factor - 1.0) < _USE_LEAST:
                continue
            node = self.b.nodes[self.b.places[account][0]]
            if factor < 1.0 and self._is_short(account):
                continue
            since = self._off_since(history, usual.rate, factor)
            found.append(
                Disturbed(
                    name=f"use {node.id}",
                    target=Target.DEMAND,
                    index=account,
                    node=node.id,
                    kind="demand",
                    factor=min(factor, 3.0),
                    since_h=since,
                    why=series.id,
                )
            )
        return found

    def _lasting(self, history: History, usual: Usual) -> float | None:
        """How much of the usual is used, when the last two days agree that it is not the usual; the day nearer to it counts.

        The days end at the newest report: one that is due and not yet there must not hide what the one before told.
        """
        newest = history.newest(self.as_of_us)
        if newest is None or self.as_of_us - newest.observed_us > 2 * DAY_US:
            return None
        ends = (newest.observed_us, newest.observed_us - DAY_US)
        days = [(t, history.mean_between(t - DAY_US, t)) for t in ends]
        off = [mean / usual.on(t) - 1.0 for t, mean in days if mean is not None]
        least = max(_USE_LEAST, 3 * usual.day_spread)
        if len(off) < 2 or off[0] * off[1] <= 0 or min(abs(o) for o in off) < least:
            return None
        return 1.0 + min(off, key=abs)

    def _at(self, node: Node, factor: float, since_h: float, why: str, is_easing: bool) -> Disturbed:
        return Disturbed(
            name=f"node {node.id}",
            target=Target.NODE,
            index=self.living.node_index[node.id],
            node=node.id,
            kind=node.kind,
            factor=max(0.0, factor),
            since_h=since_h,
            is_easing=is_easing,
            why=why,
        )

    def _hours(self, begun_us: int) -> float:
        return max(0.0, (self.as_of_us - begun_us) / HOUR_US)

    def _meter(self, node: Node) -> Series | None:
        account = self.b.account[(node.id, node.product)]
        w = self.b.of_account[account]
        return w.output or w.intake or w.volume or w.flow or w.inflow

    def _relative_rate(self, node: Node) -> float | None:
        """What the node handled in the last hours, as a share of its usual; None when nobody tells or the news is old."""
        series = self._meter(node)
        usual = self.learnt.usual.get(series.id) if series else None
        history = self.evidence.of(series.id) if series else None
        if series is None or usual is None or history is None or usual.rate <= 0:
            return None
        newest = history.newest(self.as_of_us)
        if newest is None or self.as_of_us - newest.observed_us > max(series.silence_h, 12) * HOUR_US:
            return None
        mean = history.mean(self.as_of_us, int(max(_WINDOW_H, 2 * series.cadence_h - 1) * HOUR_US))
        return None if mean is None else mean / usual.on(self.as_of_us)

    def _usual_share(self, node: Node) -> float:
        """The usual rate as a share of capacity."""
        account = self.b.account[(node.id, node.product)]
        usual = float(self.living.rest.through[account])
        capacity = float(self.living.network.node_capacity[self.living.node_index[node.id]])
        maker = self.living.maker_of.get(account)
        if maker is not None:
            capacity = min(capacity, self.living.network.makers[maker].capacity)
        return min(1.0, usual / capacity) if capacity > 0 else 0.0

    def _is_explained(self, node: Node) -> bool:
        b, s = self.b, self.b.structure
        account = b.account[(node.id, node.product)]
        if self._is_full(account):
            return True
        entry = b.arrival_of.get(account, account)
        unit = s.units[s.unit_of[account]]
        wanted = [i for i, _ in unit.inputs if i != entry]
        if any(self._is_short(i) for i in wanted):
            return True
        normal = sum(float(b.normal_flow[k]) for k in s.in_links[entry])
        weak = sum(float(b.normal_flow[k]) for k in s.in_links[entry] if self._delivers_less(s.links[k].source))
        if normal > 0 and b.stocks.get(account) is None and weak > 0.3 * normal:
            return True
        going = sum(float(b.normal_flow[k]) for k in s.out_links[account])
        full = sum(float(b.normal_flow[k]) for k in s.out_links[account] if self._takes_less(s.links[k].target))
        return going > 0 and full > 0.3 * going

    def _delivers_less(self, account: int) -> bool:
        rate = self._rate.get(self.b.places[account][0])
        return self._is_short(account) or (rate is not None and rate < 0.9)

    def _takes_less(self, account: int) -> bool:
        owner = self.b.entry_owner(account)
        node = self.b.places[owner][0]
        rate = self._rate.get(node)
        stock = self.b.stocks.get(owner)
        has_buffer = stock is not None and not is_bridge(stock)
        return self._is_full(owner) or (not has_buffer and rate is not None and rate < 0.9)

    def _stock_days(self, account: int) -> tuple[float, float, float] | None:
        """Stock, minimum and maximum as known, None without a report."""
        series, stock = self.b.of_account[account].stock, self.b.stocks.get(account)
        history = self.evidence.of(series.id) if series else None
        newest = history.newest(self.as_of_us) if history else None
        if newest is None or stock is None:
            return None
        return newest.value, stock.daily_use * stock.days_min, stock.daily_use * stock.days_max

    def _is_short(self, account: int) -> bool:
        known = self._stock_days(account)
        return known is not None and known[0] < 1.15 * known[1]

    def _is_full(self, account: int) -> bool:
        known = self._stock_days(account)
        return known is not None and known[2] > 0 and known[0] > 0.93 * known[2]

    def _low_since(self, history: History, series: Series) -> int:
        usual = self.learnt.usual[series.id]
        points = history.points(self.as_of_us, 16 * 24 * HOUR_US)[-_BACK:]
        begun = points[-1][0]
        for at_us, value in reversed(points):
            if value >= 0.9 * usual.rate:
                break
            begun = at_us
        return begun - int(series.cadence_h * HOUR_US)

    def _off_since(self, history: History, usual: float, factor: float) -> float:
        """Hours for which days lay more than half as far off."""
        middle = 1.0 + 0.5 * (factor - 1.0)
        days = sorted(history.day_means(self.as_of_us, 28).items(), reverse=True)
        count = 0
        for _, mean in days:
            if (mean / usual - middle) * (factor - 1.0) < 0:
                break
            count += 1
        return 24.0 * count + 12.0

    def _was_declared_fit(self, node: Node, begun_us: int) -> bool:
        watch = self.b.of_node.get(node.id)
        history = self.evidence.of(watch.capacity_factor.id) if watch and watch.capacity_factor else None
        newest = history.newest(self.as_of_us) if history else None
        return newest is not None and newest.value >= _DISTURBED and newest.observed_us > begun_us + HOUR_US


def _with_ends(seen: Disturbed, told: list[Ending]) -> Disturbed:
    """A disturbance with what notices say of its end."""
    if not told:
        return seen
    return structs.replace(seen, ends_h=told[0].ends_h, is_overdue=told[0].is_overdue, rivals=tuple(told[1:]))


def _possible(b: Blueprint, living: Living, notice: Notice, priors: Priors) -> list[Disturbed]:
    """What a notice may bring where nothing is seen yet: one of the places it can hit, each with an equal part of the chance."""
    prior = priors.notices.get(notice.event)
    chance = prior.chance.get(notice.level, 0.0) if prior else 0.0
    ends = notice.ends_h - (prior.end_margin_h if prior else 0.0)
    if prior is None or chance <= 0 or ends <= max(notice.onset_h, 0.0) or notice.onset_h < -24.0:
        return []
    nodes = [n for n in b.nodes.values() if n.kind in prior.kinds and covers(notice.area, n.admin_code)]
    users = prior.remains > 1.0
    unseen = math.exp(-max(0.0, -notice.onset_h) / _UNSEEN_H)
    return [
        Disturbed(
            name=f"{notice.event} {n.id}",
            target=Target.DEMAND if users else Target.NODE,
            index=b.account[(n.id, n.product)] if users else living.node_index[n.id],
            node=n.id,
            kind=n.kind,
            factor=prior.remains,
            since_h=0.0,
            starts_h=max(0.0, notice.onset_h),
            ends_h=ends,
            chance=chance * unseen / len(nodes),
            why=notice.series,
        )
        for n in nodes
        if not users or b.normal_use[b.account[(n.id, n.product)]] > 0
    ]
