"""The table of normal history: checked once, cut into blocks that are held out in turn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.series.detector import LARGEST, Floats, Integers, Truths

LEAST_ROWS = 100
"""Fewer rows of normal history say nothing of a rate of 1 in 200."""

FARTHEST = 1e9


@dataclass(frozen=True)
class Scale:
    """What one unit of each variable is: mean and standard deviation of normal history, shape (variables,)."""

    mean: Floats
    spread: Floats

    def standard(self, rows: Floats) -> Floats:
        """Rows without unit; what is farther off than ``FARTHEST`` is not told apart, so that no square overflows."""
        made: Floats = np.clip((rows - self.mean) / self.spread, -FARTHEST, FARTHEST)
        return made


@dataclass(frozen=True)
class Fold:
    """One block held out: what is learnt from the rest judges it. ``learnt``: rows of the table; ``held``: rows of the block."""

    learnt: Truths
    held: Integers

    def whole(self, lags: int) -> Integers:
        """Rows to learn from whose ``lags`` rows before are to be learnt from too."""
        return whole_rows(self.learnt, lags)


def whole_rows(allowed: Truths, lags: int) -> Integers:
    """Rows that are allowed together with the ``lags`` rows before each."""
    is_whole = allowed.copy()
    is_whole[:lags] = False
    for lag in range(1, lags + 1):
        is_whole[lag:] &= allowed[:-lag]
    return np.flatnonzero(is_whole)


def checked_rows(values: Floats, names: Sequence[str]) -> Floats:
    """Rows as floats. Raises ValueError that names the row and the variable of the first value that is no finite number."""
    rows = np.asarray(values, np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise ValueError(f"an array of shape {rows.shape} was given; (rows, {len(names)} variables) is right")
    is_good = np.abs(rows) <= LARGEST
    if not is_good.all():
        row, column = np.argwhere(~is_good)[0]
        raise ValueError(
            f"row {row} of {names[column]!r} is {rows[row, column]}; finite numbers up to {LARGEST:g} are right: "
            "fill a short gap with the value before it, and begin anew after a long one"
        )
    return rows


def checked_table(values: Floats, names: Sequence[str]) -> Floats:
    """A table to learn from. Raises ValueError when it is too short, holds what is no finite number, or a variable hardly ever changes."""
    if len(set(names)) != len(names):
        raise ValueError(f"names {sorted(n for n in set(names) if list(names).count(n) > 1)} stand more than once")
    table = checked_rows(values, names)
    if len(table) < LEAST_ROWS:
        raise ValueError(f"{len(table)} rows of normal history were given; at least {LEAST_ROWS} are right")
    for column, name in enumerate(names):
        if np.ptp(table[:, column]) == 0:
            raise ValueError(f"{name!r} is constant ({table[0, column]:g}) in the normal history; leave it out")
    return table


def scale_of(rows: Floats, names: Sequence[str]) -> Scale:
    """Mean and spread of these rows. Raises ValueError naming a variable that does not change in them."""
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    flat = np.flatnonzero(spread <= 1e-12 * np.maximum(1e-280, np.abs(mean)))
    if len(flat):
        raise ValueError(
            f"{names[flat[0]]!r} changes only within one tenth of the normal history and is constant "
            f"({mean[flat[0]]:g}) elsewhere; leave it out, or give history in which it changes"
        )
    return Scale(mean, spread)


def folds_of(rows: int, blocks: int, gap: int) -> list[Fold]:
    """Blocks of equal length in order of time, each with ``gap`` rows on both sides that are neither learnt from nor judged with it."""
    edges = np.linspace(0, rows, blocks + 1).astype(np.int64)
    folds = []
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        learnt = np.ones(rows, np.bool_)
        learnt[max(0, begin - gap) : end + gap] = False
        folds.append(Fold(learnt, np.arange(begin, end)))
    return folds


def windows(standard: Floats, rows: Integers, lags: int) -> Floats:
    """Each row with the ``lags`` rows before it, newest first: shape (rows, (lags + 1) * variables)."""
    return np.concatenate([standard[rows - lag] for lag in range(lags + 1)], axis=1)
