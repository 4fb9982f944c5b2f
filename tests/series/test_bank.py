"""The bank: every detector says in it what it says alone, and it survives a restart."""

import numpy as np
import pytest

from detectors.series.bank import Bank, standard_detectors
from detectors.series.ewma import Ewma
from tests.series.conftest import Feed
from tests.series.test_every_input import mixture, same


def test_each_says_what_it_says_alone() -> None:
    slots, times, values = mixture(3)
    bank = Bank()
    bank.grow(4)
    judged = bank.judge(slots, times, values)
    for detector in standard_detectors():
        alone = Feed(detector).rows(slots, times, values)
        assert same(judged.scored[detector.name], alone.scored)
        assert np.array_equal(judged.is_taken, alone.is_taken)


def test_a_restart_goes_on_to_the_last_bit_and_repeats_stay_repeats() -> None:
    slots, times, values = mixture(4)
    first, second = Bank(), Bank()
    first.grow(4)
    first.judge(slots[:500], times[:500], values[:500])
    second.restore(first.snapshot())
    assert len(second) == 4
    assert not second.judge(slots[:500], times[:500], values[:500]).is_taken.any()
    one, other = (b.judge(slots[500:], times[500:], values[500:]) for b in (first, second))
    assert all(same(one.scored[name], other.scored[name]) for name in one.scored)


def test_memory_is_the_sum_and_as_stated() -> None:
    bank = Bank()
    bank.grow(100)
    kept = sum(array.nbytes for array in bank.snapshot().values())
    assert kept + 4 * 100 == 100 * bank.bytes_per_series, "four bytes a series are room to count in"


def test_forgotten_slots_know_nothing() -> None:
    slots, times, values = mixture(5)
    bank, fresh = Bank(), Bank()
    for each in (bank, fresh):
        each.grow(4)
    bank.judge(slots, times, values)
    bank.forget(np.arange(4))
    assert all(
        np.array_equal(a, fresh.snapshot()[k], equal_nan=a.dtype.kind == "f") for k, a in bank.snapshot().items()
    )


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="different names"):
        Bank([Ewma(), Ewma()])
