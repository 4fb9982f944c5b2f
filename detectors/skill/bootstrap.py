"""Intervals by bootstrap over whole scenarios: what happened inside one scenario hangs together, so it is drawn as a whole (Efron 1979)."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Draw = npt.NDArray[np.int64]


def intervals(
    statistic: Callable[[Draw], Mapping[str, float]],
    scenarios: int,
    *,
    rounds: int = 1000,
    seed: int = 1,
    level: float = 0.95,
) -> dict[str, tuple[float, float]]:
    """Percentile intervals of each named statistic. ``statistic`` is given scenario numbers, drawn with replacement; the same seed, the same result.

    Draws in which a statistic is NaN are left out of its interval. Raises ValueError for no scenarios, no rounds, or a level outside (0, 1).
    """
    if scenarios < 1 or rounds < 1 or not 0 < level < 1:
        raise ValueError(
            f"scenarios {scenarios}, rounds {rounds}, level {level}: at least 1, at least 1, in (0, 1) are right"
        )
    source = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, value in statistic(source.integers(0, scenarios, scenarios)).items():
            drawn.setdefault(name, []).append(value)
    tail = (1.0 - level) / 2
    return {name: _between(np.array(values), tail) for name, values in drawn.items()}


def _between(values: npt.NDArray[np.float64], tail: float) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [tail, 1.0 - tail])
    return float(low), float(high)
