"""The state of the world of one chain at one moment, ready to be simulated."""

import math

import numpy as np
from msgspec import Struct, structs

from schemas.chain import Series
from schemas.quality import Quality
from services.risk.blueprint import Blueprint
from services.risk.evidence import HOUR_US, Evidence, History, Row
from services.risk.heat import HeldHeat, heat_need
from services.risk.state.calorimeter import Calorimeter
from services.risk.state.common_slip import Mended
from services.risk.state.disruption import Disturbed, disturbances
from services.risk.state.doubt import WINDOW_US, Doubt, Doubter, spread_of
from services.risk.state.estimate import Estimates, Floats
from services.risk.state.imbalance import Found, Imbalances
from services.risk.state.learnt import Learnt, Schooling, lesson_of
from services.risk.state.network import HABITS, Living, living_network
from services.risk.state.phoned import Present, reported, with_reports
from services.risk.state.priors import Priors
from services.risk.state.reading import Reading, read
from services.risk.state.slip import FAR, unslipped, unslipped_rate

PARTS = 4
_RATE_H = 24.0
_CARRIED_H = 48.0
_LONG_WAY_H = 12.0
_LEAP = 4.0
_FILLING, _LEAST_RATE = 1.1, 0.1
_SHORT_DAYS, _NOISE = 2.0, 0.25
_SNAP = 0.08  # what is under way to a place without stock counts as usual within this: such places have nothing to even it out with


class World(Struct, frozen=True):
    """``stock`` per account; ``transit`` (L) under way with its ``profile`` (L, PARTS), first to arrive first; ``expected`` (A), rates by which
    places order; what is disturbed; ``lesson`` is the day whose lesson holds.

    Stocks and rates of coal are in tonnes of the usual blend; ``worth`` (A) is how many of these a tonne at hand replaces, ``burnt`` (A) the rate in
    tonnes as they are, ``heat`` by account of a consumer; ``doubts`` by series are anomalous readings that no other bears out; ``slips`` are
    series of stocks whose decimal point stands wrong, ``imbalances`` by series tell places that did not balance."""

    as_of_us: int
    lesson: int
    learnt: Learnt
    living: Living
    stock: Estimates
    transit: Floats
    profile: Floats
    expected: Floats
    worth: Floats
    burnt: Floats
    heat: dict[int, HeldHeat]
    disturbed: tuple[Disturbed, ...]
    doubts: dict[str, Doubt] = {}
    slips: frozenset[str] = frozenset()
    imbalances: dict[str, Found] = {}


class Watchtower:
    """Sees the world of one chain from its evidence."""

    def __init__(self, blueprint: Blueprint, evidence: Evidence, priors: Priors) -> None:
        self._b, self._evidence, self._priors = blueprint, Mended(blueprint, evidence), priors
        self._schooling = Schooling(blueprint)
        self._calorimeter = Calorimeter(blueprint, self._evidence)
        self._imbalances = Imbalances(blueprint)
        self._doubter = Doubter(blueprint, self._evidence, priors.survey_spread)
        self._lesson: tuple[int, Learnt, Living] | None = None

    def see(self, as_of_us: int, *, is_for_record: bool = True) -> World:
        """The world at a moment, from what is known by then. For the record everything is learnt anew, so that a restart changes nothing; else
        the lesson of the day is kept, which late corrections of earlier days do not reach before the next.
        """
        day = lesson_of(as_of_us)
        self._evidence.look(as_of_us)
        if is_for_record or self._lesson is None or self._lesson[0] != day:
            learnt = self._schooling.learn(self._evidence, as_of_us)
            if self._lesson is None or self._lesson[0] != day or not learnt.equals(self._lesson[1]):
                self._lesson = (day, learnt, living_network(self._b, learnt))
        _, learnt, living = self._lesson
        doubts = self._doubter.doubts(living, as_of_us)
        imbalances = self._imbalances.see(self._evidence, as_of_us)
        tonnes, slips = self._stocks(living, as_of_us, doubts, imbalances)
        burnt = self._burnt(living, tonnes.value, as_of_us)
        heat = self._calorimeter.held(living, tonnes.value, as_of_us, lambda number: self._speaker(number, living))
        worth = np.ones(len(self._b.places))
        worth[list(heat)] = [held.worth() for held in heat.values()]
        told = reported(Present(self._b, self._evidence, living, learnt, as_of_us))
        seen = disturbances(self._b, self._evidence, living, learnt, self._priors, as_of_us, worth)
        transit, profile = self._under_way(living, as_of_us)
        return World(
            as_of_us=as_of_us,
            lesson=day,
            learnt=learnt,
            living=living,
            stock=structs.replace(tonnes, value=tonnes.value * worth, spread=tonnes.spread * worth),
            transit=transit,
            profile=profile,
            expected=_needed(burnt, living.rest.through, worth, heat),
            worth=worth,
            burnt=burnt,
            heat=heat,
            disturbed=tuple(with_reports(seen, told)),
            doubts=doubts,
            slips=slips,
            imbalances=imbalances,
        )

    def readings(self, series: tuple[Series, ...], as_of_us: int) -> list[Reading]:
        """Newest rows of some series."""
        return [read(self._evidence, s, as_of_us) for s in series]

    def _stocks(
        self, living: Living, as_of_us: int, doubts: dict[str, Doubt], imbalances: dict[str, Found]
    ) -> tuple[Estimates, frozenset[str]]:
        """What lies where, and the series whose decimal point stands wrong."""
        b = self._b
        slips: set[str] = set()
        found = Estimates.configured(np.minimum(living.network.target, living.network.maximum), 0.3)
        for account in b.stocks:
            series = b.of_account[account].stock
            reading = read(self._evidence, series, as_of_us, imbalances.get(series.id, ())) if series else None
            if series is None or reading is None or reading.row is None:
                continue
            through = float(living.rest.through[account])
            target = float(living.network.target[account])
            value = self._trusted(series, reading, target, through)
            net = self._gain(account, through, as_of_us)
            carried = min(reading.age_h, series.silence_h, _CARRIED_H)
            now = min(max(value + net * carried, 0.0), max(value, float(living.network.maximum[account])))
            spread = reading.widening * spread_of(now, through, reading.age_h, self._priors.survey_spread)
            moved = self._unslipped(series, reading, target, through, as_of_us)
            if moved is None and series.id in self._evidence.factor:
                moved = now
            if moved is not None:
                now, reading = moved, reading.slipped()
                spread = 2.0 * reading.widening * spread_of(moved, through, reading.age_h, self._priors.survey_spread)
                found.is_contradicted[account] = True
                slips.add(series.id)
            doubt = doubts.get(series.id) if moved is None else None
            if doubt is not None:
                reading, spread = reading.doubted(doubt.p_value), math.hypot(spread, value - doubt.expected)
                found.is_contradicted[account] = True
            found.tell(account, now, spread, reading.age_h, reading.trust)
        return found, frozenset(slips)

    def _unslipped(
        self, series: Series, reading: Reading, target: float, through: float, as_of_us: int
    ) -> float | None:
        """The newest stock with its decimal point moved back, where it stands wrong."""
        history, row = self._evidence.of(series.id), reading.row
        if history is None or row is None or target <= 0 or target / FAR <= row.value <= target * FAR:
            return None
        return unslipped(history.points(as_of_us, WINDOW_US), target, through)

    def _trusted(self, series: Series, reading: Reading, target: float, through: float) -> float:
        """The newest stock, or the one before when the newest alone is four times as much or a quarter: that is a slip until repeated, unless the one
        before was one, or a person verified it over the telephone."""
        history, row = self._evidence.of(series.id), reading.row
        before = history.newest(row.observed_us - 1) if history and row else None
        if row is None or before is None or row.observed_us - before.observed_us > 3 * series.cadence_h * HOUR_US:
            return row.value if row else 0.0
        if not _leaps(row, before) or (reading.heard < 1.0 and row.quality == Quality.GOOD):
            return row.value
        if history and unslipped(history.points(before.observed_us, WINDOW_US), target, through) is not None:
            return row.value
        earlier = history.newest(before.observed_us - 1) if history else None
        return before.value if earlier is not None and not _leaps(before, earlier) else row.value

    def _gain(self, account: int, through: float, as_of_us: int) -> float:
        """Amount per hour by which a stock grows, by what is told of what comes in and goes out; 0 when one side is silent."""
        watch = self._b.of_account[account]
        came = self._rate(watch.inflow or watch.output or watch.intake, as_of_us, 1.0)
        left = self._rate(watch.flow or watch.volume or watch.use, as_of_us, 1.0)
        if came is None or left is None:
            return 0.0
        return unslipped_rate(came, through) - unslipped_rate(left, through)

    def _rate(self, series: Series | None, as_of_us: int, window_h: float) -> float | None:
        """Mean rate per hour over a window that ends at the newest report; None when silent."""
        history = self._evidence.of(series.id) if series else None
        if series is None or history is None:
            return None
        newest = history.newest(as_of_us)
        if newest is None or as_of_us - newest.observed_us > max(series.silence_h, _RATE_H) * HOUR_US:
            return None
        mean = history.mean(as_of_us, int(max(window_h, series.cadence_h) * HOUR_US))
        return None if mean is None else mean / 24

    def _burnt(self, living: Living, tonnes: Floats, as_of_us: int) -> Floats:
        """Tonnes by which places order: by what lately left them, those with little stock by the usual as long as that is near it, for a small error
        of the rate would be a large one of the stock. Makers go on by plan; one whose yard fills has cut its plan to what it lately made."""
        b, usual = self._b, living.rest.through
        found = usual.copy()
        for account, stock in b.stocks.items():
            watch = b.of_account[account]
            if stock.role == "output" and account in living.maker_of:
                made = self._rate(watch.output or watch.intake, as_of_us, _RATE_H)
                surplus = tonnes[account] - float(living.network.target[account])
                is_filling = surplus > (_FILLING - 1.0) * float(living.network.target[account])
                if made is not None and made < HABITS.floor * usual[account] and is_filling:
                    floor = living.network.makers[living.maker_of[account]].floor or HABITS.floor
                    plan = min(made / floor, made + surplus / HABITS.restock_h)
                    found[account] = max(plan, _LEAST_RATE * usual[account])
                continue
            rate = self._rate(watch.use or watch.flow or watch.volume, as_of_us, _RATE_H)
            is_quiet = rate is None or abs(rate - usual[account]) <= _NOISE * usual[account]
            if stock.days_normal <= _SHORT_DAYS and is_quiet:
                continue
            if rate is not None and usual[account] > 0:
                found[account] = min(max(rate, _LEAST_RATE * usual[account]), 1.5 * usual[account])
        return found

    def _under_way(self, living: Living, as_of_us: int) -> tuple[Floats, Floats]:
        b, rest = self._b, living.rest
        transit, profile = rest.transit.copy(), np.ones((len(b.links), PARTS))
        for number, link in enumerate(b.structure.links):
            if link.lead_h <= 0 or rest.flow[number] <= 0:
                continue
            series, share = self._speaker(number, living)
            history = self._evidence.of(series.id) if series else None
            if series is None or history is None:
                continue
            parts = PARTS if link.lead_h >= _LONG_WAY_H else 1
            amounts = self._parts(history, series, as_of_us, link.lead_h, parts)
            if amounts is None:
                continue
            rates = np.maximum(np.array(amounts) * share / 24, 0.0)
            lived = float(rates.mean()) * link.lead_h
            if living.network.target[link.target] <= 0 and abs(lived - transit[number]) <= _SNAP * transit[number]:
                continue
            transit[number] = lived
            if parts > 1 and rates.sum() > 0:
                profile[number] = rates
        return transit, profile

    def _parts(self, history: History, series: Series, as_of_us: int, lead_h: float, parts: int) -> list[float] | None:
        """Mean of the series in each part of the time in which what is under way was sent, oldest first; missing parts take the newest."""
        newest = self._newest_rate(history, series, as_of_us)
        if newest is None:
            return None
        span = int(lead_h * HOUR_US / parts)
        start = as_of_us - int(lead_h * HOUR_US)
        found = []
        for part in range(parts):
            begin, end = start + part * span, start + (part + 1) * span
            mean = history.mean_between(begin, max(end, begin + int(series.cadence_h * HOUR_US)))
            found.append(newest if mean is None else mean)
        return found

    def _newest_rate(self, history: History, series: Series, as_of_us: int) -> float | None:
        return history.mean(as_of_us, int(max(4.0, series.cadence_h) * HOUR_US))

    def _speaker(self, number: int, living: Living) -> tuple[Series | None, float]:
        """The series that tells a link's flow per day, and the link's usual part of it."""
        b, flow = self._b, living.rest.flow
        own = b.of_link[number].flow
        if own is not None:
            return own, 1.0
        link = b.structure.links[number]
        owner = b.entry_owner(link.target)
        leaving = float(flow[b.structure.out_links[link.source]].sum())
        arriving = float(flow[b.structure.in_links[link.target]].sum())
        for series, total in (
            (b.of_account[link.source].flow, leaving),
            (b.of_account[link.source].volume, leaving),
            (b.of_account[owner].inflow, arriving),
        ):
            if series is not None and total > 0:
                return series, float(flow[number]) / total
        return None, 0.0


def _needed(burnt: Floats, usual: Floats, worth: Floats, heat: dict[int, HeldHeat]) -> Floats:
    """Rates by which places order, in units of the usual blend."""
    needed = burnt.copy()
    for account in heat:
        needed[account] = heat_need(float(burnt[account]), float(usual[account]), float(worth[account]))
    return needed


def _leaps(row: Row, before: Row) -> bool:
    return row.value > _LEAP * before.value or row.value < before.value / _LEAP
