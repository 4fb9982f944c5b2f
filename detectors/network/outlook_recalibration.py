"""Fitting the map that makes given probabilities come true as often as they say."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import IsotonicRegression

from detectors.network.outlook import Recalibration

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def fit_recalibration(version: str, cases: Sequence[tuple[Floats, Bools]], knots: int = 12) -> Recalibration:
    """One isotonic regression per horizon of what happened on what was given, thinned to at most ``knots`` each.

    Raises ValueError for lengths that differ, or probabilities outside [0, 1].
    """
    given, true = [], []
    for number, (probability, happened) in enumerate(cases):
        if len(probability) != len(happened) or not ((probability >= 0) & (probability <= 1)).all():
            raise ValueError(f"horizon {number}: as many probabilities from 0 to 1 as outcomes are right")
        model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(probability, happened)
        x, y = model.X_thresholds_, model.y_thresholds_
        chosen = np.unique(np.linspace(0, len(x) - 1, min(knots, len(x))).astype(np.int64))
        given.append(tuple(float(v) for v in x[chosen]))
        true.append(tuple(float(v) for v in y[chosen]))
    return Recalibration(version, tuple(given), tuple(true))
