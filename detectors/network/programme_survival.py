"""Time to survive: the largest time for which all demand is served with the best sharing.

Over [0, t], in amounts: each link carries at most capacity · t, each maker makes at most capacity · t, a shared limit bounds the sum of its
links; what an account gives (links, makers, final use) is at most its stock and what it gets. Maximise t. Time is aggregated: lead times do not
count, goods may use the spare capacity of any link, normal shares do not bind, a maker needs all its inputs, a stock may be drawn at any speed that
links allow. So it is an upper bound of what any order of sharing can reach; goods in transit must be added to the stock downstream by the caller.

Conventions found to give the delivered reference (``tts_oracle.csv``, all 68 rows): final demands only, at their full rate; capacity of a source or a
plant bounds what it makes, not what it hands on from stock; capacity of a transit node bounds the sum of what it hands on (all products), stock
included; a lost node loses its stock, its links and its making; to the minimum, every stock of the network counts above its own minimum only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeResult, linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from detectors.network.programme import Indices, Loss, Numbers, Programme
from detectors.network.programme_rows import Rows, rows_of

_LEAST_PRICE = 1e-9


@dataclass(frozen=True)
class Survival:
    """``hours`` is the horizon when ``is_beyond_horizon``: demand is served at least so long.

    The rest is what binds beside the loss, by the prices of the optimum: accounts whose stock runs out, links and makers at capacity, shared limits.
    What has no capacity at all is left out.
    """

    hours: float
    is_beyond_horizon: bool
    accounts: Indices
    links: Indices
    makers: Indices
    limits: Indices


def survival(
    programme: Programme,
    loss: Loss | None = None,
    *,
    horizon_h: float,
    demands: Sequence[int] | None = None,
    is_to_minimum: bool = False,
) -> Survival:
    """The time to survive in hours, to zero or to the minimum of the stocks.

    ``demands`` are the accounts whose final use counts, by default all. A counted demand that stands below its minimum already gives 0.
    Raises ValueError for a horizon that is not positive and finite, IndexError for accounts that do not exist.
    """
    if not 0 < horizon_h < np.inf:
        raise ValueError(f"the horizon is {horizon_h} h; a positive number of hours is right")
    left = programme.without(loss) if loss else programme
    wanted = _counted(left, demands)
    if is_to_minimum and bool(np.any((wanted > 0) & (left.stock < left.minimum))):
        return _nothing()
    rows = rows_of(left)
    return _read(_solve(rows, wanted, left.usable(is_to_minimum=is_to_minimum), horizon_h), rows, left, horizon_h)


def _counted(programme: Programme, demands: Sequence[int] | None) -> Numbers:
    if demands is None:
        return programme.demand_per_h
    wanted = np.zeros(programme.account_count)
    chosen = list(demands)
    wanted[chosen] = programme.demand_per_h[chosen]
    return wanted


def _nothing() -> Survival:
    none = np.empty(0, dtype=np.int64)
    return Survival(0.0, False, none, none, none, none)


def _solve(rows: Rows, wanted: Numbers, usable: Numbers, horizon_h: float) -> OptimizeResult:
    """Columns: amounts, then t. Rows: accounts, finite capacities, finite shared limits."""
    bounded, limited = np.isfinite(rows.capacity_per_h), np.isfinite(rows.limit_per_h)
    single = eye_array(rows.column_count, format="csr")[np.flatnonzero(bounded)]
    left = vstack([-rows.balance, single, rows.limits[np.flatnonzero(limited)]])
    per_hour = np.concatenate([wanted, -rows.capacity_per_h[bounded], -rows.limit_per_h[limited]])
    right = np.concatenate([usable, np.zeros(len(per_hour) - len(usable))])
    cost = np.zeros(rows.column_count + 1)
    cost[-1] = -1.0
    bounds = np.zeros((len(cost), 2))
    bounds[:, 1] = np.inf
    bounds[-1, 1] = horizon_h
    return linprog(cost, A_ub=hstack([left, csr_array(per_hour[:, None])]), b_ub=right, bounds=bounds, method="highs")


def _read(result: OptimizeResult, rows: Rows, programme: Programme, horizon_h: float) -> Survival:
    if result.status != 0:
        raise RuntimeError(f"the solver stopped: {result.message}")
    priced = np.abs(result.ineqlin.marginals) > _LEAST_PRICE
    bounded, limited = np.flatnonzero(np.isfinite(rows.capacity_per_h)), np.flatnonzero(np.isfinite(rows.limit_per_h))
    accounts, links = programme.account_count, programme.link_count
    full = bounded[priced[accounts : accounts + len(bounded)]]
    full = full[rows.capacity_per_h[full] > 0]
    hours = abs(float(result.x[-1]))  # the solver may answer -0.0
    return Survival(
        hours=min(hours, horizon_h),
        is_beyond_horizon=hours >= horizon_h * (1 - 1e-9),
        accounts=np.flatnonzero(priced[:accounts]),
        links=full[full < links],
        makers=full[full >= links] - links,
        limits=limited[priced[accounts + len(bounded) :]],
    )
