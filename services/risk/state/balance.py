"""Reports of rates made consistent with each other by weighted least squares.

What goes in and what is made must be what is used, what goes out and what the stock gains. Unknown are the flow of every link and, per account,
what is made, what is used and the gain of the stock. Reports speak of sums of unknowns; a guess with a wide spread stands in for what nobody
reports. The estimate minimises the sum of squared deviations over spreads (data reconciliation, Kuehn and Davidson 1961); a report more than
``GROSS`` spreads away from what the others say is marked and, in a second pass, counted by the share Huber's estimator gives it.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import SuperLU, splu

from services.risk.state.estimate import Bools, Floats

GROSS = 4.0
_HELD = 0.01
_LEAST = 1e-3
_PASSES = 4


class Report(Struct, frozen=True):
    """``value`` with ``spread`` is told of the sum of ``part`` × unknown; ``part`` pairs a column with its factor."""

    part: tuple[tuple[int, float], ...]
    value: float
    spread: float


class Balanced(Struct, frozen=True):
    """``value`` per unknown; ``is_gross`` per report."""

    value: Floats
    is_gross: Bools
    factor: SuperLU

    def spread(self) -> Floats:
        """One standard deviation per unknown; takes about as long as the estimate."""
        return np.asarray(np.sqrt(np.diagonal(self.factor.solve(np.eye(len(self.value))))))


class Balance:
    """The equations of one chain: rows of (column, factor) that sum to zero, within ``tolerance`` of the amounts that pass, for goods on the way.

    Raises ValueError for columns out of range.
    """

    def __init__(self, unknowns: int, rows: Sequence[tuple[tuple[int, float], ...]], tolerance: float = _HELD) -> None:
        if any(not 0 <= c < unknowns for row in rows for c, _ in row):
            raise ValueError(f"a balance row names an unknown that does not exist; 0 to {unknowns - 1} is right")
        self.unknowns = unknowns
        self._rows = tuple(rows)
        self._tolerance = tolerance

    def reconcile(self, guess: Floats, spread: Floats, reports: Sequence[Report]) -> Balanced:
        """The estimate. ``guess`` and ``spread`` (above 0) per unknown. Raises ValueError for numbers that are not finite or spreads not above 0."""
        told = np.array([r.value for r in reports])
        wide = np.array([r.spread for r in reports])
        if not (np.isfinite(guess).all() and np.isfinite(told).all()):
            raise ValueError("a guess or report is not finite; finite amounts per hour are right")
        if not (np.all(spread > 0) and np.all(wide > 0)):
            raise ValueError("a spread is 0 or below; above 0 is right")
        matrix = _matrix([*(r.part for r in reports), *self._rows], self.unknowns)
        slack = np.maximum(self._tolerance * (abs(matrix[len(reports) :]) @ np.abs(guess)), _LEAST)
        right = np.concatenate([told, np.zeros(len(self._rows))])
        weight = np.concatenate([1.0 / wide**2, 1.0 / slack**2])
        share = np.ones(len(right))
        share[: len(reports)] = _first_shares(matrix[: len(reports)], guess, spread, told, wide)
        for _ in range(_PASSES):
            value, factor = _solve(matrix, weight * share, right, guess, 1.0 / spread**2)
            miss = np.abs(matrix[: len(reports)] @ value - told) / wide
            wanted = np.minimum(1.0, GROSS / np.maximum(miss, 1e-9)) ** 2
            if np.allclose(wanted, share[: len(reports)], atol=0.05):
                break
            share[: len(reports)] = wanted
        return Balanced(value, miss > GROSS, factor)


def _first_shares(told_of: csr_array, guess: Floats, spread: Floats, told: Floats, wide: Floats) -> Floats:
    """How far each report counts at first: by its distance from the guess, so that a gross one cannot hide by pulling the others along."""
    width = np.sqrt(wide**2 + told_of.multiply(told_of) @ spread**2)
    miss = np.abs(told_of @ guess - told) / width
    return np.asarray(np.minimum(1.0, GROSS / np.maximum(miss, 1e-9)) ** 2)


def _solve(matrix: csr_array, weight: Floats, right: Floats, guess: Floats, prior: Floats) -> tuple[Floats, SuperLU]:
    """The weighted least squares estimate and its normal matrix, factorised."""
    scaled = csr_array(matrix.multiply(weight[:, None]))
    factor = splu(csc_array(matrix.T @ scaled + diags_array(prior)))
    return factor.solve(scaled.T @ right + prior * guess), factor


def _matrix(parts: Sequence[tuple[tuple[int, float], ...]], columns: int) -> csr_array:
    row = [i for i, part in enumerate(parts) for _ in part]
    column = [c for part in parts for c, _ in part]
    factor = [f for part in parts for _, f in part]
    return csr_array((factor, (row, column)), shape=(len(parts), columns))
