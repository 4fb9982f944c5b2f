"""What a model of related series sees in a row: vectors that are near zero while all is well.

A *part* is a vector r = A w of the window w (the row and the rows before it, standardised). Its statistic is |r|². What a variable could have done to
r lies in the span of its own columns of A, so the squared length of r within that span says how far this variable alone explains the statistic
(reconstruction-based contribution: C. Alcala, S. J. Qin, *Reconstruction-based contribution for process monitoring*, Automatica 45 (2009) 1593-1600).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from detectors.series.detector import Floats, Integers
from detectors.series.related.table import Fold, Scale


@dataclass(frozen=True)
class PartName:
    """A part in the words people read. ``is_fresh``: its vectors hardly depend on those before while all is well, so that adding them up over
    time tells more; a part that wanders slowly by itself is only looked at as it is."""

    name: str
    zh: str
    en: str
    is_fresh: bool


class Seen(Protocol):
    """A fitted model. Windows are standardised, shape (rows, (lags + 1) * variables)."""

    @property
    def lags(self) -> int: ...

    @property
    def parts(self) -> tuple[PartName, ...]: ...

    def vectors(self, windows: Floats) -> list[Floats]:
        """Per part, shape (rows, length of the part)."""
        ...

    def explained(self, part: int, vectors: Floats, windows: Floats) -> Floats:
        """How much of |r|² each variable alone explains, shape (rows, variables), between 0 and |r|²."""
        ...

    def expected(self, windows: Floats) -> Floats:
        """The newest row as expected, standardised, shape (rows, variables)."""
        ...


class Method(Protocol):
    """A way to learn a model. ``settled`` picks what it leaves open, by what it learns from folds of normal history."""

    @property
    def name(self) -> str: ...

    def settled(self, table: Floats, names: Sequence[str], folds: Sequence[Fold]) -> "Method": ...

    def fit(self, standard: Floats, scale: Scale, allowed: Fold) -> Seen:
        """Learn from the rows of a standardised table that are allowed; ``scale`` tells the units."""
        ...


class LinearModel:
    """Parts that are linear in the window. ``maps``: A per part, shape (length, windows); ``forecast``: from window to expected row; ``middle``: the
    window from which both are measured, zero unless given."""

    def __init__(
        self,
        names: tuple[PartName, ...],
        maps: Sequence[Floats],
        forecast: Floats,
        variables: int,
        middle: Floats | None = None,
    ) -> None:
        self.parts = names
        self.lags = forecast.shape[0] // variables - 1
        self._variables = variables
        self._maps = [np.ascontiguousarray(a.T) for a in maps]
        self._forecast = np.ascontiguousarray(forecast)
        self._middle = np.zeros(len(forecast)) if middle is None else middle
        self._spans = [_spans(a, variables) for a in maps]

    def vectors(self, windows: Floats) -> list[Floats]:
        """As promised by ``Seen``."""
        return [by_row(windows - self._middle, a) for a in self._maps]

    def explained(self, part: int, vectors: Floats, windows: Floats) -> Floats:
        """As promised by ``Seen``."""
        del windows
        basis, owner = self._spans[part]
        return np.add.reduceat(by_row(vectors, basis) ** 2, owner, axis=1)

    def expected(self, windows: Floats) -> Floats:
        """As promised by ``Seen``."""
        return by_row(windows - self._middle, self._forecast) + self._middle[: self._variables]


def by_row(rows: Floats, matrix: Floats) -> Floats:
    """rows @ matrix, each row by itself, so that a number never depends on how many rows came together."""
    made: Floats = np.matmul(rows[:, None, :], matrix)[:, 0, :]
    return made


def _spans(a: Floats, variables: int) -> tuple[Floats, Integers]:
    """Orthonormal bases of what each variable can do, side by side, and where each begins."""
    bases, begins, at = [], [], 0
    for variable in range(variables):
        left, size, _ = np.linalg.svd(a[:, variable::variables], full_matrices=False)
        kept = left[:, size > 1e-9 * max(1e-300, float(size[0]))]
        kept = kept if kept.shape[1] else np.zeros((len(a), 1))
        bases.append(kept)
        begins.append(at)
        at += kept.shape[1]
    return np.ascontiguousarray(np.concatenate(bases, axis=1)), np.array(begins)
