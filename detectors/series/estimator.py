"""A detector in the shape of scikit-learn, for analysts: rows are moments in order, each column is a series."""

from collections.abc import Callable, Mapping
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from detectors.series.bank import standard_detectors
from detectors.series.change_point import ChangePoint
from detectors.series.detector import Detector, Floats
from detectors.series.ensemble import Ensemble
from detectors.series.forecast_residual import ForecastResidual

_HOUR_S = 3_600.0
_US = 1_000_000
_LEAST_P = 1e-300

MAKERS: Mapping[str, Callable[[], Detector]] = {
    **{d.name: type(d) for d in standard_detectors()},
    ChangePoint.name: ChangePoint,
    ForecastResidual.name: ForecastResidual,
    Ensemble.name: Ensemble,
}
"""Detectors by name."""


class SeriesOutlier(OutlierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Outliers of series by one detector of ``detectors.series``.

    ``detector``: its name. ``alpha``: p-value at which a row is an outlier; that of a row is the smallest of its columns times their number
    (Bonferroni). ``every_s``: seconds from row to row. ``begin_s``: seconds since 1970 (UTC) of the first row, for what knows a calendar.

    ``fit`` hears the rows one after the other; ``p_values_`` is what was said of each before it was learnt, ``fit_predict`` judges by that.
    ``score_samples``, ``decision_function`` and ``predict`` ask of each row as if it came next, and learn nothing.

    >>> rows = np.append(np.random.default_rng(1).normal(100, 1, 200), 120)[:, None]
    >>> SeriesOutlier("robust_level").fit_predict(rows)[-1]
    np.int64(-1)
    """

    def __init__(
        self, detector: str = "robust_level", alpha: float = 1e-3, every_s: float = _HOUR_S, begin_s: float = 0.0
    ) -> None:
        self.detector = detector
        self.alpha = alpha
        self.every_s = every_s
        self.begin_s = begin_s

    def fit(self, X: ArrayLike, y: object = None) -> Self:  # noqa: N803  # the name scikit-learn asks for
        """Hear the rows in order. Raises ValueError for an unknown detector, a senseless setting, or values that are not finite."""
        if self.detector not in MAKERS:
            raise ValueError(f"detector {self.detector!r} was given; one of {sorted(MAKERS)} is right")
        if not 0 < self.alpha < 1 or not self.every_s > 0:
            raise ValueError(f"alpha {self.alpha} or every_s {self.every_s} is not right: 0 < alpha < 1, every_s > 0")
        rows: Floats = validate_data(self, X, dtype=np.float64)
        self.detector_ = MAKERS[self.detector]()
        self.detector_.grow(rows.shape[1])
        self.rows_ = 0
        self.p_values_ = np.empty(rows.shape)
        for number, row in enumerate(rows):
            self.p_values_[number] = self._ask(row)
            self.detector_.learn(np.arange(len(row)), self._now(len(row)), np.ascontiguousarray(row))
            self.rows_ += 1
        self.offset_ = float(np.log10(self.alpha))
        return self

    def fit_predict(self, X: ArrayLike, y: object = None) -> NDArray[np.int64]:  # noqa: N803
        """-1 for rows that were outliers when they came, 1 for the others."""
        self.fit(X)
        return np.where(_row_score(self.p_values_) <= self.offset_, -1, 1)

    def score_samples(self, X: ArrayLike) -> Floats:  # noqa: N803
        """Logarithm (base 10) of the p-value of each row, were it the next; lower is more unusual."""
        check_is_fitted(self)
        rows: Floats = validate_data(self, X, dtype=np.float64, reset=False)
        return _row_score(np.array([self._ask(row) for row in rows]))

    def decision_function(self, X: ArrayLike) -> Floats:  # noqa: N803
        """The same less that of ``alpha``: not above 0 for an outlier."""
        return np.asarray(self.score_samples(X) - self.offset_)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:  # noqa: N803
        """-1 for outliers, 1 for the others."""
        return np.where(self.decision_function(X) <= 0, -1, 1)

    def _ask(self, row: Floats) -> Floats:
        slots = np.arange(len(row))
        return self.detector_.score(slots, self._now(len(row)), np.ascontiguousarray(row)).p_value

    def _now(self, columns: int) -> NDArray[np.int64]:
        return np.full(columns, int((self.begin_s + self.rows_ * self.every_s) * _US), np.int64)


def _row_score(p_values: Floats) -> Floats:
    p = np.minimum(1.0, p_values.min(axis=1) * p_values.shape[1])
    return np.asarray(np.log10(np.maximum(p, _LEAST_P)))
