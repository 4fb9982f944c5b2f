"""Decimal slips of a stock are seen through for as long as they last; a crisis is never taken for one."""

import pytest

from services.risk.evidence import HOUR_US
from services.risk.state.slip import unslipped, unslipped_rate

TARGET, THROUGH = 1000.0, 40.0


def told(*values: float) -> list[tuple[int, float]]:
    """Hourly values."""
    return [(i * HOUR_US, v) for i, v in enumerate(values)]


@pytest.mark.parametrize("factor", [0.1, 10.0, 0.01, 1e4])
@pytest.mark.parametrize("lasts_h", [1, 24, 70])
def test_a_slip_is_moved_back_however_long_it_lasts(factor: float, lasts_h: int) -> None:
    true = [1000.0 - 3.0 * h for h in range(30 + lasts_h)]
    values = true[:30] + [v * factor for v in true[30:]]
    assert unslipped(told(*values), TARGET, THROUGH) == pytest.approx(true[-1])


def test_after_the_slip_the_point_stands_right_again() -> None:
    values = [1000.0] * 20 + [100.0] * 40 + [990.0]
    assert unslipped(told(*values), TARGET, THROUGH) is None


@pytest.mark.parametrize("per_h", [10.0, 40.0, 90.0])
def test_a_stock_that_runs_down_is_no_slip(per_h: float) -> None:
    values = [max(1000.0 - per_h * h, 5.0) for h in range(120)]
    assert [unslipped(told(*values[:n]), TARGET, THROUGH) for n in range(2, 120)] == [None] * 118


def test_a_lone_slip_of_a_stock_that_is_truly_low_does_not_make_it_high() -> None:
    """A tank run down to a quarter of its target is told ten times too large once; the readings after it are right."""
    low = [240.0 + h for h in range(60)]
    values = [*low[:30], 10.0 * low[30], *low[31:]]
    assert [unslipped(told(*values[:n]), TARGET, THROUGH) for n in range(32, 60)] == [None] * 28


def test_after_a_slip_at_the_start_the_second_reading_near_the_target_is_believed() -> None:
    values = [100.0] * 20 + [1000.0] * 5 + [99.0]
    assert unslipped(told(*values), TARGET, THROUGH) == pytest.approx(990.0)


def test_a_leap_that_no_moved_point_explains_is_taken_as_told() -> None:
    assert unslipped(told(*[1000.0] * 20, 250.0), TARGET, THROUGH) is None


def test_a_stock_that_was_never_near_its_target_is_taken_as_told() -> None:
    assert unslipped(told(*[100.0] * 50), TARGET, THROUGH) is None


@pytest.mark.parametrize(
    ("told_rate", "taken"),
    [(0.004, 40.0), (400.0, 40.0), (4.4e5, 44.0), (4.0, 4.0), (0.0, 0.0), (90.0, 90.0), (0.4, 0.4)],
)
def test_a_rate_is_moved_back_only_where_it_cannot_be_true(told_rate: float, taken: float) -> None:
    assert unslipped_rate(told_rate, THROUGH) == pytest.approx(taken)
