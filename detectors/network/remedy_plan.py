"""The plan of least cost among those of least loss, by mixed-integer programme (HiGHS).

First the least value of deficit left open, then the least cost that leaves no more open. What stays open is the load reduction of least loss.
What binds is read from the prices of the first programme without least amounts; these and the lead times by what is lost without them.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp

from detectors.network.programme import Numbers
from detectors.network.remedy import Case
from detectors.network.remedy_rows import Bound, Name, RemedyRows, dispatch_of, rows_of

_ROUNDING = 1e-7
_ALLOWANCE = 1e-6  # of the loss, so that the second programme is not on the edge of the first
_GAP = 1e-3
_NODE_LIMIT = 10_000
_ITERATION_LIMIT = 1
_INFEASIBLE = 2


@dataclass(frozen=True, slots=True)
class Binding:
    """A limit that holds the plan back: ``relief_cny`` less is lost with one unit more of it, for LEAD_TIME and START if there were none at all.

    ``number`` is that of the offer, shared limit, account or donor, -1 for all; ``side`` the property of a blend.
    """

    bound: Bound
    number: int
    side: int
    relief_cny: float


@dataclass(frozen=True, slots=True)
class Taking:
    """Who else would suffer: ``amount`` taken from a donor, which is ``hours_of_cover`` of its own use (infinite where it uses nothing)."""

    donor: int
    account: int
    amount: float
    hours_of_cover: float


@dataclass(frozen=True)
class Plan:
    """``dispatched`` and ``arriving`` (O, K) by offer and window; ``open_deficit`` (D, K) is the load reduction, worth ``loss_cny``.

    ``cost_cny`` (O) by offer, starts included. ``without_alternative`` are the accounts that lack something and can be given nothing in time.
    ``is_proven``: to a thousandth, no plan loses less and none of the same loss is cheaper; otherwise the search was cut short.
    """

    dispatched: Numbers
    arriving: Numbers
    open_deficit: Numbers
    cost_cny: Numbers
    loss_cny: float
    takings: tuple[Taking, ...]
    bindings: tuple[Binding, ...]
    without_alternative: tuple[int, ...]
    is_proven: bool

    @property
    def is_covered(self) -> bool:
        """Nothing stays open."""
        return not self.open_deficit.any()

    def per_day(self, edges_h: Numbers) -> Numbers:
        """Mean dispatch per day by offer and window (O, K)."""
        return self.dispatched / np.diff(edges_h) * 24.0


def plan_remedy(case: Case) -> Plan:
    """The plan for a case. Always finds one: with nothing to offer it is the load reduction alone."""
    rows = rows_of(case, dispatch_of(case))
    programme = _Scaled(case, rows)
    first, is_least = programme.least_loss()
    second = programme.least_cost(max(float(first.fun), 0.0))
    best = first if second is None else second
    is_cheapest = second is not None and second.status == 0
    return _plan(case, rows, programme, best, is_proven=is_least and is_cheapest)


class _Scaled:
    """The programme in units of the largest deficit, so that tolerances of the solver mean the same for any size of chain."""

    def __init__(self, case: Case, rows: RemedyRows) -> None:
        self.case, self.rows = case, rows
        self.amount = max(float(case.deficit.sum(axis=1).max(initial=0.0)), 1.0)
        self.value = float(case.value_cny.max(initial=1.0))
        dispatch, starts = rows.dispatch, len(rows.starting)
        first_start = len(dispatch.offer) + case.deficit.size
        column = np.concatenate([np.ones(first_start), np.full(starts, 1.0 / self.amount)])
        left = rows.left * column
        largest = abs(left).max(axis=1).toarray().ravel() if left.shape[0] else np.empty(0)
        self.weight = np.where(largest > 0, largest, 1.0)
        self.left = (left.T / self.weight).T.tocsr()
        self.right = rows.right / self.amount / self.weight
        self.upper = np.concatenate(
            [dispatch.amount / self.amount, case.deficit.ravel() / self.amount, np.ones(starts)]
        )
        self.first_start = first_start
        self.whole = np.concatenate([np.zeros(first_start), np.ones(starts)])
        weight = np.repeat(case.value_cny / self.value, case.window_count)
        self.loss = np.concatenate([np.zeros(len(dispatch.offer)), weight, np.zeros(starts)])
        price = np.array([case.offers[o].cost_cny_per_unit for o in dispatch.offer]) * self.amount
        start = np.array([case.offers[o].start_cost_cny for o in rows.starting])
        cost = np.concatenate([price, np.zeros(case.deficit.size), start])
        self.cost = cost / max(float(cost.max(initial=0.0)), 1.0)

    def least_loss(self) -> tuple[OptimizeResult, bool]:
        """The plan of least loss, and whether it is proven. Solved again with the chosen starts, which are whole only within a tolerance at first."""
        limits = [LinearConstraint(self.left, -np.inf, self.right)]
        first = self._solve(self.loss, limits, self.upper)
        used = np.round(first.x[self.first_start :])
        upper = np.concatenate([self.upper[: self.first_start], used])
        settled = self._solve(self.loss, limits, upper, lower=np.where(self.whole > 0, upper, 0.0))
        return first if settled.status == _INFEASIBLE else settled, first.status == 0

    def least_cost(self, loss: float) -> OptimizeResult | None:
        """Of the plans that leave no more open; where all can be covered, nothing may stay open. None when rounding leaves no such plan."""
        upper = self.upper.copy()
        if loss <= _ROUNDING:
            upper[len(self.rows.dispatch.offer) : self.first_start] = 0.0
        kept = LinearConstraint(self.loss[None], -np.inf, loss * (1 + _ALLOWANCE) + _ALLOWANCE)
        found = self._solve(self.cost, [LinearConstraint(self.left, -np.inf, self.right), kept], upper)
        return None if found.status == _INFEASIBLE else found

    def prices(self) -> OptimizeResult:
        """The first programme without starts; its rows are ``priced``."""
        bounds = np.column_stack([np.zeros(self.first_start), self.upper[: self.first_start]])
        left = self.left[self.priced][:, : self.first_start]
        return linprog(
            self.loss[: self.first_start], A_ub=left, b_ub=self.right[self.priced], bounds=bounds, method="highs"
        )

    @property
    def priced(self) -> list[int]:
        """Rows that are not about starts."""
        return [row for row, name in enumerate(self.rows.names) if name.bound is not Bound.START]

    def _solve(
        self, objective: Numbers, constraints: list[LinearConstraint], upper: Numbers, lower: Numbers | None = None
    ) -> OptimizeResult:
        result = milp(
            objective,
            integrality=self.whole,
            bounds=Bounds(np.zeros(len(upper)) if lower is None else lower, upper),
            constraints=constraints,
            # without presolve: after it the solver may mend a rounding, and then prints to stdout
            options={"mip_rel_gap": _GAP, "node_limit": _NODE_LIMIT, "presolve": False},
        )
        if result.status != _INFEASIBLE and (result.status not in (0, _ITERATION_LIMIT) or result.x is None):
            raise RuntimeError(f"the solver stopped: {result.message}")
        return result


def _plan(case: Case, rows: RemedyRows, programme: _Scaled, best: OptimizeResult, *, is_proven: bool) -> Plan:
    dispatch, windows = rows.dispatch, case.window_count
    amounts = best.x[: len(dispatch.offer)] * programme.amount
    idle = rows.starting[best.x[programme.first_start :] < 0.5]
    amounts[(amounts <= _ROUNDING * programme.amount) | np.isin(dispatch.offer, idle)] = 0.0
    dispatched, arriving = (np.zeros((len(case.offers), windows)) for _ in range(2))
    dispatched[dispatch.offer, dispatch.window] = amounts
    np.add.at(arriving, dispatch.offer, np.diff(dispatch.arrived, axis=1, prepend=0.0) * amounts[:, None])
    first = len(dispatch.offer)
    left_open = best.x[first : first + case.deficit.size].reshape(case.deficit.shape) * programme.amount
    left_open[left_open <= 10 * _ROUNDING * programme.amount] = 0.0
    is_used = dispatched.any(axis=1)
    price = np.array([offer.cost_cny_per_unit for offer in case.offers])
    start = np.array([offer.start_cost_cny for offer in case.offers])
    given = {case.offers[number].account for number in dispatch.offer if _is_open(case, number)}
    return Plan(
        dispatched=dispatched,
        arriving=arriving,
        open_deficit=left_open,
        cost_cny=dispatched.sum(axis=1) * price + is_used * start,
        loss_cny=float(case.value_cny @ left_open.sum(axis=1)),
        takings=tuple(_takings(case, dispatched)),
        bindings=_bindings(case, programme, float(best.x @ programme.loss)) if left_open.any() else (),
        without_alternative=tuple(
            int(account)
            for account, lacking in zip(case.accounts, left_open, strict=True)
            if lacking.any() and account not in given
        ),
        is_proven=is_proven,
    )


def _is_open(case: Case, number: int) -> bool:
    """The ways and the donor of an offer have anything at all."""
    offer = case.offers[number]
    return all(case.limit_per_h[limit].any() for limit in offer.limits) and (
        offer.donor is None or case.donors[offer.donor].free_amount > 0
    )


def _takings(case: Case, dispatched: Numbers) -> list[Taking]:
    taken = np.zeros(len(case.donors))
    for offer, amount in zip(case.offers, dispatched.sum(axis=1), strict=True):
        if offer.donor is not None:
            taken[offer.donor] += amount
    return [
        Taking(number, donor.account, float(amount), float(amount) / donor.use_per_h if donor.use_per_h else np.inf)
        for number, (donor, amount) in enumerate(zip(case.donors, taken, strict=True))
        if amount > 0
    ]


def _bindings(case: Case, programme: _Scaled, loss: float) -> tuple[Binding, ...]:
    """The one of most relief first."""
    prices, rows = programme.prices(), programme.rows
    columns = [Name(Bound.SPARE, int(offer)) for offer in rows.dispatch.offer]
    names = [rows.names[row] for row in programme.priced] + columns
    of_rows = prices.ineqlin.marginals / programme.weight[programme.priced]
    marginals = np.concatenate([of_rows, prices.upper.marginals[: len(columns)]])
    relief: dict[Name, float] = {}
    for name, price in zip(names, -marginals, strict=True):
        if name.bound is not Bound.NEED and price > _ROUNDING:
            relief[name] = max(relief.get(name, 0.0), float(price) * programme.value)
    instant = _Scaled(case, rows_of(case, dispatch_of(case, is_instant=True))).prices()
    for bound, saved in ((Bound.LEAD_TIME, prices.fun - instant.fun), (Bound.START, loss - prices.fun)):
        if saved > 10 * _ALLOWANCE:
            relief[Name(bound, -1)] = float(saved) * programme.value * programme.amount
    found = [Binding(name.bound, name.number, name.side, value) for name, value in relief.items()]
    return tuple(sorted(found, key=lambda b: (-b.relief_cny, b.bound, b.number, b.side)))
