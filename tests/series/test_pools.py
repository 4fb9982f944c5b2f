"""Calibrated p-values: true on quiet series, from the first row on, for any cut, after any restart; not poisoned, yet following."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm

from detectors.series.calibration.calibrator import Calibrator
from detectors.series.calibration.settings import CalibrationSettings
from detectors.series.detector import Floats, Integers

SERIES = 200
SLOTS = np.arange(SERIES)


def fresh(series: int = SERIES, pools: int = 1) -> Calibrator:
    calibrator = Calibrator()
    calibrator.grow(series, pools)
    return calibrator


def two_sided(z: Floats) -> Floats:
    p: Floats = 2 * norm.sf(np.abs(z))
    return p


def judged(calibrator: Calibrator, z: Floats, own: Callable[[Floats], Floats] = two_sided) -> Floats:
    """Steps by series, one pool."""
    pool = np.zeros(z.shape[1], np.int64)
    return np.stack([calibrator.judge(pool, np.arange(z.shape[1]), np.abs(row), own(row)) for row in z])


LAWS: dict[str, Callable[[np.random.Generator, tuple[int, int]], Floats]] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "student 3": lambda rng, shape: rng.standard_t(3, shape),
    "laplace": lambda rng, shape: rng.laplace(size=shape),
    "tiny": lambda rng, shape: 0.01 * rng.standard_normal(shape),
}


@pytest.mark.parametrize("law", LAWS)
def test_the_alarm_rate_is_what_it_says_whatever_the_law(law: str) -> None:
    z = LAWS[law](np.random.default_rng(2), (1000, SERIES))
    p = judged(fresh(), z)[20:]
    for alpha, low, high in ((0.1, 0.8, 1.1), (0.01, 0.7, 1.25), (1e-3, 0.5, 1.6)):
        assert low * alpha <= np.mean(p <= alpha) <= high * alpha, alpha


def test_honest_own_p_values_are_honest_from_the_first_row_and_can_alarm() -> None:
    rng = np.random.default_rng(3)
    slots, many = np.arange(3000), fresh(3000, 300)
    steps = [rng.standard_normal(3000) for _ in range(30)]
    rows = np.concatenate([many.judge(slots // 10, slots, np.abs(z), two_sided(z)) for z in steps])
    assert np.mean(rows <= 0.01) <= 0.011
    assert np.mean(rows <= 1e-3) <= 1.2e-3
    first = fresh(1).judge(np.zeros(1, np.int64), np.zeros(1, np.int64), np.array([8.0]), np.array([1e-12]))
    assert first[0] < 1e-6, "an untried pool still lets its detector warn"


def test_own_p_values_far_too_small_are_soon_not_believed() -> None:
    z = np.random.default_rng(4).standard_t(2, (400, 50))
    pool = fresh(50)
    p = judged(pool, z)
    assert np.mean(two_sided(z[:20]) <= 1e-3) > 0.05, "the detector by itself is wrong by a factor of fifty"
    assert np.mean(p[:20] <= 1e-3) < 0.01
    assert np.mean(p[20:] <= 1e-3) < 0.002


def test_rows_that_hang_together_count_less() -> None:
    rng = np.random.default_rng(5)
    alone = fresh()
    judged(alone, rng.standard_normal((300, SERIES)))
    clinging = np.zeros((300, SERIES))
    for t in range(1, 300):
        clinging[t] = 0.9 * clinging[t - 1] + rng.standard_normal(SERIES)
    sticky, together = fresh(), fresh()
    judged(sticky, clinging)
    judged(together, rng.standard_normal((300, 1)) + 0.3 * rng.standard_normal((300, SERIES)))
    reports = [c.report(0) for c in (alone, sticky, together)]
    shares = [r.effective / r.weight for r in reports]
    assert shares[0] > 0.7
    assert shares[1] < 0.4
    assert shares[2] < 0.05
    assert all(r.rows == 300 * SERIES for r in reports)


def test_a_broken_series_does_not_become_normal() -> None:
    rng = np.random.default_rng(6)
    z = rng.standard_normal((600, SERIES))
    z[200:, :4] += 12.0
    calibrator = fresh()
    p = judged(calibrator, z)
    fault = calibrator.look_up(np.zeros(1, np.int64), np.array([12.0]), np.array([1e-30]))
    assert fault[0] < 1e-5
    assert np.mean(p[300:, 4:] <= 1e-3) < 2e-3
    assert calibrator.report(0).adopted == 0
    assert calibrator.report(0).held > 1000


def test_a_change_of_the_whole_pool_is_followed_after_two_windows() -> None:
    z = np.random.default_rng(7).standard_normal((900, SERIES))
    z[400:] *= 3.0
    calibrator = fresh()
    p = judged(calibrator, z)
    assert np.mean(p[400:424] <= 1e-3) > 0.1, "at first all alarm"
    assert 5e-4 <= np.mean(p[500:] <= 1e-3) <= 2e-3, "then it is how things are"
    assert calibrator.report(0).adopted == 1


def test_a_slow_drift_is_followed_without_one() -> None:
    z = np.random.default_rng(8).standard_normal((2000, SERIES)) * np.linspace(1.0, 1.4, 2000)[:, None]
    calibrator = fresh()
    p = judged(calibrator, z)
    assert np.mean(p[500:] <= 1e-3) <= 2e-3
    assert calibrator.report(0).adopted == 0


def test_a_calmer_pool_is_followed() -> None:
    z = np.random.default_rng(9).standard_normal((1500, SERIES))
    z[300:] *= 0.2
    p = judged(fresh(), z)
    assert 5e-4 <= np.mean(p[600:] <= 1e-3) <= 2e-3


def mixed_rows(n: int) -> tuple[Integers, Integers, Floats, Floats]:
    rng = np.random.default_rng(10)
    slots = rng.integers(0, 60, n)
    statistic = np.abs(rng.standard_t(3, n))
    statistic[rng.random(n) < 0.05] = np.nan
    return slots % 3, slots, statistic, np.where(np.isnan(statistic), 1.0, two_sided(statistic))


def test_any_cut_and_any_restart_give_the_same_to_the_last_bit() -> None:
    rows = mixed_rows(6000)
    whole = fresh(60, 3)
    expected = whole.judge(*rows)
    parts, calibrator = [], fresh(60, 3)
    for part in zip(*(np.array_split(column, 23) for column in rows), strict=True):
        parts.append(calibrator.judge(*part))
        after = fresh(0, 0)
        after.restore(calibrator.snapshot())
        calibrator = after
    assert np.concatenate(parts).tobytes() == expected.tobytes()
    left, right = whole.snapshot(), calibrator.snapshot()
    assert all(left[key].tobytes() == right[key].tobytes() for key in left)


def test_looking_up_changes_nothing_and_pools_know_nothing_of_each_other() -> None:
    rows = mixed_rows(3000)
    calibrator, only = fresh(60, 3), fresh(60, 3)
    calibrator.judge(*rows)
    before = calibrator.snapshot()
    calibrator.look_up(rows[0], rows[2], rows[3])
    assert all(before[key].tobytes() == part.tobytes() for key, part in calibrator.snapshot().items())
    mine = rows[0] == 1
    only.judge(*(column[mine] for column in rows))
    assert only.snapshot()["pool_bins"][1].tobytes() == before["pool_bins"][1].tobytes()


def test_memory_is_what_is_stated_and_does_not_grow() -> None:
    calibrator = fresh(60, 3)
    calibrator.judge(*mixed_rows(5000))
    state = calibrator.snapshot()
    pools = sum(part.nbytes for key, part in state.items() if key.startswith("pool_"))
    slots = sum(part.nbytes for key, part in state.items() if key.startswith("slot_"))
    assert pools == 3 * calibrator.bytes_per_pool
    assert slots == 60 * calibrator.bytes_per_series


def test_extreme_statistics_are_taken_without_harm() -> None:
    calibrator = fresh()
    judged(calibrator, np.random.default_rng(11).standard_normal((50, SERIES)))
    odd = np.array([0.0, -5.0, 1e-300, 1e300, np.inf, np.nan])
    p = calibrator.judge(np.zeros(6, np.int64), SLOTS[:6], odd, np.array([1.0, 1.0, 1.0, 0.0, 0.0, 1.0]))
    assert np.all((p >= 0) & (p <= 1))
    assert p[:3].min() > 0.9
    assert p[3:5].max() < 1e-3
    assert p[5] == 1.0
    assert 5e-4 <= np.mean(judged(calibrator, np.random.default_rng(12).standard_normal((500, SERIES))) <= 1e-3) <= 2e-3


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("half_life_steps", 0.0),
        ("least_effective", float("nan")),
        ("prior_rows", -1.0),
        ("window_steps", 0),
        ("breadth", 1.5),
    ],
)
def test_senseless_settings_are_refused(setting: str, value: float) -> None:
    with pytest.raises(ValueError, match=setting):
        CalibrationSettings(**{setting: value})  # type: ignore[arg-type]  # wrong on purpose


def test_senseless_rows_are_refused() -> None:
    calibrator, one = fresh(2), np.ones(1)
    first = np.zeros(1, np.int64)
    with pytest.raises(IndexError, match="slot 2"):
        calibrator.judge(first, first + 2, one, one)
    with pytest.raises(IndexError, match="pool -1"):
        calibrator.judge(first - 1, first, one, one)
    with pytest.raises(ValueError, match="0 to 1"):
        calibrator.judge(first, first, one, 2 * one)
    with pytest.raises(ValueError, match="equally many"):
        calibrator.judge(first, first, np.ones(2), one)
