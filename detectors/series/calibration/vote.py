"""Several detectors vote: one p-value of all, and how much each of them contributed.

The p-values of detectors that look at the same series hang together, so they may not be multiplied as Fisher does. Three ways that stand it:
Cauchy (Y. Liu, J. Xie, *Cauchy Combination Test*, JASA 115, 2020: exact in the far tail under wide dependence), the harmonic mean (D. Wilson,
*The Harmonic Mean p-value*, PNAS 116, 2019, with the factor e ln K of V. Vovk, R. Wang, *Combining p-values via Averaging*, Biometrika 107,
2020: valid under any dependence), and Bonferroni (valid under any dependence).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.calibration.layout import Floats
from detectors.series.calibration.vote_kernel import combine_rows

WAYS = ("cauchy", "harmonic", "bonferroni")
"""In the order of the numbers that ``vote_kernel`` has for them."""
USUAL_WEIGHTS = {
    "robust_level": 1.0,
    "ewma": 0.4,
    "seasonal": 0.3,
    "cover_trend": 0.2,
    "cusum": 0.1,
    "page_hinkley": 0.1,
}
"""Shares of the false alarms of the vote that may come from each detector. Most for the one that sees sudden breaks best; little for charts that tell
the same lasting move of the level one after the other (C. Genovese, K. Roeder, L. Wasserman, *False Discovery Control with p-value Weighting*,
Biometrika 93, 2006: weights cost nothing where they are off, and gain where they are right)."""
OTHER_WEIGHT = 0.3
_CONTRIBUTES = 0.1


@dataclass(frozen=True)
class Vote:
    """``p``: one per row, NaN where no detector spoke. ``share``: rows by detectors, how much of the evidence each brought, 0 to 1, rows sum to 1
    (0 throughout where none spoke)."""

    p: Floats
    share: Floats

    @property
    def contributed(self) -> NDArray[np.bool_]:
        """Rows by detectors: those that brought a tenth of the evidence or more."""
        return np.asarray(self.share >= _CONTRIBUTES)


def vote(p: Floats, weight: Floats | None = None, way: str = "cauchy") -> Vote:
    """Combine ``p`` (rows by detectors; NaN where a detector says nothing). ``weight``: one per detector, equal without.

    Raises ValueError for an unknown way, weights that are not positive or not one per detector, p-values outside 0 to 1.

    >>> made = vote(np.array([[1e-6, 0.3, np.nan]]))
    >>> float(made.p[0].round(8)), made.share.round(2).tolist()
    (2e-06, [[1.0, 0.0, 0.0]])
    """
    if way not in WAYS:
        raise ValueError(f"way {way!r} is unknown; {', '.join(WAYS)} are right")
    detectors = p.shape[1]
    weight = np.ones(detectors) if weight is None else weight
    if weight.shape != (detectors,) or not np.all((weight > 0) & np.isfinite(weight)):
        raise ValueError(f"weights {weight} were given; a positive number for each of {detectors} detectors is right")
    if np.any((p < 0) | (p > 1)):
        raise ValueError("p-values below 0 or above 1 were given; 0 to 1 is right")
    combined, share = np.empty(len(p)), np.zeros(p.shape)
    combine_rows(np.ascontiguousarray(p), weight, WAYS.index(way), combined, share)
    return Vote(combined, share)
