"""The cover trend: how many days are left, and when that is no longer chance."""

import numpy as np
import pytest

from detectors.series.cover_trend import CoverTrend
from detectors.series.rounds import Judged
from tests.series.conftest import HOUR, START_US, Feed

DAY = 24 * HOUR


def daily(feed: Feed, values: np.ndarray, start: int = 0) -> Judged:
    times = START_US + (start + np.arange(len(values))) * DAY
    return feed.rows(np.zeros(len(values), np.int64), times, values)


def stock(fall_a_day: float, days: int, seed: int = 1) -> np.ndarray:
    """Sixty quiet days at 100, then a fall."""
    level = np.concatenate([np.full(60, 100.0), 100 - fall_a_day * np.arange(1, days + 1)])
    return level + np.random.default_rng(seed).standard_normal(len(level))


def trend() -> tuple[Feed, CoverTrend]:
    detector = CoverTrend()
    return Feed(detector), detector


def test_days_left_are_those_of_the_straight_line() -> None:
    feed, detector = trend()
    detector.set_limits(np.array([0]), np.array([20.0]))
    daily(feed, stock(3, 20))
    assert detector.days_left(np.array([0]))[0] == pytest.approx(20 / 3, abs=1.5)


def test_a_fall_to_the_limit_is_told_days_before_it_is_reached() -> None:
    feed, detector = trend()
    detector.set_limits(np.array([0]), np.array([20.0]))
    p = daily(feed, stock(4, 19)).scored.p_value
    told = int(np.argmax(p < 1e-3))
    assert (p[:60] > 0.01).all()
    assert 60 < told <= 60 + 20 - 4, "the limit is reached on the 20th day"


def test_a_yard_that_fills_is_told_too() -> None:
    feed, detector = trend()
    detector.set_limits(np.array([0]), np.array([180.0]))
    scored = daily(feed, stock(-4, 19)).scored
    assert scored.p_value[-3:].max() < 1e-3
    assert scored.sign[-1] == 1


def test_without_a_limit_a_share_of_what_is_usual_stands_in() -> None:
    feed, _ = trend()
    assert daily(feed, stock(4, 18)).scored.p_value[-1] < 1e-3


def test_quiet_and_rising_stocks_are_never_told() -> None:
    for fall in (0.0, -3.0):
        feed, detector = trend()
        detector.set_limits(np.array([0]), np.array([20.0]))
        assert (daily(feed, stock(fall, 60)).scored.p_value > 0.5).all()
        assert detector.days_left(np.array([0]))[0] > 60


def test_below_the_limit_no_days_are_left() -> None:
    feed, detector = trend()
    detector.set_limits(np.array([0]), np.array([50.0]))
    scored = daily(feed, stock(4, 24)).scored
    assert scored.p_value[-1] < 1e-3
    assert detector.days_left(np.array([0]))[0] == 0
    assert np.isnan(detector.days_left(np.array([1]))[0])


def test_limits_survive_a_restart_and_infinite_ones_are_refused() -> None:
    feed, detector = trend()
    detector.set_limits(np.array([0]), np.array([20.0]))
    daily(feed, stock(4, 10))
    other = CoverTrend()
    other.restore(detector.snapshot())
    assert other.days_left(np.array([0])) == detector.days_left(np.array([0]))
    with pytest.raises(ValueError, match="finite"):
        detector.set_limits(np.array([0]), np.array([np.inf]))
