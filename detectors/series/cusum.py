"""Two-sided CUSUM: has the level of a series moved by more than a stated step? Many series at once.

Source: E. S. Page, *Continuous Inspection Schemes*, Biometrika 41 (1954) 100-115; J. Lucas, R. Crosier, *Robust CUSUM*, Communications in
Statistics 11 (1982) 2669-2687 (one far value alone is no change: values count up to a few sigmas).
"""

from dataclasses import dataclass

from detectors.series.chart import Chart
from detectors.series.chart_kernel import CUSUM
from detectors.series.slots import between


@dataclass(frozen=True)
class CusumParameters:
    """``allowance``: sigmas let pass each time, half the step to be found. ``ceiling``: sum beyond which nothing is added, so that a series that has
    come back is soon quiet. ``memory``: values after which the baseline has forgotten. ``clip``: most sigmas a value may move the baseline by.
    ``most``: sigmas beyond which a value counts no more. ``least_spread``: smallest sigma as a share of the baseline.

    Raises ValueError for a senseless setting.
    """

    allowance: float = 0.5
    ceiling: float = 30.0
    memory: float = 200.0
    clip: float = 3.0
    most: float = 5.0
    least_spread: float = 0.001

    def __post_init__(self) -> None:
        between("allowance", self.allowance, 0.01, 10)
        between("ceiling", self.ceiling, 1, 1e6)
        between("memory", self.memory, 16, 1e6)
        between("clip", self.clip, 1, 100)
        between("most", self.most, 1, 1e6)
        between("least_spread", self.least_spread, 0, 1)


class Cusum(Chart):
    """After the contract of ``detector``. The statistic is the larger of the two sums, in sigmas."""

    name = "cusum"
    method = 2
    kind = CUSUM

    def __init__(self, parameters: CusumParameters | None = None) -> None:
        self.parameters = p = parameters or CusumParameters()
        super().__init__(
            p,
            rate=p.allowance,
            memory=p.memory,
            clip=p.clip,
            most=p.most,
            least_spread=p.least_spread,
            ceiling=p.ceiling,
        )
