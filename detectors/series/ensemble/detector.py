"""Seven views of one series, joined: has something happened here that this series has not shown before? One alarm per event.

Each view is a number that grows with what is unusual; each becomes a tail probability by the largest values it ever had in this series, and the root
mean square of their logarithms says how far the views agree. An event is told once: what follows must be clearly rarer, or come later.

Sources: G. Box, G. Jenkins, *Time Series Analysis*, 1970 (residual from a seasonal mean); S. Roberts, Technometrics 1 (1959) 239-250 (smoothed
residual); D. Kifer and others, *Detecting change in data streams*, VLDB 2004 (two windows); V. Ishimtsev and others, *Conformal k-NN anomaly
detector*, COPA 2017 (distance from the nearest value seen before); A. Siffer and others, *Anomaly detection in streams with extreme value
theory*, KDD 2017 (tails by peaks over a bound, kept as the stream runs; here with exponential excess, the largest cut); S. Ahmad and others,
*Unsupervised real-time anomaly detection for streaming data*, Neurocomputing 262 (2017) 134-147 (rarity against the own history).
"""

from dataclasses import astuple, dataclass

import numpy as np

from detectors.series.detector import Floats, Integers, Scored
from detectors.series.ensemble.kernel import COLUMNS, VIEWS, learn, look
from detectors.series.slots import Field, Slots, between

NAMES = ("novelty", "profile", "envelope", "drift", "shift", "ratio", "spread")
"""The views, in the order of ``rarities``."""


@dataclass(frozen=True)
class EnsembleParameters:
    """``warm_up``: values a series, and a view, must have had before it is judged. ``profile_weight``: weight of the newest value in the mean of
    its quarter of an hour of the day. ``envelope_fading``: share by which the envelope of an hour shrinks to the newest day. ``drift_weight``,
    ``ratio_weight``: weight of the newest residual in the smoothed ones. ``rest``: values after which an event is forgotten. ``bar``: multiple of
    the event told last that the next must reach while it is fresh. ``most``: decimal powers of rarity beyond which a view counts no more.
    ``slow_weight``: weight of the newest in the usual size and spread. ``base``, ``slope``, ``youth``: -log10 of the p-value is
    base + slope x agreement - log10(1 + youth / values seen), fitted on quiet series (docs/bench-nab.md).

    Raises ValueError for a senseless setting.
    """

    warm_up: float = 60.0
    profile_weight: float = 0.05
    envelope_fading: float = 0.1
    drift_weight: float = 0.05
    ratio_weight: float = 0.15
    rest: float = 300.0
    bar: float = 1.3
    most: float = 6.0
    slow_weight: float = 0.003
    base: float = 1.19
    slope: float = 1.26
    youth: float = 500.0

    def __post_init__(self) -> None:
        between("warm_up", self.warm_up, 30, 1e6)
        for name in ("profile_weight", "envelope_fading", "drift_weight", "ratio_weight", "slow_weight"):
            between(name, getattr(self, name), 1e-5, 1)
        between("rest", self.rest, 1, 1e9)
        between("bar", self.bar, 1, 100)
        between("most", self.most, 2, 100)
        between("base", self.base, 0, 10)
        between("slope", self.slope, 0.1, 10)
        between("youth", self.youth, 0, 1e6)


class Ensemble(Slots):
    """After the contract of ``detector``. ``statistic`` is -log10 of ``p_value``: the chance, per value, that a quiet series is at least as unusual.
    What is part of an event told before counts by how near it comes to being told anew, never beyond 0.01 with the settings given; 0 and 1 is what
    is usual to every view. ``expected`` is the mean of this quarter of an hour of the day, its band by the own tail.
    """

    name = "ensemble"
    method = 2

    def __init__(self, parameters: EnsembleParameters | None = None) -> None:
        self.parameters = parameters or EnsembleParameters()
        super().__init__(self.parameters, state=Field(np.float64, (COLUMNS,)))
        self._rule = np.array(astuple(self.parameters), np.float64)

    def score(self, slots: Integers, times_us: Integers, values: Floats) -> Scored:
        """Judge a round."""
        made, _ = self._look(slots, times_us, values)
        statistic, expected, low, high, sign = made
        p_value = np.where(np.isnan(statistic), 1.0, 10.0 ** -np.nan_to_num(statistic))
        return Scored(statistic, p_value, expected, low, high, sign)

    def rarities(self, slots: Integers, times_us: Integers, values: Floats) -> Floats:
        """What each view says of a round: -log10 of its tail probability, shape (rows, views) in the order of ``NAMES``; 0 for what is usual."""
        return self._look(slots, times_us, values)[1]

    def learn(self, slots: Integers, times_us: Integers, values: Floats) -> None:
        """Take a round in."""
        learn(self._kept["state"], slots, times_us, values, self._rule)

    def _look(self, slots: Integers, times_us: Integers, values: Floats) -> tuple[Floats, Floats]:
        made, rarities = np.empty((5, len(slots))), np.empty((len(slots), VIEWS))
        look(self._kept["state"], slots, times_us, values, self._rule, made, rarities)
        return made, rarities
