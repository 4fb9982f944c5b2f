"""EWMA chart: has the level of a series moved a little for a while? Many series at once.

Source: S. W. Roberts, *Control Chart Tests Based on Geometric Moving Averages*, Technometrics 1 (1959) 239-250; J. Lucas, M. Saccucci,
*Exponentially Weighted Moving Average Control Schemes*, Technometrics 32 (1990) 1-12.
"""

from dataclasses import dataclass

from detectors.series.chart import Chart
from detectors.series.chart_kernel import EWMA
from detectors.series.slots import between


@dataclass(frozen=True)
class EwmaParameters:
    """``weight`` of the newest value in the average. ``memory``: values after which the baseline has forgotten. ``clip``: most sigmas a value may
    move the baseline by. ``most``: sigmas beyond which a value counts no more. ``least_spread``: smallest sigma as a share of the baseline.

    Raises ValueError for a senseless setting.
    """

    weight: float = 0.2
    memory: float = 200.0
    clip: float = 3.0
    most: float = 8.0
    least_spread: float = 0.001

    def __post_init__(self) -> None:
        between("weight", self.weight, 0.001, 1)
        between("memory", self.memory, 16, 1e6)
        between("clip", self.clip, 1, 100)
        between("most", self.most, 1, 1e6)
        between("least_spread", self.least_spread, 0, 1)


class Ewma(Chart):
    """After the contract of ``detector``. The statistic is the average in its own sigmas."""

    name = "ewma"
    method = 2
    kind = EWMA

    def __init__(self, parameters: EwmaParameters | None = None) -> None:
        self.parameters = p = parameters or EwmaParameters()
        super().__init__(p, rate=p.weight, memory=p.memory, clip=p.clip, most=p.most, least_spread=p.least_spread)
