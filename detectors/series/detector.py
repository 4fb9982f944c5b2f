"""What every detector of single series promises, and the one way rows are handed to it.

A detector judges many series at once. Series are numbered slots 0 … n-1; its state is arrays with one row per slot, so that memory per series
is bounded and stated. ``score`` looks and changes nothing; ``learn`` takes rows in. Both get a *round*: rows of distinct slots, finite values,
times later than anything the slot has learnt. ``rounds`` makes them, ``slots`` holds what is the same in every detector.

A detector is made from one frozen dataclass of settings, kept as ``parameters``; without it the usual ones hold. The suite in ``tests/series`` finds
every detector by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]
State = Mapping[str, NDArray[np.generic]]
"""A snapshot: arrays by name, the first axis of each is the slot."""

NEVER_US = np.iinfo(np.int64).min
"""Time of a series that has seen nothing."""
LARGEST = 1e300
"""Values beyond are refused like infinity: their differences would overflow."""


@dataclass(frozen=True)
class Scored:
    """One entry per row.

    ``statistic``: how unusual, without unit, larger is more unusual, comparable between the series of one detector; NaN while a series warms up.
    ``p_value``: chance of a statistic at least as large while nothing is wrong, by the detector's own model, 1 while it warms up; calibration
    replaces it. ``expected`` and ``low`` to ``high``: the value expected and its central 99 % band, in the unit of the series, NaN where there is
    none. ``sign``: -1 the value is below what is expected, +1 above, 0 neither.
    """

    statistic: Floats
    p_value: Floats
    expected: Floats
    low: Floats
    high: Floats
    sign: Floats


class Detector(Protocol):
    """The contract. ``name`` is the word used everywhere, ``version`` changes with method and settings.

    Constructors raise ValueError for a senseless setting, saying what was given and what would be right. No method raises for values of a round.
    Judging never depends on how rows were cut into rounds, nor on other slots. ``snapshot`` then ``restore`` goes on to the last bit.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def bytes_per_series(self) -> int:
        """Bytes kept per series; never grows."""
        ...

    def __len__(self) -> int:
        """Number of slots."""
        ...

    def grow(self, slots: int) -> None:
        """Have at least this many slots; new ones know nothing."""
        ...

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing."""
        ...

    def score(self, slots: Integers, times_us: Integers, values: Floats) -> Scored:
        """Judge a round against what was learnt before it."""
        ...

    def learn(self, slots: Integers, times_us: Integers, values: Floats) -> None:
        """Take a round in."""
        ...

    def of(self, slots: Integers) -> dict[str, NDArray[np.generic]]:
        """A copy of the state of these slots."""
        ...

    def put(self, slots: Integers, state: State) -> None:
        """These slots know what ``of`` told, of this detector or of another of the same settings."""
        ...

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of all state."""
        ...

    def restore(self, state: State) -> None:
        """Take over a snapshot. Raises ValueError when it was made with other settings."""
        ...
