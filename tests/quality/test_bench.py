"""The bench itself on generated series: every kind found under its name; in the long form also the crises of a scenario."""

import json

import pytest
from click.testing import CliRunner

from detectors.series.quality.kinds import Kind
from services.cli.bench.quality.command import command


def test_defects_in_generated_series_are_found_under_their_name() -> None:
    done = CliRunner().invoke(command, ["--quick", "--cases", "20", "--json"])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    figures = printed["figures"]
    kinds = [k.name.lower() for k in Kind if k is not Kind.NONE]
    assert {f"recall_{k}" for k in kinds} | {f"wrong_kind_{k}" for k in kinds} <= set(figures)
    assert figures["recall_mean"] >= 0.95
    assert figures["recall_least"] >= 0.9
    assert figures["wrong_kind_mean"] <= 0.05
    assert figures["untouched_findings_per_series_year"] <= 0.2


@pytest.mark.full
def test_the_crisis_of_the_stylised_daqin_cut_is_not_explained_away() -> None:
    done = CliRunner().invoke(command, ["--cases", "50", "--scenarios", "daqin-stylised", "--json"])
    figures = json.loads(done.stdout)["figures"]
    assert figures["crisis_series"] > 50
    assert figures["crisis_share"] <= 0.02
    assert figures["recall_least"] >= 0.9
    assert all(figures[name] <= 500 for name in figures if name.startswith("bytes_per_series"))
