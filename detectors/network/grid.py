"""The time grid of a forecast: fine steps first, coarse ones later."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def forecast_grid(
    horizon_h: float = 720.0, *, fine_until_h: float = 72.0, fine_h: float = 1.0, coarse_h: float = 6.0
) -> Floats:
    """Knots in hours from 0 to ``horizon_h``: every ``fine_h`` up to ``fine_until_h``, then every ``coarse_h``.

    >>> forecast_grid(12, fine_until_h=3, coarse_h=6).tolist()
    [0.0, 1.0, 2.0, 3.0, 9.0, 12.0]

    Raises ValueError for steps or horizons that are not positive.
    """
    if min(horizon_h, fine_h, coarse_h) <= 0:
        raise ValueError("horizon and steps must be positive hours")
    border = min(fine_until_h, horizon_h)
    fine = np.arange(0.0, border, fine_h)
    coarse = np.arange(border, horizon_h, coarse_h)
    return np.concatenate([fine, coarse, [horizon_h]])
