"""The one way rows reach a detector: cut into rounds, judged against what was learnt before them, then learnt.

Refused: NaN, infinity, ``|value| > LARGEST``. Ignored on purpose: a time not later than the newest of its series (repeat, late or corrected
value; ``revisable`` holds the history and judges them). Both are told apart from what was taken by ``is_taken``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.series.detector import LARGEST, NEVER_US, Detector, Floats, Integers, Scored, Truths

_PLAIN: tuple[Literal["C"], Literal["A"], Literal["W"]] = ("C", "A", "W")


class Round(NamedTuple):
    """Rows of distinct slots. ``rows``: their numbers among the rows given, None when they are all of them in order."""

    rows: Integers | None
    slots: Integers
    times_us: Integers
    values: Floats


@dataclass(frozen=True)
class Cut:
    """Rows cut into rounds. ``is_taken`` is false for a row refused or ignored; ``previous_us`` is the time of the row taken before in the same
    series (NEVER_US for the first, and for a row not taken). Both have one entry per row given.
    """

    rounds: list[Round]
    is_taken: Truths
    previous_us: Integers

    def __len__(self) -> int:
        """Number of rows given."""
        return len(self.is_taken)


@dataclass(frozen=True)
class Judged:
    """What a detector said of rows, in the order they were given. Entries of ``scored`` mean nothing where ``is_taken`` is false."""

    is_taken: Truths
    previous_us: Integers
    scored: Scored


class Rounds:
    """Remembers the newest time of every slot and cuts rows into rounds by it. One serves all detectors of the same series."""

    bytes_per_series = 12
    """Eight for the newest time, four of room to count in."""

    def __init__(self) -> None:
        self._newest_us = np.empty(0, np.int64)
        self._turn = np.empty(0, np.int32)

    def __len__(self) -> int:
        """Number of slots."""
        return len(self._newest_us)

    @property
    def newest_us(self) -> Integers:
        """A copy of the newest time per slot, NEVER_US where nothing was taken."""
        return self._newest_us.copy()

    def grow(self, slots: int) -> None:
        """Have at least this many slots; new ones have seen nothing."""
        more = slots - len(self)
        if more > 0:
            self._newest_us = np.concatenate([self._newest_us, np.full(more, NEVER_US, np.int64)])
            self._turn = np.zeros(slots, np.int32)

    def forget(self, slots: Integers) -> None:
        """Make these slots have seen nothing."""
        self._newest_us[slots] = NEVER_US

    def of(self, slots: Integers) -> dict[str, NDArray[np.generic]]:
        """A copy of the state of these slots, for ``put``."""
        return {"newest_us": self._newest_us[slots]}

    def put(self, slots: Integers, state: Mapping[str, NDArray[np.generic]]) -> None:
        """These slots have seen what ``of`` told."""
        self._newest_us[slots] = state["newest_us"]

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of all state, for ``restore``."""
        return {"newest_us": self._newest_us.copy()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Take over a snapshot."""
        self._newest_us = np.array(state["newest_us"], np.int64)
        self._turn = np.zeros(len(self._newest_us), np.int32)

    def cut(self, slots: Integers, times_us: Integers, values: Floats) -> Cut:
        """Cut rows in the order given; rows of one series may follow each other. From now on they count as seen.

        Raises IndexError for an unknown slot and ValueError for arrays of different lengths; nothing has changed then.
        """
        return cut_by(self._newest_us, self._turn, slots, times_us, values)


def cut_by(newest_us: Integers, turn: NDArray[np.int32], slots: Integers, times_us: Integers, values: Floats) -> Cut:
    """Cut rows by the newest time per slot, which is moved on; ``turn`` is room to count in: one zero per slot, and zeros again afterwards.

    Raises IndexError for an unknown slot and ValueError for arrays of different lengths; nothing has changed then.
    """
    # Arrays of other makes would be compiled for anew, which takes seconds.
    slots, times_us = np.require(slots, np.int64, _PLAIN), np.require(times_us, np.int64, _PLAIN)
    values = np.require(values, np.float64, _PLAIN)
    n = len(slots)
    if not n == len(times_us) == len(values):
        raise ValueError(
            f"{n} slots, {len(times_us)} times and {len(values)} values were given; equal lengths are right"
        )
    if n and not 0 <= slots.min() <= slots.max() < len(newest_us):
        raise IndexError(f"slots {slots.min()} to {slots.max()} were given; 0 to {len(newest_us) - 1} are known")
    turn_of_row, previous_us = np.empty(n, np.int32), np.empty(n, np.int64)
    turns, taken = _turns(newest_us, turn, slots, times_us, values, turn_of_row, previous_us)
    is_taken = turn_of_row >= 0
    if turns == 1 and taken == n:
        return Cut([Round(None, slots, times_us, values)], is_taken, previous_us)
    rows, first = _in_turn(turn_of_row, turns, taken)
    parts = [rows[first[k] : first[k + 1]] for k in range(turns)]
    return Cut([Round(r, slots[r], times_us[r], values[r]) for r in parts], is_taken, previous_us)


def judge(detector: Detector, rounds: Rounds, slots: Integers, times_us: Integers, values: Floats) -> Judged:
    """Hand any rows to a detector: refuse, ignore, score, learn. The detector grows to the slots of ``rounds``.

    Raises IndexError for an unknown slot and ValueError for arrays of different lengths.
    """
    cut = rounds.cut(slots, times_us, values)
    detector.grow(len(rounds))
    return Judged(cut.is_taken, cut.previous_us, judge_cut(detector, cut))


def judge_cut(detector: Detector, cut: Cut) -> Scored:
    """Score then learn what was cut already, so that many detectors share one cut. The detector must have the slots."""
    return score_cut(detector.score, detector.learn, cut)


def score_cut(score: Callable[..., Scored], learn: Callable[..., None], cut: Cut) -> Scored:
    """``score`` then ``learn`` of each round; what they say, in the order of the rows given."""
    if len(cut.rounds) == 1 and cut.rounds[0].rows is None:
        return _score_and_learn(score, learn, cut.rounds[0])
    made = blank(len(cut))
    for part in cut.rounds:
        scored = _score_and_learn(score, learn, part)
        for name, whole in vars(made).items():
            whole[part.rows] = getattr(scored, name)
    return made


def blank(n: int) -> Scored:
    """What is said of ``n`` rows while nothing is known: p-value 1, the rest NaN, sign 0."""
    nothing = np.full((4, n), np.nan)
    return Scored(nothing[0], np.ones(n), nothing[1], nothing[2], nothing[3], np.zeros(n))


def silenced(made: Scored, is_warming: Truths) -> Scored:
    """The same, but nothing said of rows whose series still warm up. Changes ``made``."""
    if is_warming.any():
        for array, nothing in zip(vars(made).values(), (np.nan, 1.0, np.nan, np.nan, np.nan, 0.0), strict=True):
            array[is_warming] = nothing
    return made


def _score_and_learn(score: Callable[..., Scored], learn: Callable[..., None], part: Round) -> Scored:
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        scored = score(part.slots, part.times_us, part.values)
        learn(part.slots, part.times_us, part.values)
    return scored


@njit(cache=True, nogil=True)
def _turns(
    newest_us: Integers,
    turn_of_slot: NDArray[np.int32],
    slots: Integers,
    times_us: Integers,
    values: Floats,
    turn: NDArray[np.int32],
    previous_us: Integers,
) -> tuple[int, int]:
    """Fill the round of each row (-1: not taken) and the time before it; return the number of rounds and of rows taken."""
    turns, taken = 0, 0
    for i in range(len(slots)):
        slot = slots[i]
        turn[i] = -1
        previous_us[i] = NEVER_US
        if abs(values[i]) <= LARGEST and times_us[i] > newest_us[slot]:
            turn[i] = turn_of_slot[slot]
            turn_of_slot[slot] += 1
            previous_us[i] = newest_us[slot]
            newest_us[slot] = times_us[i]
            turns = max(turns, turn_of_slot[slot])
            taken += 1
    for i in range(len(slots)):
        turn_of_slot[slots[i]] = 0
    return turns, taken


@njit(cache=True, nogil=True)
def _in_turn(turn: NDArray[np.int32], turns: int, taken: int) -> tuple[Integers, Integers]:
    """Numbers of the rows taken, round by round and in order within each, and where each round begins."""
    first = np.zeros(turns + 1, np.int64)
    for k in turn:
        if k >= 0:
            first[k + 1] += 1
    first = np.cumsum(first)
    free = first.copy()
    rows = np.empty(taken, np.int64)
    for i in range(len(turn)):
        k = turn[i]
        if k >= 0:
            rows[free[k]] = i
            free[k] += 1
    return rows, first
