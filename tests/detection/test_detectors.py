"""Checks that every detector passes: bad numbers, bad times, scales, restart in mid-stream, batch = one by one."""

from typing import Any

import numpy as np
import pytest

from detectors.series.robust_level import LevelParameters, RobustLevel

DETECTORS = [RobustLevel]
HOUR = 3_600_000_000


@pytest.fixture(params=DETECTORS, ids=lambda d: d.name)
def detector(request: pytest.FixtureRequest) -> Any:
    """A fresh detector with four slots."""
    made = request.param()
    made.grow(4)
    return made


def _noise(n: int, seed: int = 1) -> np.ndarray:
    return 100 + np.random.default_rng(seed).standard_normal(n)


def _feed(detector: Any, values: Any, *, slot: int = 0, start: int = 0) -> Any:
    times = (start + np.arange(len(values))) * HOUR
    return detector.judge(np.full(len(values), slot), times, np.asarray(values, np.float64))


def test_warm_up_never_alarms(detector: Any) -> None:
    judged = _feed(detector, [1.0, 1e9, -1e9, 0.0, 5.0, 1e200, -3.0, 2.0])
    assert judged.is_taken.all()
    assert (judged.p_value == 1).all()
    assert np.isnan(judged.expected).all()


def test_a_jump_is_seen_and_what_is_usual_is_said(detector: Any) -> None:
    _feed(detector, _noise(60))
    judged = _feed(detector, [130.0], start=60)
    assert judged.p_value[0] < 1e-5
    assert abs(judged.expected[0] - 100) < 1
    assert judged.low[0] < 100 < judged.high[0] < 130


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf"), 1.5e308, -1e301])
def test_senseless_values_are_refused_and_blind_nobody(detector: Any, bad: float) -> None:
    _feed(detector, _noise(60))
    assert not _feed(detector, [bad] * 100, start=60).is_taken.any()
    assert _feed(detector, [130.0], start=200).p_value[0] < 1e-5


def test_repeats_and_late_values_are_ignored(detector: Any) -> None:
    _feed(detector, _noise(60))
    before = detector.snapshot()
    assert not _feed(detector, [500.0] * 60).is_taken.any()
    assert all(np.array_equal(v, before[k], equal_nan=True) for k, v in detector.snapshot().items())


def test_a_gap_is_no_alarm(detector: Any) -> None:
    _feed(detector, _noise(60))
    assert _feed(detector, [100.5], start=10_000).p_value[0] > 0.05


@pytest.mark.parametrize("constant", [0.0, 1e-12, 7.0, -1e12])
def test_constants_are_usual_and_a_crumb_is_no_alarm(detector: Any, constant: float) -> None:
    judged = _feed(detector, [constant] * 100)
    assert (judged.p_value == 1).all()
    assert _feed(detector, [constant * 1.001], start=100).p_value[0] > 0.05


def test_a_series_that_was_always_zero_has_no_scale(detector: Any) -> None:
    _feed(detector, [0.0] * 100)
    assert _feed(detector, [1e-9], start=100).p_value[0] > 1e-3
    _feed(detector, [0.0] * 100, slot=1)
    assert _feed(detector, [1e9], slot=1, start=100).p_value[0] > 1e-3


def test_a_rare_event_in_an_idle_series_is_not_new_each_time(detector: Any) -> None:
    values = np.zeros(200)
    values[20::20] = 1.0
    assert (_feed(detector, values).p_value[60:] > 1e-4).all()


@pytest.mark.parametrize("scale", [1e-280, 1e-9, 1.0, -1e6, 1e280])
def test_scale_does_not_matter(detector: Any, scale: float) -> None:
    values = np.append(_noise(60), 107.0)
    plain = _feed(detector, values).p_value
    scaled = _feed(detector, values * scale, slot=1).p_value
    np.testing.assert_allclose(scaled, plain, rtol=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_cut_into_batches_gives_the_same(detector: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 400
    slots = rng.integers(0, 4, n)
    times = np.cumsum(rng.integers(-1, 4, n)) * HOUR
    values = np.where(rng.random(n) < 0.05, np.nan, 50 + rng.standard_normal(n))
    single = type(detector)()
    single.grow(4)
    together = detector.judge(slots, times, values)
    apart = [single.judge(slots[i : i + 1], times[i : i + 1], values[i : i + 1]) for i in range(n)]
    for field in ("is_taken", "p_value", "expected", "low", "high", "previous_us"):
        got = np.concatenate([getattr(j, field) for j in apart])
        assert np.array_equal(getattr(together, field), got, equal_nan=field not in {"is_taken", "previous_us"}), field


def test_a_restart_in_mid_stream_changes_nothing(detector: Any) -> None:
    _feed(detector, _noise(70))
    other = type(detector)()
    other.restore(detector.snapshot())
    rest = _noise(50, seed=2)
    assert np.array_equal(_feed(detector, rest, start=70).p_value, _feed(other, rest, start=70).p_value)


def test_reading_the_last_window_again_restores_the_state(detector: Any) -> None:
    values = _noise(200)
    whole = _feed(detector, values).p_value
    other = type(detector)()
    other.grow(1)
    window = other.parameters.window
    again = _feed(other, values[200 - window - 30 :], start=200 - window - 30).p_value
    np.testing.assert_allclose(again[-30:], whole[-30:], rtol=1e-9)


def test_memory_is_bounded_and_stated(detector: Any) -> None:
    detector.grow(1000)
    before = sum(a.nbytes for a in detector.snapshot().values())
    for start in range(0, 3000, 500):
        _feed(detector, _noise(500), start=start)
    assert sum(a.nbytes for a in detector.snapshot().values()) == before <= 1000 * detector.bytes_per_series
    assert detector.bytes_per_series <= 500


def test_forgotten_slots_know_nothing(detector: Any) -> None:
    _feed(detector, _noise(60))
    detector.forget(np.array([0]))
    assert _feed(detector, [1e6]).p_value[0] == 1


def test_no_rows_are_no_judgement(detector: Any) -> None:
    assert len(_feed(detector, []).p_value) == 0


def test_quiet_data_alarm_rarely() -> None:
    detector = RobustLevel()
    detector.grow(500)
    rng = np.random.default_rng(5)
    alarms = 0
    for hour in range(200):
        judged = detector.judge(np.arange(500), np.full(500, hour * HOUR), 1000 + 30 * rng.standard_normal(500))
        alarms += int((judged.p_value <= 1e-4).sum())
    assert alarms <= 20, "100,000 normal values at 1e-4 with a tail heavier than theirs"


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": 4},
        {"window": 100_000},
        {"warm_up": 2},
        {"warm_up": 60},
        {"tail_df": 0.5},
        {"tail_df": float("nan")},
        {"least_spread": -0.1},
        {"least_spread": 2},
    ],
)
def test_senseless_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LevelParameters(**wrong)


def test_a_snapshot_of_another_window_is_refused(detector: Any) -> None:
    other = RobustLevel(LevelParameters(window=20))
    other.grow(1)
    with pytest.raises(ValueError, match="window"):
        detector.restore(other.snapshot())
