"""What became of each forecast: for every hour of issue and account, how long until the next event, and whether one could come at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.skill.events import Event

REST_H = 168.0

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """Arrays issues × accounts: ``hours`` from issue to the next event (infinite: none until the end of the record), and ``is_at_stake``.

    ``left_h`` per issue: hours that the record goes on; a horizon longer than that is not verified.
    """

    hours: Floats
    is_at_stake: Bools
    left_h: Floats


def outcomes(
    events: Sequence[Event], accounts: int, issued: Sequence[float], until_h: float, rest_h: float = REST_H
) -> Outcome:
    """Outcomes of forecasts issued at these hours for accounts 0 … accounts - 1.

    An account is not at stake while it is broken, nor in the ``rest_h`` after, in which by definition no event can begin.
    Raises ValueError for an issue after the end of the record, or an account out of range.
    """
    at = np.asarray(issued, dtype=np.float64)
    if at.size and not np.all(at <= until_h):
        raise ValueError(f"issued until {at.max()}, the record ends at {until_h}; issues before the end are right")
    hours = np.full((len(at), accounts), np.inf)
    is_at_stake = np.ones((len(at), accounts), dtype=bool)
    for event in events:
        if not 0 <= event.account < accounts:
            raise ValueError(f"account {event.account} of an event is not in 0…{accounts - 1}")
        ahead = event.hour - at
        column = hours[:, event.account]
        hours[:, event.account] = np.where(ahead > 0, np.minimum(column, ahead), column)
        is_at_stake[:, event.account] &= (ahead > 0) | (at >= event.hour + event.lasted_h + rest_h)
    return Outcome(hours, is_at_stake, until_h - at)
