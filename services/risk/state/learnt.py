"""What the days before teach of a chain: usual demand, output, recipes and shares, beside what is configured.

Learnt from whole days before the moment only.
"""

import numpy as np
from msgspec import Struct

from schemas.chain import Series
from services.risk.blueprint import Blueprint
from services.risk.evidence import Evidence, day_of
from services.risk.state.balance import Balance, Balanced, Report
from services.risk.state.estimate import Floats
from services.risk.state.usual import LEAST_DAYS, WINDOW_DAYS, Usual, usual_of

_GUESSED = 0.25
_REPORTED = 0.02
_RECIPE_REACH = 0.25
_LEAST = 1e-3
_LEAST_LIVED, _LEAST_YARD, _MOST_LIVED = 0.3, 0.9, 1.15


class Learnt(Struct, frozen=True):
    """Rates per hour. ``demand`` and ``made`` over accounts, ``flow`` over links, ``recipe`` by (output, input) account, ``usual`` by series;
    ``normal_stock`` is what a place aims at, by what it has held. ``gross`` names the series that contradict the others."""

    demand: Floats
    made: Floats
    flow: Floats
    recipe: dict[tuple[int, int], float]
    usual: dict[str, Usual]
    normal_stock: Floats
    gross: tuple[str, ...]

    def equals(self, other: "Learnt") -> bool:
        """True when a network by either lives the same."""
        return all(
            np.array_equal(mine, its)
            for mine, its in (
                (self.demand, other.demand),
                (self.made, other.made),
                (self.flow, other.flow),
                (self.normal_stock, other.normal_stock),
            )
        ) and (self.recipe, self.usual) == (other.recipe, other.usual)


class Schooling:
    """Learns a chain. ``learn`` at any moment; the equations are set up once."""

    def __init__(self, blueprint: Blueprint) -> None:
        b = self.blueprint = blueprint
        self._links = len(b.links)
        accounts = len(b.places)
        self._made, self._used = self._links, self._links + accounts
        made_of = {c.output: c for c in b.converters}
        inputs = {i for c in b.converters for i, _ in c.inputs}
        self._is_made = np.array([a in made_of or not b.structure.in_links[a] for a in range(accounts)], dtype=bool)
        self._is_used = (b.normal_use > 0) | np.array([a in inputs for a in range(accounts)], dtype=bool)
        self._balance = Balance(self._links + 2 * accounts, [self._row(a) for a in range(accounts)], tolerance=0.02)
        self._kept: tuple[list[Report], Balanced] | None = None
        self._usual_of: dict[str, tuple[tuple[int, int, float], Usual]] = {}

    def _row(self, account: int) -> tuple[tuple[int, float], ...]:
        b, s = self.blueprint, self.blueprint.structure
        if not s.in_links[account] and b.normal_production[account] <= 0:
            return ()  # its suppliers are not in the chain
        row = [(k, 1.0) for k in s.in_links[account]] + [(k, -1.0) for k in s.out_links[account]]
        if self._is_made[account]:
            row.append((self._made + account, 1.0))
        if self._is_used[account]:
            row.append((self._used + account, -1.0))
        return tuple(row)

    def learn(self, evidence: Evidence, as_of_us: int) -> Learnt:
        """What is known of the days before ``as_of_us``, always of the same evidence."""
        b = self.blueprint
        usual: dict[str, Usual] = {}
        guess = np.concatenate([b.normal_flow, b.normal_production, self._guessed_use()])
        spread = np.maximum(_GUESSED * guess, _LEAST)
        reports, names = [], []
        for columns, series in self._speakers():
            configured = float(guess[list(columns)].sum())
            found = self._usual(evidence, series, as_of_us, configured * 24)
            if found is None:
                continue
            usual[series.id] = found
            if found.days < LEAST_DAYS:
                continue
            rate = found.rate / 24
            reports.append(Report(tuple((c, 1.0) for c in columns), rate, max(_REPORTED * rate, _LEAST)))
            names.append(series.id)
        told = self._reconciled(guess, spread, reports)
        value = np.maximum(told.value, 0.0)
        n = len(b.places)
        return Learnt(
            demand=np.where(b.normal_use > 0, value[self._used : self._used + n], 0.0),
            made=np.where(self._is_made, value[self._made : self._made + n], 0.0),
            flow=np.where(b.normal_flow > 0, value[: self._links], 0.0),
            recipe=self._recipes(value),
            usual=usual,
            normal_stock=self._normal_stocks(evidence, as_of_us),
            gross=tuple(n for n, is_gross in zip(names, told.is_gross.tolist(), strict=True) if is_gross),
        )

    def _reconciled(self, guess: Floats, spread: Floats, reports: list[Report]) -> Balanced:
        """The estimate; the same reports, as all through a day, have the same."""
        if self._kept is None or self._kept[0] != reports:
            self._kept = (reports, self._balance.reconcile(guess, spread, reports))
        return self._kept[1]

    def _usual(self, evidence: Evidence, series: Series, as_of_us: int, configured: float) -> Usual | None:
        history = evidence.of(series.id)
        if history is None or configured <= 0:
            return None
        state = (day_of(as_of_us), history.past_version, configured)
        kept = self._usual_of.get(series.id)
        if kept is None or kept[0] != state:
            kept = (state, usual_of(history.day_means(as_of_us, WINDOW_DAYS), configured))
            self._usual_of[series.id] = kept
        return kept[1]

    def _guessed_use(self) -> Floats:
        b = self.blueprint
        use = b.normal_use.copy()
        for made in b.converters:
            for account, per_unit in made.inputs:
                use[account] += per_unit * b.normal_production[made.output]
        return use

    def _speakers(self) -> list[tuple[tuple[int, ...], Series]]:
        """Unknowns whose sum a series tells."""
        b, s = self.blueprint, self.blueprint.structure
        found: list[tuple[tuple[int, ...], Series]] = []
        for account, watch in enumerate(b.of_account):
            entry = b.arrival_of.get(account, account)
            out, into = tuple(s.out_links[account]), tuple(s.in_links[entry])
            for series, columns in (
                (watch.use, (self._used + account,) if self._is_used[account] else ()),
                (watch.output, (self._made + account,) if self._is_made[account] else ()),
                (watch.intake, (self._made + account,) if self._is_made[account] else ()),
                (watch.inflow, into),
                (watch.flow, out),
                (watch.volume, out),
            ):
                if series is not None and columns:
                    found.append((columns, series))
        found += [((k,), w.flow) for k, w in enumerate(b.of_link) if w.flow is not None]
        return found

    def _recipes(self, value: Floats) -> dict[tuple[int, int], float]:
        b = self.blueprint
        found = {}
        for made in b.converters:
            output = float(value[self._made + made.output])
            for account, per_unit in made.inputs:
                has_meter = b.of_account[account].use is not None
                told = float(value[self._used + account]) / output if output > 0 and has_meter else per_unit
                found[(made.output, account)] = min(
                    max(told, (1 - _RECIPE_REACH) * per_unit), (1 + _RECIPE_REACH) * per_unit
                )
        return found

    def _normal_stocks(self, evidence: Evidence, as_of_us: int) -> Floats:
        b = self.blueprint
        found = np.zeros(len(b.places))
        for account, stock in b.stocks.items():
            configured = stock.daily_use * stock.days_normal
            found[account] = configured
            series = b.of_account[account].stock
            history = evidence.of(series.id) if series else None
            days = sorted((history.day_means(as_of_us, WINDOW_DAYS) if history else {}).values())
            if len(days) >= LEAST_DAYS:
                quarter, three_quarters = days[len(days) // 4], days[(3 * len(days)) // 4]
                found[account] = _lived(configured, quarter, three_quarters, is_output=stock.role == "output")
        return found


def _lived(configured: float, quarter: float, three_quarters: float, *, is_output: bool) -> float:
    """What a place aims at, by what it has held: surveys read a few parts in a hundred too much or too little for good, and a gap to the target that
    is none would be filled on paper for days. More than configured only when it was so on three days of four; a maker's yard that was
    emptied fills again, other places are known to live on less."""
    if quarter > configured:
        return min(quarter, _MOST_LIVED * configured)
    least = _LEAST_YARD if is_output else _LEAST_LIVED
    if is_output and three_quarters < least * configured:
        return configured
    return min(configured, max(three_quarters, least * configured))


def lesson_of(as_of_us: int) -> int:
    """Number of the day whose lesson holds at a moment."""
    return day_of(as_of_us)
