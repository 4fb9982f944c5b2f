"""An alarm budget over all series: which p-values become alarms, so that false ones stay within what people can look at."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.calibration.discovery import rule_of
from detectors.series.calibration.layout import Floats, Integers
from detectors.series.calibration.spending import COUNTED, NUMBERS, REMEMBERED, SPENT, WHOLES, decide_rows

State = Mapping[str, NDArray[np.generic]]
Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class BudgetSettings:
    """``false_a_day``: false alarms a day that are allowed whatever happens. ``false_share``: of the alarms beyond, at most this share may be
    false. ``most_alpha``: no p-value above is ever an alarm. ``rule``: lord++, saffron or addis (``discovery``). ``first_wealth``: part of
    ``false_share`` given before the first rejection. ``quiet_rows``: an episode of a series ends after so many rows in a row above ``calm_p``.

    Raises ValueError for a senseless setting.
    """

    false_a_day: float = 5.0
    false_share: float = 0.1
    most_alpha: float = 1e-3
    rule: str = "addis"
    first_wealth: float = 0.0
    quiet_rows: int = 12
    calm_p: float = 0.05

    def __post_init__(self) -> None:
        rule_of(self.rule)
        if not 0 <= self.false_a_day <= 1e6:
            raise ValueError(f"false_a_day {self.false_a_day} is not between 0 and 1e6 alarms a day")
        if not 0 <= self.false_share < 1:
            raise ValueError(f"false_share {self.false_share} is not a share from 0 to below 1")
        if not 0 < self.most_alpha <= 1:
            raise ValueError(f"most_alpha {self.most_alpha} is not above 0 and up to 1")
        if not 0 <= self.first_wealth <= self.false_share:
            raise ValueError(f"first_wealth {self.first_wealth} is not between 0 and false_share ({self.false_share})")
        if not 0 <= self.quiet_rows <= 10_000:
            raise ValueError(f"quiet_rows {self.quiet_rows} is not between 0 and 10,000 rows")
        if not 0 < self.calm_p <= 1:
            raise ValueError(f"calm_p {self.calm_p} is not above 0 and up to 1")


@dataclass(frozen=True)
class Decisions:
    """One entry per row. ``is_alarm``: a new alarm. ``is_open``: the series is in an episode, this row included. ``level``: what p had to reach;
    0 for rows that were not tested (episode open, or p is NaN: nothing known)."""

    is_alarm: Truths
    is_open: Truths
    level: Floats


class AlarmBudget:
    """Decides rows in log order; the same rows in the same order give the same alarms, however cut into batches.

    The level of a test is today's part of ``false_a_day``, spread evenly over the tests expected until midnight (as many as yesterday), plus
    what earlier alarms earned (``discovery``). Levels depend on earlier rows only, so with p-values that are honest given the past the expected
    number of false alarms is at most ``false_a_day`` for each day plus ``false_share`` of the expected alarms. While an episode of a series is
    open its rows are no tests: they say the same again (T. Zrnic, A. Ramdas, M. Jordan, *Asynchronous Online Testing of Multiple Hypotheses*,
    JMLR 22, 2021, on why tests that hang together must not earn from each other).
    """

    bytes_per_series = 8

    def __init__(self, settings: BudgetSettings | None = None) -> None:
        self.settings = settings or BudgetSettings()
        self._rule = rule_of(self.settings.rule)
        self._open = np.zeros(0, np.int64)
        self._number = np.zeros(NUMBERS)
        self._whole = np.zeros(WHOLES, np.int64)
        self._rejected_at = np.zeros(REMEMBERED, np.int64)

    def __len__(self) -> int:
        """Number of slots."""
        return len(self._open)

    def grow(self, slots: int) -> None:
        """Have at least this many slots; new ones have no episode."""
        if slots > len(self):
            self._open = np.concatenate([self._open, np.zeros(slots - len(self), np.int64)])

    def forget(self, slots: Integers) -> None:
        """Close the episodes of these slots."""
        self._open[slots] = 0

    def decide(self, slots: Integers, known_us: Integers, p: Floats) -> Decisions:
        """Alarms among rows in log order. ``known_us``: when a row became known, in microseconds (a time that runs back is read as the newest).

        Raises IndexError for an unknown slot, ValueError for arrays of different length or p outside 0 to 1 (NaN is allowed: not tested).
        """
        if not len(slots) == len(known_us) == len(p):
            raise ValueError(f"{len(slots)} slots, {len(known_us)} times, {len(p)} p-values: equally many are right")
        if len(slots) and not 0 <= slots.min() <= slots.max() < len(self):
            raise IndexError(f"slot {slots.max()} is not one of the {len(self)} slots")
        if np.any((p < 0) | (p > 1)):
            raise ValueError("p-values below 0 or above 1 were given; 0 to 1 is right")
        s, rule = self.settings, self._rule
        made = Decisions(np.zeros(len(p), np.bool_), np.zeros(len(p), np.bool_), np.zeros(len(p)))
        rates = np.array([s.false_a_day, s.false_share, s.most_alpha, s.first_wealth, s.calm_p])
        decide_rows(
            (self._open, self._number, self._whole, self._rejected_at),
            (slots, known_us, p),
            rates,
            s.quiet_rows,
            (rule.candidate, rule.kept, rule.factor),
            rule.fading,
            (made.is_alarm, made.is_open, made.level),
        )
        return made

    @property
    def spent_today(self) -> float:
        """Expected false alarms spent of today's ``false_a_day``."""
        return float(self._number[SPENT])

    @property
    def tests_counted(self) -> int:
        """Tests counted so far by the rule."""
        return int(self._whole[COUNTED])

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of all state, for ``restore``."""
        return {
            "open": self._open.copy(),
            "number": self._number.copy(),
            "whole": self._whole.copy(),
            "rejected_at": self._rejected_at.copy(),
        }

    def restore(self, state: State) -> None:
        """Take over a snapshot. Raises ValueError when it was made by another version."""
        if np.shape(state["number"]) != (NUMBERS,) or np.shape(state["rejected_at"]) != (REMEMBERED,):
            raise ValueError(f"a snapshot of {np.shape(state['number'])} numbers was given; {(NUMBERS,)} is right")
        self._open = np.array(state["open"], np.int64)
        self._number = np.array(state["number"], np.float64)
        self._whole = np.array(state["whole"], np.int64)
        self._rejected_at = np.array(state["rejected_at"], np.int64)
