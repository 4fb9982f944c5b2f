"""When reports come: not at all, twice, or with a wrong time.

*Silence*: the cadence of a series is the median of its last intervals; silent is what has not come for several cadences and longer than it ever
stayed away lately. It begins at a moment that follows from the rows alone; who has a clock asks ``overdue`` and hears of it then, else the row that
ends it tells. *Duplicate*: the same time and value again, or two values for one time in one go; a new value for an old time that comes later
is a revision and no defect. *Clock skew*: the time a row claims moved against the time it arrived. When rows go on arriving in step while their
times jump, the clock is wrong; when times stay in step and rows arrive late, they are late, which is no defect of values; a time in the future is
always wrong.

Medians of short windows as in I. Mills, *Computer network time synchronization*, CRC 2010, ch. 3 (clock filter).
"""

from dataclasses import dataclass

import numpy as np

from detectors.series.detector import NEVER_US, Floats, Integers, Truths
from detectors.series.quality.record_slots import RecordSlots, blank_record
from detectors.series.quality.reports import Reports, Verdicts
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


@dataclass(frozen=True)
class Silences:
    """Silences, one entry per row or slot. ``from_us``: when the series had stayed away long enough to say so (0: there is none); by then it had
    missed so many cadences; ``due_us``: when the first missing report was due. All follow from the rows before: a clock that is asked only lets it be
    told sooner than by the row that ends it."""

    from_us: Integers
    missed: Floats
    due_us: Integers

    @classmethod
    def none(cls, rows: int) -> "Silences":
        """No silence anywhere."""
        return cls(np.zeros(rows, np.int64), np.zeros(rows), np.zeros(rows, np.int64))

    def __len__(self) -> int:
        return len(self.from_us)

    def of(self, rows: Integers) -> "Silences":
        """These entries alone."""
        return Silences(self.from_us[rows], self.missed[rows], self.due_us[rows])


@dataclass(frozen=True)
class Timed:
    """One entry per row. ``is_new``: it says something of a new time; ``is_late``: of an older time, and is no repeat: late, or a correction.
    ``silences`` that the row ends and that nobody was told of."""

    verdicts: Verdicts
    is_new: Truths
    is_late: Truths
    silences: Silences


class Timing(RecordSlots):
    """Finds SILENCE, DUPLICATE and CLOCK_SKEW.

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
        super().__init__("timing", "2", self.settings, blank)

    def judge(self, reports: Reports) -> Timed:
        """Judge and learn rows in order."""
        n = len(reports)
        made, silences = Verdicts.none(n), Silences.none(n)
        is_new, is_late = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        judge_rows(
            self.state, reports.slots, reports.observed_us, reports.known_us, reports.values, self._numbers(),
            made.kind, made.event, made.since_us, made.evidence, made.shift_us, is_new, is_late,
            silences.from_us, silences.missed, silences.due_us,
        )  # fmt: skip
        return Timed(made, is_new, is_late, silences)

    def overdue(self, now_us: int, slots: Integers | None = None) -> tuple[Integers, Silences]:
        """Slots (of all, or of these) that have fallen silent by now and had not been told so; their next report ends the silence."""
        asked = np.arange(len(self)) if slots is None else slots
        found = Silences.none(len(asked))
        find_silent(self.state, asked, now_us, self._numbers(), found.from_us, found.missed, found.due_us)
        there = np.flatnonzero(found.from_us)
        return asked[there], found.of(there)

    def _numbers(self) -> Floats:
        s = self.settings
        return np.array([s.warm_up, s.least_skew_us / 1e6, s.silent_cadences])
