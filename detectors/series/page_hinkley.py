"""Page-Hinkley test, two-sided: has the mean changed since it was last taken to have changed? Many series at once.

Source: D. Hinkley, *Inference about the change-point from cumulative sum tests*, Biometrika 58 (1971) 509-523; J. Gama and others, *A survey on
concept drift adaptation*, ACM Computing Surveys 46 (2014), 44 (the test against a running mean, which begins anew after a change).
"""

from dataclasses import dataclass

from detectors.series.chart import Chart
from detectors.series.chart_kernel import PAGE_HINKLEY
from detectors.series.slots import between


@dataclass(frozen=True)
class PageHinkleyParameters:
    """``tolerance``: sigmas let pass each time. ``threshold``: sum at which the series is taken to have changed, and is learnt anew.
    ``memory``: values after which the mean has forgotten. ``clip``: most sigmas a value may move the mean by. ``most``: sigmas beyond which a value
    counts no more. ``least_spread``: smallest sigma as a share of the mean.

    Raises ValueError for a senseless setting.
    """

    tolerance: float = 0.25
    threshold: float = 60.0
    memory: float = 10_000.0
    clip: float = 3.0
    most: float = 5.0
    least_spread: float = 0.001

    def __post_init__(self) -> None:
        between("tolerance", self.tolerance, 0.001, 10)
        between("threshold", self.threshold, 1, 1e6)
        between("memory", self.memory, 16, 1e9)
        between("clip", self.clip, 1, 100)
        between("most", self.most, 1, 1e6)
        between("least_spread", self.least_spread, 0, 1)


class PageHinkley(Chart):
    """After the contract of ``detector``. The statistic is the larger of the two sums, in sigmas; after a change the series warms up again."""

    name = "page_hinkley"
    method = 2
    kind = PAGE_HINKLEY

    def __init__(self, parameters: PageHinkleyParameters | None = None) -> None:
        self.parameters = p = parameters or PageHinkleyParameters()
        super().__init__(
            p,
            rate=p.tolerance,
            memory=p.memory,
            clip=p.clip,
            most=p.most,
            least_spread=p.least_spread,
            restart=p.threshold,
        )
