"""Dynamic principal components: T² within the plane that a row and the rows before it span, Q outside it.

Source: W. Ku, R. Storer, C. Georgakis, *Disturbance detection and isolation by dynamic principal component analysis*, Chemometrics Intell. Lab.
Syst. 30 (1995) 179-196.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.series.detector import Floats
from detectors.series.related.evidence import LinearModel, PartName
from detectors.series.related.table import Fold, Scale, windows

_PARTS = (
    PartName("t2", "主成分内偏离", "distance within the components", is_fresh=False),
    PartName("q", "主成分外偏离", "distance from the components", is_fresh=False),
)


@dataclass(frozen=True)
class DynamicPca:
    """``lags``: rows before that count; 0 is plain PCA. ``kept``: share of variance within the components.

    Raises ValueError for a senseless setting.
    """

    lags: int = 2
    kept: float = 0.9
    name: str = "dynamic_pca"

    def __post_init__(self) -> None:
        if not 0 <= self.lags <= 50:
            raise ValueError(f"lags {self.lags} are not between 0 and 50 rows")
        if not 0 < self.kept < 1:
            raise ValueError(f"kept {self.kept} is not a share between 0 and 1")

    def settled(self, table: Floats, names: Sequence[str], folds: Sequence[Fold]) -> "DynamicPca":
        """Nothing is left open."""
        del table, names, folds
        return self

    def fit(self, standard: Floats, scale: Scale, allowed: Fold) -> LinearModel:
        """Learn from the rows allowed."""
        del scale
        variables = standard.shape[1]
        seen = windows(standard, allowed.whole(self.lags), self.lags)
        size, axes = np.linalg.eigh(seen.T @ seen / len(seen))
        size, axes = size[::-1], axes[:, ::-1]
        count = min(int(np.searchsorted(np.cumsum(size) / size.sum(), self.kept)) + 1, len(size) - 1)
        inside, outside = axes[:, :count] / np.sqrt(np.maximum(size[:count], 1e-300)), axes[:, count:]
        plane = axes[:, :count] @ axes[:, :count].T
        return LinearModel(_PARTS, [inside.T, outside.T], np.ascontiguousarray(plane[:, :variables]), variables)
