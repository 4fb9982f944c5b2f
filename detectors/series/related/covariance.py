"""Robust covariance: how far a row lies from the bulk of normal rows, were some of those not normal.

Source: P. Rousseeuw, K. Van Driessen, *A fast algorithm for the minimum covariance determinant estimator*, Technometrics 41 (1999) 212-223.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.covariance import MinCovDet

from detectors.series.detector import Floats
from detectors.series.related.evidence import LinearModel, PartName
from detectors.series.related.spread import shrunk_covariance, whitener
from detectors.series.related.table import Fold, Scale

_PARTS = (PartName("distance", "稳健距离", "robust distance", is_fresh=False),)
_ROWS_PER_VARIABLE = 5


@dataclass(frozen=True)
class RobustCovariance:
    """``clean``: least share of the history taken to be normal. With fewer than five rows a variable, all of it is, and the covariance is shrunk.

    Raises ValueError for a senseless setting.
    """

    clean: float = 0.75
    seed: int = 0
    name: str = "robust_covariance"

    def __post_init__(self) -> None:
        if not 0.5 <= self.clean <= 1:
            raise ValueError(f"clean {self.clean} is not a share between 0.5 and 1")

    def settled(self, table: Floats, names: Sequence[str], folds: Sequence[Fold]) -> "RobustCovariance":
        """Nothing is left open."""
        del table, names, folds
        return self

    def fit(self, standard: Floats, scale: Scale, allowed: Fold) -> LinearModel:
        """Learn from the rows allowed; the row is measured from zero, the mean of the history."""
        del scale
        rows = standard[allowed.whole(0)]
        variables = standard.shape[1]
        covariance = shrunk_covariance(rows)
        if len(rows) >= _ROWS_PER_VARIABLE * variables:
            fitted = MinCovDet(support_fraction=self.clean, assume_centered=True, random_state=self.seed).fit(rows)
            covariance = np.asarray(fitted.covariance_, np.float64)
        white = whitener(covariance)
        precision = white @ white
        # Each variable as the others would have it: x_i - (P x)_i / P_ii.
        forecast = np.eye(variables) - precision / np.maximum(np.diag(precision), 1e-300)
        return LinearModel(_PARTS, [white], forecast, variables)
