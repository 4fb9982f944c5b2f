"""From prospect to assessment: which places are judged, what is known of them, their colour, and why."""

import math
from datetime import date, datetime

import numpy as np
from msgspec import Struct, structs

from detectors.network.outlook import HORIZONS_H, QUANTILES
from detectors.network.uncertainty import Floats
from schemas.assessment import Assessment, Cause, Hazard, InputState
from schemas.chain import Series, Stock
from schemas.level import Level, rank
from services.risk.blueprint import Blueprint
from services.risk.causes import Blame
from services.risk.cover import cover_of
from services.risk.evidence import HOUR_US, Evidence
from services.risk.prospect import Prospect
from services.risk.reasons import (
    contradiction_in_words,
    doubt_in_words,
    estimated_change,
    is_shown,
    slip_in_words,
    state_in_words,
    trust_in_words,
    unknown_in_words,
)
from services.risk.remedy.avoidance import Avoider
from services.risk.remedy.wording import smallest_change_in_words
from services.risk.rules import Facts, Rule, RuleSet
from services.risk.state.doubt import spoken
from services.risk.state.imbalance import fresh, imbalance_in_words
from services.risk.state.network import is_bridge
from services.risk.state.reading import Reading, read
from services.risk.trend import WINDOW_US, hours_to
from services.risk.wanted import Wanted
from services.runtime.clock import from_us, to_us

_HANDS_ON = frozenset({"rail_line", "road_corridor", "power_grid"})
_MODEL_TRUST = 0.9
_HEARSAY_TRUST = 0.7
_MOST_TRIED = 6


class Subject(Struct, frozen=True):
    """One thing to judge: an account and a hazard."""

    account: int
    hazard: Hazard


def subjects_of(blueprint: Blueprint) -> list[Subject]:
    """Everything of a chain that can break: stocks by their role, and what is needed and has no stock to draw on. Carriers only hand on."""
    needed = {i for c in blueprint.converters for i, _ in c.inputs}
    found = []
    for account, (node, product) in enumerate(blueprint.places):
        stock = blueprint.stocks.get(account)
        if not is_shown(product):
            continue
        if stock is None:
            is_needed = account in needed or blueprint.normal_use[account] > 0
            if is_needed and blueprint.nodes[node].kind not in _HANDS_ON:
                found.append(Subject(account, Hazard.STARVED))
            continue
        if stock.role != "output":
            found.append(Subject(account, Hazard.STARVED))
        if stock.role != "input" and stock.days_max > 0:
            found.append(Subject(account, Hazard.BLOCKED))
    return found


class Look(Struct, frozen=True):
    """What a judgement rests on, before it is put into words. ``hours`` (S) is when it breaks in each future, ``quantiles`` P10, P50, P90; ``wanted``
    are reported events of which a new word is wanted, said here."""

    subject: Subject
    readings: list[Reading]
    hours: Floats
    quantiles: tuple[float, float, float]
    facts: Facts
    level: Level
    rule: Rule | None
    wanted: tuple[InputState, ...] = ()


class Judge(Struct, frozen=True):
    """Judges subjects of one prospect. ``zone_offset_h`` places the day of a rule (China: 8)."""

    lane: str
    blueprint: Blueprint
    evidence: Evidence
    prospect: Prospect
    blame: Blame
    avoider: Avoider
    rules: RuleSet
    zone_offset_h: float = 8.0
    wanted: Wanted = {}

    def judge(self, subject: Subject, as_of: datetime) -> Assessment:
        """The assessment of one subject at ``as_of``."""
        return self.tell(self.look(subject, to_us(as_of)), as_of)

    def look(self, subject: Subject, as_of_us: int) -> Look:
        """The level of a subject and what it rests on, without words; the quick part of ``judge``."""
        readings = [self._read(s, as_of_us) for s in self._essential(subject.account)]
        hours, chance, (low, middle, high) = self._ahead(subject, as_of_us)
        facts = self._facts(subject, middle, chance, as_of_us)
        level, rule = self.rules.judge(facts)
        if level is Level.NORMAL and self._distrusted(readings):
            level = Level.UNKNOWN
        if self._is_blind(readings) or (facts.is_isolated and facts.fill is None):
            level = Level.UNKNOWN
        return Look(subject, readings, hours, (low, middle, high), facts, level, rule, self._wanted(subject))

    def tell(self, look: Look, as_of: datetime) -> Assessment:
        """The assessment of a look, with causes and words."""
        b, subject, facts, level, rule = self.blueprint, look.subject, look.facts, look.level, look.rule
        account, readings = subject.account, look.readings
        if level is Level.UNKNOWN:
            return self._unknown(look, as_of)
        limits = b.stocks.get(account)
        cover = cover_of(b, self.prospect.world, account)
        stock = cover.tonnes if limits else None
        low, middle, high = look.quantiles
        zh, en = state_in_words(b, account, subject.hazard, stock or 0.0, cover.in_words(), middle)
        is_told = level is not Level.NORMAL
        causes: list[Cause] = self.blame.causes(account, subject.hazard) if is_told else []
        change = self._change(subject, level) if is_told else ("", "")
        rule_zh, rule_en = rule.in_words() if rule else ("", "")
        marks = [*self._marks(account), *(m for r in readings for m in trust_in_words(r))]
        stretch = self.rules.priors.stretch_of(_buffer_days(limits, subject.hazard)) if limits else {}
        least = self.rules.priors.survey_reach
        has_range = limits is not None and not is_bridge(limits)
        ahead = self.prospect.stock_range(account, stretch, least) if has_range else ({}, {}, {})
        loss, money = self._loss(account)
        to_zero = float(self.prospect.zero[account])
        return self._assessment(
            subject,
            as_of,
            level,
            cover_days=cover.days,
            **cover.told(),
            stock=stock,
            hours_to_minimum_p10=_finite(low),
            hours_to_minimum_p50=_finite(middle),
            hours_to_minimum_p90=_finite(high),
            hours_to_zero_p50=_finite(to_zero) if subject.hazard is Hazard.STARVED else None,
            probability={str(h): round(p, 4) for h, p in facts.chance.items()},
            confidence=round(
                min((r.trust for r in readings), default=0.5) * _MODEL_TRUST * self._told_trust(account, causes), 3
            ),
            causes=causes,
            inputs=[*(r.state() for r in readings), *look.wanted],
            reason_zh="。".join([zh, *(m[0] for m in marks), *(c.text_zh for c in causes)])
            + (f"。规则: {rule_zh}" if rule_zh else ""),
            reason_en=". ".join([en, *(m[1] for m in marks), *(c.text_en for c in causes)])
            + (f". Rule: {rule_en}" if rule_en else ""),
            smallest_change_zh=change[0],
            smallest_change_en=change[1],
            stock_p10=ahead[0],
            stock_p50=ahead[1],
            stock_p90=ahead[2],
            expected_loss=round(loss, 3),
            expected_loss_cny=round(money, 2),
            recalibration=self.rules.recalibration.version,
        )

    def _read(self, series: Series, as_of_us: int) -> Reading:
        """The newest reading, with what the world holds against it."""
        world = self.prospect.world
        reading = read(self.evidence, series, as_of_us, world.imbalances.get(series.id, ()))
        if series.id in world.learnt.gross:
            reading = structs.replace(reading, is_contradicted=True)
        if series.id in world.slips:
            reading = reading.slipped()
        doubt = world.doubts.get(series.id)
        is_doubted = doubt is not None and reading.row is not None and reading.row.observed_us == doubt.observed_us
        return reading.doubted(doubt.p_value) if doubt is not None and is_doubted else reading

    def _marks(self, account: int) -> list[tuple[str, str]]:
        """Readings of a place that are in doubt, and series that the others contradict, in words."""
        world = self.prospect.world
        doubts = [doubt_in_words(d) for d in world.doubts.values() if d.account == account]
        spoken_of = list(spoken(self.blueprint.of_account[account]))
        slips = [slip_in_words(s) for s in spoken_of if s.id in world.slips]
        found = [(s, fresh(world.imbalances[s.id], world.as_of_us)) for s in spoken_of if s.id in world.imbalances]
        uneven = [imbalance_in_words(s, f) for s, f in found if f is not None]
        here = self.blueprint.places[account][0]
        told = [d.told.in_words() for d in world.disturbed if d.told is not None and d.node == here]
        return (
            doubts
            + slips
            + uneven
            + [contradiction_in_words(s) for s in spoken_of if s.id in world.learnt.gross]
            + told
        )

    def _wanted(self, subject: Subject) -> tuple[InputState, ...]:
        """Reported events whose new word is asked for here; of a place with two hazards with the shortage."""
        limits = self.blueprint.stocks.get(subject.account)
        is_first = subject.hazard is Hazard.STARVED or (limits is not None and limits.role == "output")
        return self.wanted.get(subject.account, ()) if is_first else ()

    def _told_trust(self, account: int, causes: list[Cause]) -> float:
        """What is left of the confidence where the outlook rests on events that nobody verified, or of which nothing new was heard in time."""
        here = {self.blueprint.places[account][0], *(c.node for c in causes)}
        is_doubtful = any(
            d.told is not None and d.told.is_doubtful and d.node in here for d in self.prospect.world.disturbed
        )
        return _HEARSAY_TRUST if is_doubtful else 1.0

    def _change(self, subject: Subject, level: Level) -> tuple[str, str]:
        """The smallest change in words: for a warning one that was tried on the futures, where asked for and there is one; else an estimate."""
        limits = self.blueprint.stocks.get(subject.account)
        has_time = len(self.avoider.known) < _MOST_TRIED  # a broad crisis must hold up no warning
        if self.rules.priors.tries_changes and has_time and (rank(level) or 0) >= (rank(Level.YELLOW) or 0):
            tried = smallest_change_in_words(self.avoider, subject.account, subject.hazard)
            if any(tried):
                return tried
        return (
            estimated_change(self.blueprint, self.prospect, subject.account, subject.hazard, limits.unit)
            if limits
            else ("", "")
        )

    def _essential(self, account: int) -> tuple[Series, ...]:
        """The series a forecast of the place cannot do without: its own, else those of its node, for what nobody measures at the place itself."""
        b = self.blueprint
        own = b.of_account[account].essential
        if own:
            return own
        node = b.nodes[b.places[account][0]]
        return b.of_account[b.account[(node.id, node.product)]].essential

    def _distrusted(self, readings: list[Reading]) -> list[Reading]:
        """Readings of feeds trusted too little for an all-clear."""
        return [r for r in readings if r.feed.score < self.rules.priors.least_trust]

    @staticmethod
    def _is_blind(readings: list[Reading]) -> bool:
        return not readings or any(r.trust <= 0 for r in readings)

    def _ahead(self, subject: Subject, as_of_us: int) -> tuple[Floats, dict[int, float], tuple[float, float, float]]:
        """Hours to the break in each future, the chances by horizon, and P10, P50, P90 of the hours."""
        account = subject.account
        if not self._is_isolated(subject):
            times = self.prospect.chances[subject.hazard]
            low, middle, high = times.quantiles[:, account].tolist()
            return (
                self.prospect.hours[subject.hazard][:, account],
                by_horizon(times.probability[:, account]),
                (low, middle, high),
            )
        series = self.blueprint.of_account[account].stock
        history = self.evidence.of(series.id) if series else None
        draws = self.prospect.futures.slopes
        found = (
            hours_to(self._minimum(account, as_of_us), history.points(as_of_us, WINDOW_US), draws) if history else None
        )
        hours = np.full(len(draws), np.inf) if found is None else found
        ordered = np.sort(hours)
        low, middle, high = (float(ordered[int(np.ceil(q * len(ordered))) - 1]) for q in QUANTILES)
        chance = np.array([float(np.mean(hours <= h)) for h in HORIZONS_H])
        return hours, by_horizon(chance), (low, middle, high)

    def _minimum(self, account: int, as_of_us: int) -> float:
        """The minimum of a stock: by the norm its owner reports where there is one, else as configured."""
        b = self.blueprint
        stock, norm = b.stocks.get(account), b.of_account[account].norm
        if stock is None:
            return 0.0
        newest = read(self.evidence, norm, as_of_us).row if norm is not None else None
        if newest is not None and stock.days_normal > 0:
            return newest.value * stock.days_min / stock.days_normal
        return stock.daily_use * stock.days_min

    def _is_isolated(self, subject: Subject) -> bool:
        b = self.blueprint
        return (
            subject.account in b.stocks
            and not b.structure.in_links[subject.account]
            and subject.hazard is Hazard.STARVED
        )

    def _facts(self, subject: Subject, hours: float, chance: dict[int, float], as_of_us: int) -> Facts:
        facts = facts_of(
            self.blueprint,
            self.prospect,
            subject,
            hours,
            chance,
            minimum=self._minimum(subject.account, as_of_us),
            on=from_us(as_of_us + int(self.zone_offset_h * HOUR_US)).date(),
        )
        return structs.replace(facts, is_isolated=self._is_isolated(subject))

    def _loss(self, account: int) -> tuple[float, float]:
        return _lost(self.blueprint, self.prospect, account)

    def _unknown(self, look: Look, as_of: datetime) -> Assessment:
        subject, readings = look.subject, look.readings
        node = self.blueprint.nodes[self.blueprint.places[subject.account][0]]
        names_zh, names_en = unknown_in_words([r for r in readings if r.trust <= 0], self._distrusted(readings))
        return self._assessment(
            subject,
            as_of,
            Level.UNKNOWN,
            inputs=[*(r.state() for r in readings), *look.wanted],
            reason_zh=f"{node.name_zh}情况不明: {names_zh}",
            reason_en=f"{node.name_en}: state unknown, {names_en}",
        )

    def _assessment(self, subject: Subject, as_of: datetime, level: Level, **told: object) -> Assessment:
        node, product = self.blueprint.places[subject.account]
        known_us = self.evidence.known_us or to_us(as_of)
        return Assessment(
            lane=self.lane,
            chain=self.blueprint.chain.id,
            node=node,
            product=product,
            hazard=subject.hazard,
            as_of=as_of,
            known_at=from_us(known_us),
            level=level,
            chain_version=self.blueprint.chain.version,
            rules_version=self.rules.version,
            **told,  # type: ignore[arg-type]  # the fields named by the two callers above
        )


def facts_of(
    b: Blueprint,
    prospect: Prospect,
    subject: Subject,
    hours: float,
    chance: dict[int, float],
    *,
    minimum: float,
    on: date,
) -> Facts:
    """What the rules look at: a subject of a prospect with the chances of its break, and the minimum of its stock."""
    world, account = prospect.world, subject.account
    limits = b.stocks.get(account)
    node, stock = b.nodes[b.places[account][0]], float(world.stock.value[account])
    normal = limits.daily_use * limits.days_normal if limits else 0.0
    maximum = limits.daily_use * limits.days_max if limits and limits.days_max > 0 else math.inf
    room = (stock - minimum) / (normal - minimum) if normal > minimum else None
    if subject.hazard is Hazard.BLOCKED:
        room = (maximum - stock) / (maximum - normal) if maximum > normal else None
    return Facts(
        kind=node.kind,
        hazard=subject.hazard.value,
        on=on,
        normal_days=limits.days_normal if limits else 0.0,
        cover_days=cover_of(b, world, account).days,
        room=None if limits and is_bridge(limits) else room,
        fill=stock / minimum if minimum > 0 else None,
        hours=hours,
        chance=chance,
        loss_cny=_lost(b, prospect, account)[1],
    )


def _lost(b: Blueprint, prospect: Prospect, account: int) -> tuple[float, float]:
    """Expected output of the node, or service to its own use, lost within the horizon, and its value."""
    node = b.nodes[b.places[account][0]]
    lost = float(prospect.loss[b.account[(node.id, node.product)]])
    return lost, lost * node.value_cny_per_unit


def by_horizon(chance: Floats) -> dict[int, float]:
    """Chances by hours ahead."""
    return {int(h): float(p) for h, p in zip(HORIZONS_H, chance, strict=True)}


def _buffer_days(limits: Stock, hazard: Hazard) -> float:
    """Days of use between the normal stock and the limit that is at stake."""
    if hazard is Hazard.BLOCKED:
        return limits.days_max - limits.days_normal
    return limits.days_normal - limits.days_min


def _finite(hours: float) -> float | None:
    return round(hours, 3) if math.isfinite(hours) else None
