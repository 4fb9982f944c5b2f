"""The vote: honest p-values though detectors hang together, and who contributed."""

import numpy as np
import pytest
from scipy.stats import norm

from detectors.series.calibration.vote import WAYS, vote


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.95, 1.0])
def test_quiet_detectors_that_hang_together_keep_the_rate(way: str, correlation: float) -> None:
    rng = np.random.default_rng(1)
    shared = rng.standard_normal((60_000, 1))
    z = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * rng.standard_normal((60_000, 6))
    p = vote(2 * norm.sf(np.abs(z)), way=way).p
    assert np.mean(p <= 1e-3) <= 1.5e-3
    if way == "cauchy":
        assert np.mean(p <= 1e-3) >= 0.6e-3, "and Cauchy wastes little"


@pytest.mark.parametrize("way", WAYS)
def test_one_sure_detector_is_enough_and_is_named(way: str) -> None:
    made = vote(np.array([[0.4, 1e-9, 0.8, 0.03]]), way=way)
    assert made.p[0] < 1e-7
    assert made.contributed.tolist() == [[False, True, False, False]]
    assert made.share.sum() == pytest.approx(1.0)


def test_all_that_agree_are_named() -> None:
    made = vote(np.array([[1e-5, 2e-5, 0.5]]))
    assert made.contributed.tolist() == [[True, True, False]]
    assert made.p[0] == pytest.approx(3 / (1e5 + 0.5e5), rel=0.01)


@pytest.mark.parametrize("way", WAYS)
def test_silent_detectors_have_no_voice(way: str) -> None:
    made = vote(np.array([[np.nan, 1e-4, np.nan], [np.nan, np.nan, np.nan]]), way=way)
    assert made.p[0] == pytest.approx(1e-4)
    assert np.isnan(made.p[1])
    assert made.share.tolist() == [[0, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize("way", WAYS)
def test_one_voter_is_right_in_every_digit_and_zero_and_one_are_taken(way: str) -> None:
    alone = np.array([[1e-200], [1e-12], [1e-3], [0.5]])
    np.testing.assert_allclose(vote(alone, way=way).p, alone[:, 0], rtol=1e-9)
    extreme = vote(np.array([[0.0, 1.0], [1.0, 1.0]]), way=way).p
    assert extreme[0] < 1e-200
    assert extreme[1] > 0.9


def test_weights_tell() -> None:
    p = np.array([[1e-4, 1e-4]])
    assert vote(p, np.array([3.0, 1.0])).share.tolist() == [[0.75, 0.25]]


def test_senseless_votes_are_refused() -> None:
    with pytest.raises(ValueError, match="fisher"):
        vote(np.ones((1, 2)), way="fisher")
    with pytest.raises(ValueError, match="positive"):
        vote(np.ones((1, 2)), np.array([1.0, 0.0]))
    with pytest.raises(ValueError, match="0 to 1"):
        vote(np.array([[1.2, 0.5]]))
