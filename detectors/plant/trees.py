"""Extra trees: the share of like days of the past that fell below the line within 1, 2, 3, 5, 7, 10 and 14 days.

One forest tells all horizons, so that its chances rise with the horizon. Leaves are large (few crossings are independent of each other).
Method: Geurts, Ernst & Wehenkel (2006), "Extremely randomized trees", Machine Learning 63.
"""

from itertools import pairwise

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from detectors.plant.rows import Rows
from detectors.plant.settings import EDGES
from detectors.series.onsets import Days

TREE_DAYS = 14
_EDGES = tuple(edge for edge in EDGES if edge <= TREE_DAYS)


class Trees:
    """A fitted forest. ``fit`` is deterministic: the seed is fixed."""

    def __init__(self, count: int, leaf: int) -> None:
        self._forest = ExtraTreesRegressor(
            n_estimators=count, min_samples_leaf=leaf, max_features=0.3, random_state=0, n_jobs=1
        )
        self._middle = np.zeros(0)

    def fit(self, rows: Rows) -> "Trees":
        """Learn from the rows whose next 14 days are known, or are below the line before. Raises ValueError without any."""
        is_known = (rows.passage <= TREE_DAYS) | (rows.watched >= TREE_DAYS)
        if not is_known.any():
            raise ValueError(f"none of {len(rows.day)} rows is watched for {TREE_DAYS} days; at least one should be")
        self._middle = np.array(
            [float(np.median(c[~np.isnan(c)])) if not np.isnan(c).all() else 0.0 for c in rows.values.T]
        )
        passed = np.stack([rows.passage[is_known] <= edge for edge in _EDGES[1:]], axis=1).astype(np.float64)
        self._forest.fit(self._filled(rows.values[is_known]), passed, sample_weight=rows.weight[is_known])
        return self

    def daily(self, values: Days) -> Days:
        """Chance of falling below the line on each of the next 14 days, shape (rows, 14); even within an interval."""
        reached = np.column_stack([np.zeros(len(values)), self._forest.predict(self._filled(values))])
        steps = [
            np.repeat((reached[:, [j + 1]] - reached[:, [j]]) / (high - low), high - low, axis=1)
            for j, (low, high) in enumerate(pairwise(_EDGES))
        ]
        return np.concatenate(steps, axis=1)

    def _filled(self, values: Days) -> Days:
        return np.where(np.isnan(values), self._middle, values)
