"""The present of a chain from its evidence: observations become the conditions the forecast starts from."""

import json
from datetime import datetime

import numpy as np
from msgspec import Struct

from detectors.network import Conditions
from schemas.assessment import InputState
from schemas.chain import Series
from services.risk.blueprint import Blueprint, Watch
from services.risk.evidence import HOUR_US, Evidence, Row
from services.runtime.clock import from_us, to_us

_USE_WINDOW_H = 72.0
_FLOW_WINDOW_H = 24.0
_LEAP = 4.0


class Reading(Struct, frozen=True):
    """Newest usable row of a series, its age in hours and its trust: 1 when fresh, falling to 0 at the age at which silence is an alarm."""

    series: Series
    row: Row | None
    age_h: float
    trust: float

    def state(self) -> InputState:
        """The reading as it is shown."""
        return InputState(
            series=self.series.id,
            observed_at=from_us(self.row.observed_us) if self.row else None,
            value=self.row.value if self.row else None,
            age_hours=round(self.age_h, 2) if self.row else None,
            trust=round(self.trust, 3),
        )


def read(evidence: Evidence, series: Series, as_of_us: int) -> Reading:
    """Newest usable row of a series with age and trust."""
    history = evidence.of(series.id)
    row = history.newest(as_of_us) if history else None
    if row is None:
        return Reading(series, None, float("inf"), 0.0)
    age = (as_of_us - row.observed_us) / HOUR_US
    fresh, silent = series.cadence_h + series.lateness_h, max(series.silence_h, 1e-6)
    trust = 1.0 if age <= fresh else max(0.0, 1.0 - (age - fresh) / max(silent - fresh, 1e-6))
    return Reading(series, row, age, trust if age <= silent else 0.0)


class Situation:
    """Keeps the conditions of one lane up to date with its evidence. ``refresh`` touches only what is named."""

    def __init__(self, blueprint: Blueprint, evidence: Evidence) -> None:
        self.blueprint = blueprint
        self.evidence = evidence
        b = blueprint
        self.conditions = Conditions.empty(len(b.places), len(b.links))
        c = self.conditions
        c.production.later[:], c.use.later[:], c.flow.later[:] = b.normal_production, b.normal_use, b.normal_flow
        for account, stock in b.stocks.items():
            c.stock[account] = stock.daily_use * stock.days_normal
            c.minimum[account] = stock.daily_use * stock.days_min if stock.role != "output" else 0.0
            c.maximum[account] = stock.daily_use * stock.days_max if stock.role != "input" else np.inf
            if stock.days_max <= 0:
                c.maximum[account] = np.inf

    def refresh(self, as_of_us: int, accounts: set[int], links: set[int]) -> None:
        """Bring the rates of these links and the rates and stocks of these accounts to what is known at ``as_of_us``."""
        for account in accounts:
            self._set_rates(account, as_of_us)
        for link in links:
            if self.blueprint.is_pulled[link]:
                self._set_pulled(link, as_of_us)
            else:
                self._set_flow(link, as_of_us)
        for account in accounts:
            self._set_stock(account, as_of_us)

    def _set_flow(self, link: int, as_of_us: int) -> None:
        b, c = self.blueprint, self.conditions
        normal = float(b.normal_flow[link])
        series, scale = self._speaker(link)
        lead_us = int(b.structure.links[link].lead_h * HOUR_US)
        now = self._rate(series, as_of_us, _FLOW_WINDOW_H)
        flow = normal if now is None else now * scale
        past = flow
        if series is not None and lead_us:
            history = self.evidence.of(series.id)
            mean = history.mean_between(as_of_us - lead_us, as_of_us) if history else None
            past = flow if mean is None else mean * scale
        elif lead_us:
            past = normal
        limit, until = self._limit(link, as_of_us)
        c.flow.now[link], c.flow.until_h[link] = min(flow, limit), until
        c.past_flow[link] = past

    def _set_pulled(self, link: int, as_of_us: int) -> None:
        """Power and water without a meter flow as they are drawn, up to the capacity announced; a shortage shows at the source."""
        b, c = self.blueprint, self.conditions
        target = b.structure.links[link].target
        normal, arriving = float(b.normal_flow[link]), float(b.arriving[target])
        unit = b.structure.units[b.structure.unit_of[target]]
        per_unit = dict(unit.inputs).get(target)
        need = float(c.use.now[target]) if per_unit is None else per_unit * float(c.production.now[unit.output])
        flow = need * normal / arriving if arriving > 0 and need > 0 else normal
        limit, until = self._limit(link, as_of_us)
        c.flow.now[link], c.flow.until_h[link] = min(flow, limit), until
        c.past_flow[link] = flow

    def _speaker(self, link: int) -> tuple[Series | None, float]:
        """The series that tells this link's flow per day, and the factor from its value to the link's flow per hour."""
        b = self.blueprint
        own = b.of_link[link].flow
        if own is not None:
            return own, 1 / 24
        source, target = b.structure.links[link].source, b.entry_owner(b.structure.links[link].target)
        normal = float(b.normal_flow[link])
        leaving = float(sum(b.normal_flow[k] for k in b.structure.out_links[source]))
        arriving = float(b.arriving[b.structure.links[link].target])
        for series, total in (
            (b.of_account[source].flow, leaving),
            (b.of_account[target].inflow, arriving),
            (b.of_account[source].volume, leaving),
        ):
            if series is not None and total > 0:
                return series, normal / total / 24
        return None, 0.0

    def _limit(self, link: int, as_of_us: int) -> tuple[float, float]:
        """Most that may flow per hour by the capacity factors announced for the link and its ends, and for how many hours."""
        b = self.blueprint
        k = b.links[link]
        limit, until = np.inf, np.inf
        normal = float(b.normal_flow[link])
        for watch in (b.of_link[link], b.of_node.get(k.source), b.of_node.get(k.target)):
            factor, hours = self._factor(watch, as_of_us)
            if factor < 1.0 and factor * normal < limit:
                limit, until = factor * normal, hours
        return limit, until

    def _factor(self, watch: Watch | None, as_of_us: int) -> tuple[float, float]:
        series = watch.capacity_factor if watch else None
        history = self.evidence.of(series.id) if series else None
        row = history.newest(as_of_us) if history else None
        if row is None:
            return 1.0, np.inf
        return max(0.0, row.value), hours_until_end(row.detail, as_of_us)

    def _set_rates(self, account: int, as_of_us: int) -> None:
        b, c = self.blueprint, self.conditions
        watch = b.of_account[account]
        use = self._rate(watch.use, as_of_us, _USE_WINDOW_H)
        normal_use = float(b.normal_use[account])
        c.use.now[account] = normal_use if use is None or normal_use == 0 else use / 24
        normal = float(b.normal_production[account])
        made = self._rate(watch.intake or watch.output, as_of_us, _FLOW_WINDOW_H)
        if not b.structure.in_links[account] and made is None:
            made = self._rate(watch.inflow, as_of_us, 7 * 24.0)
            c.production.later[account] = max(normal, made / 24 if made is not None else 0.0)
        rate = normal if made is None else made / 24
        factor, until = self._factor(b.of_node.get(b.places[account][0]), as_of_us)
        is_cut = factor < 1.0 and factor * normal < rate
        c.production.now[account] = factor * normal if is_cut else rate
        c.production.until_h[account] = until if is_cut else np.inf

    def _set_stock(self, account: int, as_of_us: int) -> None:
        b, c = self.blueprint, self.conditions
        series, norm, stock = b.of_account[account].stock, b.of_account[account].norm, b.stocks.get(account)
        if norm is not None and stock is not None and stock.days_normal > 0:
            newest = read(self.evidence, norm, as_of_us).row
            if newest is not None:
                c.minimum[account] = newest.value * stock.days_min / stock.days_normal
        if series is None:
            return
        reading = read(self.evidence, series, as_of_us)
        if reading.row is None:
            return
        net = self._net_rate(account)
        value = self._trusted(series, reading.row, as_of_us) + net * min(reading.age_h, series.silence_h, 48.0)
        top = max(value - max(net, 0.0) * reading.age_h, float(c.maximum[account]))
        c.stock[account] = min(max(value, 0.0), top)

    def _trusted(self, series: Series, row: Row, as_of_us: int) -> float:
        """The newest stock, or the one before when the newest alone is four times as much or a quarter: that is a slip until repeated."""
        history = self.evidence.of(series.id)
        before = history.newest(row.observed_us - 1) if history else None
        if before is None or before.value <= 0 or row.observed_us - before.observed_us > 3 * series.cadence_h * HOUR_US:
            return row.value
        is_leap = row.value > _LEAP * before.value or row.value < before.value / _LEAP
        earlier = history.newest(before.observed_us - 1) if history and is_leap else None
        if earlier is None or not before.value / _LEAP < earlier.value < before.value * _LEAP:
            return row.value
        return before.value

    def _net_rate(self, account: int) -> float:
        """Amount per hour by which the stock grows now: for carrying an observed stock forward to the present."""
        s, c = self.blueprint.structure, self.conditions
        inputs = {i for u in (s.units[s.unit_of[account]],) for i, _ in u.inputs}
        if inputs or not (s.in_links[account] or s.out_links[account]):
            return 0.0
        came = sum(float(c.past_flow[k]) for k in s.in_links[account]) + float(c.production.now[account])
        left = sum(float(c.flow.now[k]) for k in s.out_links[account]) + float(c.use.now[account])
        return came - left

    def _rate(self, series: Series | None, as_of_us: int, window_h: float) -> float | None:
        history = self.evidence.of(series.id) if series else None
        if history is None or series is None:
            return None
        return history.mean(as_of_us, int(max(window_h, series.cadence_h) * HOUR_US))


def hours_until_end(detail: str | None, as_of_us: int) -> float:
    """Hours until the announced end (``until`` or ``expires`` in the detail of a notice); infinite without one. A past end counts as none."""
    if not detail:
        return float("inf")
    try:
        told = json.loads(detail)
        text = (told.get("until") or told.get("expires")) if isinstance(told, dict) else None
        end = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return float("inf")
    if end is None or end.tzinfo is None:
        return float("inf")
    hours = (to_us(end) - as_of_us) / HOUR_US
    return hours if hours > 0 else float("inf")
