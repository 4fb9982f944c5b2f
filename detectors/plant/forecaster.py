"""The forecaster of single plants, and what it says of one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.plant.hazard import Hazard
from detectors.plant.records import PlantDays
from detectors.plant.rows import Rows, columns_of, rows_to_learn
from detectors.plant.settings import HORIZON_DAYS, ForecastSettings
from detectors.plant.trees import TREE_DAYS, Trees
from detectors.series.onsets import Days

_HOURS = 24.0


@dataclass(frozen=True)
class PlantOutlook:
    """Time until the stock is below the critical line, hours from the end of the day; infinite means later than 30 d. Chances from 0 to 1.

    All are NaN where the stock or the norm of the day is not known.
    """

    p10_h: float
    p50_h: float
    p90_h: float
    within_24_h: float
    within_72_h: float
    within_7_d: float
    within_14_d: float


class PlantForecaster:
    """Learns from the days of many plants, tells of any. Raises ValueError on bad input, and when asked before it has learnt."""

    def __init__(self, settings: ForecastSettings | None = None) -> None:
        self.settings = ForecastSettings() if settings is None else settings
        self._models: tuple[Hazard, Trees] | None = None

    def fit(self, plants: Sequence[PlantDays]) -> "PlantForecaster":
        """Learn from all days given; give only days that are past (``PlantDays.until``)."""
        if not plants:
            raise ValueError("no plants to learn from; there should be at least one")
        return self.fit_rows(rows_to_learn(plants, self.settings))

    def fit_rows(self, rows: Rows) -> "PlantForecaster":
        """Learn from rows made before."""
        s = self.settings
        self._models = Hazard(s.strength).fit(rows), Trees(s.trees, s.leaf).fit(rows)
        return self

    def daily(self, plant: PlantDays) -> Days:
        """Chance of falling below the line on each of the next 30 days, seen from every day: shape (days, 30).

        Far above the line it is 0, on a critical day NaN as on an unknown one.
        """
        return self.dailies([plant], self.settings.critical)[0]

    def dailies(self, plants: Sequence[PlantDays], line: float) -> list[Days]:
        """As ``daily``, for many plants at once (much faster) and for any line."""
        if self._models is None:
            raise ValueError("the forecaster has learnt nothing yet; call fit first")
        s = self.settings
        ratios = [plant.ratio(s.carried_days) for plant in plants]
        told = [np.where(r[:, None] >= line, 0.0, np.full((len(r), HORIZON_DAYS), np.nan)) for r in ratios]
        near = [(r >= line) & (r < line + s.reach) for r in ratios]
        if any(flags.any() for flags in near):
            hazard, trees = self._models
            values = np.concatenate([columns_of(p, line, s)[n] for p, n in zip(plants, near, strict=True)])
            parts = np.split(
                _joined(hazard.daily(values), trees.daily(values)), np.cumsum([n.sum() for n in near])[:-1]
            )
            for chances, flags, part in zip(told, near, parts, strict=True):
                chances[flags] = part
        return told

    def outlook(self, plant: PlantDays) -> PlantOutlook:
        """What is expected after the plant's last day."""
        if not len(plant):
            raise ValueError("the plant has no days; there should be at least one")
        if plant.ratio(self.settings.carried_days)[-1] < self.settings.critical:
            return PlantOutlook(0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0)
        return outlook_of(self.daily(plant)[-1])


def _joined(hazard: Days, trees: Days) -> Days:
    """The mean of both for as long as the trees tell; from there on the hazard's course among those not yet below the line."""
    near = (hazard[:, :TREE_DAYS] + trees) / 2
    alive = 1 - near.sum(axis=1)
    alive_by_hazard = np.maximum(1 - hazard[:, :TREE_DAYS].sum(axis=1), 1e-9)
    return np.concatenate([near, hazard[:, TREE_DAYS:] * (alive / alive_by_hazard)[:, None]], axis=1)


def outlook_of(daily: Days) -> PlantOutlook:
    """From the chances of the next 30 days, shape (30,). Times lie between days in proportion."""
    reached = np.cumsum(daily)
    return PlantOutlook(
        p10_h=_time_to(reached, 0.1),
        p50_h=_time_to(reached, 0.5),
        p90_h=_time_to(reached, 0.9),
        within_24_h=float(reached[0]),
        within_72_h=float(reached[2]),
        within_7_d=float(reached[6]),
        within_14_d=float(reached[13]),
    )


def _time_to(reached: Days, share: float) -> float:
    if np.isnan(reached[-1]):
        return float("nan")
    if reached[-1] < share:
        return float("inf")
    day = int(np.argmax(reached >= share))
    before = reached[day - 1] if day else 0.0
    return _HOURS * float(day + (share - before) / (reached[day] - before))
