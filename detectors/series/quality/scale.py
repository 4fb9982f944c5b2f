"""Values in the wrong place: told in another unit, with the point slipped, or beyond what can be.

A value that leaves its series behind has four explanations: the world did that, the unit was changed, the point slipped, or it cannot be. Each is a
hypothesis with a prior and a density, and the odds between them decide (Bayes factors: R. Kass, A. Raftery, *Bayes Factors*, JASA 90 (1995) 773-795).
The density of normal values is a mixture of Student t around the last value and around the median of the last values; that of a crisis depends on
what the series measures (see ``_of_crisis``): a rate may stop within a report, a stock moves no faster than goods come and go, a price seldom
halves. So a mine that stops is a crisis, a mine told at exactly a hundredth of its usual output is not.

What the odds leave open waits one row: a lone fall to a tenth and back is a slip; what stays is true. A scale that lasts three rows is a unit switch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.detector import NEVER_US, Floats
from detectors.series.quality.record_slots import RecordSlots, blank_record
from detectors.series.quality.reports import Reports, Verdicts
from detectors.series.quality.scale_kernel import judge_rows
from detectors.series.quality.scale_odds import RING


@dataclass(frozen=True)
class ScaleSettings:
    """``warm_up``: values seen before the first verdict. ``odds``: by how much an error must be likelier than the truth. ``slip_prior`` and
    ``crisis_prior``: share of rows at which an error or a crisis begins. ``adopt_after``: rows after which a new unit counts as the right one.

    Raises ValueError for a senseless setting.
    """

    warm_up: int = 10
    odds: float = 10.0
    slip_prior: float = 6e-3
    crisis_prior: float = 2e-3
    adopt_after: int = 14

    def __post_init__(self) -> None:
        if not 4 <= self.warm_up <= RING:
            raise ValueError(f"warm_up {self.warm_up} is not between 4 and {RING}")
        if not self.odds >= 1:
            raise ValueError(f"odds {self.odds} are not at least 1")
        for name in ("slip_prior", "crisis_prior"):
            if not 0 < getattr(self, name) < 0.1:
                raise ValueError(f"{name} {getattr(self, name)} is not between 0 and 0.1")
        if self.adopt_after < 4:
            raise ValueError(f"adopt_after {self.adopt_after} is not at least 4")


class Scale(RecordSlots):
    """Finds UNIT_SWITCH, DECIMAL_SLIP and IMPOSSIBLE_JUMP, value by value in log scale. Evidence: the value told over the value before."""

    def __init__(self, settings: ScaleSettings | None = None) -> None:
        self.settings = settings or ScaleSettings()
        fields = [
            ("ring", "f4", (RING,)),
            ("seen", "i4"),
            ("last", "f8"),
            ("last_us", "i8"),
            ("cadence_us", "f8"),
            ("high", "f8"),
            ("since_us", "i8"),
            ("doubted", "f8", (3,)),
            ("doubted_us", "i8", (3,)),
            ("against_normal", "f8"),
            ("against_crisis", "f8"),
            ("jump", "f8"),
            ("rows", "i4"),
            ("power", "i1"),
            ("doubt_power", "i1"),
            ("doubts", "i1"),
            ("kind", "i1"),
            ("is_signed", "i1"),
            ("zeros", "f4"),
        ]
        super().__init__("scale", "1", self.settings, blank_record(fields, last_us=NEVER_US))

    def judge(
        self,
        reports: Reports,
        is_fed: NDArray[np.bool_],
        is_asked: NDArray[np.bool_],
        nature: NDArray[np.int8],
        through: Floats,
    ) -> Verdicts:
        """Judge and learn rows in order; rows not fed are passed over, those asked about are judged as if they came next, and not learnt. ``nature``
        and ``through`` are by slot: what is measured (Nature), and, for stocks, what usually goes through per day (NaN: not known)."""
        made, s = Verdicts.none(len(reports)), self.settings
        numbers = np.array([s.warm_up, s.odds, s.slip_prior, s.crisis_prior, s.adopt_after])
        judge_rows(
            self.state, self._blank.copy(), reports.slots, reports.observed_us, reports.values, is_fed, is_asked, nature, through, numbers,
            made.kind, made.event, made.since_us, made.evidence, made.factor,
        )  # fmt: skip
        return made
