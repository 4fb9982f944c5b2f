"""Rows to learn from: the days of many plants above many lines, and when each next fell below, or how long it was watched without."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.plant.features import features
from detectors.plant.records import PlantDays
from detectors.plant.settings import ForecastSettings
from detectors.series.onsets import Days

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """``values`` of shape (rows, columns); ``plant`` and ``day`` say where a row is from. ``passage``: days until the ratio is below the line,
    infinite when it was not seen to; ``watched``: days known without a gap after the row. ``weight`` is the line's."""

    values: Days
    plant: Ints
    day: Ints
    passage: Days
    watched: Days
    weight: Days

    def of(self, chosen: NDArray[np.bool_]) -> "Rows":
        """The chosen rows; ``chosen`` has one flag per row."""
        return Rows(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def seen_until(self, last: int) -> "Rows":
        """Rows of days before ``last`` and what was known of them then: a passage on or after ``last`` has not been seen yet."""
        rows = self.of(self.day < last)
        left = (last - 1 - rows.day).astype(np.float64)
        passage = np.where(rows.passage <= left, rows.passage, np.inf)
        return Rows(rows.values, rows.plant, rows.day, passage, np.minimum(rows.watched, left), rows.weight)


def rows_to_learn(plants: Sequence[PlantDays], settings: ForecastSettings) -> Rows:
    """Rows of every line near enough to count, every ``row_step``-th day. ``plant`` is the index into ``plants``."""
    parts: list[Rows] = []
    for line in settings.lines:
        weight = settings.weight(line)
        if weight >= 0.03:
            parts += [_rows(p, k, line, weight, settings) for k, p in enumerate(plants)]
    return Rows(*(np.concatenate([getattr(p, name) for p in parts]) for name in Rows.__dataclass_fields__))


def columns_of(plant: PlantDays, line: float, settings: ForecastSettings) -> Days:
    """Features of every day, shape (days, columns); NaN where not known."""
    return np.stack(list(features(plant, line, settings.carried_days).values()), axis=1)


def _rows(plant: PlantDays, index: int, line: float, weight: float, settings: ForecastSettings) -> Rows:
    ratio = plant.ratio(settings.carried_days)
    days = np.arange(len(plant))
    is_used = (ratio >= line) & (ratio < line + settings.reach) & ((days + index) % settings.row_step == 0)
    passage, watched = _passage(ratio, line)
    return Rows(
        values=columns_of(plant, line, settings)[is_used],
        plant=np.full(int(is_used.sum()), index),
        day=days[is_used],
        passage=passage[is_used],
        watched=watched[is_used],
        weight=np.full(int(is_used.sum()), weight),
    )


def _passage(ratio: Days, line: float) -> tuple[Days, Days]:
    """Days until the ratio is below the line (infinite when not before the next gap), and days known before the next gap."""
    days = np.arange(len(ratio))
    below = _next(ratio < line) - days
    watched = _next(np.isnan(ratio), none=float(len(ratio))) - 1 - days
    return np.where(below <= watched, below, np.inf), watched


def _next(flags: NDArray[np.bool_], none: float = np.inf) -> Days:
    """The first day after each day on which the flag stands."""
    marks = np.where(flags, np.arange(len(flags), dtype=np.float64), np.inf)
    ahead = np.minimum.accumulate(marks[::-1])[::-1]
    return np.asarray(np.minimum(np.append(ahead[1:], np.inf), none))
