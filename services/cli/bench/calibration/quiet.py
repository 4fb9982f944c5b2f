"""Series in which nothing happens, of several kinds; each has its own level and spread."""

from collections.abc import Callable

import numpy as np

from detectors.series.detector import Floats

HOUR_US = 3_600_000_000
Draw = Callable[[np.random.Generator, int, int], Floats]


def _normal(rng: np.random.Generator, steps: int, series: int) -> Floats:
    return rng.standard_normal((steps, series))


def _heavy(rng: np.random.Generator, steps: int, series: int) -> Floats:
    """Student's t with 3 degrees of freedom."""
    made: Floats = rng.standard_t(3, (steps, series)) / np.sqrt(3.0)
    return made


def _skewed(rng: np.random.Generator, steps: int, series: int) -> Floats:
    """A shifted exponential: long to one side only."""
    made: Floats = rng.standard_exponential((steps, series)) - 1.0
    return made


def _clinging(rng: np.random.Generator, steps: int, series: int) -> Floats:
    """First-order autoregression of 0.7."""
    made: Floats = rng.standard_normal((steps, series)) * np.sqrt(1 - 0.7**2)
    made[0] /= np.sqrt(1 - 0.7**2)
    for t in range(1, steps):
        made[t] += 0.7 * made[t - 1]
    return made


def _daily(rng: np.random.Generator, steps: int, series: int) -> Floats:
    """A day's cycle of two spreads, its hour differing from series to series, under normal noise."""
    phase = rng.uniform(0, 2 * np.pi, series)
    cycle = 2.0 * np.sin(2 * np.pi * np.arange(steps)[:, None] / 24 + phase)
    made: Floats = cycle + rng.standard_normal((steps, series))
    return made


KINDS: dict[str, Draw] = {
    "normal": _normal,
    "heavy": _heavy,
    "skewed": _skewed,
    "clinging": _clinging,
    "daily": _daily,
}


def quiet_series(kind: str, steps: int, series: int, seed: int) -> tuple[Floats, Floats]:
    """Values (steps by series), and the spread of each series (the standard deviation of its noise). Raises KeyError for an unknown kind."""
    rng = np.random.default_rng([seed, *kind.encode()])
    level = rng.lognormal(5.0, 1.0, series)
    spread = level * rng.uniform(0.02, 0.1, series)
    return level + spread * KINDS[kind](rng, steps, series), spread
