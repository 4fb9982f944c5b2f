"""A relation between two or more series, and whether it still holds: coke against coking coal, spot against future, the mass balance of a node.

Learnt, it is the regression of the first variable on the others, for series that may wander as long as they wander together (R. Engle, C. Granger,
*Co-integration and error correction*, Econometrica 55 (1987) 251-276). Given, it is a sum of the variables with known weights that is to stay as it
is. The gap is judged as it is, and its news (what the gap before does not foretell) may be added up over time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.series.detector import Floats
from detectors.series.related.evidence import LinearModel, PartName, Seen
from detectors.series.related.table import Fold, Scale, windows

_PARTS = (
    PartName("gap", "关系缺口", "gap of the relation", is_fresh=False),
    PartName("news", "缺口变动", "news of the gap", is_fresh=True),
)


class _Relation(LinearModel):
    def __init__(self, weights: Floats, persistence: float, spread: float, fresh_spread: float, lags: int) -> None:
        variables = len(weights)
        self._weights = weights
        gap = np.zeros((1, variables * (lags + 1)))
        gap[0, :variables] = weights
        news = gap.copy()
        news[0, variables : 2 * variables] = -persistence * weights
        # Each variable as the gap before and the others would have it.
        forecast = np.zeros((variables * (lags + 1), variables))
        safe = np.where(np.abs(weights) > 1e-12, weights, np.inf)
        forecast[:variables] = np.eye(variables) - np.outer(weights, 1 / safe)
        forecast[variables : 2 * variables] = np.outer(persistence * weights, 1 / safe)
        super().__init__(_PARTS, [gap / spread, news / fresh_spread], forecast, variables)

    def explained(self, part: int, vectors: Floats, windows: Floats) -> Floats:
        """A gap by itself does not say who left: it is dealt out by how far each variable lately moved the way the gap opened."""
        del part
        rows = windows.reshape(len(windows), self.lags + 1, -1)
        moved = (rows[:, 0] - rows[:, 1:].mean(axis=1)) * self._weights * np.sign(vectors)
        towards = np.maximum(moved, 0.0)
        total = towards.sum(axis=1, keepdims=True)
        share = np.where(total > 0, towards / np.where(total > 0, total, 1.0), 1.0 / rows.shape[2])
        dealt: Floats = share * vectors**2
        return dealt


@dataclass(frozen=True)
class BrokenRelation:
    """``weights``: of each variable in its own unit, when the relation is known (inflow 1, outflow -1, change of stock -1); else it is learnt.
    ``lags``: rows before over which is seen who moved.

    Raises ValueError for a senseless setting.
    """

    weights: tuple[float, ...] | None = None
    lags: int = 5
    name: str = "broken_relation"

    def __post_init__(self) -> None:
        if self.weights is not None and sum(w != 0 for w in self.weights) < 2:
            raise ValueError(f"weights {self.weights} relate fewer than two variables")
        if not 1 <= self.lags <= 50:
            raise ValueError(f"lags {self.lags} are not between 1 and 50 rows")

    def settled(self, table: Floats, names: Sequence[str], folds: Sequence[Fold]) -> "BrokenRelation":
        """Nothing is left open. Raises ValueError when there are not as many weights as variables, or fewer than two variables."""
        del folds
        if table.shape[1] < 2:
            raise ValueError(f"a relation of {list(names)} was asked for; two or more variables are right")
        if self.weights is not None and len(self.weights) != table.shape[1]:
            raise ValueError(f"{len(self.weights)} weights were given for {table.shape[1]} variables")
        return self

    def fit(self, standard: Floats, scale: Scale, allowed: Fold) -> Seen:
        """Learn from the rows allowed."""
        rows = allowed.whole(self.lags)
        weights = self._weights(standard[rows], scale)
        gap, before = standard[rows] @ weights, windows(standard, rows - 1, 0) @ weights
        persistence = float(np.clip(float(gap @ before) / max(float(before @ before), 1e-300), 0.0, 0.99))
        spread, fresh = _root_mean_square(gap), _root_mean_square(gap - persistence * before)
        return _Relation(weights, persistence, spread, fresh, self.lags)

    def _weights(self, rows: Floats, scale: Scale) -> Floats:
        if self.weights is not None:
            known: Floats = np.array(self.weights, np.float64) * scale.spread
            return known / float(np.max(np.abs(known)))
        rest, first = rows[:, 1:], rows[:, 0]
        slope = np.linalg.solve(rest.T @ rest + 1e-6 * len(rest) * np.eye(rest.shape[1]), rest.T @ first)
        return np.concatenate([[1.0], -slope])


def _root_mean_square(values: Floats) -> float:
    return max(float(np.sqrt(np.mean(values**2))), 1e-12)
