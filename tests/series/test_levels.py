"""What the detectors of a level see, and what they let pass."""

from typing import Any

import numpy as np
import pytest

from detectors.series.cusum import Cusum
from detectors.series.ewma import Ewma
from detectors.series.page_hinkley import PageHinkley
from detectors.series.robust_level import RobustLevel
from tests.series.conftest import Feed, noise

CHARTS = [Ewma, Cusum, PageHinkley]


def least_p(cls: type[Any], change: np.ndarray, before: int = 300) -> tuple[float, float]:
    """Smallest p-value over what follows 300 quiet hours, and the sign there."""
    feed = Feed(cls())
    feed.hourly(noise(before))
    scored = feed.hourly(noise(len(change), 2) + change, start=before).scored
    at = int(np.argmin(scored.p_value))
    return float(scored.p_value[at]), float(scored.sign[at])


@pytest.mark.parametrize("cls", CHARTS)
@pytest.mark.parametrize("step", [-2.0, 2.0])
def test_a_lasting_step_of_two_sigmas_is_seen_within_a_day(cls: type[Any], step: float) -> None:
    p, sign = least_p(cls, np.full(24, step))
    assert p < 1e-4
    assert sign == np.sign(step)


@pytest.mark.parametrize("cls", CHARTS)
def test_a_slow_drift_is_seen(cls: type[Any]) -> None:
    assert least_p(cls, np.linspace(0, 4, 60))[0] < 1e-4


@pytest.mark.parametrize("cls", [Cusum, PageHinkley])
def test_one_far_value_is_no_change_of_level(cls: type[Any]) -> None:
    spike = np.zeros(24)
    spike[3] = 1e6
    assert least_p(cls, spike)[0] > 1e-4


@pytest.mark.parametrize("cls", [RobustLevel, Ewma])
def test_one_far_value_is_seen(cls: type[Any]) -> None:
    spike = np.zeros(3)
    spike[2] = -30.0
    p, sign = least_p(cls, spike)
    assert p < 1e-4
    assert sign == -1


@pytest.mark.parametrize("cls", [*CHARTS, RobustLevel])
def test_a_lasting_level_becomes_usual_however_far_it_is(cls: type[Any]) -> None:
    feed = Feed(cls())
    feed.hourly(noise(300))
    feed.hourly(noise(2000, 2) * 1e4, start=300)
    later = feed.hourly(noise(200, 3) * 1e4, start=2300).scored
    assert (later.p_value < 1e-4).sum() <= 2


@pytest.mark.parametrize("cls", CHARTS)
def test_wild_first_values_do_not_blind(cls: type[Any]) -> None:
    feed = Feed(cls())
    feed.hourly(np.concatenate([[1e9, -1e12, 0.0], noise(60)]))
    assert feed.hourly(noise(24, 2) + 4, start=63).scored.p_value.min() < 1e-3


@pytest.mark.parametrize("cls", CHARTS)
def test_what_is_expected_is_said(cls: type[Any]) -> None:
    feed = Feed(cls())
    feed.hourly(noise(300))
    scored = feed.hourly([100.0], start=300).scored
    assert scored.expected[0] == pytest.approx(100, abs=0.5)
    assert scored.low[0] == pytest.approx(97.4, abs=1)
    assert scored.high[0] == pytest.approx(102.6, abs=1)
