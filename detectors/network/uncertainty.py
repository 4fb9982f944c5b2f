"""Many possible futures from few settings, on common random numbers.

Every quantity of an account, node or disruption has a stream of its own, made from the seed and its name alone, and its draws are a permuted
stratified sample (Latin hypercube, McKay et al. 1979). So adding a quantity changes no other, the same seed gives the same futures, and a small
change of the present gives a small change of the outlook.
"""

import zlib
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats = npt.NDArray[np.float64]

_EDGE = 1e-9
_LEAST = 1e-200
_HALVINGS = 50


class Family(StrEnum):
    """Distribution of how long a disruption lasts."""

    LOGNORMAL = "lognormal"
    WEIBULL = "weibull"


@dataclass(frozen=True)
class Sort:
    """One sort of disruption among those of a kind: its ``share`` of all, median hours and shape (LOGNORMAL: sigma of the logarithm; WEIBULL:
    exponent). Raises ValueError for numbers that are not above 0."""

    share: float
    median_h: float
    shape: float
    family: Family = Family.LOGNORMAL

    def __post_init__(self) -> None:
        if not (0 < self.share <= 1 and 0 < self.median_h < np.inf and 0 < self.shape < np.inf):
            raise ValueError(f"{self}: a share above 0 to 1, median and shape above 0 are right")

    def lasting(self, hours: Floats) -> Floats:
        """Share that lasts longer than so many hours (above 0)."""
        relative = hours / self.median_h
        if self.family is Family.LOGNORMAL:
            return np.asarray(ndtr(-np.log(relative) / self.shape))
        return np.asarray(np.exp2(-(relative**self.shape)))

    def hours(self, lasting: Floats) -> Floats:
        """Hours that such a share outlasts."""
        if self.family is Family.LOGNORMAL:
            return np.asarray(self.median_h * np.exp(-self.shape * ndtri(lasting)))
        return np.asarray(self.median_h * (-np.log2(lasting)) ** (1.0 / self.shape))


@dataclass(frozen=True)
class Duration:
    """How long disruptions of a kind last in all: a mixture of sorts, as the many that are settled within a shift, those that last, and the few that
    drag on. The longer one has lasted, the surer it is not one of the brief.

    ``tail`` is the mean length of the way back to normal as a share of the outage. Raises ValueError for shares that do not add up to 1 or a tail
    below 0.
    """

    sorts: tuple[Sort, ...]
    tail: float = 0.25

    def __post_init__(self) -> None:
        total = sum(s.share for s in self.sorts)
        if abs(total - 1.0) > 1e-9 or not 0 <= self.tail < np.inf:
            raise ValueError(
                f"shares {[s.share for s in self.sorts]}, tail {self.tail}: a sum of 1, and 0 or more are right"
            )

    def remaining(self, uniform: Floats, elapsed_h: float) -> Floats:
        """Hours still to come, (S,), of a disruption that has lasted ``elapsed_h``: quantiles of the distribution beyond it."""
        if not 0 <= elapsed_h < np.inf:
            raise ValueError(f"elapsed is {elapsed_h} h; 0 or more is right")
        lasting = float(self._lasting(np.array([elapsed_h]))[0]) if elapsed_h > 0 else 1.0
        level = np.clip(lasting * (1.0 - uniform), _LEAST, 1.0 - _EDGE)
        return np.maximum(self._hours(level) - elapsed_h, 0.0)

    def _lasting(self, hours: Floats) -> Floats:
        return np.asarray(sum(s.share * s.lasting(hours) for s in self.sorts))

    def _hours(self, level: Floats) -> Floats:
        """Hours outlasted by these shares: between those of the sorts, halved down on the logarithm."""
        each = np.log([s.hours(level) for s in self.sorts])
        low, high = each.min(axis=0), each.max(axis=0)
        for _ in range(_HALVINGS if len(self.sorts) > 1 else 0):
            middle = (low + high) / 2
            is_longer = self._lasting(np.exp(middle)) > level
            low, high = np.where(is_longer, middle, low), np.where(is_longer, high, middle)
        return np.asarray(np.exp(high))


@dataclass(frozen=True)
class Unrest:
    """Relative standard deviations: of the level a rate keeps all along, and of its daily noise, which remembers ``memory_d`` days."""

    level: float
    daily: float
    memory_d: float = 2.0

    def __post_init__(self) -> None:
        if not (0 <= self.level < 1 and 0 <= self.daily < 1 and 0 < self.memory_d < np.inf):
            raise ValueError(f"{self}: spreads from 0 to below 1 and a memory above 0 are right")


@dataclass(frozen=True)
class Draws:
    """``count`` scenarios of a seed; streams by name. Raises ValueError for a count below 1."""

    count: int
    seed: int = 0
    _kept: dict[tuple[str, int], Floats] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"{self.count} scenarios; 1 or more is right")

    def uniform(self, name: str, width: int = 1) -> Floats:
        """(S, width) numbers in (0, 1), each column stratified: one in every S-th part."""
        key = (name, width)
        if key not in self._kept:
            source = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
            order = source.permuted(np.tile(np.arange(self.count), (width, 1)), axis=1).T
            self._kept[key] = (order + source.random((self.count, width))) / self.count
        return self._kept[key]

    def normal(self, name: str, width: int = 1) -> Floats:
        """(S, width) standard normal numbers."""
        return np.asarray(ndtri(np.clip(self.uniform(name, width), _EDGE, 1 - _EDGE)))

    def factor(self, name: str, spread: float) -> Floats:
        """(S,) factors around 1 with this relative spread (lognormal, mean 1)."""
        return np.asarray(np.exp(spread * self.normal(name)[:, 0] - 0.5 * spread * spread))

    def path(self, name: str, unrest: Unrest, hours: Floats) -> Floats:
        """(S, K) factors for steps that begin at ``hours``: a level that stays and a daily walk that forgets (AR(1))."""
        days = int(np.ceil(hours[-1] / 24.0)) + 2
        fresh = self.normal(f"{name}/daily", days)
        keep = float(np.exp(-1.0 / unrest.memory_d))
        walk = np.empty_like(fresh)
        walk[:, 0] = fresh[:, 0]
        for day in range(1, days):
            walk[:, day] = keep * walk[:, day - 1] + np.sqrt(1.0 - keep * keep) * fresh[:, day]
        level = self.normal(f"{name}/level")
        place = np.minimum(hours / 24.0, days - 1.001)
        whole = place.astype(np.int64)
        part = place - whole
        daily = walk[:, whole] * (1.0 - part) + walk[:, whole + 1] * part
        return np.asarray(np.exp(unrest.level * level + unrest.daily * daily))
