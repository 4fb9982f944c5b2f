"""The smallest change that keeps a place from breaking: the least amount by a stated hour, found by running the futures again with it.

A shortage: goods over existing or dormant links, with what these have free over the flow that is foreseen, lead time respected. A blockage:
output, or what is sent there, cut from now to the stated hour. Amounts are of the place's usual grade; coal of another grade counts by its heat.
"""

import math
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache

import numpy as np
from msgspec import Struct

from detectors.network.course import Courses, Disruption, Part, Target
from detectors.network.smallest_change import SmallestChange, smallest_change
from detectors.network.smallest_change import Way as Room
from detectors.network.trajectories import Trajectories
from detectors.network.uncertainty import Floats
from schemas.assessment import Hazard
from schemas.chain import Link
from schemas.level import Level
from services.risk.blueprint import Blueprint
from services.risk.foresight import Foresight, foresee
from services.risk.prospect import Prospect, Seer
from services.risk.remedy.asking import CHINA, DAYS, Circumstances, circumstances_of
from services.risk.remedy.grades import Grades
from services.risk.remedy.question import Question
from services.risk.remedy.spare import Spare
from services.risk.remedy.trial import FUTURES, HORIZON_H, PART_H, PARTS_AHEAD, SEEN_H, Trial, chance_within
from services.risk.rules import Facts, Rule, RuleSet
from services.runtime.chain.vocabulary import KINDS, Behaviour
from services.runtime.clock import from_us

_EARLY = 0.1
_USUAL_LIMIT = 0.5
_TO_RECOVER_H = 72.0


class Bound(StrEnum):
    """What limits a link: its own capacity, that of the node it leaves, what its supplier can give."""

    LINK = "link"
    NODE = "node"
    SUPPLY = "supply"


class Way(Struct, frozen=True):
    """A link that can bring more: ``room`` by the stated hour in units of the place's usual grade, ``worth`` of them per unit sent. ``bound`` is
    what keeps the room from being larger."""

    link: int
    source: str
    lead_h: float
    room: float
    price_cny: float
    worth: float
    is_dormant: bool
    contact: str
    bound: Bound


class Avoidance(Struct, frozen=True):
    """The smallest change at one place. ``change`` speaks of ``ways`` by their place in the list; ``by_h`` is the stated hour, ``limit`` the
    yellow limit on the probability within 14 days, ``before`` that probability as it stands. Where ``is_broken``, the place is under its minimum
    now, and the probability is that of still being so at the end of the day of the stated hour."""

    account: int
    hazard: Hazard
    by_h: float
    limit: float
    before: float
    change: SmallestChange
    ways: tuple[Way, ...] = ()
    is_broken: bool = False


class Avoider(Struct):
    """Finds the smallest changes of one prospect; each is found once, when first asked."""

    blueprint: Blueprint
    seer: Seer
    prospect: Prospect
    rules: RuleSet
    known: dict[tuple[int, Hazard], Avoidance | None] = {}
    ahead: tuple[Foresight, Circumstances] | None = None

    def avoid(self, account: int, hazard: Hazard) -> Avoidance | None:
        """The smallest change; None where the probability is below the limit as it is, or the place keeps no stock."""
        key = (account, hazard)
        if key not in self.known:
            self.known[key] = self._found(account, hazard, self.limit(account, hazard))
        return self.known[key]

    def limit(self, account: int, hazard: Hazard) -> float:
        """The yellow limit on the probability within 14 days, by the rule that holds for the place today."""
        b, at = self.blueprint, from_us(self.prospect.world.as_of_us).astimezone(CHINA)
        stock = b.stocks.get(account)
        facts = Facts(
            kind=b.nodes[b.places[account][0]].kind,
            hazard=hazard.value,
            on=at.date(),
            normal_days=stock.days_normal if stock else 0.0,
            cover_days=None,
            room=None,
            fill=None,
            hours=math.inf,
        )
        return yellow_limit(next((r for r in self.rules.rules if r.applies(facts)), None))

    def foresight(self) -> tuple[Foresight, Circumstances]:
        """The days ahead and what may be counted on, run when first asked."""
        if self.ahead is None:
            foresight = foresee(self.prospect, DAYS)
            self.ahead = (foresight, circumstances_of(self.blueprint, foresight))
        return self.ahead

    def _found(self, account: int, hazard: Hazard, limit: float) -> Avoidance | None:
        if self.prospect.world.living.network.target[account] <= 0:
            return None
        hours = self.prospect.hours[hazard][:, account]
        first = float(np.quantile(hours, _EARLY, method="lower"))
        if not math.isfinite(first):
            return None
        if hazard is Hazard.BLOCKED:
            return self._by_less(account, first, limit)
        return self._by_bringing(account, first, limit)

    def _by_bringing(self, account: int, first: float, limit: float) -> Avoidance | None:
        leads = [k.lead_time_h for _, k in self._links_into(account)]
        is_broken = first <= 0
        by_h = _stated(max(first, min(leads, default=0.0) + (_TO_RECOVER_H if is_broken else PART_H)))
        ways = tuple(self._ways(account, by_h))
        trial = self._trial([account])

        def hours_of(amount: float) -> Floats:
            parts = np.zeros(PARTS_AHEAD)
            parts[round(by_h / PART_H) - 1] = amount
            found = trial().run({account: parts})
            return (
                self._still_under(found, account, by_h) if is_broken else trial().hours(found, account, Hazard.STARVED)
            )

        rooms = [Room(number, w.room, w.price_cny) for number, w in enumerate(ways)]
        known = {0.0: hours_of(0.0)} if is_broken and ways else {0.0: self._as_it_is(account, Hazard.STARVED)}
        return self._avoidance(account, Hazard.STARVED, by_h, limit, known, hours_of, rooms, ways)

    def _trial(self, accounts: list[int]) -> Callable[[], Trial]:
        """Made when first needed: where nothing can be changed nothing is run."""
        return cache(lambda: Trial(self.seer, self.prospect, self.rules, accounts))

    def _as_it_is(self, account: int, hazard: Hazard) -> Floats:
        """Hours of the break in the futures of a trial in which nothing is changed (S): those of the prospect."""
        hours = self.prospect.hours[hazard][:FUTURES, account]
        return np.asarray(np.where(hours <= SEEN_H, hours, np.inf))

    def _still_under(self, found: Trajectories, account: int, by_h: float) -> Floats:
        """Of a place that is under its minimum now: 0 where it is still so at the end of the day of the stated hour, else infinite (S)."""
        minimum = float(self.prospect.world.living.network.minimum[account])
        stock = found.stock[:, int(np.searchsorted(found.marks, by_h)), account]
        return np.asarray(np.where(stock >= minimum, np.inf, 0.0))

    def _by_less(self, account: int, first: float, limit: float) -> Avoidance | None:
        parts, rate = self._coming_in(account)
        by_h = _stated(max(first, 24.0))
        most = rate * by_h
        if most <= 0:
            return None
        trial = self._trial([])

        def hours_of(amount: float) -> Floats:
            cuts = [Disruption(t, n, 0.0, by_h, 1.0 - amount / most) for t, n in parts]
            return trial().hours(trial().run(less=Courses.of([cuts], trial().grid)), account, Hazard.BLOCKED)

        known = {0.0: self._as_it_is(account, Hazard.BLOCKED)}
        return self._avoidance(account, Hazard.BLOCKED, by_h, limit, known, hours_of, [Room(0, most, 0.0)], ())

    def _coming_in(self, account: int) -> tuple[list[Part], float]:
        """What fills a place, its maker or else its links, and the usual rate per hour."""
        living = self.prospect.world.living
        maker = living.maker_of.get(account)
        if maker is not None:
            return [(Target.MAKER, maker)], float(living.rest.made[maker])
        links = self.blueprint.structure.in_links[account]
        return [(Target.LINK, k) for k in links], float(living.rest.flow[links].sum())

    def _avoidance(
        self,
        account: int,
        hazard: Hazard,
        by_h: float,
        limit: float,
        known: dict[float, Floats],
        hours_of: Callable[[float], Floats],
        rooms: list[Room],
        ways: tuple[Way, ...],
    ) -> Avoidance | None:
        def hours(amount: float) -> Floats:
            if amount not in known:
                known[amount] = hours_of(amount)
            return known[amount]

        def chance(amount: float) -> float:
            return chance_within(hours(amount), self.rules)

        before = chance(0.0)
        if before < limit:
            return None
        change = smallest_change(chance, lambda amount: median(hours(amount)), rooms, limit=limit)
        return Avoidance(account, hazard, by_h, limit, before, change, ways, is_broken=median(hours(0.0)) <= 0)

    def _links_into(self, account: int) -> Iterator[tuple[int, Link]]:
        b = self.blueprint
        on = from_us(self.prospect.world.as_of_us).astimezone(CHINA).date()
        for number in b.structure.in_links[b.arrival_of.get(account, account)]:
            link = b.links[number]
            if link.valid_until is None or link.valid_until >= on:
                yield number, link

    def _ways(self, account: int, by_h: float) -> Iterator[Way]:
        """Links that can bring more by the hour: what they and the node at their beginning have free, and what that has to give."""
        b, (_, c) = self.blueprint, self.foresight()
        now = from_us(self.prospect.world.as_of_us).astimezone(CHINA)
        spare = Spare(
            Question(
                chain=c.chain,
                now=now,
                edges_h=[],
                lacks=[],
                stocks=c.stocks,
                flows=c.flows,
                kept=c.kept,
                lost_nodes=c.lost,
            )
        )
        grades, place = Grades(b.chain), b.places[account]
        for number, link in self._links_into(account):
            days = (by_h - link.lead_time_h) / 24.0
            giver, source = (link.source, link.product), b.nodes[link.source]
            rate, bound = spare.link(link), Bound.LINK
            if KINDS[source.kind][0] is Behaviour.TRANSIT and spare.node(link.source) < rate:
                rate, bound = spare.node(link.source), Bound.NODE
            grade = grades.sent(*giver)
            if days <= 0 or rate <= 0 or (grade is None and place in grades.accepted):
                continue
            given = spare.more(*giver) * days + spare.free_stock(giver)
            room, bound = (given, Bound.SUPPLY) if given < rate * days else (rate * days, bound)
            worth = grades.worth(grade, place)
            if room > 0:
                yield Way(
                    link=number,
                    source=link.source,
                    lead_h=link.lead_time_h,
                    room=room * worth,
                    price_cny=(source.value_cny_per_unit + link.cost_cny_per_unit) / worth,
                    worth=worth,
                    is_dormant=link.share_normal == 0,
                    contact=link.contact,
                    bound=bound,
                )


def yellow_limit(rule: Rule | None) -> float:
    """The probability within 14 days from which a rule says yellow: its limit for 14 days, else its least one, else one half."""
    colour = rule.colours.get(Level.YELLOW) if rule else None
    limits = colour.chance if colour else {}
    return limits.get(round(HORIZON_H), min(limits.values(), default=_USUAL_LIMIT))


def median(hours: Floats) -> float:
    """The middle hour of a break, infinite where most futures have none."""
    return float(np.quantile(hours, 0.5, method="lower"))


def _stated(hours: float) -> float:
    """A whole part of six hours, not beyond 14 days."""
    return min(max(PART_H * math.floor(hours / PART_H), PART_H), HORIZON_H)
