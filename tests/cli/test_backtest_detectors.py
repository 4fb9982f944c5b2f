"""``lianjing backtest detectors``: what each detector made of a crisis and of a quiet time, as a table, JSON and a page."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from services.cli.main import lianjing
from services.runtime.errors import LianjingError

CRISIS = """
id: short-stop
name: {zh: 下游停车, en: The customer stops}
kind: stylised
start: 2023-06-12
days: 3
lead_in_days: 3
summary: {zh: 短, en: short}
disruptions:
  - {id: down, name: {zh: 停车, en: down}, nodes: [C_BFO], day: 1, depth: 1.0, hold: 2 d, recovery: {shape: linear, over: 1 d}}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    """A crisis of six days."""
    path = tmp_path / "short-stop.yaml"
    path.write_text(CRISIS, encoding="utf-8")
    return str(path)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(lianjing, ["backtest", "detectors", *arguments], catch_exceptions=False)


@pytest.mark.full
def test_of_a_crisis_is_said_what_each_detector_made_of_it(scenario: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = _run(
        "--scenarios", scenario, "--detectors", "robust_level,ewma", "--alpha", "1e-4", "--html", str(page), "--json"
    )
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    by_name = {row["detector"]: row for row in report["rows"]}
    assert {"robust_level", "ewma", "vote"} <= by_name.keys()
    assert report["moved"] > 0
    assert report["called_defects"] <= 0.02 * report["moved"]
    assert by_name["robust_level"]["alarmed"] > 0, "a plant that stops is noticed"
    text = page.read_text(encoding="utf-8")
    assert "robust_level" in text or "稳健水平" in text
    assert "http" not in text.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scenarios", "no-such-scenario"], "no-such-scenario"),
        (["--seeds", "one"], "seeds 'one'"),
        (["--detectors", "crystal_ball"], "crystal_ball"),
    ],
)
def test_wrong_use_is_refused_with_what_would_be_right(arguments: list[str], said: str) -> None:
    with pytest.raises((LianjingError, click.ClickException), match=said):
        CliRunner().invoke(
            lianjing, ["backtest", "detectors", *arguments], catch_exceptions=False, standalone_mode=False
        )
