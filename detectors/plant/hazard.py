"""Discrete-time hazard: one ridge logistic regression per interval of days, each among those not yet below the line.

The chance of passing in interval j given survival to it is h_j(x); survival is the product of 1 − h_j. Rows watched for less than an interval leave
it out (censoring). Method: Singer & Willett (1993), "It's about time: using discrete-time survival analysis"; the time axis is split where few pass.
Columns enter as normal scores (the quantile of the normal law with the column's own rank): the long tails of shares and slopes would otherwise
make the chances too sure.
"""

from itertools import pairwise

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from detectors.plant.rows import Rows
from detectors.plant.settings import EDGES, HORIZON_DAYS
from detectors.series.onsets import Days

_QUANTILES = 100
_FURTHEST_SCORE = 3.0


class Hazard:
    """Fitted regressions. ``fit`` is deterministic: the sample that ranks are taken from has a fixed seed."""

    def __init__(self, strength: float) -> None:
        self._strength = strength
        self._scores: Pipeline | None = None
        self._models: list[LogisticRegression | float] = []

    def fit(self, rows: Rows) -> "Hazard":
        """Learn from rows. Raises ValueError when there is not one passage among them."""
        if not np.isfinite(rows.passage).any():
            raise ValueError(
                f"none of {len(rows.day)} rows falls below its line; there should be at least one to learn from"
            )
        self._scores = Pipeline(
            [
                ("fill", SimpleImputer(keep_empty_features=True)),
                (
                    "rank",
                    QuantileTransformer(
                        n_quantiles=min(_QUANTILES, len(rows.day)), output_distribution="normal", random_state=0
                    ),
                ),
                ("scale", StandardScaler()),
            ]
        ).fit(rows.values)
        scores = self._scored(rows.values)
        self._models = [self._interval(rows, scores, low, high) for low, high in pairwise(EDGES)]
        return self

    def daily(self, values: Days) -> Days:
        """Chance of falling below the line on each of the next 30 days, shape (rows, 30); within an interval the hazard is even."""
        scores = self._scored(values)
        chances = np.zeros((len(values), HORIZON_DAYS))
        alive = np.ones(len(values))
        for model, low, high in zip(self._models, EDGES[:-1], EDGES[1:], strict=True):
            passes = np.full(len(values), model) if isinstance(model, float) else model.predict_proba(scores)[:, 1]
            per_day = 1 - (1 - passes) ** (1 / (high - low))
            for day in range(low, high):
                chances[:, day] = alive * per_day
                alive = alive * (1 - per_day)
        return chances

    def _scored(self, values: Days) -> Days:
        if self._scores is None:
            raise ValueError("the hazard has learnt nothing yet; call fit first")
        return np.asarray(np.clip(self._scores.transform(values), -_FURTHEST_SCORE, _FURTHEST_SCORE))

    def _interval(self, rows: Rows, scores: Days, low: int, high: int) -> "LogisticRegression | float":
        at_risk = (rows.passage > low) & ((rows.watched >= high) | (rows.passage <= high))
        passes = rows.passage[at_risk] <= high
        if not passes.any() or passes.all():
            return float(passes.mean()) if len(passes) else 0.0
        model = LogisticRegression(C=self._strength, max_iter=300)
        model.fit(scores[at_risk], passes, sample_weight=rows.weight[at_risk])
        return model
