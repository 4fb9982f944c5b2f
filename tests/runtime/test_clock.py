"""Lane clocks and exact times."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.lane import Lane, kind_of
from services.runtime.clock import ManualClock, from_us, lane_time, to_us

WALL = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_lane_runs_at_its_own_rate_from_its_own_origin() -> None:
    origin = datetime(2022, 4, 14, tzinfo=UTC)
    lane = Lane(name="replay:demo", chain="ordos", opened_at=WALL, origin=origin, wall_origin=WALL, rate=3600)
    assert lane_time(lane, WALL + timedelta(seconds=2)) == origin + timedelta(hours=2)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001  # hypothesis wants naive bounds
def test_microseconds_round_trip(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert from_us(to_us(aware)) == aware


def test_a_manual_clock_never_goes_back() -> None:
    clock = ManualClock(WALL)
    clock.advance(timedelta(seconds=3))
    assert (clock.now(), clock.monotonic()) == (WALL + timedelta(seconds=3), 3.0)
    with pytest.raises(ValueError, match="go back"):
        clock.advance(timedelta(seconds=-1))


@pytest.mark.parametrize("name", ["", "Live", "drill:", "drill:A", "replay:a b", "live:1", "replay:" + "x" * 70])
def test_senseless_lane_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="lane"):
        kind_of(name)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_senseless_rates_are_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        Lane(name="live", chain="ordos", opened_at=WALL, origin=WALL, wall_origin=WALL, rate=rate)
