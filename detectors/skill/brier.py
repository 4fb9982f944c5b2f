"""Brier score, Brier skill and reliability, as sums that add up over scenarios (Brier 1950; skill 1 - BS/BS of the reference)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HORIZONS_H = (24, 72, 168, 336)
EDGES = (0.0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BrierSums:
    """Sums of one scenario: ``squared`` forecasters × horizons; ``cases`` and ``occurred`` per horizon; ``bins`` forecasters × horizons × bins × 3
    (cases, sum of probability, occurred)."""

    squared: Floats
    cases: Floats
    occurred: Floats
    bins: Floats


def brier_sums(probability: Floats, hours: Floats, left_h: Floats, horizons: Sequence[int] = HORIZONS_H) -> BrierSums:
    """Sums of cases. ``probability`` forecasters × cases × horizons; ``hours`` to the event (infinite: none) and ``left_h`` of the record, per case.

    A horizon beyond the end of the record is left out. Raises ValueError for another shape, or a probability that is no number in [0, 1].
    """
    if probability.shape[1:] != (len(hours), len(horizons)) or left_h.shape != hours.shape:
        raise ValueError(
            f"probability {probability.shape}, hours {hours.shape}, left_h {left_h.shape}: (forecasters, n, {len(horizons)}), (n,), (n,) are right"
        )
    if not np.all((probability >= 0) & (probability <= 1)):
        raise ValueError("probabilities must be numbers in [0, 1]; some are not, or are NaN")
    forecasters = len(probability)
    squared, cases, occurred = np.zeros((forecasters, len(horizons))), np.zeros(len(horizons)), np.zeros(len(horizons))
    bins = np.zeros((forecasters, len(horizons), len(EDGES) - 1, 3))
    for h, horizon in enumerate(horizons):
        is_known = left_h >= horizon
        came = (hours[is_known] <= horizon).astype(np.float64)
        given = probability[:, is_known, h]
        cases[h], occurred[h] = len(came), came.sum()
        squared[:, h] = ((given - came) ** 2).sum(axis=1)
        place = np.clip(np.searchsorted(EDGES, given, side="right") - 1, 0, len(EDGES) - 2)
        for f in range(forecasters):
            for i, weight in enumerate((np.ones_like(came), given[f], came)):
                bins[f, h, :, i] = np.bincount(place[f], weight, minlength=len(EDGES) - 1)
    return BrierSums(squared, cases, occurred, bins)


def brier_scores(sums: Sequence[BrierSums]) -> Floats:
    """Mean squared error, forecasters × horizons, over the sum of all; NaN without cases."""
    cases = np.sum([s.cases for s in sums], axis=0)
    squared: Floats = np.sum([s.squared for s in sums], axis=0)
    return np.where(cases > 0, squared / np.maximum(cases, 1.0), np.nan)


def brier_skill(score: float, reference: float) -> float:
    """1 - score / reference: 1 perfect, 0 no better than the reference. Two perfect ones have skill 1; NaN against a reference that is NaN.

    >>> brier_skill(0.0, 0.25), brier_skill(0.25, 0.25), brier_skill(0.5, 0.25)
    (1.0, 0.0, -1.0)
    """
    if score == 0:
        return 1.0
    return 1.0 - score / reference if reference > 0 else float("-inf") if reference == 0 else float("nan")
