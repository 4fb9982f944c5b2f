"""Values that were told before: a gauge that is stuck, a quote that is frozen, an earlier period sent again.

*Stuck*: a run of equal values, longer than chance allows. The chance that a value repeats the one before is learnt per series (Beta prior), and so
is the longest run that was normal, so that a series that often stands still is left alone; zero never counts, for a plant that stopped tells zeros.

*Copied*: a stretch whose values equal those of an earlier stretch one by one. Values are kept as 16-bit fingerprints (R. Karp, M. Rabin, *Efficient
randomized pattern-matching algorithms*, IBM J. Res. Dev. 31 (1987) 249-260); the chances that a value is found at a given distance at all, and that
the next one is found there too, are learnt per series, so that coarse counts and true daily patterns repeat unharmed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.detector import NEVER_US, Floats
from detectors.series.quality.record_slots import RecordSlots, blank_record
from detectors.series.quality.repeat_kernel import RING, judge_rows
from detectors.series.quality.reports import Reports, Verdicts


@dataclass(frozen=True)
class RepeatSettings:
    """``warm_up``: values seen before the first verdict. ``stuck_chance`` and ``copied_chance``: chance below which a run is no accident.

    Raises ValueError for a senseless setting.
    """

    warm_up: int = 12
    stuck_chance: float = 3e-5
    copied_chance: float = 1e-5

    def __post_init__(self) -> None:
        if not 4 <= self.warm_up <= RING:
            raise ValueError(f"warm_up {self.warm_up} is not between 4 and {RING}")
        for name in ("stuck_chance", "copied_chance"):
            if not 0 < getattr(self, name) <= 0.01:
                raise ValueError(f"{name} {getattr(self, name)} is not between 0 and 0.01")


class Repeat(RecordSlots):
    """Finds STUCK (FROZEN_QUOTE for prices) and STALE_COPY. Evidence: the number of equal values; for a copy, how many reports back it was taken.

    Reaches RING reports back.
    """

    def __init__(self, settings: RepeatSettings | None = None) -> None:
        self.settings = settings or RepeatSettings()
        fields = [
            ("ring", "u2", (RING,)),
            ("last", "f8"),
            ("last_us", "i8"),
            ("run_us", "i8"),
            ("since_us", "i8"),
            ("seen", "i4"),
            ("run", "i4"),
            ("ties", "f4"),
            ("moves", "f4"),
            ("longest", "f4"),
            ("found", "f4"),
            ("asked", "f4"),
            ("high", "f4"),
            ("grain", "f4"),
            ("swing", "f4"),
            ("went_on", "f4"),
            ("could", "f4"),
            ("length", "i2"),
            ("distance", "i2"),
            ("kind", "i1"),
        ]
        super().__init__("repeat", "1", self.settings, blank_record(fields, last_us=NEVER_US))

    def judge(self, reports: Reports, is_fed: NDArray[np.bool_], nature: NDArray[np.int8], moved: Floats) -> Verdicts:
        """Judge and learn rows in order; rows not fed are passed over. ``nature`` is by slot. ``moved`` is by row: how much a stock must have moved
        since it last changed, as a share of itself, by what came and left (NaN: not known); one that had no cause to move is not stuck."""
        made, s = Verdicts.none(len(reports)), self.settings
        numbers = np.array([s.warm_up, s.stuck_chance, s.copied_chance])
        judge_rows(
            self.state, reports.slots, reports.observed_us, reports.values, is_fed, nature, moved, numbers,
            made.kind, made.event, made.since_us, made.evidence,
        )  # fmt: skip
        return made
