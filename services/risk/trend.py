"""Where a stock is heading by itself: the line through its last week, for places whose suppliers are not modelled."""

from collections.abc import Sequence

import numpy as np

from services.risk.evidence import HOUR_US

WINDOW_US = 7 * 24 * HOUR_US
LEAST_SPAN_US = 5 * 24 * HOUR_US


def hours_to(limit: float, points: Sequence[tuple[int, float]]) -> float | None:
    """Hours from the newest point until the line through the points (µs, value) falls to ``limit``; infinite when it does not fall.

    None when the points span less than five days, so that nothing can be said.
    """
    if len(points) < 3 or points[-1][0] - points[0][0] < LEAST_SPAN_US:
        return None
    hours = np.array([(t - points[-1][0]) / HOUR_US for t, _ in points])
    values = np.array([v for _, v in points])
    spread = hours - hours.mean()
    slope = float(spread @ values / (spread @ spread))
    newest = points[-1][1]
    if newest <= limit:
        return 0.0
    return (newest - limit) / -slope if slope < 0 else float("inf")
