"""Blame by counterfactuals, and the least that would avoid a break."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.network.causes import alike, blame
from detectors.network.smallest_change import Way, smallest_change


def additive(losses: list[float]) -> Callable[[Iterable[int]], NDArray[np.float64]]:
    return lambda chosen: np.full(8, sum(losses[n] for n in chosen))


def test_independent_losses_are_shared_as_they_are() -> None:
    verdict = blame(3, additive([10.0, 30.0, 0.0]))
    assert verdict.is_shapley
    assert verdict.expected == pytest.approx(40.0)
    assert [s.number for s in verdict.shares] == [1, 0, 2]
    assert [s.share for s in verdict.shares] == pytest.approx([0.75, 0.25, 0.0])
    assert sum(s.share for s in verdict.shares) == pytest.approx(1.0)


def test_the_only_cause_is_necessary_and_sufficient_and_a_bystander_neither() -> None:
    verdict = blame(2, additive([5.0, 0.0]))
    cause, bystander = verdict.shares
    assert (cause.number, cause.is_necessary, cause.is_sufficient) == (0, True, True)
    assert (bystander.is_necessary, bystander.is_sufficient) == (False, False)


def test_two_that_each_suffice_share_the_blame_and_cannot_be_told_apart() -> None:
    verdict = blame(2, lambda chosen: np.full(4, 9.0 if chosen else 0.0))
    assert [s.share for s in verdict.shares] == pytest.approx([0.5, 0.5])
    assert not any(s.is_necessary for s in verdict.shares)
    assert alike(verdict.shares) == ((0, 1),)


def test_two_that_only_together_bring_the_loss_are_both_necessary() -> None:
    verdict = blame(2, lambda chosen: np.full(4, 9.0 if len(chosen) == 2 else 0.0))
    assert all(s.is_necessary and not s.is_sufficient for s in verdict.shares)
    assert alike(verdict.shares) == ()


def test_more_than_six_are_judged_by_removal_and_named_so() -> None:
    calls = []

    def cost(chosen: frozenset[int]) -> np.ndarray:
        calls.append(chosen)
        return np.full(4, float(len(chosen)))

    verdict = blame(8, cost)
    assert not verdict.is_shapley
    assert sum(s.share for s in verdict.shares) == pytest.approx(1.0)
    assert len(set(calls)) <= 18


def test_an_interval_widens_with_the_spread_over_scenarios() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(1.0, 0.5, 16)
    verdict = blame(2, lambda chosen: 10.0 * (0 in chosen) * noise + 10.0 * (1 in chosen))
    wide, narrow = sorted(verdict.shares, key=lambda s: s.low - s.high)
    assert (wide.number, narrow.number) == (0, 1)
    assert wide.low < wide.share < wide.high
    assert narrow.high - narrow.low == pytest.approx(0.0, abs=1e-9)


def test_no_loss_blames_nobody() -> None:
    assert blame(2, additive([0.0, 0.0])).shares == ()
    assert blame(0, additive([])).shares == ()


@pytest.mark.parametrize("loss", [np.array([np.nan]), np.array([[1.0]]), np.array([])])
def test_senseless_losses_are_refused(loss: np.ndarray) -> None:
    with pytest.raises(ValueError, match="right"):
        blame(1, lambda chosen: loss)


WAYS = [Way(3, 400.0, 20.0), Way(1, 300.0, 5.0)]


def falling(at: float) -> Callable[[float], float]:
    return lambda amount: 1.0 if amount < at else 0.0


def test_the_least_amount_is_found_and_goes_over_the_cheapest_ways() -> None:
    found = smallest_change(falling(450.0), lambda a: 100.0, WAYS, limit=0.5)
    assert found.is_enough
    assert found.amount == pytest.approx(450.0, abs=7.0)
    assert [load.link for load in found.loads] == [1, 3]
    assert [load.amount for load in found.loads] == pytest.approx([300.0, 150.0], abs=7)
    assert found.money == pytest.approx(300 * 5 + 150 * 20, abs=150)
    assert found.chance < 0.5


def test_nothing_is_asked_where_nothing_threatens() -> None:
    found = smallest_change(lambda a: 0.1, lambda a: np.inf, WAYS, limit=0.5)
    assert (found.amount, found.loads, found.is_enough) == (0.0, (), True)


def test_where_it_does_not_suffice_the_delay_and_what_binds_are_told() -> None:
    found = smallest_change(falling(5000.0), lambda a: 100.0 + a / 10, WAYS, limit=0.5)
    assert not found.is_enough
    assert found.amount == 700.0
    assert found.delay_h == pytest.approx(70.0)
    assert set(found.binding) == {1, 3}


@pytest.mark.parametrize("limit", [0.0, -1.0, 1.5, np.nan])
def test_senseless_limits_are_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="right"):
        smallest_change(falling(1.0), lambda a: 0.0, WAYS, limit=limit)


def test_senseless_ways_are_refused() -> None:
    with pytest.raises(ValueError, match="right"):
        Way(1, -5.0, 1.0)
