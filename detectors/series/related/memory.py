"""Evidence added up over time: a small lasting change grows out of the noise.

Per part, the statistic |r|² as it is; for fresh parts also its exponentially weighted mean (a change of spread or of relation), and the length of the
exponentially weighted mean vector (a lasting shift). Sources: C. Lowry, W. Woodall, C. Champ, S. Rigdon, *A multivariate exponentially weighted
moving average control chart*, Technometrics 34 (1992) 46-53; J. MacGregor, T. Harris, *The exponentially weighted moving variance*, J. Quality
Technology 25 (1993) 106-118. Into a mean no vector goes longer than its *cap*: else one wild row, or the end of a great disturbance, would alarm
for hundreds of rows after all is well again (as P. Huber, *Robust estimation of a location parameter*, Ann. Math. Statist. 35 (1964) 73-101, bounds
each observation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from detectors.series.detector import Floats, Integers, Truths
from detectors.series.related.evidence import PartName, Seen


@dataclass(frozen=True)
class Statistic:
    """One statistic. ``memory``: rows it looks back over, 1 is the row alone. ``is_mean``: of the mean vector, else of the mean |r|²."""

    part: int
    memory: int
    is_mean: bool
    zh: str
    en: str

    @property
    def weight(self) -> float:
        """Of the newest row in the mean."""
        return 1.0 / self.memory

    @property
    def key(self) -> str:
        """Short and distinct."""
        return f"{self.part}_{'mean' if self.is_mean else 'energy'}_{self.memory}"


def statistics_of(parts: Sequence[PartName], memories: Sequence[int]) -> tuple[Statistic, ...]:
    """All statistics of these parts, in a fixed order."""
    made = []
    for number, part in enumerate(parts):
        made.append(Statistic(number, 1, is_mean=False, zh=part.zh, en=part.en))
        for memory in memories if part.is_fresh else ():
            zh, en = f"{part.zh}（{memory} 步累积）", f"{part.en}, added up over {memory} rows"
            made.append(Statistic(number, memory, is_mean=False, zh=zh, en=en))
            made.append(Statistic(number, memory, is_mean=True, zh=f"{zh}偏移", en=f"{en}, shift"))
    return tuple(made)


def squared_length(vectors: Floats) -> Floats:
    """|r|² of each row."""
    made: Floats = (vectors * vectors).sum(axis=1)
    return made


def _capped(vectors: Floats, cap: float) -> Floats:
    """No longer than the cap, in the same direction."""
    made: Floats = vectors * np.sqrt(cap / np.maximum(squared_length(vectors), cap))[:, None]
    return made


class Accumulator:
    """Runs the statistics on. ``start``: mean |r|² per part while all is well, with which the means begin; ``caps``: largest |r|² that goes into one.
    ``lengths``: of r, per part."""

    def __init__(
        self,
        statistics: Sequence[Statistic],
        start: Sequence[float],
        caps: Sequence[float],
        lengths: Sequence[int],
        variables: int,
    ) -> None:
        self._statistics = statistics
        self._start, self._caps, self._lengths, self._variables = start, caps, lengths, variables
        self._state: dict[str, Floats] = {}
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._state = {}
        for s in self._statistics:
            if s.memory == 1:
                continue
            if s.is_mean:
                self._state[s.key] = np.zeros((1, self._lengths[s.part]))
            else:
                self._state[s.key] = np.full((1, 1), (1 - s.weight) * self._start[s.part])
                self._state[s.key + "_share"] = np.zeros((1, self._variables))

    def run(self, vectors: Sequence[Floats]) -> tuple[Floats, list[Floats]]:
        """Take rows in; statistics of shape (rows, statistics), and per statistic the vectors that it is the squared length of."""
        values, lengths = [], []
        capped = [_capped(r, cap) for r, cap in zip(vectors, self._caps, strict=True)]
        for s in self._statistics:
            r = vectors[s.part] if s.memory == 1 else capped[s.part]
            if s.memory == 1:
                values.append(squared_length(r))
            elif s.is_mean:
                r = self._mean(s.key, s.weight, r)
                values.append(squared_length(r) * (2 - s.weight) / s.weight)
            else:
                values.append(self._mean(s.key, s.weight, squared_length(r)[:, None])[:, 0])
            lengths.append(r)
        return np.stack(values, axis=1), lengths

    def shares(
        self, seen: Seen, values: Floats, lengths: Sequence[Floats], windows: Floats, leading: Integers, wanted: Truths
    ) -> Floats:
        """Share of the leading statistic that each variable alone explains, shape (rows, variables), 0 to 1; NaN where it is not wanted.

        To be asked once after each ``run``: the shares of means run on too (from 0, so that they are told too low in their first rows).
        """
        made = np.full((len(windows), self._variables), np.nan)
        each: dict[int, Floats] = {}
        for number, s in enumerate(self._statistics):
            mine, r = np.flatnonzero(wanted & (leading == number)), lengths[number]
            if s.memory > 1 and not s.is_mean:
                if s.part not in each:
                    each[s.part] = seen.explained(s.part, r, windows)
                told = self._mean(s.key + "_share", s.weight, each[s.part])[mine]
                made[mine] = told / np.maximum(values[mine, number], 1e-300)[:, None]
            elif len(mine):
                told = seen.explained(s.part, r[mine], windows[mine])
                made[mine] = told / np.maximum(squared_length(r[mine]), 1e-300)[:, None]
        return np.where(wanted[:, None], np.clip(made, 0.0, 1.0), np.nan)

    def snapshot(self) -> dict[str, Floats]:
        """A copy of all state."""
        return {key: value.copy() for key, value in self._state.items()}

    def restore(self, state: Mapping[str, Floats]) -> None:
        """Take over a snapshot. Raises ValueError when it was made with other settings."""
        for key, value in self._state.items():
            if key not in state or state[key].shape != value.shape:
                raise ValueError(f"the snapshot holds no {key!r} of shape {value.shape}; it was made by another model")
        self._state = {key: np.array(state[key], np.float64) for key in self._state}

    def _mean(self, key: str, weight: float, rows: Floats) -> Floats:
        made, self._state[key] = lfilter([weight], [1.0, -(1.0 - weight)], rows, axis=0, zi=self._state[key])
        return np.asarray(made, np.float64)
