"""State of many series: one record per slot, all of it in one array, so that memory per series is the size of the record and never grows."""

import hashlib
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.series.detector import Integers, State

Records = NDArray[np.void]


class RecordSlots:
    """Numbered slots 0 … n-1 of one record each. ``blank`` is what a slot that knows nothing holds, and fixes the fields.

    ``snapshot`` then ``restore`` goes on to the last bit.
    """

    def __init__(self, name: str, method: str, settings: object, blank: Records) -> None:
        if not is_dataclass(settings):
            raise TypeError(f"settings {settings!r} were given; a dataclass is right")
        digest = hashlib.sha256(repr(sorted(asdict(settings).items())).encode()).hexdigest()  # type: ignore[arg-type]
        self.name, self.version = name, f"{method}-{digest[:6]}"
        self._blank = blank
        self.state: Records = np.empty(0, blank.dtype)

    @property
    def bytes_per_series(self) -> int:
        """Bytes kept per slot; never grows."""
        return self._blank.dtype.itemsize

    def __len__(self) -> int:
        """Number of slots."""
        return len(self.state)

    def grow(self, slots: int) -> None:
        """Have at least this many slots; new ones know nothing."""
        more = slots - len(self)
        if more > 0:
            self.state = np.append(self.state, np.repeat(self._blank, more)).astype(self._blank.dtype)

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing."""
        self.state[slots] = self._blank[0]

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of all state; its name holds the version."""
        return {f"{self.name} {self.version}": self.state.copy()}

    def restore(self, state: State) -> None:
        """Take over a snapshot. Raises ValueError when it was made with other settings or by another method."""
        wanted = f"{self.name} {self.version}"
        if wanted not in state:
            raise ValueError(f"a snapshot of {', '.join(sorted(state))} was given; {wanted} is right")
        given = state[wanted]
        if given.dtype != self._blank.dtype:
            raise ValueError(
                f"a snapshot of records of {given.dtype.itemsize} bytes was given; {self.bytes_per_series} is right"
            )
        self.state = given.copy().view(self._blank.dtype)


def blank_record(fields: list[tuple[Any, ...]], **values: float) -> Records:
    """One record of zeros, with these ``values`` instead where they are named."""
    record: Records = np.zeros(1, np.dtype(fields, align=True))
    for name, value in values.items():
        record[name] = value
    return record
