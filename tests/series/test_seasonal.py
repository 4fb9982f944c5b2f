"""The seasonal baseline: what is usual for the hour, the weekday, the season and the festival, and what is planned."""

from datetime import date

import numpy as np
import pytest

from detectors.series.calendar import PHASES, day_table, spring_festival
from detectors.series.rounds import Judged
from detectors.series.seasonal import Seasonal, SeasonalParameters
from tests.series.conftest import HOUR, START_US, Feed

CHINA_H = 8


def day_of(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()


def cycle(hours: np.ndarray, seed: int = 1) -> np.ndarray:
    """A load with a daily cycle of 10 and a weekend lower by 5, in local time; noise of 1."""
    local = START_US // HOUR + hours + CHINA_H
    is_weekend = (local // 24 + 3) % 7 >= 5
    noise = np.random.default_rng(seed).standard_normal(len(hours))
    return np.asarray(100 + 10 * np.sin(2 * np.pi * local / 24) - 5 * is_weekend + noise)


def learnt(days: int = 42) -> Feed:
    feed = Feed(Seasonal())
    feed.hourly(cycle(np.arange(24 * days)))
    return feed


def daily(feed: Feed, values: np.ndarray, first: int) -> Judged:
    times = (first + np.arange(len(values))) * 24 * HOUR
    return feed.rows(np.zeros(len(values), np.int64), times, values)


def test_what_is_usual_for_the_hour_is_expected() -> None:
    hours = np.arange(24 * 42, 24 * 49)
    scored = learnt().hourly(cycle(hours, 2), start=24 * 42).scored
    assert np.abs(scored.expected - (cycle(hours, 2))).mean() < 1.3
    assert (scored.p_value < 1e-3).sum() == 0


def test_a_value_usual_at_noon_is_unusual_at_midnight() -> None:
    feed = learnt()
    noon_value = 110.0  # the peak, at 06:00 local
    start = 24 * 42 + 18 - CHINA_H
    assert feed.hourly([noon_value], start=start).scored.p_value[0] < 1e-4


def test_planned_maintenance_is_not_judged_and_teaches_nothing() -> None:
    feed = learnt()
    detector = feed.detector
    assert isinstance(detector, Seasonal)
    begin = START_US + 24 * 42 * HOUR
    detector.plan(0, begin, begin + 48 * HOUR)
    scored = feed.hourly([0.0] * 48, start=24 * 42).scored
    assert (scored.p_value == 1).all()
    hours = np.arange(24 * 44, 24 * 45)
    after = feed.hourly(cycle(hours, 3), start=24 * 44).scored
    assert (after.p_value > 1e-3).all()
    assert feed.hourly([0.0], start=24 * 45).scored.p_value[0] < 1e-4


def test_a_plan_that_ends_before_it_begins_is_refused() -> None:
    detector = Seasonal()
    detector.grow(1)
    with pytest.raises(ValueError, match="an end after the beginning"):
        detector.plan(0, 10, 10)


def test_the_second_heating_season_comes_as_no_surprise() -> None:
    table = day_table((10, 15), (4, 15))
    first = day_of(2021, 5, 1)
    days = np.arange(first, first + 1000)
    values = 100 + 12 * table.season[days] + np.random.default_rng(3).standard_normal(len(days))
    scored = daily(Feed(Seasonal()), values, first).scored
    later = (days >= day_of(2022, 5, 1)) & (table.is_early[days] == 1)
    assert np.abs(values - scored.expected)[later].mean() < 3
    assert (scored.p_value[later] < 1e-3).sum() == 0


def test_the_calendar_knows_the_lunar_new_year() -> None:
    assert [spring_festival(y) for y in (2023, 2024, 2026)] == [date(2023, 1, 22), date(2024, 2, 10), date(2026, 2, 17)]
    table = day_table((10, 15), (4, 15))
    assert table.festival[day_of(2024, 2, 10)] == 3
    assert table.festival[day_of(2024, 2, 9)] == 2
    assert table.festival[day_of(2024, 2, 24)] == len(PHASES)
    assert table.festival[day_of(2024, 2, 26)] == 0
    assert [table.season[day_of(2024, *d)] for d in ((4, 14), (4, 15), (10, 14), (10, 15), (12, 31))] == [1, 0, 0, 1, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"heating_from": (13, 1)},
        {"heating_from": (2, 30)},
        {"heating_from": (3, 1)},
        {"heating_until": (9, 1)},
        {"zone_h": 20},
    ],
)
def test_a_senseless_calendar_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SeasonalParameters(**wrong)  # type: ignore[arg-type]  # wrong on purpose
