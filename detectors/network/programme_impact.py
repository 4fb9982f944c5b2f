"""Programmes over a given time: the least loss that any sharing can reach, and the least amount that must come over chosen links.

Source: Simchi-Levi et al. 2015, doi 10.1287/inte.2015.0804 (performance impact); time is aggregated as in ``programme_survival``, so both are lower
bounds: with lead times and a rationing rule no less is lost, and no less must come.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeResult, linprog
from scipy.sparse import coo_array, hstack, vstack

from detectors.network.programme import Loss, Numbers, Programme
from detectors.network.programme_rows import rows_of

_ROUNDING = 1e-9
_INFEASIBLE = 2


@dataclass(frozen=True)
class Impact:
    """``loss_cny`` and the amount of final use not served by account (A)."""

    loss_cny: float
    unserved: Numbers


def impact(programme: Programme, value_cny: Numbers, *, hours: float, loss: Loss | None = None) -> Impact:
    """The least loss over ``hours``, for ``value_cny`` (A) per unit of final use.

    Raises ValueError for hours that are not positive and finite, values that are negative, not finite or of another shape.
    """
    if value_cny.shape != (programme.account_count,) or not np.all((value_cny >= 0) & np.isfinite(value_cny)):
        raise ValueError(
            f"value_cny has the shape {value_cny.shape}; {programme.account_count} finite numbers of 0 or more are right"
        )
    left = programme.without(loss) if loss else programme
    result = _solve(left, left.stock, np.zeros(left.link_count), value_cny, left.demand_per_h, hours)
    wanted = left.demand_per_h * hours
    unserved = result.x[-left.account_count :]
    unserved[unserved <= wanted * _ROUNDING] = 0.0
    return Impact(float(unserved @ value_cny), unserved)


def least_delivery(
    programme: Programme,
    links: Sequence[int],
    *,
    hours: float,
    loss: Loss | None = None,
    is_to_minimum: bool = False,
) -> float | None:
    """The least amount over ``links``, all together, with which all demand is served for ``hours``; None when no amount suffices.

    Raises ValueError for hours that are not positive and finite, IndexError for links that do not exist.
    """
    left = programme.without(loss) if loss else programme
    price = np.zeros(left.link_count)
    price[list(links)] = 1.0
    result = _solve(
        left,
        left.usable(is_to_minimum=is_to_minimum),
        price,
        np.zeros(left.account_count),
        np.zeros(left.account_count),
        hours,
    )
    return None if result.status == _INFEASIBLE else abs(float(result.fun))


def _solve(
    programme: Programme, usable: Numbers, link_price: Numbers, price: Numbers, may_lack_per_h: Numbers, hours: float
) -> OptimizeResult:
    """Columns: amounts of links and makers, then what each demand lacks, at most ``may_lack_per_h`` (A) · hours."""
    if not 0 < hours < np.inf:
        raise ValueError(f"the time is {hours} h; a positive number of hours is right")
    rows, accounts = rows_of(programme), programme.account_count
    limited = np.flatnonzero(np.isfinite(rows.limit_per_h))
    identity = coo_array((np.ones(accounts), (np.arange(accounts), np.arange(accounts))))
    none = coo_array((len(limited), accounts))
    upper = np.concatenate([rows.capacity_per_h * hours, may_lack_per_h * hours])
    result = linprog(
        np.concatenate([link_price, np.zeros(len(programme.makers)), price]),
        A_ub=vstack([hstack([-rows.balance, -identity]), hstack([rows.limits[limited], none])]),
        b_ub=np.concatenate([usable - programme.demand_per_h * hours, rows.limit_per_h[limited] * hours]),
        bounds=np.column_stack([np.zeros(len(upper)), upper]),
        method="highs",
    )
    if result.status not in (0, _INFEASIBLE):
        raise RuntimeError(f"the solver stopped: {result.message}")
    return result
