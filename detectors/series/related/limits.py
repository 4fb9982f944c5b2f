"""The rule by which limits are set, from normal history alone; benchmarks and live data use this same rule.

1. The history is cut into 10 blocks in order of time. Each block is judged by a model learnt from the others, without the rows nearer to the
   block than twice the longest memory, so that a block never leans on its neighbours. The choices a method leaves open are made on the same blocks.
2. What the blocks show is put together in order of time and added up like live data (no row counting for more than 6 standard deviations of the
   cube root of its statistic). Each statistic becomes a score: its cube root, in standard deviations from its mean over these rows (E. Wilson,
   M. Hilferty, *The distribution of chi-square*, PNAS 17 (1931) 684-688). The row's score is the largest one, so that all statistics share one
   rate of false alarms.
3. The tail of the row's score is exponential with the mean excess of the 100 largest rows (at most a fifth of all, at least a hundredth) over the
   smallest of them (peaks over threshold: J. Pickands, *Statistical inference using extreme order statistics*, Ann. Statist. 3 (1975) 119-131, with
   shape 0: cube roots of sums of squares have no heavier tail, and a free shape from dependent rows gave wilder limits on generated plants). The
   p-value of a row is the chance of a score as large.

Memories longer than 1/25 of the history are shortened to it: fewer independent stretches than that do not tell what is usual.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.series.detector import Floats, Integers
from detectors.series.related.evidence import Method, Seen
from detectors.series.related.memory import Accumulator, Statistic, squared_length, statistics_of
from detectors.series.related.table import Fold, Scale, folds_of, scale_of, windows

BLOCKS = 10
TAIL_ROWS = 100
LEAST_TAIL, LARGEST_TAIL = 0.01, 0.2
ROWS_PER_MEMORY = 25
ALPHA = 0.005
"""A row alarms at a p-value up to this, in benchmarks and live, unless told otherwise."""
_CAP = 6.0
_BAND = 2.5758293035489004
"""Half width of the central 99 % of a normal law."""


@dataclass(frozen=True)
class Limits:
    """``start``: mean |r|² per part; ``caps``: largest |r|² that goes into a mean. ``centre``, ``spread``: of the cube root of each statistic.
    ``tail``, ``knee``, ``excess``: share of rows in the tail of the row's score, where it begins, and its mean excess. ``below``: sorted scores below
    the knee. ``band``: half width of the central 99 % of each variable, standardised."""

    start: tuple[float, ...]
    caps: tuple[float, ...]
    centre: Floats
    spread: Floats
    tail: float
    knee: float
    excess: float
    below: Floats
    band: Floats

    def scores(self, values: Floats) -> tuple[Floats, Integers]:
        """The row's score and which statistic leads, from statistics of shape (rows, statistics)."""
        each = (np.cbrt(values) - self.centre) / self.spread
        leading = np.argmax(each, axis=1)
        return np.take_along_axis(each, leading[:, None], axis=1)[:, 0], leading

    def p_values(self, scores: Floats) -> Floats:
        """Chance of a score at least as large while all is well."""
        tail = self.tail * np.exp(-np.maximum(scores - self.knee, 0.0) / self.excess)
        above = len(self.below) - np.searchsorted(self.below, scores, side="left")
        body = self.tail + (1 - self.tail) * above / max(1, len(self.below))
        return np.where(scores > self.knee, tail, np.minimum(body, 1.0))


def memories_for(rows: int, wanted: Sequence[int]) -> tuple[int, ...]:
    """The memories wanted, no longer than a history of so many rows can carry.

    >>> memories_for(500, (5, 20)), memories_for(300, (5, 20)), memories_for(100, (5, 20))
    ((5, 20), (5, 12), (4,))
    """
    return tuple(sorted({min(m, rows // ROWS_PER_MEMORY) for m in wanted}))


def learn(
    method: Method, table: Floats, names: Sequence[str], memories: Sequence[int]
) -> tuple[Scale, Seen, tuple[Statistic, ...], Limits, Method]:
    """Scale, model of the whole history, its statistics and limits, and the method as settled. Raises ValueError when the history is too short."""
    folds = folds_of(len(table), BLOCKS, 2 * max(memories, default=1))
    method = method.settled(table, names, folds)
    held_out = _held_out(method, table, names, folds)
    scale = scale_of(table, names)
    seen = method.fit(scale.standard(table), scale, Fold(np.ones(len(table), np.bool_), np.arange(0)))
    statistics = statistics_of(seen.parts, memories)
    return scale, seen, statistics, _limits(held_out, statistics, len(names)), method


def _held_out(method: Method, table: Floats, names: Sequence[str], folds: Sequence[Fold]) -> list[Floats]:
    """Vectors of each part over all blocks in order of time; last, the errors of what was expected."""
    found: list[list[Floats]] = []
    for fold in folds:
        scale = scale_of(table[fold.learnt], names)
        standard = scale.standard(table)
        seen = method.fit(standard, scale, fold)
        rows = fold.held[fold.held >= seen.lags]
        looked = windows(standard, rows, seen.lags)
        found.append([*seen.vectors(looked), standard[rows] - seen.expected(looked)])
    return [_stacked([block[part] for block in found]) for part in range(len(found[0]))]


def _stacked(blocks: Sequence[Floats]) -> Floats:
    """One under the other; blocks of fewer columns (models of fewer components) are filled with zeros, which leaves lengths as they are."""
    width = max(b.shape[1] for b in blocks)
    return np.concatenate([np.pad(b, ((0, 0), (0, width - b.shape[1]))) for b in blocks])


def _limits(held_out: Sequence[Floats], statistics: Sequence[Statistic], variables: int) -> Limits:
    *vectors, errors = held_out
    start = tuple(float(squared_length(r).mean()) for r in vectors)
    caps = tuple(_cap(squared_length(r)) for r in vectors)
    values, _ = Accumulator(statistics, start, caps, [r.shape[1] for r in vectors], variables).run(vectors)
    roots = np.cbrt(values)
    centre, spread = roots.mean(axis=0), np.maximum(roots.std(axis=0), 1e-12)
    scores = ((roots - centre) / spread).max(axis=1)
    tail = min(max(TAIL_ROWS / len(scores), LEAST_TAIL), LARGEST_TAIL)
    knee = float(np.quantile(scores, 1 - tail))
    excess = max(float((scores[scores > knee] - knee).mean()), 1e-9)
    band = _BAND * np.sqrt((errors**2).mean(axis=0))
    return Limits(start, caps, centre, spread, tail, knee, excess, np.sort(scores[scores <= knee]), band)


def _cap(squares: Floats) -> float:
    roots = np.cbrt(squares)
    return float((roots.mean() + _CAP * roots.std()) ** 3)
