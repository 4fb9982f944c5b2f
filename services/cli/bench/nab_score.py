"""How the Numenta Anomaly Benchmark scores alarms, after its published definition.

A. Lavin, S. Ahmad, *Evaluating Real-Time Anomaly Detection Algorithms - the Numenta Anomaly Benchmark*, ICMLA 2015 (arXiv:1510.03336): the first
alarm in a window earns more the earlier it is, a window without one costs, and so does each alarm outside, less just after a window. One threshold
holds for all files; 0 is what no alarm at all earns, 100 the earliest alarm in every window and no other.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.series.detector import Floats, Integers
from services.cli.bench.nab_files import NabSeries

_PROBATION, _PROBATION_ROWS = 0.15, 750
_STEEP, _FAR = 5.0, 3.0


@dataclass(frozen=True)
class Profile:
    """What the first alarm in a window earns at most, what a window without one costs, and what a false alarm costs."""

    name: str
    hit: float
    miss: float
    false: float


STANDARD = Profile("standard", 1.0, 1.0, 0.11)
PROFILES = (STANDARD, Profile("reward_low_fp", 1.0, 1.0, 0.22), Profile("reward_low_fn", 1.0, 2.0, 0.11))


@dataclass(frozen=True)
class Outcome:
    """``score`` as NAB states it (NaN without windows), at ``threshold`` (an alarm is a score not below it). ``raw``: before scaling."""

    score: float
    threshold: float
    raw: float
    hits: int
    windows: int
    false_rows: int


@dataclass(frozen=True)
class Ground:
    """Rows that count, of all files one after the other: what an alarm there is worth, and the number of its window (-1 outside)."""

    rows: dict[str, tuple[int, int]]
    worth: Floats
    window: Integers
    windows: int

    def of(self, scores: Mapping[str, Floats]) -> Floats:
        """The scores of these rows; NaN never alarms."""
        parts = [np.asarray(scores[name], np.float64)[first:last] for name, (first, last) in self.rows.items()]
        whole = np.concatenate(parts)
        return np.where(np.isnan(whole), -np.inf, whole)


def ground(corpus: Sequence[NabSeries]) -> Ground:
    """Weigh every row after the first 15 % (at most 750) of each file."""
    rows, worth, window, count = {}, [], [], 0
    for series in corpus:
        first = min(math.floor(_PROBATION * len(series)), _PROBATION_ROWS)
        told, inside = _weighed(series)
        rows[series.name] = (first, len(series))
        worth.append(told[first:])
        window.append(np.where(inside >= 0, inside + count, -1)[first:])
        count += len(series.windows)
    return Ground(rows, np.concatenate(worth), np.concatenate(window), count)


def _weighed(series: NabSeries) -> tuple[Floats, Integers]:
    """Worth of an alarm on each row (1 to 0 in a window, 0 to -1 after it, -1 far from one) and the window it lies in."""
    row = np.arange(len(series))
    worth, inside = np.full(len(series), -1.0), np.full(len(series), -1)
    for k, (first, last) in enumerate(series.windows):
        end = series.windows[k + 1][0] if k + 1 < len(series.windows) else len(series)
        within, after = slice(first, last + 1), slice(last + 1, end)
        width = last - first + 1
        worth[within] = _sigmoid((row[within] - last - 1) / width) / _sigmoid(np.array(-1.0))
        inside[within] = k
        worth[after] = _sigmoid((row[after] - last) / (width - 1))
    return worth, inside


def _sigmoid(y: Floats) -> Floats:
    return np.where(y > _FAR, -1.0, 2.0 / (1.0 + np.exp(_STEEP * np.minimum(y, _FAR))) - 1.0)


def evaluate(where: Ground, scores: Mapping[str, Floats], profile: Profile, threshold: float | None = None) -> Outcome:
    """Score all files together: at the threshold given, else at the best one for these very files.

    Raises KeyError for a series without scores.
    """
    told = where.of(scores)
    order = np.argsort(-told, kind="stable")
    told, worth, window = told[order], where.worth[order], where.window[order]
    gains, hits = _gains(worth, window, profile)
    visible = len(np.unique(window[window >= 0]))
    raw = np.concatenate([[0.0], np.cumsum(gains)]) - profile.miss * visible
    # Alarms come in whole groups of equal scores: after 0 rows, and after the last row of each group.
    ends = (
        np.concatenate([[0], 1 + np.flatnonzero(np.append(told[1:] != told[:-1], True))])
        if len(told)
        else np.zeros(1, int)
    )
    if threshold is None:
        count = int(ends[np.argmax(raw[ends])])
        threshold = float(told[count - 1]) if count else math.inf
    else:
        count = int(np.searchsorted(-told, -threshold, side="right"))
    least, most = -profile.miss * where.windows, profile.hit * where.windows
    score = 100.0 * (float(raw[count]) - least) / (most - least) if where.windows else math.nan
    false_rows = int((window[:count] < 0).sum())
    return Outcome(score, threshold, float(raw[count]), int(hits[:count].sum()), where.windows, false_rows)


def _gains(worth: Floats, window: Integers, profile: Profile) -> tuple[Floats, Integers]:
    """What each further row adds when rows alarm in this order, and 1 where it is the first of its window."""
    gains, hits = np.where(window < 0, profile.false * worth, 0.0), np.zeros(len(worth), np.int64)
    for k in np.unique(window[window >= 0]):
        rows = np.flatnonzero(window == k)
        best = np.maximum.accumulate(profile.hit * worth[rows])
        gains[rows] = np.diff(best, prepend=-profile.miss)
        hits[rows[0]] = 1
    return gains, hits
