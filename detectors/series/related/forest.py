"""Isolation forest: rows that few cuts at random set apart are unusual, whatever the shape of the normal ones.

Source: F. T. Liu, K. M. Ting, Z.-H. Zhou, *Isolation forest*, ICDM 2008, 413-422. What a variable explains is what the score loses when that variable
alone is put back to its normal middle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import IsolationForest

from detectors.series.detector import Floats
from detectors.series.related.evidence import PartName, Seen
from detectors.series.related.table import Fold, Scale

_PARTS = (PartName("isolation", "孤立程度", "isolation", is_fresh=False),)


class _Forest:
    lags = 0
    parts = _PARTS

    def __init__(self, forest: IsolationForest, middle: Floats) -> None:
        self._forest = forest
        self._middle = middle

    def vectors(self, windows: Floats) -> list[Floats]:
        """The score of Liu, Ting and Zhou as a squared length, so that it is a statistic like the others."""
        return [np.sqrt(self._scores(windows))[:, None]]

    def explained(self, part: int, vectors: Floats, windows: Floats) -> Floats:
        del part
        variables, score = windows.shape[1], vectors[:, 0] ** 2
        put_back = np.repeat(windows, variables, axis=0)
        which = np.arange(len(put_back)) % variables
        put_back[np.arange(len(put_back)), which] = self._middle[which]
        lost = score[:, None] - self._scores(put_back).reshape(-1, variables)
        return np.clip(lost, 0.0, score[:, None])

    def expected(self, windows: Floats) -> Floats:
        return np.broadcast_to(self._middle, windows.shape).copy()

    def _scores(self, windows: Floats) -> Floats:
        if not len(windows):
            return np.empty(0)
        return -np.asarray(self._forest.score_samples(windows), np.float64)


@dataclass(frozen=True)
class IsolatedRows:
    """``trees``: how many; ``seed``: the same history and seed give the same forest. Raises ValueError for a senseless setting."""

    trees: int = 100
    seed: int = 0
    name: str = "isolation_forest"

    def __post_init__(self) -> None:
        if not 10 <= self.trees <= 2000:
            raise ValueError(f"trees {self.trees} are not between 10 and 2000")

    def settled(self, table: Floats, names: Sequence[str], folds: Sequence[Fold]) -> "IsolatedRows":
        """Nothing is left open."""
        del table, names, folds
        return self

    def fit(self, standard: Floats, scale: Scale, allowed: Fold) -> Seen:
        """Learn from the rows allowed."""
        del scale
        rows = standard[allowed.whole(0)]
        forest = IsolationForest(n_estimators=self.trees, random_state=self.seed).fit(rows)
        return _Forest(forest, np.median(rows, axis=0))
