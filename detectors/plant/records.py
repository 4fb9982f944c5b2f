"""The days of one plant, checked."""

from dataclasses import dataclass

import numpy as np

from detectors.series.onsets import Days, carried_forward


@dataclass(frozen=True, eq=False)
class PlantDays:
    """One value per day and column, shape (days,); NaN where a day is not known. All in one unit of mass (receipts and burn per day).

    ``norm`` is the normal stock that the critical line is a share of; a norm of 0 means that the day has no line.
    Raises ValueError for columns of unequal length or with other than one dimension, for infinite and for negative values.
    """

    stock: Days
    receipts: Days
    burn: Days
    norm: Days

    def __post_init__(self) -> None:
        for name in ("stock", "receipts", "burn", "norm"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            if values.ndim != 1 or len(values) != len(self.stock):
                raise ValueError(
                    f"{name} has shape {values.shape}; it should have one value per day: ({len(self.stock)},)"
                )
            wrong = np.flatnonzero(np.isinf(values) | (values < 0))
            if len(wrong):
                day = int(wrong[0])
                raise ValueError(
                    f"{name} of day {day} is {values[day]}; it should be a finite number from 0 up, or NaN where not known"
                )
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        return len(self.stock)

    def until(self, day: int) -> "PlantDays":
        """The first ``day`` days."""
        return PlantDays(self.stock[:day], self.receipts[:day], self.burn[:day], self.norm[:day])

    def ratio(self, carried_days: int) -> Days:
        """Stock over norm; gaps of up to ``carried_days`` days are carried forward, NaN where not known or without norm."""
        has_norm = self.norm > 0
        return carried_forward(
            np.where(has_norm, self.stock / np.where(has_norm, self.norm, 1.0), np.nan), carried_days
        )
