"""A number with what is known about it: how wide, how old, how trusted, and where it came from."""

from enum import IntEnum

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Origin(IntEnum):
    """Where an estimate comes from: a report, the mass balance of reports around it, or the configuration alone."""

    CONFIGURED = 0
    BALANCED = 1
    REPORTED = 2


class Estimates(Struct, frozen=True):
    """Columns over accounts or links. ``spread`` is one standard deviation in the unit of ``value``; ``age_h`` infinite and ``trust`` 0
    where nothing was reported; ``is_contradicted`` where a report disagrees with the balance of the others by more than its spread allows."""

    value: Floats
    spread: Floats
    age_h: Floats
    trust: Floats
    origin: Ints
    is_contradicted: Bools

    @classmethod
    def configured(cls, value: Floats, relative: float) -> "Estimates":
        """Estimates from configuration alone, with a relative spread."""
        count = len(value)
        return cls(
            value=value.copy(),
            spread=np.abs(value) * relative,
            age_h=np.full(count, np.inf),
            trust=np.zeros(count),
            origin=np.full(count, int(Origin.CONFIGURED), dtype=np.int64),
            is_contradicted=np.zeros(count, dtype=bool),
        )

    def tell(self, index: int, value: float, spread: float, age_h: float, trust: float) -> None:
        """Enter a report; columns are filled while a state is built and read afterwards."""
        self.value[index], self.spread[index] = value, spread
        self.age_h[index], self.trust[index] = age_h, trust
        self.origin[index] = int(Origin.REPORTED)
