"""Where a stock is heading by itself: the line through its last week, for places whose suppliers are not modelled."""

from collections.abc import Sequence

import numpy as np

from detectors.network.uncertainty import Floats
from services.risk.evidence import HOUR_US

WINDOW_US = 7 * 24 * HOUR_US
LEAST_SPAN_US = 5 * 24 * HOUR_US


def hours_to(limit: float, points: Sequence[tuple[int, float]], draws: Floats) -> Floats | None:
    """Hours from the newest point until the line through the points (µs, value) falls to ``limit``, one per draw (standard normal numbers) of its
    slope within the uncertainty of the fit; infinite when it does not fall. None when the points span less than five days.
    """
    if len(points) < 3 or points[-1][0] - points[0][0] < LEAST_SPAN_US:
        return None
    hours = np.array([(t - points[-1][0]) / HOUR_US for t, _ in points])
    values = np.array([v for _, v in points])
    spread = hours - hours.mean()
    slope = float(spread @ values / (spread @ spread))
    miss = values - values.mean() - slope * spread
    error = float(np.sqrt(miss @ miss / max(len(points) - 2, 1) / (spread @ spread)))
    newest = points[-1][1]
    if newest <= limit:
        return np.zeros(len(draws))
    fall = -(slope + error * draws)
    found = np.full(len(draws), np.inf)
    np.divide(newest - limit, fall, out=found, where=fall > 0)
    return found
