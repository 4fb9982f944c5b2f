"""Detectors calibrated, voting and paying from one budget: rates hold, changes are found and the right detectors named."""

from typing import Any

import numpy as np
import pytest

from detectors.series.calibration.panel import VOTE, Panel
from detectors.series.ewma import Ewma
from detectors.series.robust_level import RobustLevel
from services.cli.bench.calibration.bank import detector_classes
from services.cli.bench.calibration.month import live_month
from services.cli.bench.calibration.quiet import HOUR_US, KINDS, quiet_series
from services.cli.bench.calibration.real import quiet_tables
from services.cli.bench.calibration.trial import block_steps, interval, try_out

DETECTORS = detector_classes()
STEPS = 1350
"""Of 1,000 series: the longest warm-up, and a million points."""


def hours(steps: int) -> Any:
    return np.arange(steps) * HOUR_US


@pytest.mark.parametrize("name", ["robust_level", "ewma", "cusum"])
def test_the_alarm_rate_of_a_detector_is_what_it_says(name: str) -> None:
    values, _ = quiet_series("heavy", 400, 500, 1)
    trial = try_out(DETECTORS[name](), values, hours(400))
    assert 5e-4 <= trial.rate(1e-3) <= 2e-3
    assert trial.own_rate(1e-3) > 2e-3, "by itself it is wrong on heavy tails"
    assert trial.report.rows == trial.points
    assert 0 < trial.report.effective <= trial.report.weight


@pytest.mark.parametrize(
    ("name", "kind"), [("cusum", "clinging"), ("page_hinkley", "clinging"), ("cover_trend", "normal")]
)
def test_the_alarm_rate_holds_where_values_hang_together_and_limits_are_far(name: str, kind: str) -> None:
    values, _ = quiet_series(kind, 800, 300, 3)
    trial = try_out(DETECTORS[name](), values, hours(800))
    assert 5e-4 <= trial.rate(1e-3) <= 2e-3


@pytest.mark.parametrize("alpha", [0.05, 0.02, 1e-3])
def test_a_detector_that_tells_an_event_once_keeps_its_rate_at_every_level(alpha: float) -> None:
    values, _ = quiet_series("heavy", 500, 200, 1)
    trial = try_out(DETECTORS["ensemble"](), values, hours(500))
    assert 0.5 * alpha <= trial.rate(alpha) <= 2 * alpha
    assert np.isfinite(trial.report.tail_start), "its tail can be fitted"


def test_few_false_alarms_a_day_and_every_real_change_found() -> None:
    month = live_month({"robust_level": RobustLevel, "ewma": Ewma}, series=1000, days=8, changes=10, seed=1)
    assert month.false_a_day.mean() <= 6
    assert month.false_a_day.max() <= 15
    assert np.all((month.delay_h >= 0) & (month.delay_h <= 24))
    assert sum(month.named.values()) >= 10
    assert all(0 < effective <= month.rows[kind] for kind, effective in month.effective.items())


def test_any_cut_and_any_restart_give_the_same_verdicts() -> None:
    rng = np.random.default_rng(1)
    slots = np.tile(np.arange(40), 100)
    statistic = np.abs(rng.standard_normal((4000, 2)))
    statistic[rng.random((4000, 2)) < 0.1] = np.nan
    own = np.where(np.isnan(statistic), 1.0, np.exp(-statistic))
    rows = (slots % 2, slots, np.arange(4000) * HOUR_US // 40, statistic, own)
    whole = Panel(["level", "ewma"])
    whole.grow(40, 2)
    expected = whole.judge(*rows)
    panel, p = Panel(["level", "ewma"]), []
    panel.grow(40, 2)
    for part in zip(*(np.array_split(column, 9) for column in rows), strict=True):
        p.append(panel.judge(*part).p)
        after = Panel(["level", "ewma"])
        after.restore(panel.snapshot())
        panel = after
    assert np.concatenate(p).tobytes() == expected.p.tobytes()
    assert panel.report(VOTE, 0) == whole.report(VOTE, 0)


def test_what_one_detector_sees_of_a_sudden_break_is_not_outvoted() -> None:
    """Six detectors, five of which see nothing yet, on a pool of some hundred rows: the vote alarms at the level at which the one does."""
    names, rng = ["robust_level", "ewma", "cusum", "page_hinkley", "seasonal", "cover_trend"], np.random.default_rng(2)
    panel, rows, one = Panel(names), 600, np.zeros(1, np.int64)
    panel.grow(10, 1)
    p = rng.random((rows, 6))
    panel.judge(np.zeros(rows, np.int64), np.arange(rows) % 10, np.arange(rows) * HOUR_US, -np.log10(p), p)
    last = np.array([[4.5, 1.0, 0.3, 0.3, np.nan, np.nan]])
    own = np.where(np.isnan(last), 1.0, 10.0**-last)
    verdict = panel.judge(one, one, one + rows * HOUR_US, last, own)
    level = verdict.p_value[0, 0]
    assert level < 2e-4, "as rare as a small pool can say"
    assert verdict.p[0] <= 2.2 * level
    assert Panel(names, weights=dict.fromkeys(names, 1.0)).names == tuple(names)


def test_other_detectors_are_refused() -> None:
    with pytest.raises(ValueError, match="vote"):
        Panel(["level", VOTE])
    with pytest.raises(ValueError, match="cusum"):
        Panel(["level", "ewma"], weights={"cusum": 1.0})
    with pytest.raises(ValueError, match="positive"):
        Panel(["level", "ewma"], weights={"ewma": 0.0})
    with pytest.raises(ValueError, match="ewma"):
        Panel(["level", "ewma"]).restore(Panel(["level"]).snapshot())


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DETECTORS)
def test_the_rate_of_every_detector_on_a_million_points(name: str, kind: str) -> None:
    values, _ = quiet_series(kind, STEPS, 1000, 1)
    trial = try_out(DETECTORS[name](), values, hours(STEPS))
    assert trial.points >= 1_000_000
    assert 5e-4 <= trial.rate(1e-3) <= 2e-3


@pytest.mark.full
@pytest.mark.parametrize("table", ["plant_stock", "coal_output", "barges", "rail"])
@pytest.mark.parametrize("name", DETECTORS)
def test_the_rate_of_every_detector_on_real_quiet_times(name: str, table: str, real_tables: Any) -> None:
    values, days = quiet_tables(real_tables)[table]
    trial = try_out(DETECTORS[name](), values, np.arange(len(values)) * days * 24 * HOUR_US)
    alpha = 20 / trial.points
    low, high = interval(trial.p, alpha, block_steps(table, trial.report))
    assert low <= 2 * alpha
    assert high >= 0.5 * alpha


@pytest.mark.full
@pytest.mark.timeout(1200)
def test_a_month_of_ten_thousand_series() -> None:
    month = live_month(dict(DETECTORS), series=10_000, days=30, changes=50, seed=1)
    assert month.false_a_day.mean() <= 20
    assert month.false_a_day.max() <= 40
    assert np.all(month.delay_h >= 0)
