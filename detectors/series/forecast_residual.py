"""Forecast residual: did a value come far from what the last ones foretold? Many series at once.

Source: L. Ljung, T. Soederstroem, *Theory and Practice of Recursive Identification*, 1983 (recursive least squares with forgetting); quantiles of the
residual on either side instead of one sigma, after R. Koenker, G. Bassett, *Regression Quantiles*, Econometrica 46 (1978) 33-50.
"""

from dataclasses import dataclass

import numpy as np

from detectors.series.detector import NEVER_US, Floats, Integers, Scored
from detectors.series.residual_kernel import COLUMNS, FIRST, learn, look
from detectors.series.slots import Field, Slots, between


@dataclass(frozen=True)
class ResidualParameters:
    """``memory``: values after which forecast and level have forgotten. ``clip``: most units a change may teach. ``warm_up``: values seen before the
    first judgement. ``least_spread``: smallest unit (mean absolute change) as a share of the level.

    Raises ValueError for a senseless setting.
    """

    memory: float = 200.0
    clip: float = 5.0
    warm_up: int = 36
    least_spread: float = 0.001

    def __post_init__(self) -> None:
        between("memory", self.memory, 16, 1e6)
        between("clip", self.clip, 1, 100)
        between("warm_up", self.warm_up, FIRST, 4096)
        between("least_spread", self.least_spread, 0, 1)


class ForecastResidual(Slots):
    """After the contract of ``detector``. The statistic is -ln of the p-value; over a gap the forecast is as wide as a walk of so many steps."""

    name = "forecast_residual"

    def __init__(self, parameters: ResidualParameters | None = None) -> None:
        self.parameters = p = parameters or ResidualParameters()
        super().__init__(p, state=Field(np.float64, (COLUMNS,)), newest_us=Field(np.int64, (), NEVER_US))
        self._rule = np.array([p.memory, p.clip, p.warm_up, p.least_spread])

    def score(self, slots: Integers, times_us: Integers, values: Floats) -> Scored:
        """Judge a round."""
        made = np.empty((6, len(slots)))
        look(self._kept["state"], self._kept["newest_us"], slots, times_us, values, self._rule, made)
        return Scored(*made)

    def learn(self, slots: Integers, times_us: Integers, values: Floats) -> None:
        """Take a round in."""
        learn(self._kept["state"], self._kept["newest_us"], slots, times_us, values, self._rule)
