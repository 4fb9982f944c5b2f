"""From possible futures to what is expected of one account: when, how probable, how much is lost.

Times are quantiles over scenarios; a scenario in which the limit is not reached counts as later than the horizon. A probability is the
share of scenarios, never quite 0 or 1 (a quarter of a scenario is left), then taken through a recalibration map: a monotone curve
fitted on other data (isotonic regression), with a version; the identity when none is given.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

HORIZONS_H = (24.0, 72.0, 168.0, 336.0, 720.0)
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Recalibration:
    """A monotone map of probability: through (``given``, ``true``) on straight lines, per horizon. ``version`` names where it came from.

    Raises ValueError for knots that do not rise from within 0 to 1.
    """

    version: str = "identity"
    given: tuple[tuple[float, ...], ...] = ()
    true: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(self.given) != len(self.true) or any(
            len(g) != len(t) for g, t in zip(self.given, self.true, strict=False)
        ):
            raise ValueError("a recalibration needs as many true as given knots, for each horizon")
        for knots in (*self.given, *self.true):
            if any(not 0 <= x <= 1 for x in knots) or list(knots) != sorted(knots):
                raise ValueError(f"recalibration knots {knots}: rising numbers from 0 to 1 are right")

    def of(self, horizon: int, probability: Floats) -> Floats:
        """Probabilities of the horizon with this number, recalibrated."""
        if horizon >= len(self.given) or not self.given[horizon]:
            return probability
        return np.asarray(np.interp(probability, self.given[horizon], self.true[horizon]))


IDENTITY = Recalibration()


@dataclass(frozen=True)
class Times:
    """Quantiles P10, P50, P90 in hours over accounts, (3, A), infinite when later than the horizon, and probabilities (H, A) within HORIZONS_H."""

    quantiles: Floats
    probability: Floats


def times_of(hours: Floats, recalibration: Recalibration = IDENTITY) -> Times:
    """From hours (S, A), infinite where a limit is not reached. Raises ValueError for NaN, negative hours or a wrong shape."""
    if hours.ndim != 2 or not len(hours):
        raise ValueError(f"hours have shape {hours.shape}; scenarios × accounts is right")
    if np.isnan(hours).any() or (hours < 0).any():
        raise ValueError("hours are NaN or negative; 0 or more, infinite for never, is right")
    count = len(hours)
    ordered = np.sort(hours, axis=0)
    places = [min(count - 1, max(0, int(np.ceil(q * count)) - 1)) for q in QUANTILES]
    within = np.stack([(hours <= h).sum(axis=0) for h in HORIZONS_H])
    chance = _rising(np.where(within == 0, 0.25, np.where(within == count, count - 0.25, within)) / count)
    mapped = np.stack([recalibration.of(i, p) for i, p in enumerate(chance)])
    return Times(ordered[places], _rising(mapped))


def _rising(probability: Floats) -> Floats:
    """A later horizon is never less probable."""
    return np.asarray(np.maximum.accumulate(probability, axis=0))


@dataclass(frozen=True)
class Loss:
    """Expected output lost within the horizon, amount and money, with P10 and P90 of the money."""

    amount: float
    money: float
    money_p10: float
    money_p90: float


def loss_of(lost: Floats, value: float) -> Loss:
    """From amounts lost per scenario (S,) and money per unit. Raises ValueError for negative or not finite numbers."""
    if not np.isfinite(lost).all() or (lost < 0).any() or not 0 <= value < np.inf:
        raise ValueError("amounts lost or the value of a unit are negative or not finite; 0 or more is right")
    low, high = np.quantile(lost * value, [0.1, 0.9])
    return Loss(float(lost.mean()), float(lost.mean() * value), float(low), float(high))
