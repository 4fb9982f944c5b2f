"""Change points and forecast residuals: what they see and what they let pass."""

import numpy as np
import pytest

from detectors.series.change_point import ChangePoint
from detectors.series.forecast_residual import ForecastResidual
from tests.series.conftest import Feed, noise


@pytest.mark.parametrize("step", [-4.0, 4.0])
def test_a_lasting_step_is_a_change_and_old_news_after_a_while(step: float) -> None:
    feed = Feed(ChangePoint())
    feed.hourly(noise(300))
    scored = feed.hourly(noise(80, 2) + step, start=300).scored
    assert scored.p_value[:12].min() < 1e-4
    assert scored.sign[11] == np.sign(step)
    assert scored.p_value[40:].min() > 1e-3


@pytest.mark.parametrize("size", [30.0, -1e6, 1e12])
def test_one_far_value_is_no_change(size: float) -> None:
    feed = Feed(ChangePoint())
    feed.hourly(noise(300))
    assert feed.hourly(noise(1) + size, start=300).scored.p_value[0] > 1e-4
    assert feed.hourly(noise(40, 2), start=301).scored.p_value.min() > 1e-3


def test_a_walk_is_foretold_from_its_last_value() -> None:
    steps = np.random.default_rng(4).standard_normal(600)
    values = 100 + np.cumsum(steps)
    scored = Feed(ForecastResidual()).hourly(values).scored
    assert np.abs(values - scored.expected)[100:].mean() == pytest.approx(0.8, abs=0.1)


def test_a_jump_of_a_walk_is_seen_at_once_and_only_once() -> None:
    values = 100 + np.cumsum(np.random.default_rng(5).standard_normal(600))
    values[500:] -= 15
    p = Feed(ForecastResidual()).hourly(values).scored.p_value
    assert p[500] < 1e-4
    assert (p[501:] > 1e-4).all()


def test_the_band_is_as_lopsided_as_the_misses() -> None:
    values = 100 + np.random.default_rng(6).exponential(1.0, 3000)
    scored = Feed(ForecastResidual()).hourly(values).scored
    late = slice(1000, None)
    above, below = (scored.high - scored.expected)[late].mean(), (scored.expected - scored.low)[late].mean()
    assert above > 2 * below
    inside = ((values >= scored.low) & (values <= scored.high))[late].mean()
    assert inside == pytest.approx(0.99, abs=0.01)


def test_a_forecast_over_a_gap_is_wider() -> None:
    feed = Feed(ForecastResidual())
    feed.hourly(100 + np.cumsum(np.random.default_rng(7).standard_normal(300)))
    ask = feed.detector.score
    newest = int(feed.rounds.newest_us[0])
    near, far = (ask(np.array([0]), np.array([newest + h * 3_600_000_000]), np.array([100.0])) for h in (1, 49))
    assert far.high[0] - far.low[0] > 4 * (near.high[0] - near.low[0])
