"""Watches related series with one method: learns from normal history, then judges rows as they come."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.detector import Floats
from detectors.series.related.evidence import Method
from detectors.series.related.judged import RelatedScored
from detectors.series.related.limits import learn, memories_for
from detectors.series.related.memory import Accumulator
from detectors.series.related.table import checked_rows, checked_table, windows

EXPLAINED_BELOW = 0.05
"""Rows with a larger p-value get no contributions."""


@dataclass(frozen=True)
class RelatedSettings:
    """``memories``: rows over which fresh evidence is added up, besides the row alone. Raises ValueError for a senseless setting."""

    memories: tuple[int, ...] = (5, 20)

    def __post_init__(self) -> None:
        if not all(2 <= m <= 1000 for m in self.memories) or len(set(self.memories)) != len(self.memories):
            raise ValueError(f"memories {self.memories} are not distinct numbers between 2 and 1000 rows")


class RelatedWatch:
    """``names``: of the variables, in the order of the columns. Rows are steps of equal length without gaps; after a gap call ``forget``.

    The state is the last few rows and the running means: ``state_bytes``, which never grows. ``version`` changes with method, settings and history,
    and a snapshot belongs to one version; learning again from the same history gives the same version.
    """

    def __init__(
        self, method: Method, history: Floats, names: Sequence[str], settings: RelatedSettings | None = None
    ) -> None:
        """Learn from normal ``history``, shape (rows, variables). Raises ValueError naming what is wrong: too short, a value that is no finite
        number, a variable that is constant."""
        self.names = tuple(names)
        table = checked_table(history, self.names)
        memories = memories_for(len(table), (settings or RelatedSettings()).memories)
        self._scale, self._seen, self.statistics, self._limits, self.method = learn(method, table, self.names, memories)
        digest = hashlib.sha256(repr((method, memories, self.names)).encode() + np.ascontiguousarray(table).tobytes())
        self.name = method.name
        self.version = f"1-{digest.hexdigest()[:12]}"
        probe = self._seen.vectors(np.zeros((1, len(self.names) * (self._seen.lags + 1))))
        lengths = [r.shape[1] for r in probe]
        self._accumulator = Accumulator(
            self.statistics, self._limits.start, self._limits.caps, lengths, len(self.names)
        )
        self._recent = np.empty((0, len(self.names)))

    @property
    def state_bytes(self) -> int:
        """Bytes of running state at most."""
        kept = sum(value.nbytes for value in self._accumulator.snapshot().values())
        return kept + 8 * self._seen.lags * len(self.names)

    def forget(self) -> None:
        """Begin anew, as after a gap or a restart of the plant; what was learnt stays."""
        self._recent = np.empty((0, len(self.names)))
        self._accumulator.forget()

    def judge(self, rows: Floats) -> RelatedScored:
        """Judge rows in order of time, shape (rows, variables), and remember what the next ones need.

        Raises ValueError, and remembers nothing, when a value is no finite number; the message names row and variable.
        """
        new = checked_rows(rows, self.names)
        lags, together = self._seen.lags, np.concatenate([self._recent, new])
        at = np.arange(max(lags - len(self._recent), 0), len(new)) + len(self._recent)
        self._recent = together[max(len(together) - lags, 0) :].copy()
        made = self._unjudged(len(new))
        if not len(at):
            return made
        looked = windows(self._scale.standard(together), at, lags)
        values, lengths = self._accumulator.run(self._seen.vectors(looked))
        score, leading = self._limits.scores(values)
        p = self._limits.p_values(score)
        share = self._accumulator.shares(self._seen, values, lengths, looked, leading, p <= EXPLAINED_BELOW)
        told = at - (len(together) - len(new))
        made.statistic[told], made.p_value[told], made.leading[told] = score, p, leading
        made.contribution[told] = share
        middle = self._seen.expected(looked)
        for field, shift in ((made.expected, 0.0), (made.low, -self._limits.band), (made.high, self._limits.band)):
            field[told] = (middle + shift) * self._scale.spread + self._scale.mean
        return made

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of all running state."""
        return {"version": np.array([self.version]), "recent": self._recent.copy(), **self._accumulator.snapshot()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Take over a snapshot. Raises ValueError when it was made by another version."""
        if str(state["version"][0]) != self.version:
            raise ValueError(f"a snapshot of version {state['version'][0]} was given; {self.version} is right")
        self._accumulator.restore(
            {k: np.asarray(v, np.float64) for k, v in state.items() if k not in ("version", "recent")}
        )
        self._recent = np.array(state["recent"], np.float64)

    def _unjudged(self, n: int) -> RelatedScored:
        def blank() -> Floats:
            return np.full((n, len(self.names)), np.nan)

        return RelatedScored(
            np.full(n, np.nan), np.ones(n), np.zeros(n, np.int64), self.statistics, blank(), blank(), blank(), blank()
        )
