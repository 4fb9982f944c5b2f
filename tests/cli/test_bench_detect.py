"""``lianjing bench detect`` on few series; river is left out, it would be fetched."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from detectors.series.bank import level_detectors, standard_detectors
from services.cli.bench import command


def test_it_reports_speed_and_memory_of_each_detector_and_of_the_bank() -> None:
    done = CliRunner().invoke(command, ["detect", "--quick", "--series", "200", "--rounds", "2", "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)["figures"]
    assert figures["array_obs_per_s"] == min(figures[f"{d.name}_obs_per_s"] for d in level_detectors())
    assert 0 < figures["bank_obs_per_s"] < figures["array_obs_per_s"]
    assert max(d.bytes_per_series for d in standard_detectors()) <= figures["bytes_per_series"] <= 500
    assert "river_ratio" not in figures


@pytest.mark.full
def test_the_growth_of_cost_with_the_number_of_series_is_drawn(tmp_path: Path) -> None:
    target = tmp_path / "growth.svg"
    done = CliRunner().invoke(
        command, ["detect", "--quick", "--series", "200", "--rounds", "2", "--plot", str(target), "--json"]
    )
    assert done.exit_code == 0, done.output
    drawn = target.read_text(encoding="utf-8")
    assert drawn.count("<circle") >= 4
    assert "100,000" in drawn


def test_wrong_use_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["detect", "--series", "5"])
    assert done.exit_code == 2
