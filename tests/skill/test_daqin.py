"""The Daqin railway twice: closed for a day as in April 2022, and for two weeks in a cold wave. What was said of yard and coast, beside the truth.

At historic size the yard at Qinhuangdao does not pass its minimum in our simulator (1.2 times it at the closest), nor does the coast.
"""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from schemas.chain import Chain
from services.cli.backtest.skill.fan import Tale, figures_of, lines_of, tale_of
from services.cli.backtest.skill.fan_picture import picture_of
from services.cli.backtest.skill.play import STOCK_AHEAD, Played, play
from services.cli.backtest.skill.recording import recording_of
from services.cli.backtest.skill.task import Task, scenario_of
from services.cli.backtest.skill.truth import Facts, facts_of
from services.cli.main import lianjing
from services.risk.rules import RuleSet
from services.runtime.assets import asset_path
from services.runtime.errors import InputError

MORE = [pytest.param(seed, marks=pytest.mark.full) for seed in (2, 3)]
AS_SHIPPED = [pytest.param("daqin-stylised", seed, marks=pytest.mark.full) for seed in (1, 2, 3)]
BLUE, ORANGE = 1, 3
COLLISION_H = 5 * 24 + 10
YARD, COAST = ("P_QHD", "steam_coal", "starved"), ("D_CST", "steam_coal", "starved")

Lived = tuple[Played, Callable[[tuple[str, str, str]], Tale]]


@pytest.fixture(scope="module")
def live(loaded: tuple[Chain, RuleSet]) -> Callable[[str, int], Lived]:
    """A scenario played at mismatch 1 through intake, risk and alerting, once, with the tale of any place."""
    chain, rules = loaded
    kept: dict[Task, tuple[Played, Facts]] = {}

    def lived(name: str, seed: int) -> Lived:
        task = Task(name, seed, 1)
        if task not in kept:
            played = play(task, chain, rules, recording_of(task, chain, None, None))
            kept[task] = (played, facts_of(task, chain, None, None))
        played, facts = kept[task]
        scenario = scenario_of(task, chain, None)
        return played, lambda key: tale_of(played, facts, chain, scenario, key)

    return lived


@pytest.fixture(scope="module")
def shorter(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shipped scenario with nine days of lead-in for fourteen, ended once the coast has broken."""
    text = asset_path("deploy/config/scenarios/daqin-stylised.yaml").read_text(encoding="utf-8")
    for shipped, ours in (("\ndays: 18\n", "\ndays: 14\n"), ("lead_in_days: 14", "lead_in_days: 9")):
        assert text.count(shipped) == 1
        text = text.replace(shipped, ours)
    file = tmp_path_factory.mktemp("scenario") / "daqin-stylised.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.fixture
def yard(live: Callable[[str, int], Lived], shorter: str) -> Tale:
    """The yard in the two weeks without the railway."""
    return live(shorter, 1)[1](YARD)


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, *MORE])
def test_at_historic_size_the_yard_is_spoken_of_and_the_coast_is_a_near_miss(
    live: Callable[[str, int], Lived], seed: int
) -> None:
    _, tale = live("daqin-2022", seed)
    yard, coast = tale(YARD), tale(COAST)
    if yard.broke_h is not None:
        assert yard.warned_h is not None
        assert yard.warned_h < yard.broke_h
    else:
        assert yard.nearest > 1.0
        assert yard.highest < ORANGE
    after = [h for hour, h in zip(yard.issued.tolist(), yard.height, strict=True) if 0 < hour - COLLISION_H <= 72]
    assert max(after) >= BLUE
    assert coast.broke_h is None
    assert coast.warned_h is None
    assert coast.highest < ORANGE
    told = "\n".join(lines_of(coast))
    assert "险情" in told
    assert f"{coast.nearest:.2f} 倍" in told
    assert f"P(336 h) {coast.most('336'):.2f}" in told


@pytest.mark.parametrize(("scenario", "seed"), [("shorter", 1), *AS_SHIPPED])
def test_two_weeks_without_the_railway_warn_the_coast_three_days_ahead_and_name_it(
    live: Callable[[str, int], Lived], shorter: str, scenario: str, seed: int
) -> None:
    played, tale = live(shorter if scenario == "shorter" else scenario, seed)
    yard, coast = tale(YARD), tale(COAST)
    for place in (yard, coast):
        assert place.broke_h is not None
        assert place.warned_h is not None
        assert place.warned_h < place.broke_h
    assert coast.broke_h is not None
    ahead = [s for s in played.steps[COAST] if s.is_warning and s.hour <= coast.broke_h - 72.0]
    assert any(s.path and (s.path[0], s.path[-1]) == ("R_DQ", "D_CST") for s in ahead)
    assert f"D{coast.broke_h / 24:.1f}" in "\n".join(lines_of(coast))


def test_fans_begin_at_what_was_published_and_do_not_cross(yard: Tale) -> None:
    assert 1 < len(yard.fans) <= 7
    assert yard.warned_h is None or yard.warned_h in {fan.hour for fan in yard.fans}
    for fan in yard.fans:
        assert fan.hour in yard.issued
        assert len(fan.low) == len(fan.high) == len(STOCK_AHEAD)
        assert all(low <= high for low, high in zip(fan.low, fan.high, strict=True))


def test_the_picture_stands_alone_and_tells_place_truth_and_limit(yard: Tale) -> None:
    picture = picture_of(yard)
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    for word in (*yard.title, "真实库存 true stock", "最低库存 minimum", "断链概率", "大秦铁路停运"):
        assert word in picture
    for outside in ("<script", "href", "<image"):
        assert outside not in picture
    assert len(picture) < 60_000


def test_words_and_figures_say_the_same(yard: Tale) -> None:
    figures, words = figures_of(yard), "\n".join(lines_of(yard))
    assert f"{yard.nearest:.2f}" in words
    assert figures["nearest_times_limit"] == round(yard.nearest, 4)
    assert json.loads(json.dumps(figures)) == figures


def test_a_place_that_does_not_exist_is_refused(live: Callable[[str, int], Lived], shorter: str) -> None:
    with pytest.raises(InputError, match="no such place with a stock"):
        live(shorter, 1)[1](("NOWHERE", "steam_coal", "starved"))


@pytest.mark.full
def test_the_command_writes_the_picture_and_prints_the_figures(task: Task, tmp_path: Path) -> None:
    picture = tmp_path / "place.svg"
    words = ["backtest", "plot", task.scenario, "--node", "P_QHD", "--product", "steam_coal", "--json"]
    done = CliRunner().invoke(lianjing, [*words, "--truths", str(tmp_path), "--out", str(picture)])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["node"] == "P_QHD"
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_help_of_the_plot_shows_an_example() -> None:
    done = CliRunner().invoke(lianjing, ["backtest", "plot", "--help"])
    assert done.exit_code == 0
    assert "Example:" in done.output
