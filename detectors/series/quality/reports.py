"""What goes into the watch over data quality and what comes out of it, in columns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.detector import Floats, Integers, Truths

Kinds = NDArray[np.int8]
UNKNOWN_US = np.iinfo(np.int64).min
"""Time that is not known."""


@dataclass(frozen=True)
class Reports:
    """Rows in the order they arrived; rows of one series may follow each other, come late, twice or corrected.

    ``slots`` is the series, ``observed_us`` when the value was true, ``known_us`` when the row arrived (UNKNOWN_US: not known), ``values`` in the
    unit the provider says; NaN and infinity are passed over. Raises ValueError for columns of different length.
    """

    slots: Integers
    observed_us: Integers
    known_us: Integers
    values: Floats

    def __post_init__(self) -> None:
        lengths = {len(self.slots), len(self.observed_us), len(self.known_us), len(self.values)}
        if len(lengths) != 1:
            raise ValueError(f"columns of {sorted(lengths)} rows were given; equal lengths are right")

    def __len__(self) -> int:
        return len(self.slots)


@dataclass(frozen=True)
class Verdicts:
    """One entry per row. ``kind`` is the defect of the row (Kind), ``event`` what it does to the finding of its series (Event).

    ``since_us``: the first report concerned. ``evidence``: a number, its meaning by kind is told in :mod:`detectors.series.quality.wording`.
    ``factor``: multiply the value by it to have it right, NaN where there is no such correction. ``shift_us``: add it to the time observed,
    0 where there is nothing to correct.
    """

    kind: Kinds
    event: Kinds
    since_us: Integers
    evidence: Floats
    factor: Floats
    shift_us: Integers

    @classmethod
    def none(cls, rows: int) -> "Verdicts":
        """Nothing is wrong with any of the rows."""
        return cls(
            kind=np.zeros(rows, np.int8),
            event=np.zeros(rows, np.int8),
            since_us=np.full(rows, UNKNOWN_US, np.int64),
            evidence=np.full(rows, np.nan),
            factor=np.full(rows, np.nan),
            shift_us=np.zeros(rows, np.int64),
        )

    @property
    def is_good(self) -> Truths:
        """True for rows with nothing wrong."""
        return np.asarray(self.kind == 0, np.bool_)
