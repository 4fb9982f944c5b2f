"""Robust covariance: how far a row lies from the bulk of normal rows, were some of those not normal.

Sources: P. Rousseeuw, K. Van Driessen, *A fast algorithm for the minimum covariance determinant estimator*, Technometrics 41 (1999) 212-223; begun
without chance as in M. Hubert, P. Rousseeuw, T. Verdonck, *A deterministic algorithm for robust location and scatter*, J. Comput. Graph. Stat. 21
(2012) 618-637, from two of its starts: the hyperbolic tangent of each variable, and the signs of the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.series.detector import Floats, Integers
from detectors.series.related.evidence import LinearModel, PartName
from detectors.series.related.spread import shrunk_covariance, whitener
from detectors.series.related.table import Fold, Scale

_PARTS = (PartName("distance", "稳健距离", "robust distance", is_fresh=False),)
_ROWS_PER_VARIABLE = 5
_MOST_STEPS = 100


@dataclass(frozen=True)
class RobustCovariance:
    """``clean``: least share of the history taken to be normal. With fewer than five rows a variable, all of it is, and the
    covariance is shrunk.

    Raises ValueError for a senseless setting.
    """

    clean: float = 0.75
    name: str = "robust_covariance"

    def __post_init__(self) -> None:
        if not 0.5 <= self.clean <= 1:
            raise ValueError(f"clean {self.clean} is not a share between 0.5 and 1")

    def settled(self, table: Floats, names: Sequence[str], folds: Sequence[Fold]) -> "RobustCovariance":
        """Nothing is left open."""
        del table, names, folds
        return self

    def fit(self, standard: Floats, scale: Scale, allowed: Fold) -> LinearModel:
        """Learn from the rows allowed."""
        del scale
        rows = standard[allowed.whole(0)]
        variables = standard.shape[1]
        is_enough = len(rows) >= _ROWS_PER_VARIABLE * variables
        bulk = rows[_bulk(rows, int(np.ceil(self.clean * len(rows))))] if is_enough else rows
        middle = bulk.mean(axis=0)
        apart = bulk - middle
        white = whitener(apart.T @ apart / len(apart) if is_enough else shrunk_covariance(apart))
        precision = white @ white
        # Each variable as the others would have it: x_i - (P x)_i / P_ii.
        forecast = np.eye(variables) - precision / np.maximum(np.diag(precision), 1e-300)
        return LinearModel(_PARTS, [white], forecast, variables, middle)


def _bulk(rows: Floats, count: int) -> Integers:
    """The rows, so many of them, whose covariance has the smallest determinant that is found."""
    centre = np.median(rows, axis=0)
    away = np.median(np.abs(rows - centre), axis=0)
    spread = 1.4826 * np.where(away > 0, away, rows.std(axis=0) + 1e-300)
    each = (rows - centre) / spread
    length = np.sqrt((each**2).sum(axis=1, keepdims=True))
    starts = (np.tanh(each), each / np.where(length > 0, length, 1.0))
    found = [_concentrated(each, _nearest_along(each, start, count)) for start in starts]
    return min(found, key=lambda pair: pair[0])[1]


def _nearest_along(each: Floats, start: Floats, count: int) -> Integers:
    """The rows nearest to the middle along the axes of a robust start."""
    _, axes = np.linalg.eigh(start.T @ start)
    along = each @ axes
    size = 1.4826 * np.median(np.abs(along), axis=0)
    return np.argsort(((along / np.where(size > 0, size, 1e-12)) ** 2).sum(axis=1), kind="stable")[:count]


def _concentrated(rows: Floats, chosen: Integers) -> tuple[float, Integers]:
    """Steps of Rousseeuw and Van Driessen until nothing changes: the log determinant, and the rows."""
    for _ in range(_MOST_STEPS):
        middle = rows[chosen].mean(axis=0)
        size, axes = np.linalg.eigh(np.cov(rows[chosen].T).reshape(rows.shape[1], -1))
        size = np.clip(size, 1e-12 * max(float(size[-1]), 1e-300), None)
        near = np.argsort((((rows - middle) @ axes) ** 2 / size).sum(axis=1), kind="stable")[: len(chosen)]
        if np.array_equal(np.sort(near), np.sort(chosen)):
            break
        chosen = near
    return float(np.log(size).sum()), chosen
