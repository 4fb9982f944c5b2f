"""Scenario files: the shipped ones are right, wrong ones say where and what would be right."""

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.chain import Chain
from services.intake.scenario.feeds.library import available_scenarios, load_scenario
from services.intake.scenario.generator import generate_scenario
from services.intake.scenario.reading import problems_on, read_scenario
from services.intake.scenario.scenario import Kind, Scenario
from services.intake.scenario.simulation import Simulation
from services.intake.scenario.truth import breaks_of
from services.intake.scenario.writing import write_scenario
from services.runtime.errors import ConfigurationError

GOOD = """\
id: trial
name: {zh: 试验, en: Trial}
kind: stylised
start: 2022-01-03
days: 10
stocks:
  - {node: P_QHD, days: 9}
disruptions:
  - id: cut
    name: {zh: 停, en: stop}
    nodes: [R_DQ]
    day: 1.5
    depth: 0.5
    hold: 36 h
notices:
  - event: rail_accident
    area: "140200"
    level: red
    day: 1.6
    headline: {zh: 事故, en: accident}
    causes: [cut]
"""


@pytest.mark.parametrize("name", sorted(available_scenarios()))
def test_shipped_scenarios_fit_the_operating_chain(name: str, chain: Chain) -> None:
    assert problems_on(load_scenario(name), chain) == []


def test_sixteen_dated_events_are_shipped_each_with_figures_and_sources() -> None:
    dated = [s for s in map(load_scenario, available_scenarios()) if s.kind is Kind.HISTORIC]
    assert len(dated) == 16
    assert [s.id for s in dated if not s.severity or not all(f.source for f in s.severity)] == []


def test_a_good_file_reads() -> None:
    scenario = read_scenario(GOOD)
    (cut,) = scenario.disruptions
    assert (cut.start_h, cut.hold_h, cut.depth) == (36.0, 36.0, 0.5)
    assert scenario.start.isoformat() == "2022-01-03T00:00:00+08:00"
    assert scenario.notices[0].level == 4


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("depth: 0.5", "depth: 1.4", r"trial.yaml:13: disruptions\[0\].depth: .*1.4.*a number from -1 to 1"),
        ("depth: 0.5", "depht: 0.5", r"trial.yaml:13: disruptions\[0\].depht: .*unknown field"),
        ("hold: 36 h", "hold: 36", r"trial.yaml:14: disruptions\[0\].hold: .*36 h or 14 d"),
        ("hold: 36 h", "hold: soon", r"trial.yaml:14: .*'soon'"),
        ("kind: stylised", "kind: made-up", r"trial.yaml:3: kind: .*made-up.*one of historic, stylised, random"),
        ("days: 10", "days: ten", r"trial.yaml:5: days: .*'ten'"),
        ("days: 10", "days: .nan", r"trial.yaml:5: days: .*nan"),
        ("days: 10\n", "", r"trial.yaml:1: days: .*nothing"),
        ("start: 2022-01-03", "start: 3 January", r"trial.yaml:4: start: .*a date such as"),
        ("level: red", "level: purple", r"trial.yaml:18: notices\[0\].level: .*blue, yellow, orange, red"),
        ("causes: [cut]", "causes: [cot]", r"trial.yaml:21: notices\[0\].causes: .*cot.*cut"),
        ("days: 9}", "days: 9, quantity: 5}", r"trial.yaml:7: stocks\[0\].node: .*exactly one"),
        ("nodes: [R_DQ]", "nodes: R_DQ", r"trial.yaml:11: disruptions\[0\].nodes: .*a list"),
        ("name: {zh: 试验, en: Trial}", "name: Trial", r"trial.yaml:2: name: .*fields"),
        ("nodes: [R_DQ]", "links: [[A, B]]", r"trial.yaml:11: disruptions\[0\].links: .*\[from, to, product\]"),
        ("id: trial", "id: [", r"trial.yaml:\d+: .*not valid YAML"),
    ],
)
def test_errors_name_line_field_and_what_would_be_right(before: str, after: str, expected: str) -> None:
    assert before in GOOD
    with pytest.raises(ConfigurationError, match=expected):
        read_scenario(GOOD.replace(before, after), "trial.yaml")


def test_every_error_is_listed_at_once() -> None:
    text = GOOD.replace("depth: 0.5", "depth: 9").replace("level: red", "level: pink")
    with pytest.raises(ConfigurationError) as caught:
        read_scenario(text)
    assert len(caught.value.problems) == 2


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="empty"):
        read_scenario("")


def test_what_the_chain_does_not_have_is_named(chain: Chain) -> None:
    text = GOOD.replace("R_DQ", "R_XX").replace('"140200"', '"999999"').replace("P_QHD", "R_SH")
    found = problems_on(read_scenario(text), chain)
    assert len(found) == 3
    assert all(any(name in line for line in found) for name in ("R_XX", "hazard.rail_accident.999999", "R_SH"))


def test_a_missing_scenario_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="daqin-stylised"):
        load_scenario("nothing-of-the-kind")
    path = tmp_path / "other.yaml"
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="'other'"):
        load_scenario(str(path))


@pytest.mark.parametrize("seed", range(1, 40))
def test_generated_scenarios_fit_the_chain_and_read_back(seed: int, chain: Chain) -> None:
    scenario = generate_scenario(seed, chain)
    assert problems_on(scenario, chain) == []
    again = read_scenario(write_scenario(scenario))
    assert sorted(d.id for d in again.disruptions) == sorted(d.id for d in scenario.disruptions)
    assert [n.level for n in again.notices] == [n.level for n in scenario.notices]
    assert again.start == scenario.start
    assert scenario == generate_scenario(seed, chain)


def _breaks(chain: Chain, seed: int) -> bool:
    scenario = generate_scenario(seed, chain)
    life = Simulation(chain, scenario, seed)
    return bool(breaks_of(life.world, life.advance(scenario.last_hour)))


def test_many_generated_scenarios_break_nothing_and_some_do(chain: Chain) -> None:
    broken = [_breaks(chain, seed) for seed in range(1, 5)]
    assert 0 < sum(broken) < len(broken)


@pytest.mark.full
def test_at_least_two_in_five_generated_scenarios_break_nothing(chain: Chain) -> None:
    broken = [_breaks(chain, seed) for seed in range(1, 51)]
    assert 10 <= sum(broken) <= 30


def test_quiet_scenarios_write_and_read_back(quiet: Callable[..., Scenario]) -> None:
    assert read_scenario(write_scenario(quiet(5))) == quiet(5)


def test_the_documentation_lists_every_shipped_scenario() -> None:
    page = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    assert [name for name in available_scenarios() if f"| `{name}` |" not in page] == []
    example = page.split("```yaml\n")[1].split("```")[0]
    assert read_scenario(example).id == "my-scenario"
