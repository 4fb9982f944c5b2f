"""Economic systemic risk index (Diem et al. 2022, Sci Rep 12:7719): what part of all output is at risk when a firm closes.

Firm i of sector p_i supplies W_ij to firm j. Relative production h runs downstream and upstream apart, each to a fixed point:

- downstream, j loses of each essential kind of input k: Σ_{i in k} σ_i · W_ij / Σ_{l in k} W_lj · (1 − h_i), and of the non-essential ones
  together Σ_i σ_i · W_ij / Σ_l W_lj · (1 − h_i), where all its inputs, also negligible ones, are in the denominator. The largest of these
  losses counts (Leontief for essential inputs, linear for the others). Negligible inputs lose nothing.
- σ_i = min(1, s_i / Σ_{l in p_i} s_l h_l): the market share of i among what its sector still makes, s its out-strength. A supplier with many
  peers is replaced, until the peers are hit too.
- upstream, i keeps Σ_j W_ij h_j / s_i: what its customers still take.

ESRI = Σ_j s_j / Σ s · (1 − min(h_downstream, h_upstream)); the size of a firm is its out-strength. A partial closure keeps ψ in [0, 1] of a firm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

TOLERANCE = 1e-2
_STEPS = 10_000
_BLOCK = 256


class Need(IntEnum):
    """How a customer needs an input."""

    NEGLIGIBLE = 0
    NON_ESSENTIAL = 1
    ESSENTIAL = 2


@dataclass(frozen=True)
class Firms:
    """Firms 0…n-1 with their ``sector`` (n), and supplies: ``supplier``, ``customer``, ``weight`` and ``need`` (E).

    Raises ValueError for other shapes, weights that are not positive and finite, firms that do not exist, an unknown need.
    """

    sector: Indices
    supplier: Indices
    customer: Indices
    weight: Numbers
    need: Indices

    def __post_init__(self) -> None:
        lengths = {len(column) for column in (self.supplier, self.customer, self.weight, self.need)}
        if len(lengths) != 1:
            raise ValueError(f"supplies have columns of the lengths {sorted(lengths)}; equal ones are right")
        if not np.all((self.weight > 0) & np.isfinite(self.weight)):
            raise ValueError("a supply has a weight that is not positive and finite")
        for name in ("supplier", "customer"):
            ends = getattr(self, name)
            if len(ends) and (ends.min() < 0 or ends.max() >= len(self.sector)):
                raise ValueError(f"{name} names {ends.min()}…{ends.max()}; 0…{len(self.sector) - 1} is right")
        if not np.isin(self.need, list(Need)).all():
            raise ValueError(f"needs are {sorted(set(self.need.tolist()))}; 0, 1 and 2 are right")

    @property
    def size(self) -> Numbers:
        """Out-strength (n)."""
        return _sums(self.supplier, self.weight, len(self.sector))


def esri(firms: Firms, kept: Numbers, *, tolerance: float = TOLERANCE) -> Numbers:
    """The index of each shock (K): ``kept`` (n, K) is the part ψ of its production each firm is left with by the shock itself.

    Iterates until no production of any shock changes by more than ``tolerance``. Raises ValueError for parts outside [0, 1] or of another shape,
    RuntimeError when 10,000 steps do not suffice.
    """
    count = len(firms.sector)
    if kept.ndim != 2 or kept.shape[0] != count or not np.all((kept >= 0) & (kept <= 1)):
        raise ValueError(f"kept has the shape {kept.shape}; ({count}, shocks) of parts from 0 to 1 is right")
    size = firms.size
    if not size.sum():
        return np.zeros(kept.shape[1])
    left = np.minimum(_downstream(firms, kept, tolerance), _upstream(firms, kept, tolerance))
    return np.asarray(size @ (1.0 - left) / size.sum())


def esri_of_each(firms: Firms, *, tolerance: float = TOLERANCE) -> Numbers:
    """The index of every firm closed alone (n)."""
    count = len(firms.sector)
    found = []
    for start in range(0, count, _BLOCK):
        closed = np.arange(start, min(start + _BLOCK, count))
        kept = np.ones((count, len(closed)))
        kept[closed, np.arange(len(closed))] = 0.0
        found.append(esri(firms, kept, tolerance=tolerance))
    return np.concatenate(found) if found else np.empty(0)


def _downstream(firms: Firms, kept: Numbers, tolerance: float) -> Numbers:
    essential, customer_of_group = _essential(firms)
    other = _non_essential(firms)
    size, sectors = firms.size[:, None], np.unique(firms.sector, return_inverse=True)[1]
    members = csr_array((np.ones(len(sectors)), (sectors, np.arange(len(sectors)))))

    def follow(here: Numbers) -> Numbers:
        remaining = (members @ (size * here))[sectors]
        share = np.divide(size, remaining, out=np.ones_like(here), where=remaining > size)
        lost = share * (1.0 - here)
        loss = other @ lost
        np.maximum.at(loss, customer_of_group, essential @ lost)
        return np.asarray(np.minimum(kept, 1.0 - np.minimum(loss, 1.0)))

    return _fixed_point(follow, kept, tolerance)


def _upstream(firms: Firms, kept: Numbers, tolerance: float) -> Numbers:
    size = firms.size
    taken = csr_array((firms.weight / size[firms.supplier], (firms.supplier, firms.customer)), shape=(len(size),) * 2)
    idle = (size == 0)[:, None]

    def follow(here: Numbers) -> Numbers:
        return np.asarray(np.minimum(kept, np.where(idle, 1.0, taken @ here)))

    return _fixed_point(follow, kept, tolerance)


def _fixed_point(follow: Callable[[Numbers], Numbers], start: Numbers, tolerance: float) -> Numbers:
    here = start
    for _ in range(_STEPS):
        following = follow(here)
        change = float(np.abs(following - here).max(initial=0.0))
        here = following
        if change <= tolerance:
            return here
    raise RuntimeError(f"production still changes by {change} after {_STEPS} steps; a larger tolerance is right")


def _sums(index: Indices, values: Numbers, length: int) -> Numbers:
    return np.asarray(np.bincount(index, weights=values, minlength=length), dtype=np.float64)


def _essential(firms: Firms) -> tuple[csr_array, Indices]:
    """Shares within each group (customer, sector of the supplier), one row per group (groups, n), and the customer of each group."""
    chosen = firms.need == Need.ESSENTIAL
    supplier, customer, weight = firms.supplier[chosen], firms.customer[chosen], firms.weight[chosen]
    groups, group = np.unique(np.column_stack([customer, firms.sector[supplier]]), axis=0, return_inverse=True)
    total = _sums(group.ravel(), weight, len(groups))
    share = coo_array(
        (weight / total[group.ravel()], (group.ravel(), supplier)), shape=(len(groups), len(firms.sector))
    )
    return share.tocsr(), groups[:, 0]


def _non_essential(firms: Firms) -> csr_array:
    """Shares in all inputs of a customer (n, n)."""
    count = len(firms.sector)
    total = _sums(firms.customer, firms.weight, count)
    chosen = firms.need == Need.NON_ESSENTIAL
    supplier, customer = firms.supplier[chosen], firms.customer[chosen]
    share = firms.weight[chosen] / total[customer]
    return coo_array((share, (customer, supplier)), shape=(count, count)).tocsr()
