"""Change point: has the level of a series changed lately, and stayed changed? Many series at once.

Source: R. P. Adams, D. MacKay, *Bayesian Online Changepoint Detection*, 2007, arXiv:0710.3742; P. Fearnhead, Z. Liu, *On-line inference for multiple
changepoint problems*, JRSS B 69 (2007) 589-605 (few run lengths instead of all); A. Harvey, *Dynamic Models for Volatility and Heavy Tails*, 2013
(a Student t likelihood, by which one far value is an outlier and only several are a change).
"""

from dataclasses import dataclass

import numpy as np

from detectors.series.change_kernel import COLUMNS, learn, look
from detectors.series.detector import Floats, Integers, Scored
from detectors.series.slots import Field, Slots, between


@dataclass(frozen=True)
class ChangeParameters:
    """``hazard``: chance of a change at any value. ``recent``: values back to which a change is news. ``prior``: values the level over all is worth
    when a new level is looked for (small: it may be far). ``memory``: values after which levels have forgotten. ``clip``: most sigmas a value may
    move the level over all by. ``least_spread``: smallest sigma as a share of that level.

    Raises ValueError for a senseless setting.
    """

    hazard: float = 0.004
    recent: int = 24
    prior: float = 0.04
    memory: float = 200.0
    clip: float = 3.0
    least_spread: float = 0.001

    def __post_init__(self) -> None:
        between("hazard", self.hazard, 1e-9, 0.2)
        between("recent", self.recent, 2, 4096)
        between("prior", self.prior, 1e-6, 10)
        between("memory", self.memory, 16, 1e6)
        between("clip", self.clip, 1, 100)
        between("least_spread", self.least_spread, 0, 1)


class ChangePoint(Slots):
    """After the contract of ``detector``. The statistic is the logarithm of the odds of a recent change over those held beforehand."""

    name = "change_point"

    def __init__(self, parameters: ChangeParameters | None = None) -> None:
        self.parameters = p = parameters or ChangeParameters()
        super().__init__(p, state=Field(np.float64, (COLUMNS,)))
        self._rule = np.array([p.hazard, p.recent, p.prior, p.memory, p.clip, p.least_spread])

    def score(self, slots: Integers, times_us: Integers, values: Floats) -> Scored:
        """Judge a round."""
        made = np.empty((6, len(slots)))
        look(self._kept["state"], slots, values, self._rule, made)
        return Scored(*made)

    def learn(self, slots: Integers, times_us: Integers, values: Floats) -> None:
        """Take a round in."""
        learn(self._kept["state"], slots, values, self._rule)
