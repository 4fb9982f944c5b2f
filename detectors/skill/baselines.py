"""Simple forecasts that a good one must beat. Each is fitted on training scenarios alone and then only looked up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import IsotonicRegression

from detectors.skill.brier import HORIZONS_H

MOST = 1e9
_PRIOR_CASES = 500.0

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Isotonic:
    """Probability that grows with a risk number, per horizon: points of a line (``risk``, ``probability``), and ``unknown`` where the risk is NaN.

    Pool-adjacent-violators (Barlow et al. 1972), linear between the points.
    """

    risk: tuple[tuple[float, ...], ...]
    probability: tuple[tuple[float, ...], ...]
    unknown: tuple[float, ...]

    @staticmethod
    def fitted(risk: Floats, hours: Floats, left_h: Floats, horizons: Sequence[int] = HORIZONS_H) -> "Isotonic":
        """Fit on cases: risk (higher is worse, may be infinite, NaN unknown), hours to the event, hours left of the record.

        Raises ValueError when shapes differ or no case is verified at some horizon.
        """
        if not risk.shape == hours.shape == left_h.shape:
            raise ValueError(f"risk {risk.shape}, hours {hours.shape}, left_h {left_h.shape} must have one shape (n,)")
        lines = [_line(risk, hours, left_h, horizon) for horizon in horizons]
        return Isotonic(tuple(x[0] for x in lines), tuple(x[1] for x in lines), tuple(x[2] for x in lines))

    def of(self, risk: Floats) -> Floats:
        """Probabilities, cases × horizons."""
        finite = np.clip(risk, -MOST, MOST)
        columns = [
            np.where(np.isnan(risk), unknown, np.interp(finite, x, y))
            for x, y, unknown in zip(self.risk, self.probability, self.unknown, strict=True)
        ]
        return np.stack(columns, axis=1)


def _line(
    risk: Floats, hours: Floats, left_h: Floats, horizon: int
) -> tuple[tuple[float, ...], tuple[float, ...], float]:
    is_verified = left_h >= horizon
    if not is_verified.any():
        raise ValueError(f"no training case is followed for {horizon} h; longer training scenarios are wanted")
    came = (hours[is_verified] <= horizon).astype(np.float64)
    given = np.clip(risk[is_verified], -MOST, MOST)
    is_unknown = np.isnan(given)
    rate = float(came.mean())
    unknown = (float(came[is_unknown].sum()) + rate) / (float(is_unknown.sum()) + 1.0)
    if is_unknown.all():
        return (0.0,), (rate,), unknown
    fit = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(given[~is_unknown], came[~is_unknown])
    return tuple(fit.X_thresholds_.tolist()), tuple(fit.y_thresholds_.tolist()), unknown


@dataclass(frozen=True)
class Climatology:
    """How often events came in training by group (kind of place) and season: ``rate`` groups × seasons × horizons."""

    rate: tuple[tuple[tuple[float, ...], ...], ...]

    @staticmethod
    def fitted(
        group: Ints,
        season: Ints,
        hours: Floats,
        left_h: Floats,
        shape: tuple[int, int],
        horizons: Sequence[int] = HORIZONS_H,
    ) -> "Climatology":
        """Fit on cases. ``shape``: number of groups and of seasons. Rare cells lean on the rate of all (500 cases worth of it)."""
        table = np.zeros((*shape, len(horizons)))
        for h, horizon in enumerate(horizons):
            is_verified = left_h >= horizon
            came = (hours[is_verified] <= horizon).astype(np.float64)
            cell = group[is_verified] * shape[1] + season[is_verified]
            count = np.bincount(cell, minlength=shape[0] * shape[1])
            hits = np.bincount(cell, came, minlength=shape[0] * shape[1])
            overall = float(came.mean()) if len(came) else 0.0
            table[:, :, h] = ((hits + _PRIOR_CASES * overall) / (count + _PRIOR_CASES)).reshape(shape)
        return Climatology(tuple(tuple(tuple(cell) for cell in row) for row in table.tolist()))

    def of(self, group: Ints, season: Ints) -> Floats:
        """Probabilities, cases × horizons."""
        found: Floats = np.array(self.rate)[group, season]
        return found


def hours_by_line(hours: Floats, margin: Floats, window_h: float = 168.0, least_h: float = 96.0) -> Floats:
    """Hours until the line through the last ``window_h`` of each margin reaches 0: infinite when it does not fall, 0 when it is there, NaN when the
    known points span less than ``least_h``. ``margin`` is issues × accounts (amount left to the limit, NaN unknown); ``hours`` per issue, rising.
    """
    found = np.full(margin.shape, np.nan)
    for row, now in enumerate(hours.tolist()):
        first = int(np.searchsorted(hours, now - window_h))
        found[row] = _reach(hours[first : row + 1] - now, margin[first : row + 1], least_h)
    return found


def _reach(age: Floats, margin: Floats, least_h: float) -> Floats:
    is_known = ~np.isnan(margin)
    count = is_known.sum(axis=0)
    times = np.where(is_known, age[:, None], 0.0)
    values = np.where(is_known, margin, 0.0)
    span = -np.where(is_known, age[:, None], 0.0).min(axis=0)
    safe = np.maximum(count, 1)
    spread = np.where(is_known, age[:, None] - times.sum(axis=0) / safe, 0.0)
    weight = (spread**2).sum(axis=0)
    slope = (spread * values).sum(axis=0) / np.where(weight > 0, weight, 1.0)
    newest = np.where(is_known[-1], margin[-1], values.sum(axis=0) / safe)
    reach = np.where(slope < 0, np.maximum(newest, 0.0) / np.where(slope < 0, -slope, 1.0), np.inf)
    reach = np.where(newest <= 0, 0.0, reach)
    return np.where((count >= 3) & (span >= least_h), reach, np.nan)
