"""Thresholds by stated cost: the value of warnings to somebody who pays for false pages and for missed breaks."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from detectors.skill import best_choice, deciding, value
from services.cli.main import lianjing
from services.runtime.errors import InputError

FROZEN = Path(__file__).parent / "frozen" / "report.json"
CALIBRATED = [(p, p, 1000.0) for p in (0.01, 0.05, 0.1, 0.3, 0.6, 0.9)]


@pytest.mark.parametrize(("loss", "threshold"), [(1.5, 0.9), (2.5, 0.6), (5, 0.3), (15, 0.1), (30, 0.05)])
def test_for_calibrated_probabilities_the_best_threshold_is_the_ratio(loss: float, threshold: float) -> None:
    """Richardson: act when p is at least cost over loss."""
    assert best_choice(deciding(CALIBRATED), 1.0, loss).threshold == threshold


def test_dear_breaks_are_worth_more_false_pages() -> None:
    cheap, dear = (best_choice(deciding(CALIBRATED), 1.0, loss) for loss in (2.0, 50.0))
    assert dear.hit_rate > cheap.hit_rate
    assert dear.false_share > cheap.false_share


def test_value_is_one_when_perfect_nought_at_the_frequency_and_less_when_harmful() -> None:
    alpha = np.array([0.05, 0.2, 0.5])
    perfect = deciding([(0.0, 0.0, 900.0), (1.0, 1.0, 100.0)])
    assert value(perfect, alpha)[1].tolist() == pytest.approx([1, 1, 1])
    blind = deciding([(0.1, 0.1, 1000.0)])
    assert value(blind, alpha)[0].max() <= 1e-12
    wrong = deciding([(0.1, 0.5, 100.0), (0.9, 0.0, 900.0)])
    assert value(wrong, alpha)[1].max() < 0


def test_the_value_is_highest_where_the_ratio_is_the_frequency() -> None:
    rates = deciding(CALIBRATED)
    ratios = np.linspace(0.02, 0.9, 89)
    best = value(rates, ratios).max(axis=0)
    assert ratios[int(best.argmax())] == pytest.approx(rates.frequency, abs=0.02)


@pytest.mark.parametrize(
    "bins", [[], [(0.5, 0.5, 0.0)], [(1.5, 0.5, 1.0)], [(0.5, float("nan"), 1.0)], [(0.5, 0.1, 1.0), (0.1, 0.1, 1.0)]]
)
def test_bins_that_are_none_are_refused(bins: list[tuple[float, float, float]]) -> None:
    with pytest.raises(ValueError, match="bins"):
        deciding(bins)


@pytest.mark.parametrize(("cost", "loss"), [(0.0, 1.0), (2.0, 1.0), (1.0, 1.0), (float("nan"), 2.0)])
def test_senseless_costs_are_refused(cost: float, loss: float) -> None:
    with pytest.raises(ValueError, match="cost"):
        best_choice(deciding(CALIBRATED), cost, loss)


def test_the_command_chooses_and_draws(tmp_path: Path) -> None:
    picture = tmp_path / "value.svg"
    words = ["backtest", "value", str(FROZEN), "--missed", "20", "--horizon", "72", "--out", str(picture)]
    done = CliRunner().invoke(lianjing, [*words, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["alpha"] == pytest.approx(0.05)
    assert 0 < told["value"] <= 1
    drawn = picture.read_text(encoding="utf-8")
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert "1:20" in drawn
    assert "门限 threshold" in CliRunner().invoke(lianjing, words).stdout


def test_a_horizon_without_cases_and_a_break_cheaper_than_a_page_are_refused() -> None:
    for words in (["--missed", "20", "--horizon", "336"], ["--missed", "0.5"]):
        result = CliRunner().invoke(lianjing, ["backtest", "value", str(FROZEN), *words])
        assert isinstance(result.exception, InputError)
