"""From outlook to assessment: which places are judged, what is known of them, their colour, and why."""

import math
from datetime import datetime

from msgspec import Struct

from detectors.network import Forecast, Outlook, trace
from schemas.assessment import Assessment, Cause, Hazard
from schemas.level import Level
from services.risk.blueprint import Blueprint
from services.risk.evidence import HOUR_US, Evidence
from services.risk.reasons import causes_of, is_shown, smallest_change, state_in_words
from services.risk.rules import Facts, Rule, RuleSet
from services.risk.situation import Reading, read
from services.risk.trend import WINDOW_US, hours_to
from services.runtime.clock import from_us, to_us


class Subject(Struct, frozen=True):
    """One thing to judge: an account and a hazard."""

    account: int
    hazard: Hazard


def subjects_of(blueprint: Blueprint) -> list[Subject]:
    """Everything of a chain that is judged: stocks that are watched, by their role, and ends without stock that are watched."""
    found = []
    for account, (_node, product) in enumerate(blueprint.places):
        watch, stock = blueprint.of_account[account], blueprint.stocks.get(account)
        if not is_shown(product):
            continue
        if stock is not None and watch.stock is not None:
            if stock.role != "output":
                found.append(Subject(account, Hazard.STARVED))
            if stock.role != "input" and stock.days_max > 0:
                found.append(Subject(account, Hazard.BLOCKED))
        elif stock is None and watch.essential and blueprint.normal_use[account] > 0:
            found.append(Subject(account, Hazard.STARVED))
    return found


class Look(Struct, frozen=True):
    """What a judgement rests on, before it is put into words."""

    subject: Subject
    readings: list[Reading]
    outlook: Outlook
    facts: Facts
    level: Level
    rule: Rule | None


class Judge(Struct, frozen=True):
    """Judges subjects of one lane. ``zone_offset_h`` places the day of a rule (China: 8)."""

    lane: str
    blueprint: Blueprint
    evidence: Evidence
    forecast: Forecast
    rules: RuleSet
    zone_offset_h: float = 8.0

    def judge(self, subject: Subject, as_of: datetime) -> Assessment:
        """The assessment of one subject at ``as_of``; the forecast must be up to date."""
        return self.tell(self.look(subject, to_us(as_of)), as_of)

    def look(self, subject: Subject, as_of_us: int) -> Look:
        """The level of a subject and what it rests on, without words; the quick part of ``judge``."""
        essential = self.blueprint.of_account[subject.account].essential
        readings = [read(self.evidence, s, as_of_us) for s in essential]
        outlook = self.forecast.outlook(subject.account)
        facts = self._facts(subject, outlook, as_of_us)
        level, rule = self.rules.judge(facts)
        if any(r.trust <= 0 for r in readings) or (facts.is_isolated and facts.fill is None):
            level = Level.UNKNOWN
        return Look(subject, readings, outlook, facts, level, rule)

    def tell(self, look: Look, as_of: datetime) -> Assessment:
        """The assessment of a look, with causes and words."""
        b, subject, facts, level, rule = self.blueprint, look.subject, look.facts, look.level, look.rule
        account, readings, outlook = subject.account, look.readings, look.outlook
        if level is Level.UNKNOWN:
            return self._unknown(subject, as_of, readings, [r for r in readings if r.trust <= 0])
        stock = float(self.forecast.conditions.stock[account])
        zh, en = state_in_words(b, account, subject.hazard, stock, facts.cover_days, facts.hours)
        causes = self._causes(subject, level)
        limits = b.stocks.get(account)
        change = ("", "")
        if level is not Level.NORMAL and limits is not None:
            change = smallest_change(b, self.forecast, account, subject.hazard, limits.unit)
        rule_zh, rule_en = (rule.name_zh, rule.name_en) if rule else ("", "")
        return self._assessment(
            subject,
            as_of,
            level,
            cover_days=facts.cover_days,
            stock=stock,
            hours_to_minimum_p50=_finite(facts.hours),
            hours_to_zero_p50=_finite(outlook.hours_to_zero) if subject.hazard is Hazard.STARVED else None,
            confidence=round(min((r.trust for r in readings), default=0.0) * 0.8, 3),
            causes=causes,
            inputs=[r.state() for r in readings],
            reason_zh="。".join([zh, *(c.text_zh for c in causes)]) + (f"。规则: {rule_zh}" if rule_zh else ""),
            reason_en=". ".join([en, *(c.text_en for c in causes)]) + (f". Rule: {rule_en}" if rule_en else ""),
            smallest_change_zh=change[0],
            smallest_change_en=change[1],
        )

    def _facts(self, subject: Subject, outlook: Outlook, as_of_us: int) -> Facts:
        b, c, account = self.blueprint, self.forecast.conditions, subject.account
        limits = b.stocks.get(account)
        node = b.nodes[b.places[account][0]]
        stock, minimum, maximum = float(c.stock[account]), float(c.minimum[account]), float(c.maximum[account])
        normal = limits.daily_use * limits.days_normal if limits else 0.0
        is_isolated = limits is not None and not b.structure.in_links[account] and subject.hazard is Hazard.STARVED
        hours, deficit = outlook.hours_to_minimum, outlook.deficit_share
        room = (stock - minimum) / (normal - minimum) if normal > minimum else None
        if subject.hazard is Hazard.BLOCKED:
            hours, deficit = outlook.hours_to_maximum, -deficit
            room = (maximum - stock) / (maximum - normal) if maximum > normal else None
        if is_isolated:
            hours = self._own_trend(account, minimum, as_of_us, hours)
        day = 24 * float(self.forecast.wish[account][1]) / float(self.forecast.hours[1])
        return Facts(
            kind=node.kind,
            hazard=subject.hazard.value,
            on=from_us(as_of_us + int(self.zone_offset_h * HOUR_US)).date(),
            normal_days=limits.days_normal if limits else 0.0,
            cover_days=round(stock / day, 3) if limits and day > 0 else None,
            room=room,
            fill=stock / minimum if minimum > 0 else None,
            hours=hours,
            deficit_share=deficit,
            is_isolated=is_isolated,
        )

    def _own_trend(self, account: int, minimum: float, as_of_us: int, otherwise: float) -> float:
        series = self.blueprint.of_account[account].stock
        history = self.evidence.of(series.id) if series else None
        found = hours_to(minimum, history.points(as_of_us, WINDOW_US)) if history else None
        return otherwise if found is None else found

    def _causes(self, subject: Subject, level: Level) -> list[Cause]:
        if level is Level.NORMAL or subject.hazard is Hazard.BLOCKED:
            return []
        return causes_of(self.blueprint, self.evidence, trace(self.forecast, subject.account))

    def _unknown(
        self, subject: Subject, as_of: datetime, readings: list[Reading], missing: list[Reading]
    ) -> Assessment:
        node = self.blueprint.nodes[self.blueprint.places[subject.account][0]]
        names_zh = "、".join(r.series.name_zh or r.series.id for r in missing) or "定额库存为零"
        names_en = ", ".join(r.series.name_en or r.series.id for r in missing) or "the normative stock is zero"
        return self._assessment(
            subject,
            as_of,
            Level.UNKNOWN,
            inputs=[r.state() for r in readings],
            reason_zh=f"{node.name_zh}情况不明: 缺少可用数据({names_zh})",
            reason_en=f"{node.name_en}: state unknown, no usable input ({names_en})",
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


def _finite(hours: float) -> float | None:
    return round(hours, 3) if math.isfinite(hours) else None
