"""When reports come: not at all, twice, or with a wrong time.

*Silence*: the cadence of a series is the median of its last intervals; silent is what has not come for several cadences and longer than it ever
stayed away lately. *Duplicate*: the same time and value again, or two values for one time in one go; a new value for an old time that comes later
is a revision and no defect. *Clock skew*: the time a row claims moved against the time it arrived. When rows go on arriving in step while their
times jump, the clock is wrong; when times stay in step and rows arrive late, they are late, which is no defect of values; a time in the future is
always wrong.

Medians of short windows as in I. Mills, *Computer network time synchronization*, CRC 2010, ch. 3 (clock filter).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.detector import NEVER_US, Integers
from detectors.series.quality.kinds import Event, Kind
from detectors.series.quality.reports import Reports, Verdicts
from detectors.series.quality.slots import Slots, blank_record
from detectors.series.quality.timing_kernel import MARKS, WINDOW, find_silent, judge_rows

HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class TimingSettings:
    """``warm_up``: intervals seen before the first verdict. ``silent_cadences``: a series that stays away so many is silent. ``least_skew_us``: a
    clock may be wrong by so much.

    Raises ValueError for a senseless setting.
    """

    warm_up: int = 5
    silent_cadences: float = 2.6
    least_skew_us: int = 300_000_000

    def __post_init__(self) -> None:
        if not 2 <= self.warm_up <= WINDOW:
            raise ValueError(f"warm_up {self.warm_up} is not between 2 and {WINDOW}")
        if not self.silent_cadences >= 1.5:
            raise ValueError(f"silent_cadences {self.silent_cadences} are not at least 1.5")
        if not self.least_skew_us > 0:
            raise ValueError(f"least_skew_us {self.least_skew_us} is not above 0")


class Timing(Slots):
    """Finds SILENCE (asked with ``overdue``), DUPLICATE and CLOCK_SKEW.

    Evidence: cadences without a report; how often the row is there; hours by which the clock is wrong. Reaches MARKS reports back for duplicates.
    """

    def __init__(self, settings: TimingSettings | None = None) -> None:
        self.settings = settings or TimingSettings()
        fields = [
            ("marks", "u4", (MARKS,)),
            ("moments", "u4", (MARKS,)),
            ("gaps", "f4", (WINDOW,)),
            ("lags", "f4", (WINDOW,)),
            ("newest_us", "i8"),
            ("arrived_us", "i8"),
            ("before_us", "i8"),
            ("since_us", "i8"),
            ("shift_us", "i8"),
            ("longest_s", "f4"),
            ("seen", "i4"),
            ("rows", "i4"),
            ("twice", "i4"),
            ("offset_s", "f4"),
            ("in_step", "i1"),
            ("is_silent", "i1"),
            ("kind", "i1"),
        ]
        blank = blank_record(fields, newest_us=NEVER_US, arrived_us=NEVER_US, before_us=NEVER_US)
        super().__init__("timing", "1", self.settings, blank)

    def judge(self, reports: Reports) -> tuple[Verdicts, NDArray[np.bool_]]:
        """Judge and learn rows in order. The second is true for rows that say something new of a new time: only these may be learnt as values."""
        made, is_new = Verdicts.none(len(reports)), np.zeros(len(reports), np.bool_)
        s = self.settings
        numbers = np.array([s.warm_up, s.least_skew_us / 1e6])
        judge_rows(
            self.state, reports.slots, reports.observed_us, reports.known_us, reports.values, numbers,
            made.kind, made.event, made.since_us, made.evidence, made.shift_us, is_new,
        )  # fmt: skip
        return made, is_new

    def overdue(self, now_us: int) -> tuple[Integers, Verdicts]:
        """Slots that have fallen silent by now and had not been told so, with one verdict each; their next report closes the finding."""
        s = self.settings
        evidence, since_us = np.full(len(self), np.nan), np.zeros(len(self), np.int64)
        find_silent(self.state, now_us, np.array([s.warm_up, s.silent_cadences]), evidence, since_us)
        slots = np.flatnonzero(np.isfinite(evidence))
        made = Verdicts.none(len(slots))
        made.kind[:], made.event[:] = int(Kind.SILENCE), int(Event.OPENED)
        made.since_us[:], made.evidence[:] = since_us[slots], evidence[slots]
        return slots, made
