"""The ensemble by the front door: one alarm per event, of the kinds it is made for, and rarely without one."""

import numpy as np
import pytest

from detectors.series.ensemble import NAMES, Ensemble
from tests.series.conftest import HOUR, START_US, Feed

RNG = np.random.default_rng
DAY = 24


def daily(n: int, seed: int = 1) -> np.ndarray:
    """A clear day with noise."""
    return 100 + 10 * np.sin(2 * np.pi * np.arange(n) / DAY) + RNG(seed).standard_normal(n)


def told(values: np.ndarray, alpha: float = 1e-3) -> list[int]:
    """Hours at which an alarm is told."""
    return np.flatnonzero(Feed(Ensemble()).hourly(values).scored.p_value <= alpha).tolist()


def test_a_lasting_step_is_told_at_once_and_not_again_and_again() -> None:
    values = daily(1500)
    values[1200:] += 15
    hours = [h for h in told(values) if h >= 1200]
    assert hours
    assert hours[0] <= 1202
    assert len(hours) <= 4


def test_a_value_that_is_usual_at_another_hour_is_told() -> None:
    values = daily(1500)
    values[1230:1233] = values[1230 + DAY // 2 : 1233 + DAY // 2]
    assert any(1230 <= h <= 1233 for h in told(values))


def test_a_slow_drift_is_told_in_the_end() -> None:
    values = 100 + RNG(4).standard_normal(2000)
    values[1500:] += np.minimum(np.arange(500) * 0.02, 4)
    assert any(h >= 1500 for h in told(values))


def test_a_meter_that_falls_silent_in_its_noise_is_told() -> None:
    values = daily(1500)
    values[1200:] = 100.0
    assert any(1200 <= h <= 1290 for h in told(values))


def test_the_second_of_two_events_is_told_too() -> None:
    values = daily(3000)
    values[1500] += 40
    values[2200] += 40
    hours = told(values, 1e-4)
    assert 1500 in hours
    assert 2200 in hours


def test_later_rows_of_an_event_are_above_what_is_usual_and_below_an_alarm() -> None:
    values = daily(1500)
    values[1200:1206] += 15
    p = Feed(Ensemble()).hourly(values).scored.p_value
    assert p[1200] <= 1e-4
    assert np.all((p[1202:1206] > 1e-2) & (p[1202:1206] < 0.2))
    assert np.median(p) == 1


def test_says_which_views_contributed() -> None:
    feed, values = Feed(Ensemble()), 100 + RNG(2).standard_normal(800)
    feed.hourly(values)
    detector = feed.detector
    assert isinstance(detector, Ensemble)
    slots, times = np.array([0, 1]), np.full(2, START_US + 800 * HOUR)
    rare = dict(zip(NAMES, detector.rarities(slots, times, np.array([130.0, 130.0])).T, strict=True))
    assert rare["novelty"][0] > 3
    assert rare["profile"][0] > 3
    assert rare["drift"][0] < rare["profile"][0]
    assert all(view[1] == 0 for view in rare.values()), "a series that knows nothing finds nothing rare"


def quiet(kind: str, n: int, seed: int) -> np.ndarray:
    e = RNG(seed).standard_normal(n)
    if kind == "walk":
        for k in range(1, n):
            e[k] += 0.9 * e[k - 1]
        return 100 + e
    if kind == "counts":
        return RNG(seed).poisson(3, n).astype(float)
    return daily(n, seed) if kind == "daily" else 100 + e


def rate(series: int, rows: int, alpha: float) -> float:
    """Share of quiet values told after the first 600, over four kinds of series."""
    feed = Feed(Ensemble(), 4 * series)
    values = np.array([quiet(k, rows, s) for k in ("noise", "walk", "counts", "daily") for s in range(series)])
    slots = np.tile(np.arange(4 * series), rows)
    times = START_US + np.repeat(np.arange(rows, dtype=np.int64), 4 * series) * HOUR
    p = feed.rows(slots, times, values.T.ravel()).scored.p_value.reshape(rows, -1)
    return float((p[600:] <= alpha).mean())


def test_a_level_means_how_often_a_quiet_series_alarms() -> None:
    assert 0.4e-3 <= rate(12, 3000, 1e-3) <= 2e-3


@pytest.mark.full
def test_a_level_means_how_often_a_quiet_series_alarms_over_a_million_values() -> None:
    assert 0.5e-3 <= rate(60, 5000, 1e-3) <= 2e-3
