"""Generated plants: a few slow hidden causes move every sensor, and each sensor has its own noise."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.series.related import CanonicalVariates, DynamicPca, IsolatedRows, RelatedWatch, RobustCovariance

Floats = NDArray[np.float64]
NAMES = tuple(f"sensor {n}" for n in range(8))
METHODS = (CanonicalVariates(), DynamicPca(), RobustCovariance(), IsolatedRows(trees=40))


@dataclass(frozen=True)
class Plant:
    """Eight sensors on three causes that remember 0.9, 0.7 and 0.4 of themselves."""

    seed: int = 0

    def rows(self, count: int, run: int) -> Floats:
        """A run of its own."""
        mixing = np.random.default_rng(self.seed).normal(size=(3, len(NAMES)))
        rng = np.random.default_rng([self.seed, run])
        memory = np.array([0.9, 0.7, 0.4])
        causes = np.zeros((count + 200, 3))
        for at in range(1, len(causes)):
            causes[at] = memory * causes[at - 1] + np.sqrt(1 - memory**2) * rng.normal(size=3)
        sensors = causes[200:] @ mixing + 0.5 * rng.normal(size=(count, len(NAMES)))
        return 100.0 + 5.0 * sensors


@cache
def watch_of(method: object, rows: int = 800, seed: int = 0) -> RelatedWatch:
    """Learnt once from a normal run, shared by the tests; each begins with ``forget``."""
    return RelatedWatch(method, Plant(seed).rows(rows, run=1), NAMES)  # type: ignore[arg-type]  # one of METHODS


@pytest.fixture(params=METHODS, ids=lambda m: m.name)
def watch(request: pytest.FixtureRequest) -> RelatedWatch:
    made = watch_of(request.param)
    made.forget()
    return made


@pytest.fixture
def plant() -> Plant:
    return Plant()
