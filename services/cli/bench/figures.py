"""Figures of a bench: percentiles where what never came counts as infinite."""

import math
from collections.abc import Sequence

Figures = dict[str, float]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of all lie (nearest rank, so that an infinite value never mixes with a finite one).

    >>> percentile([1.0, 2.0, 3.0, math.inf], 0.5), percentile([1.0, math.inf], 0.95)
    (2.0, inf)

    Raises ValueError without values.
    """
    if not values:
        raise ValueError("no values were given; at least one is right")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def delays(sent: dict[tuple[str, str], float], arrived: dict[tuple[str, str], float]) -> list[float]:
    """Seconds from sending to arrival per key; infinite where nothing arrived."""
    return [arrived.get(key, math.inf) - at for key, at in sent.items()]
