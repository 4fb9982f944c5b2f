"""What probabilities are worth to somebody who decides by cost and loss (Richardson 2000, Q. J. R. Meteorol. Soc. 126, 649-667).

A page costs ``cost``, needed or not; a break that nobody was paged for costs ``loss``. With α = cost / loss, the mean expense of paging whenever the
forecast is at least a threshold, beside never or always paging (the better of both) and beside a perfect forecast, gives the value
V = (E_without - E_forecast) / (E_without - E_perfect): 1 perfect, 0 no better than the frequency alone, below 0 harmful.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Deciding:
    """Paging at or above each threshold (n,): ``hit_rate`` of the breaks, ``false_rate`` of the other cases; ``frequency`` of breaks."""

    threshold: Floats
    hit_rate: Floats
    false_rate: Floats
    frequency: float
    cases: float


def deciding(bins: Sequence[tuple[float, float, float]]) -> Deciding:
    """From reliability bins (mean probability, share that occurred, cases), in order. Raises ValueError without cases, for numbers that are no
    probabilities, or for bins out of order."""
    table = np.asarray(bins, dtype=np.float64).reshape(-1, 3)
    if (
        not len(table)
        or not np.all(np.isfinite(table))
        or np.any((table[:, :2] < 0) | (table[:, :2] > 1))
        or np.any(table[:, 2] <= 0)
    ):
        raise ValueError(f"{len(table)} bins of (probability, share, cases): finite ones with cases are right")
    if np.any(np.diff(table[:, 0]) < 0):
        raise ValueError("bins are not in the order of their probability")
    occurred, other = table[:, 1] * table[:, 2], (1 - table[:, 1]) * table[:, 2]
    above = np.cumsum(occurred[::-1])[::-1], np.cumsum(other[::-1])[::-1]
    return Deciding(
        threshold=table[:, 0],
        hit_rate=above[0] / max(float(occurred.sum()), 1e-12),
        false_rate=above[1] / max(float(other.sum()), 1e-12),
        frequency=float(occurred.sum() / table[:, 2].sum()),
        cases=float(table[:, 2].sum()),
    )


def value(rates: Deciding, alpha: Floats) -> Floats:
    """Value (thresholds, ratios) of paging at each threshold for each cost-loss ratio α in (0, 1). NaN where nothing ever breaks.

    >>> perfect = deciding([(0.0, 0.0, 90.0), (1.0, 1.0, 10.0)])
    >>> value(perfect, np.array([0.05, 0.3]))[1].tolist()
    [1.0, 1.0]
    """
    if np.any((alpha <= 0) | (alpha >= 1)):
        raise ValueError("ratios of cost to loss must lie between 0 and 1")
    s, hits, false = rates.frequency, rates.hit_rate[:, None], rates.false_rate[:, None]
    if not 0 < s < 1:
        return np.full((len(rates.threshold), len(alpha)), np.nan)
    spent = false * (1 - s) * alpha + hits * s * alpha + (1 - hits) * s
    without = np.minimum(alpha, s)
    return np.asarray((without - spent) / (without - s * alpha))


@dataclass(frozen=True)
class Choice:
    """The threshold that is worth most at a ratio, its value, and what it would do: share of breaks paged, false pages per page, pages per case."""

    alpha: float
    threshold: float
    value: float
    hit_rate: float
    false_share: float
    paged_share: float


def best_choice(rates: Deciding, cost: float, loss: float) -> Choice:
    """The choice for a false page of ``cost`` against a missed break of ``loss``, in the same unit. Raises ValueError unless 0 < cost < loss.

    >>> best_choice(deciding([(0.1, 0.1, 80.0), (0.6, 0.6, 20.0)]), 1.0, 4.0).threshold
    0.6
    """
    if not 0 < cost < loss:
        raise ValueError(f"cost {cost}, loss {loss}: a page must cost something, and less than a break")
    alpha = cost / loss
    values = value(rates, np.array([alpha]))[:, 0]
    best = int(np.nanargmax(values)) if np.any(np.isfinite(values)) else len(values) - 1
    paged = rates.hit_rate[best] * rates.frequency + rates.false_rate[best] * (1 - rates.frequency)
    false = rates.false_rate[best] * (1 - rates.frequency)
    return Choice(
        alpha=alpha,
        threshold=float(rates.threshold[best]),
        value=float(values[best]),
        hit_rate=float(rates.hit_rate[best]),
        false_share=float(false / paged) if paged > 0 else 0.0,
        paged_share=float(paged),
    )
