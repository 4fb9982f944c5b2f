"""How places run, order and share: the settings of a simulation."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class Mode(StrEnum):
    """Whether production runs until an input is empty, or is cut as soon as the stock falls below ψ of its target (ARIO)."""

    UNTIL_EMPTY = "until_empty"
    THROTTLE = "throttle"


class Rationing(StrEnum):
    """Who gets what is short: all in proportion to their wish; by priority, 1 first; contracts first, then by priority."""

    PROPORTIONAL = "proportional"
    PRIORITY = "priority"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Times in hours; infinite means never.

    ``psi``: with THROTTLE output is cut in proportion once an input falls below ``psi`` of its target.
    ``memory_h``: over what time the orders of a place with stock follow what leaves it. ``restock_h``: over what time it closes the gap
    to its target, goods on their way counted. ``follow``: least part of what leaves it now by which a place orders, however idle it was
    before (a maker's yard excepted, which goes by plan). ``floor``: least part of its usual rate that a maker with a yard keeps making
    until the yard is full. ``catch_up``: orders are at most this multiple of the usual rate. ``reroute_h``: over what time orders move to suppliers
    that deliver. ``dormant_after_h``: how long a stock must be thin (below the middle of minimum and target) before dormant links are
    used. Raises ValueError for settings out of range.
    """

    mode: Mode = Mode.UNTIL_EMPTY
    psi: float = 0.8
    rationing: Rationing = Rationing.PROPORTIONAL
    memory_h: float = 96.0
    restock_h: float = 120.0
    follow: float = 0.0
    floor: float = 0.9
    catch_up: float = 1.5
    reroute_h: float = np.inf
    dormant_after_h: float = np.inf

    def __post_init__(self) -> None:
        for name in ("memory_h", "restock_h", "reroute_h", "dormant_after_h"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; more than 0 h is right")
        if not (0 < self.psi <= 1 and 0 <= self.floor <= 1 and 0 <= self.follow <= 1 and 1 <= self.catch_up < np.inf):
            raise ValueError(
                f"psi {self.psi}, floor {self.floor}, follow {self.follow}, catch_up {self.catch_up}; 0…1, 0…1, 0…1, 1 or more are right"
            )

        if np.isfinite(self.dormant_after_h) and np.isinf(self.reroute_h):
            raise ValueError(
                "dormant links are used by moving orders; a finite reroute_h is right with a finite dormant_after_h"
            )

    @property
    def is_adaptive(self) -> bool:
        """True when orders may move between links."""
        return bool(np.isfinite(self.reroute_h))

    @classmethod
    def rigid(cls, mode: Mode = Mode.UNTIL_EMPTY, psi: float = 0.8) -> "Habits":
        """Everybody keeps to the plan of rest: no other orders, no restocking, no other links."""
        return cls(mode=mode, psi=psi, memory_h=np.inf, restock_h=np.inf)

    @classmethod
    def adaptive(cls) -> "Habits":
        """Orders follow a start at once and move to suppliers that deliver within about 60 h; dormant links are used after three thin days."""
        return cls(follow=0.9, reroute_h=60.0, dormant_after_h=72.0)
