"""Reports that do not add up are made consistent, and the one that is wrong is named."""

import numpy as np
import pytest

from services.risk.state.balance import Balance, Report

IN, MADE, USED, OUT = range(4)
BALANCE = Balance(4, [((IN, 1.0), (MADE, 1.0), (USED, -1.0), (OUT, -1.0))])
GUESS = np.array([50.0, 50.0, 80.0, 20.0])
WIDE = 0.3 * GUESS


def told(*values: float | None) -> list[Report]:
    return [Report(((i, 1.0),), v, 0.01 * GUESS[i]) for i, v in enumerate(values) if v is not None]


def test_what_nobody_reports_follows_from_the_balance() -> None:
    found = BALANCE.reconcile(GUESS, WIDE, told(60.0, 50.0, 80.0, None))
    assert found.value[OUT] == pytest.approx(30.0, abs=2.0)
    assert found.spread()[OUT] < WIDE[OUT]
    assert not found.is_gross.any()


def test_small_contradictions_are_shared_by_spread() -> None:
    found = BALANCE.reconcile(GUESS, WIDE, told(51.0, 50.0, 80.0, 20.0))
    gain = found.value[IN] + found.value[MADE] - found.value[USED] - found.value[OUT]
    assert abs(gain) < 1.0
    assert not found.is_gross.any()


def test_a_report_ten_times_too_large_is_named_and_hardly_counts() -> None:
    reports = [*told(50.0, 50.0, None, 20.0), Report(((USED, 1.0),), 800.0, 0.8)]
    found = BALANCE.reconcile(GUESS, WIDE, reports)
    assert found.is_gross.tolist()[-1]
    assert found.value[USED] < 300.0


def test_more_reports_narrow_the_estimate() -> None:
    few = BALANCE.reconcile(GUESS, WIDE, told(50.0, None, None, None))
    many = BALANCE.reconcile(GUESS, WIDE, told(50.0, 50.0, 80.0, None))
    assert many.spread()[OUT] < few.spread()[OUT]


@pytest.mark.parametrize(
    ("guess", "spread", "reports"),
    [
        (np.array([np.nan, 1, 1, 1]), WIDE, []),
        (GUESS, np.zeros(4), []),
        (GUESS, WIDE, [Report(((0, 1.0),), float("inf"), 1.0)]),
        (GUESS, WIDE, [Report(((0, 1.0),), 1.0, 0.0)]),
    ],
)
def test_senseless_numbers_are_refused(guess: np.ndarray, spread: np.ndarray, reports: list[Report]) -> None:
    with pytest.raises(ValueError, match="right"):
        BALANCE.reconcile(guess, spread, reports)


def test_unknowns_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="does not exist"):
        Balance(2, [((5, 1.0),)])
