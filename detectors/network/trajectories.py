"""What a simulation found."""

from dataclasses import dataclass

import numpy as np

from detectors.network.grid import Floats
from detectors.network.habits import Mode


@dataclass(frozen=True, eq=False)
class Trajectories:
    """S scenarios over ``hours`` (K + 1). ``mode`` is the one production ran in.

    Hours from now, infinite when not within the horizon, 0 when already so (S, A): ``to_minimum`` (of an account without minimum:
    ``to_zero``), ``to_zero`` (empty and something asked for not served), ``to_maximum`` (full, and cutting what would come), ``to_short``
    (less than 98 % served). Amounts at ``marks`` (H): ``stock`` (S, H, A), ``unserved`` own use since now (S, H, A), ``made`` since now
    (S, H, C), and if wanted per link (S, H, L) ``sent`` since now, ``held`` (waiting at the end) and ``moving`` (under way).
    ``made_at_rest`` (C) is per hour.
    """

    hours: Floats
    mode: Mode
    marks: Floats
    to_minimum: Floats
    to_zero: Floats
    to_maximum: Floats
    to_short: Floats
    stock: Floats
    unserved: Floats
    made: Floats
    made_at_rest: Floats
    sent: Floats | None
    held: Floats | None
    moving: Floats | None

    @property
    def lost(self) -> Floats:
        """Output below that of rest until each mark (S, H, C), not below 0."""
        return np.asarray(np.maximum(0.0, self.made_at_rest * self.marks[:, None] - self.made))
