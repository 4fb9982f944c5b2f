"""Rows are cut into rounds of distinct slots; what may not be learnt is refused or ignored, and said so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.series.detector import NEVER_US
from detectors.series.ewma import Ewma
from detectors.series.rounds import Cut, Rounds, judge


def cut(slots: list[int], times: list[int], values: list[float], rounds: Rounds | None = None) -> Cut:
    if rounds is None:
        rounds = Rounds()
        rounds.grow(8)
    return rounds.cut(np.array(slots, np.int64), np.array(times, np.int64), np.array(values, np.float64))


def test_one_round_when_all_slots_differ() -> None:
    made = cut([2, 0, 1], [5, 5, 5], [1.0, 2.0, 3.0])
    assert made.is_taken.all()
    assert [r.slots.tolist() for r in made.rounds] == [[2, 0, 1]]
    assert (made.previous_us == NEVER_US).all()


def test_rows_of_one_series_follow_each_other_in_rounds() -> None:
    made = cut([0, 1, 0, 0], [1, 1, 2, 3], [1.0, 2.0, 3.0, 4.0])
    assert [r.values.tolist() for r in made.rounds] == [[1.0, 2.0], [3.0], [4.0]]
    assert made.previous_us.tolist() == [NEVER_US, NEVER_US, 1, 2]


def test_bad_numbers_and_old_times_are_left_out() -> None:
    made = cut([0, 0, 0, 0, 0], [5, 5, 4, 9, 6], [1.0, 2.0, 3.0, float("nan"), 1e300])
    assert made.is_taken.tolist() == [True, False, False, False, True]


def test_what_was_taken_is_remembered_over_a_restart() -> None:
    rounds = Rounds()
    rounds.grow(2)
    cut([0], [5], [1.0], rounds)
    again = Rounds()
    again.restore(rounds.snapshot())
    assert not cut([0], [5], [1.0], again).is_taken.any()
    assert cut([1], [5], [1.0], again).is_taken.all()
    again.forget(np.array([0]))
    assert cut([0], [5], [1.0], again).is_taken.all()


@pytest.mark.parametrize("slots", [[8], [-1], [0, 100]])
def test_an_unknown_slot_is_an_error_and_nothing_is_taken(slots: list[int]) -> None:
    rounds = Rounds()
    rounds.grow(8)
    with pytest.raises(IndexError, match="0 to 7 are known"):
        cut(slots, [1] * len(slots), [1.0] * len(slots), rounds)
    assert (rounds.newest_us == NEVER_US).all()


def test_arrays_of_different_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="equal lengths"):
        cut([1, 2], [1], [1.0])


def test_a_detector_grows_to_the_slots_of_the_rounds() -> None:
    detector, rounds = Ewma(), Rounds()
    rounds.grow(5)
    judged = judge(detector, rounds, np.array([4]), np.array([1]), np.array([2.0]))
    assert len(detector) == 5
    assert judged.is_taken.all()


_ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.sampled_from([1.0, float("nan")])), max_size=60)


@given(_ROWS)
def test_rounds_hold_each_row_taken_once_and_in_the_order_of_its_series(rows: list[tuple[int, int, float]]) -> None:
    made = cut([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])
    newest: dict[int, int] = {}
    for part in made.rounds:
        assert len(set(part.slots.tolist())) == len(part.slots)
        for slot, time in zip(part.slots.tolist(), part.times_us.tolist(), strict=True):
            assert time > newest.get(slot, -1)
            newest[slot] = time
    best: dict[int, int] = {}
    taken = []
    for slot, time, value in rows:
        taken.append(value == 1.0 and time > best.get(slot, -1))
        if taken[-1]:
            best[slot] = time
    assert made.is_taken.tolist() == taken
    assert sum(len(p.slots) for p in made.rounds) == sum(taken)
