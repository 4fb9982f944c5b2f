"""What a forecast says of later hours: it never eases, says nothing beyond its horizon, and unknown stays unknown."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.level import Level, rank
from services.console.chart.ahead import HORIZON_H, LIMITS, STEP_H, Ahead, chance_by, fillings, levels_ahead
from services.console.chart.interval import Interval, remaining, told

CHANCES = st.lists(st.floats(0, 1), min_size=5, max_size=5).map(
    lambda found: dict(zip(("24", "72", "168", "336", "720"), sorted(found), strict=True))
)
COLOURS = [level for level in Level if level is not Level.UNKNOWN]


def test_a_break_foretold_for_the_third_day_reddens_on_the_second() -> None:
    chances = {"24": 0.0, "72": 1.0, "168": 1.0, "336": 1.0, "720": 1.0}
    found = levels_ahead(Level.ORANGE, chances, 0.0)
    assert found[0] == Ahead(0, Level.ORANGE)
    assert found[1].level is Level.RED
    assert 24 <= found[1].hour <= 36


def test_nothing_foretold_stays_as_it_is() -> None:
    assert levels_ahead(Level.NORMAL, {"24": 0, "72": 0, "168": 0, "336": 0, "720": 0.02}, 3.0) == [
        Ahead(0, Level.NORMAL)
    ]
    assert levels_ahead(Level.YELLOW, {}, 0.0) == [Ahead(0, Level.YELLOW)]


def test_unknown_stays_unknown_whatever_the_numbers() -> None:
    assert levels_ahead(Level.UNKNOWN, {"24": 1.0}, 0.0) == [Ahead(0, Level.UNKNOWN)]


@given(chances=CHANCES, level=st.sampled_from(COLOURS), age=st.floats(0, 48))
def test_a_forecast_never_eases(chances: dict[str, float], level: Level, age: float) -> None:
    found = levels_ahead(level, chances, age)
    ranks = [rank(step.level) or 0 for step in found]
    assert found[0] == Ahead(0, level)
    assert all(a < b for a, b in itertools.pairwise(ranks))
    assert all(0 <= step.hour <= HORIZON_H for step in found)


@given(chances=CHANCES, age=st.floats(0, 48))
def test_each_hour_has_the_level_that_its_limits_give(chances: dict[str, float], age: float) -> None:
    found = levels_ahead(Level.NORMAL, chances, age)
    for hour in range(STEP_H, HORIZON_H + 1, STEP_H):
        told = [step.level for step in found if step.hour <= hour][-1]
        passed = [
            level for level, horizon, least in LIMITS if _at_least(chance_by(chances, age + hour + horizon), least)
        ]
        assert (rank(told) or 0) >= max((rank(level) or 0 for level in passed), default=0)


def _at_least(chance: float | None, least: float) -> bool:
    return chance is not None and chance >= least + 1e-9


@given(chances=CHANCES, hours=st.floats(0, 720))
def test_chances_grow_with_the_hours(chances: dict[str, float], hours: float) -> None:
    by, later = chance_by(chances, hours), chance_by(chances, min(720.0, hours + 1))
    assert by is not None
    assert later is not None
    assert 0 <= by <= later + 1e-9 <= 1 + 1e-9


def test_filling_counts_from_now_and_ends_with_its_forecast() -> None:
    found = fillings(100, {"24": 80, "72": 40}, {"24": 120, "72": 100}, 200, age_h=12)
    assert [round(f.hour) for f in found] == [0, 12, 60]
    assert (found[0].low, found[0].high) == (0.45, 0.55)
    assert (found[-1].low, found[-1].high) == (0.2, 0.5)
    assert fillings(100, {}, {}, 0, 0) == []


@pytest.mark.parametrize(
    ("given_hours", "age", "said"),
    [
        ((10.0, 20.0, 40.0), 5.0, "5～35 小时，中值 15"),
        ((0.0, 0.0, 0.0), 0.0, "已到限"),
        ((None, None, None), 0.0, "预测期内不到限"),
        ((100.0, None, None), 4.0, "4.0 天～预测期外，中值在预测期外"),
        ((None, None, 300.0), 0.0, "可能在 12.5 天后"),
        ((None, 60.0, None), 1.0, "中值 59 小时"),
        ((0.0, 10.0, 30.0), 20.0, "0～10 小时，中值 0"),
    ],
)
def test_time_left_is_told_as_an_interval(
    given_hours: tuple[float | None, float | None, float | None], age: float, said: str
) -> None:
    assert told(remaining(*given_hours, age))[0] == said


def test_an_interval_without_hours_is_not_known() -> None:
    assert not Interval().is_known()
    assert Interval(p90=3.0).is_known()
