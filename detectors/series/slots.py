"""State of detectors: arrays with one row per slot that grow, forget, are copied and taken over."""

import hashlib
from dataclasses import asdict, dataclass, is_dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from detectors.series.detector import Integers, State


@dataclass(frozen=True)
class Field:
    """One array: the type of its entries, the shape of what belongs to one slot, and what a slot that knows nothing holds."""

    dtype: DTypeLike
    shape: tuple[int, ...] = ()
    fill: float | int = 0

    def blank(self, slots: int) -> NDArray[np.generic]:
        """The array of slots that know nothing."""
        return np.full((slots, *self.shape), self.fill, self.dtype)


class Slots:
    """The half of the detector contract that is the same everywhere: slots, memory, snapshots, version.

    A detector derives from it, sets ``name`` and ``method`` (raised when the numbers change) and says what it keeps. Each slot also remembers by
    which settings it was learnt (4 bytes), so that a snapshot of other settings is refused.
    """

    name: ClassVar[str]
    method: ClassVar[int] = 1

    def __init__(self, parameters: object, **fields: Field) -> None:
        digest = hashlib.sha256(repr(_plain(parameters)).encode()).hexdigest()
        self.version = f"{self.method}-{digest[:6]}"
        settings = int(hashlib.sha256(f"{self.name} {self.version}".encode()).hexdigest()[:8], 16)
        self._fields = {**fields, "settings": Field(np.uint32, (), settings)}
        self._kept: dict[str, NDArray[Any]] = {key: field.blank(0) for key, field in self._fields.items()}

    @property
    def bytes_per_series(self) -> int:
        """Bytes kept per series; never grows."""
        return sum(np.dtype(f.dtype).itemsize * prod(f.shape) for f in self._fields.values())

    def __len__(self) -> int:
        """Number of slots."""
        return len(self._kept["settings"])

    def grow(self, slots: int) -> None:
        """Have at least this many slots; new ones know nothing."""
        more = slots - len(self)
        if more > 0:
            self._kept = {k: np.concatenate([v, self._fields[k].blank(more)]) for k, v in self._kept.items()}

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing."""
        for key, kept in self._kept.items():
            kept[slots] = self._fields[key].fill

    def of(self, slots: Integers) -> dict[str, NDArray[np.generic]]:
        """A copy of the state of these slots, for ``put``."""
        return {key: kept[slots] for key, kept in self._kept.items()}

    def put(self, slots: Integers, state: State) -> None:
        """These slots know what ``of`` told, of this detector or of another of the same settings."""
        for key, kept in self._kept.items():
            kept[slots] = state[key]

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of all state, for ``restore``."""
        return {key: kept.copy() for key, kept in self._kept.items()}

    def restore(self, state: State) -> None:
        """Take over a snapshot. Raises ValueError when it was made with other settings; nothing has changed then."""
        taken = {key: self._fitting(key, state) for key in self._fields}
        lengths = {len(array) for array in taken.values()}
        if len(lengths) > 1:
            raise ValueError(
                f"{self.name}: a snapshot with arrays of {sorted(lengths)} slots was given; one length is right"
            )
        if np.any(taken["settings"] != self._fields["settings"].fill):
            raise ValueError(
                f"{self.name}: a snapshot of other settings was given; one of version {self.version} is right"
            )
        self._kept = taken

    def _fitting(self, key: str, state: State) -> NDArray[Any]:
        field = self._fields[key]
        if key not in state:
            raise ValueError(f"{self.name}: a snapshot without {key!r} was given")
        array = np.array(state[key], field.dtype, order="C")
        if array.shape[1:] != field.shape:
            raise ValueError(
                f"{self.name}: {key} of shape {array.shape[1:]} per slot was given; {field.shape} is right, see the window"
            )
        return array


def _plain(parameters: object) -> object:
    return (
        sorted(asdict(parameters).items())
        if is_dataclass(parameters) and not isinstance(parameters, type)
        else parameters
    )


def between(name: str, value: float, low: float, high: float) -> None:
    """Refuse a setting outside ``low`` to ``high``, NaN included. Raises ValueError with what was given and what would be right."""
    if not low <= value <= high:
        raise ValueError(f"{name} {value} is not between {low:g} and {high:g}")
