"""Discrete-time hazard: one ridge logistic regression per interval of days, each among those not yet below the line.

The chance of passing in interval j given survival to it is h_j(x); survival is the product of 1 − h_j. Rows watched for less than an interval leave
it out (censoring). Method: Singer & Willett (1993), "It's about time: using discrete-time survival analysis"; the time axis is split where few pass.
"""

from itertools import pairwise

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from detectors.plant.rows import Rows
from detectors.plant.settings import EDGES, HORIZON_DAYS
from detectors.series.onsets import Days


class Hazard:
    """Fitted regressions. ``fit`` is deterministic: no random numbers are used."""

    def __init__(self, strength: float) -> None:
        self._strength = strength
        self._models: list[Pipeline | float] = []

    def fit(self, rows: Rows) -> "Hazard":
        """Learn from rows. Raises ValueError when there is not one passage among them."""
        if not np.isfinite(rows.passage).any():
            raise ValueError(
                f"none of {len(rows.day)} rows falls below its line; there should be at least one to learn from"
            )
        self._models = [self._interval(rows, low, high) for low, high in pairwise(EDGES)]
        return self

    def _interval(self, rows: Rows, low: int, high: int) -> "Pipeline | float":
        at_risk = (rows.passage > low) & ((rows.watched >= high) | (rows.passage <= high))
        passes = rows.passage[at_risk] <= high
        if not passes.any() or passes.all():
            return float(passes.mean()) if len(passes) else 0.0
        model = Pipeline(
            [
                ("fill", SimpleImputer(keep_empty_features=True)),
                ("scale", StandardScaler()),
                ("regress", LogisticRegression(C=self._strength, max_iter=300)),
            ]
        )
        return model.fit(rows.values[at_risk], passes, regress__sample_weight=rows.weight[at_risk])

    def daily(self, values: Days) -> Days:
        """Chance of falling below the line on each of the next 30 days, shape (rows, 30); within an interval the hazard is even."""
        chances = np.zeros((len(values), HORIZON_DAYS))
        alive = np.ones(len(values))
        for model, low, high in zip(self._models, EDGES[:-1], EDGES[1:], strict=True):
            passes = np.full(len(values), model) if isinstance(model, float) else model.predict_proba(values)[:, 1]
            per_day = 1 - (1 - passes) ** (1 / (high - low))
            for day in range(low, high):
                chances[:, day] = alive * per_day
                alive = alive * (1 - per_day)
        return chances
