"""What every detector of single series must stand from its input: bad numbers, bad times, gaps, constants, scales, any cut into batches."""

import os
import time
from dataclasses import fields

import numpy as np
import pytest

from detectors.series.detector import Integers, Scored
from detectors.series.rounds import judge
from tests.series.conftest import HOUR, START_US, Feed, Make, noise

YEAR_US = 365 * 24 * HOUR
# Detectors whose very subject the check would be, with the reason.
SEE_CONSTANTS: set[str] = set()
SEE_GAPS: set[str] = set()
SEE_SCALE: set[str] = set()


def sound(scored: Scored, rows: int) -> bool:
    """Every promise of ``Scored`` that can be seen from outside."""
    arrays = vars(scored).values()
    assert all(a.shape == (rows,) and a.dtype == np.float64 for a in arrays)
    assert ((scored.p_value >= 0) & (scored.p_value <= 1)).all()
    assert not np.isinf(scored.statistic).any()
    assert (scored.p_value[np.isnan(scored.statistic)] == 1).all()
    assert np.isin(scored.sign, [-1, 0, 1]).all()
    assert not np.isinf(scored.expected).any()
    is_told = ~np.isnan(scored.low) & ~np.isnan(scored.high)
    assert (scored.low[is_told] <= scored.high[is_told]).all()
    return True


def same(one: Scored, other: Scored) -> bool:
    """Equal to the last bit."""
    for field in fields(Scored):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)
    return True


def test_is_usable_before_it_has_learnt_anything(make: Make) -> None:
    feed = Feed(make())
    slots = np.arange(4)
    scored = feed.detector.score(slots, np.full(4, START_US), np.array([0.0, -1e300, 1e300, 5e-324]))
    assert sound(scored, 4)
    assert (scored.p_value == 1).all()


def test_no_rows_are_no_judgement(make: Make) -> None:
    assert sound(Feed(make()).hourly([]).scored, 0)


def test_looking_changes_nothing(make: Make) -> None:
    feed = Feed(make())
    feed.hourly(noise(150))
    before = feed.state()
    feed.detector.score(np.array([0, 3]), np.full(2, START_US + 500 * HOUR), np.array([1e9, 1.0]))
    assert feed.has_state(before)


def test_changes_nothing_of_what_it_is_given(make: Make) -> None:
    feed = Feed(make())
    slots, value = np.zeros(1, np.int64), np.array([100.0])
    for hour in range(60):
        times = np.array([START_US + hour * HOUR])
        feed.detector.score(slots, times, value)
        feed.detector.learn(slots, times, value)
        assert (slots[0], times[0], value[0]) == (0, START_US + hour * HOUR, 100.0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf"), 1.5e308, -1e301])
def test_senseless_values_are_refused_and_leave_no_trace(make: Make, bad: float) -> None:
    spoilt, clean = Feed(make()), Feed(make())
    for part in range(4):
        spoilt.hourly(noise(40, part), start=50 * part)
        clean.hourly(noise(40, part), start=50 * part)
        assert not spoilt.hourly([bad] * 10, start=50 * part + 40).is_taken.any()
    assert spoilt.has_state(clean.state())


def test_repeats_and_disorder_are_ignored(make: Make) -> None:
    feed = Feed(make())
    feed.hourly(noise(150))
    before = feed.state()
    assert not feed.hourly([500.0] * 150).is_taken.any()
    assert not feed.hourly(noise(149), start=-3000).is_taken.any()
    assert not feed.hourly([500.0] * 5, start=145).is_taken.any()
    assert feed.has_state(before)


def test_rows_in_disorder_within_a_batch_equal_those_left_in_order(make: Make) -> None:
    mixed, clean = Feed(make()), Feed(make())
    hours = np.array([0, 1, 1, 3, 2, 4, 4, 4, 9, 8, 7, 10, 0, 11])
    values = noise(len(hours))
    for block in range(12):
        mixed.rows(np.zeros(len(hours), np.int64), START_US + (20 * block + hours) * HOUR, values)
        is_new = np.append(True, hours[1:] > np.maximum.accumulate(hours)[:-1])
        clean.rows(np.zeros(is_new.sum(), np.int64), START_US + (20 * block + hours[is_new]) * HOUR, values[is_new])
    assert mixed.has_state(clean.state())


def test_a_gap_is_no_alarm_by_itself(make: Make) -> None:
    feed = Feed(make())
    feed.hourly(noise(300))
    for start in (310, 1_000, 100_000):
        judged = feed.hourly([100.1], start=start)
        assert sound(judged.scored, 1)
        assert judged.scored.p_value[0] > 0.01 or feed.detector.name in SEE_GAPS


@pytest.mark.parametrize("constant", [0.0, 1e-12, 7.0, -1e12, 1e300])
def test_constants_are_usual_and_do_not_blind(make: Make, constant: float) -> None:
    feed = Feed(make())
    judged = feed.hourly([constant] * 200)
    assert sound(judged.scored, 200)
    assert (judged.scored.p_value > 0.01).all() or feed.detector.name in SEE_CONSTANTS
    assert sound(feed.hourly(noise(100), start=200).scored, 100)


@pytest.mark.parametrize("scale", [1e-280, 1e-9, -1.0, 1e6, 1e280])
def test_the_unit_does_not_matter(make: Make, scale: float) -> None:
    feed = Feed(make())
    values = np.concatenate([noise(200), noise(10, 2) + 8, noise(30, 3)])
    plain = feed.hourly(values).scored
    scaled = feed.hourly(values * scale, slot=1).scored
    assert sound(scaled, len(values))
    if feed.detector.name not in SEE_SCALE:
        np.testing.assert_allclose(scaled.p_value, plain.p_value, rtol=1e-5, atol=1e-12)


def test_every_size_at_once_is_borne(make: Make) -> None:
    rng = np.random.default_rng(4)
    values = rng.choice([-1.0, 1.0], 600) * 10.0 ** rng.uniform(-320, 300, 600)
    assert sound(Feed(make()).hourly(values).scored, 600)


@pytest.mark.parametrize("year", [-300, -69, 0, 120, 5000])
def test_any_year_is_borne(make: Make, year: int) -> None:
    assert sound(Feed(make()).hourly(noise(100), start=year * YEAR_US // HOUR).scored, 100)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_time_zone_of_the_machine_does_not_matter(make: Make, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Feed(make()).hourly(noise(200)).scored
    kept = os.environ.get("TZ")
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert same(Feed(make()).hourly(noise(200)).scored, plain)
    finally:
        monkeypatch.undo()
        assert os.environ.get("TZ") == kept
        time.tzset()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_cut_into_batches_gives_the_same(make: Make, seed: int) -> None:
    slots, times, values = mixture(seed)
    together, apart, pieces = Feed(make()), Feed(make()), Feed(make())
    whole = together.rows(slots, times, values)
    cuts = np.sort(np.random.default_rng(seed).integers(0, len(slots), 20))
    for feed, parts in ((apart, np.arange(1, len(slots))), (pieces, cuts)):
        judged = [feed.rows(*rows) for rows in zip(*(np.split(a, parts) for a in (slots, times, values)), strict=True)]
        np.testing.assert_array_equal(np.concatenate([j.is_taken for j in judged]), whole.is_taken)
        for field in fields(Scored):
            got = np.concatenate([getattr(j.scored, field.name) for j in judged])
            np.testing.assert_array_equal(
                got[whole.is_taken], getattr(whole.scored, field.name)[whole.is_taken], field.name
            )
        assert feed.has_state(together.state())


def test_other_slots_do_not_matter(make: Make) -> None:
    slots, times, values = mixture(7)
    together = Feed(make()).rows(slots, times, values)
    for slot in range(4):
        mine = slots == slot
        alone = Feed(make()).rows(slots[mine], times[mine], values[mine])
        for field in fields(Scored):
            np.testing.assert_array_equal(getattr(alone.scored, field.name), getattr(together.scored, field.name)[mine])


def test_quiet_data_rarely_alarm_by_the_model_of_the_detector_itself(make: Make) -> None:
    feed = Feed(make(), 300)
    rng = np.random.default_rng(5)
    slots, alarms = np.arange(300), 0
    for hour in range(260):
        times = np.full(300, START_US + hour * HOUR)
        scored = judge(feed.detector, feed.rounds, slots, times, 100 + rng.standard_normal(300)).scored
        alarms += int((scored.p_value <= 1e-3).sum()) if hour >= 60 else 0
    assert alarms <= 300, "of 60,000 quiet values 60 are due at 1e-3"


def mixture(seed: int) -> tuple[Integers, Integers, np.ndarray]:
    """Rows of four slots with repeats, disorder, bad numbers, gaps, steps and spikes."""
    rng = np.random.default_rng(seed)
    n = 1200
    slots = rng.integers(0, 4, n)
    times = START_US + np.cumsum(rng.integers(-1, 4, n) + 100 * (rng.random(n) < 0.01)) * HOUR
    values = 50 + rng.standard_normal(n) + 5 * (np.arange(n) > 700) + 40 * (rng.random(n) < 0.01)
    values[rng.random(n) < 0.05] = np.nan
    return slots, times, values
